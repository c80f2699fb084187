//! The statements about many jobs at once on PostgreSQL. Each takes arrays, so that its text never changes and the server
//! parses and plans it once for a connection.

use derslik_domain::id::AccountId;
use derslik_domain::job::{Action, JobStatus, NewJob};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Claim, Completion, HeldJob};
use diesel::RunQueryDsl;
use diesel::dsl::{AsSelect, SqlTypeOf};
use diesel::pg::{Pg, PgConnection};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Binary, Nullable, SmallInt, Text};

use super::history::progress_to_json;
use super::rows::{JobRecord, JobRow, READ_COLUMNS};
use crate::types::{DbInstant, DbJson, DbUuid, Guid, Instant, Json};

/// Creates jobs in one statement, those left out that have a live one like them.
pub(super) fn insert_many(conn: &mut PgConnection, account: AccountId, jobs: &[NewJob]) -> QueryResult<usize> {
    InsertJobs(JobColumns::new(account, jobs)).execute(conn)
}

/// Many new jobs, column by column.
#[derive(Debug, Default)]
struct JobColumns<'a> {
    account_id: i64,
    project_id: Vec<i64>,
    action: Vec<&'static str>,
    reference: Vec<&'a str>,
    reference_digest: Vec<Vec<u8>>,
    priority: Vec<i16>,
    start_at: Vec<DbInstant>,
    created_at: Vec<DbInstant>,
}

impl<'a> JobColumns<'a> {
    fn new(account: AccountId, jobs: &'a [NewJob]) -> Self {
        let mut columns = Self { account_id: account.get(), ..Self::default() };
        for job in jobs {
            let record = JobRecord::new(account, job);
            columns.project_id.push(record.project_id);
            columns.action.push(record.action);
            columns.reference.push(record.reference);
            columns.reference_digest.push(record.reference_digest);
            columns.priority.push(record.priority);
            columns.start_at.push(record.start_at);
            columns.created_at.push(record.created_at);
        }
        columns
    }
}

#[derive(Debug)]
struct InsertJobs<'a>(JobColumns<'a>);

impl QueryFragment<Pg> for InsertJobs<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO jobs (account_id, project_id, action, reference, reference_digest, priority, status, start_at, due_at, \
             attempts, failures, created_at, updated_at) SELECT ",
        );
        out.push_bind_param::<BigInt, _>(&self.0.account_id)?;
        out.push_sql(
            ", new.project_id, new.action, new.reference, new.reference_digest, new.priority, 'scheduled', new.start_at, new.start_at, \
             0, '[]', new.created_at, new.created_at FROM unnest(",
        );
        out.push_bind_param::<Array<BigInt>, _>(&self.0.project_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.0.action)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.0.reference)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Binary>, _>(&self.0.reference_digest)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SmallInt>, _>(&self.0.priority)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Instant>, _>(&self.0.start_at)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Instant>, _>(&self.0.created_at)?;
        out.push_sql(
            ") AS new (project_id, action, reference, reference_digest, priority, start_at, created_at) ON CONFLICT (account_id, \
             project_id, action, reference_digest) WHERE status IN ('scheduled', 'running') DO NOTHING",
        );
        Ok(())
    }
}

impl QueryId for InsertJobs<'_> {
    type QueryId = InsertJobs<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for InsertJobs<'_> {}

/// Gives due jobs to a worker in one statement.
pub(super) fn claim(conn: &mut PgConnection, account: AccountId, claim: &Claim) -> QueryResult<Vec<JobRow>> {
    let statement = ClaimJobs {
        account_id: account.get(),
        worker: DbUuid(claim.worker.get()),
        token: DbUuid(claim.token.get()),
        until: DbInstant(claim.term.end(claim.at)),
        at: DbInstant(claim.at),
        actions: claim.actions.iter().map(Action::name).collect(),
        limit: claim.limit.into(),
    };
    statement.load(conn)
}

#[derive(Debug)]
struct ClaimJobs {
    account_id: i64,
    worker: DbUuid,
    token: DbUuid,
    until: DbInstant,
    at: DbInstant,
    actions: Vec<&'static str>,
    limit: i64,
}

impl QueryFragment<Pg> for ClaimJobs {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE jobs SET status = 'running', attempts = attempts + 1, worker = ");
        out.push_bind_param::<Guid, _>(&self.worker)?;
        out.push_sql(", lease_token = ");
        out.push_bind_param::<Guid, _>(&self.token)?;
        out.push_sql(", lease_until = ");
        out.push_bind_param::<Instant, _>(&self.until)?;
        out.push_sql(", started_at = ");
        out.push_bind_param::<Instant, _>(&self.at)?;
        out.push_sql(", updated_at = greatest(updated_at, ");
        out.push_bind_param::<Instant, _>(&self.at)?;
        // By their places, which stay while they are locked. With a condition more, such as the status that the lock has
        // made sure of, the planner would rather read all jobs that wait than look up these.
        //
        // Each priority is asked for by itself, so that jobs which wait for their time are passed over and not walked through.
        // The levels come in their order, and the join stops as soon as it has enough.
        out.push_sql(") WHERE ctid = ANY(ARRAY(WITH RECURSIVE levels (priority) AS ((SELECT priority FROM jobs WHERE account_id = ");
        out.push_bind_param::<BigInt, _>(&self.account_id)?;
        out.push_sql(
            " AND status = 'scheduled' ORDER BY priority LIMIT 1) UNION ALL \
             SELECT (SELECT jobs.priority FROM jobs WHERE account_id = ",
        );
        out.push_bind_param::<BigInt, _>(&self.account_id)?;
        out.push_sql(
            " AND status = 'scheduled' AND jobs.priority > levels.priority ORDER BY jobs.priority LIMIT 1) \
             FROM levels WHERE levels.priority IS NOT NULL) \
             SELECT due.place FROM levels CROSS JOIN LATERAL (SELECT ctid AS place FROM jobs WHERE account_id = ",
        );
        out.push_bind_param::<BigInt, _>(&self.account_id)?;
        out.push_sql(" AND status = 'scheduled' AND jobs.priority = levels.priority AND due_at <= ");
        out.push_bind_param::<Instant, _>(&self.at)?;
        // Said so that no other index can answer it.
        out.push_sql(" AND array_position(");
        out.push_bind_param::<Array<Text>, _>(&self.actions)?;
        out.push_sql(", action) IS NOT NULL ORDER BY due_at, id LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)?;
        out.push_sql(" FOR UPDATE SKIP LOCKED) AS due LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)?;
        out.push_sql(")) RETURNING ");
        out.push_sql(READ_COLUMNS);
        Ok(())
    }
}

impl QueryId for ClaimJobs {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for ClaimJobs {
    type SqlType = SqlTypeOf<AsSelect<JobRow, Pg>>;
}

impl RunQueryDsl<PgConnection> for ClaimJobs {}

/// Jobs and tokens, side by side. A job that has a token runs, by a constraint of the table: a statement that says so again
/// would be planned as a search of all that run, with what the index remembers of those that once did. So the ids are named
/// twice instead, which leads to the primary key. Each array stands in a query of its own, so that the planner can't see how
/// long it is: a short one would look worth a new plan each time.
fn columns_of<'h>(held: impl Iterator<Item = &'h HeldJob>) -> (Vec<i64>, Vec<DbUuid>) {
    held.map(|held| (held.job.get(), DbUuid(held.token.get()))).unzip()
}

/// Moves the end of leases in one statement.
pub(super) fn renew(conn: &mut PgConnection, account: AccountId, held: &[HeldJob], until: Timestamp) -> QueryResult<Vec<(i64, DbUuid)>> {
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
pub(super) fn complete_many(
    conn: &mut PgConnection,
    account: AccountId,
    done: &[Completion],
    at: Timestamp,
) -> QueryResult<Vec<(i64, DbUuid)>> {
    let (id, token) = columns_of(done.iter().map(|done| &done.held));
    let result = done.iter().map(|done| done.result.map(|result| DbJson(progress_to_json(result)))).collect();
    CompleteJobs { account_id: account.get(), id, token, result, status: JobStatus::Completed.name(), at: DbInstant(at) }.load(conn)
}

#[derive(Debug)]
struct CompleteJobs {
    account_id: i64,
    id: Vec<i64>,
    token: Vec<DbUuid>,
    result: Vec<Option<DbJson>>,
    status: &'static str,
    at: DbInstant,
}

impl QueryFragment<Pg> for CompleteJobs {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE jobs SET status = ");
        out.push_bind_param::<Text, _>(self.status)?;
        out.push_sql(", ended_at = ");
        out.push_bind_param::<Instant, _>(&self.at)?;
        out.push_sql(", updated_at = greatest(jobs.updated_at, ");
        out.push_bind_param::<Instant, _>(&self.at)?;
        out.push_sql(
            "), progress = coalesce(done.result, jobs.progress), worker = NULL, lease_token = NULL, lease_until = NULL, \
             started_at = NULL FROM unnest((SELECT ",
        );
        out.push_bind_param::<Array<BigInt>, _>(&self.id)?;
        out.push_sql("), (SELECT ");
        out.push_bind_param::<Array<Guid>, _>(&self.token)?;
        out.push_sql("), (SELECT ");
        out.push_bind_param::<Array<Nullable<Json>>, _>(&self.result)?;
        out.push_sql(")) AS done (id, token, result) WHERE jobs.account_id = ");
        out.push_bind_param::<BigInt, _>(&self.account_id)?;
        out.push_sql(" AND jobs.id = ANY((SELECT ");
        out.push_bind_param::<Array<BigInt>, _>(&self.id)?;
        out.push_sql(")::bigint[]) AND jobs.id = done.id AND jobs.lease_token = done.token RETURNING done.id, done.token");
        Ok(())
    }
}

impl QueryId for CompleteJobs {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for CompleteJobs {
    type SqlType = (BigInt, Guid);
}

impl RunQueryDsl<PgConnection> for CompleteJobs {}
