//! Statements about the jobs that a worker holds.

use crate::db::postgres::PgConnection;
use derslik_domain::id::AccountId;
use derslik_domain::job::JobStatus;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Completion, HeldJob};
use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Nullable, Text};

use crate::db::types::{DbInstant, DbJson, DbUuid, Guid, Instant, Json};
use crate::job::history::progress_to_json;

/// Ids and tokens of jobs, side by side.
///
/// By a constraint of the table, a job with a token is running, so the statements don't name the status. If they did, the planner
/// would search the index of running jobs, with its dead entries of jobs that ran before. The ids are bound twice instead, which
/// leads to the primary key. Each array stands in a subquery of its own, so that the planner can't see its length. For a short
/// array the planner would make a new plan each time.
fn columns_of<'h>(held: impl Iterator<Item = &'h HeldJob>) -> (Vec<i64>, Vec<DbUuid>) {
    held.map(|held| (held.job.get(), DbUuid(held.token.get()))).unzip()
}

/// Extends leases in one statement.
pub(in crate::job) fn renew(
    conn: &mut PgConnection,
    account: AccountId,
    held: &[HeldJob],
    until: Timestamp,
) -> QueryResult<Vec<(i64, DbUuid)>> {
    let (id, token) = columns_of(held.iter());
    RenewLeases { account_id: account.get(), id, token, until: DbInstant(until) }.load(conn)
}

#[derive(Debug)]
struct RenewLeases {
    account_id: i64,
    id: Vec<i64>,
    token: Vec<DbUuid>,
    until: DbInstant,
}

impl QueryFragment<Pg> for RenewLeases {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE jobs SET lease_until = ");
        out.push_bind_param::<Instant, _>(&self.until)?;
        out.push_sql(" FROM unnest((SELECT ");
        out.push_bind_param::<Array<BigInt>, _>(&self.id)?;
        out.push_sql("), (SELECT ");
        out.push_bind_param::<Array<Guid>, _>(&self.token)?;
        out.push_sql(")) AS held (id, token) WHERE jobs.account_id = ");
        out.push_bind_param::<BigInt, _>(&self.account_id)?;
        out.push_sql(" AND jobs.id = ANY((SELECT ");
        out.push_bind_param::<Array<BigInt>, _>(&self.id)?;
        out.push_sql(")::bigint[]) AND jobs.id = held.id AND jobs.lease_token = held.token RETURNING held.id, held.token");
        Ok(())
    }
}

impl QueryId for RenewLeases {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for RenewLeases {
    type SqlType = (BigInt, Guid);
}

impl RunQueryDsl<PgConnection> for RenewLeases {}

/// Marks jobs as done in one statement.
pub(in crate::job) fn complete_many(
    conn: &mut PgConnection,
    account: AccountId,
    done: &[Completion],
    at: Timestamp,
) -> QueryResult<Vec<(i64, DbUuid)>> {
    CompleteJobs::new(account, done, at).load(conn)
}

/// Jobs that are done. A single job has a variant of its own, since its statement needs only the primary key and no array.
#[derive(Debug)]
enum Done {
    One { id: i64, token: DbUuid, result: Option<DbJson> },
    Many { id: Vec<i64>, token: Vec<DbUuid>, result: Vec<Option<DbJson>> },
}

/// Returns the `id` and the `token` of each job that the worker still held.
#[derive(Debug)]
pub(super) struct CompleteJobs {
    account_id: i64,
    done: Done,
    status: &'static str,
    at: DbInstant,
}

impl CompleteJobs {
    pub(super) fn new(account: AccountId, done: &[Completion], at: Timestamp) -> Self {
        let result_of = |done: &Completion| done.result.map(|result| DbJson(progress_to_json(result)));
        let done = if let [one] = done {
            Done::One { id: one.held.job.get(), token: DbUuid(one.held.token.get()), result: result_of(one) }
        } else {
            let (id, token) = columns_of(done.iter().map(|done| &done.held));
            Done::Many { id, token, result: done.iter().map(result_of).collect() }
        };
        Self { account_id: account.get(), done, status: JobStatus::Completed.name(), at: DbInstant(at) }
    }
}

impl QueryFragment<Pg> for CompleteJobs {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE jobs SET status = ");
        out.push_bind_param::<Text, _>(self.status)?;
        out.push_sql(", ended_at = ");
        out.push_bind_param::<Instant, _>(&self.at)?;
        out.push_sql(", updated_at = greatest(jobs.updated_at, ");
        out.push_bind_param::<Instant, _>(&self.at)?;
        out.push_sql("), worker = NULL, lease_token = NULL, lease_until = NULL, started_at = NULL, progress = coalesce(");
        match &self.done {
            Done::One { id, token, result } => {
                out.push_bind_param::<Nullable<Json>, _>(result)?;
                out.push_sql(", jobs.progress) WHERE jobs.account_id = ");
                out.push_bind_param::<BigInt, _>(&self.account_id)?;
                out.push_sql(" AND jobs.id = ");
                out.push_bind_param::<BigInt, _>(id)?;
                out.push_sql(" AND jobs.lease_token = ");
                out.push_bind_param::<Guid, _>(token)?;
                out.push_sql(" RETURNING jobs.id, ");
                out.push_bind_param::<Guid, _>(token)?;
                out.push_sql(" AS token");
            }
            Done::Many { id, token, result } => {
                out.push_sql("done.result, jobs.progress) FROM unnest((SELECT ");
                out.push_bind_param::<Array<BigInt>, _>(id)?;
                out.push_sql("), (SELECT ");
                out.push_bind_param::<Array<Guid>, _>(token)?;
                out.push_sql("), (SELECT ");
                out.push_bind_param::<Array<Nullable<Json>>, _>(result)?;
                out.push_sql(")) AS done (id, token, result) WHERE jobs.account_id = ");
                out.push_bind_param::<BigInt, _>(&self.account_id)?;
                out.push_sql(" AND jobs.id = ANY((SELECT ");
                out.push_bind_param::<Array<BigInt>, _>(id)?;
                out.push_sql(")::bigint[]) AND jobs.id = done.id AND jobs.lease_token = done.token RETURNING done.id, done.token");
            }
        }
        Ok(())
    }
}

impl QueryId for CompleteJobs {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for CompleteJobs {
    type SqlType = (BigInt, Guid);
}

impl RunQueryDsl<PgConnection> for CompleteJobs {}
