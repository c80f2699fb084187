//! Statements about the jobs that a worker holds.
//!
//! By a constraint of the table, a job with a token is running, so the statements don't name the status. The ids are compared twice,
//! which leads to the primary key. Each array stands in a subquery of its own, so that the planner can't see its length. For a short
//! array the planner would make a new plan each time.

use derslik_domain::id::AccountId;
use derslik_domain::job::JobStatus;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Completion, HeldJob};
use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Nullable, Text};

use crate::db::postgres::PgConnection;
use crate::db::sql::{Sql, Statement};
use crate::db::types::{DbInstant, DbJson, DbUuid, Guid, Instant, Json};
use crate::job::history::progress_to_json;

static RENEW: Statement = Statement::new(
    "job_renew",
    "
    UPDATE jobs SET lease_until = :until
    FROM unnest((SELECT :ids), (SELECT :tokens)) AS held (id, token)
    WHERE jobs.account_id = :account AND jobs.id = ANY((SELECT :ids)::bigint[]) AND jobs.id = held.id AND jobs.lease_token = held.token
    RETURNING held.id, held.token",
);

/// The completion of a single job needs only the primary key and no array.
static COMPLETE_ONE: Statement = Statement::new(
    "job_complete_one",
    "
    UPDATE jobs
    SET status = :status, completed = true, ended_at = :at, updated_at = greatest(jobs.updated_at, :at), worker = NULL,
        lease_token = NULL, lease_until = NULL, started_at = NULL, progress = coalesce(:result, jobs.progress)
    WHERE jobs.account_id = :account AND jobs.id = :id AND jobs.lease_token = :token
    RETURNING jobs.id, :token AS token",
);

static COMPLETE_MANY: Statement = Statement::new(
    "job_complete_many",
    "
    UPDATE jobs
    SET status = :status, completed = true, ended_at = :at, updated_at = greatest(jobs.updated_at, :at), worker = NULL,
        lease_token = NULL, lease_until = NULL, started_at = NULL, progress = coalesce(done.result, jobs.progress)
    FROM unnest((SELECT :ids), (SELECT :tokens), (SELECT :results)) AS done (id, token, result)
    WHERE jobs.account_id = :account AND jobs.id = ANY((SELECT :ids)::bigint[]) AND jobs.id = done.id AND jobs.lease_token = done.token
    RETURNING done.id, done.token",
);

/// The SQL types of a job and the token of its lease.
type Columns = (BigInt, Guid);

/// Extends leases in one statement.
pub(in crate::job) fn renew(
    conn: &mut PgConnection,
    account: AccountId,
    held: &[HeldJob],
    until: Timestamp,
) -> QueryResult<Vec<(i64, DbUuid)>> {
    renewal(account, held, until).load(conn)
}

pub(super) fn renewal(account: AccountId, held: &[HeldJob], until: Timestamp) -> Sql<'static, Pg, Columns> {
    held_by(&RENEW, account, held.iter()).bind::<Instant, _>("until", DbInstant(until)).returning()
}

/// Marks jobs as done in one statement.
pub(in crate::job) fn complete_many(
    conn: &mut PgConnection,
    account: AccountId,
    done: &[Completion],
    at: Timestamp,
) -> QueryResult<Vec<(i64, DbUuid)>> {
    completion(account, done, at).load(conn)
}

/// Returns the id and the token of each job that the worker still held.
pub(super) fn completion(account: AccountId, done: &[Completion], at: Timestamp) -> Sql<'static, Pg, Columns> {
    let result_of = |done: &Completion| done.result.map(|result| DbJson(progress_to_json(result)));
    let statement = if let [one] = done {
        Sql::of(&COMPLETE_ONE)
            .bind::<BigInt, _>("account", account.get())
            .bind::<BigInt, _>("id", one.held.job.get())
            .bind::<Guid, _>("token", DbUuid(one.held.token.get()))
            .bind::<Nullable<Json>, _>("result", result_of(one))
    } else {
        held_by(&COMPLETE_MANY, account, done.iter().map(|done| &done.held))
            .bind::<Array<Nullable<Json>>, _>("results", done.iter().map(result_of).collect::<Vec<_>>())
    };
    statement.bind::<Text, _>("status", JobStatus::Completed.name()).bind::<Instant, _>("at", DbInstant(at)).returning()
}

/// Binds the account, and ids and tokens of jobs, side by side.
fn held_by<'h>(statement: &'static Statement, account: AccountId, held: impl Iterator<Item = &'h HeldJob>) -> Sql<'static, Pg> {
    let (ids, tokens): (Vec<_>, Vec<_>) = held.map(|held| (held.job.get(), DbUuid(held.token.get()))).unzip();
    Sql::of(statement)
        .bind::<BigInt, _>("account", account.get())
        .bind::<Array<BigInt>, _>("ids", ids)
        .bind::<Array<Guid>, _>("tokens", tokens)
}
