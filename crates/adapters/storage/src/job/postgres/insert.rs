//! The creation of jobs.

use crate::db::postgres::PgConnection;
use derslik_domain::id::AccountId;
use derslik_domain::job::NewJob;
use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Binary, SmallInt, Text};

use crate::db::types::{DbInstant, Instant};
use crate::job::rows::JobRecord;

/// Creates jobs in one statement. A job that has a live job like it is left out.
pub(in crate::job) fn insert_many(conn: &mut PgConnection, account: AccountId, jobs: &[NewJob]) -> QueryResult<usize> {
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
