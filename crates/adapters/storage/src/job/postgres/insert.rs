//! The creation of jobs.

use derslik_domain::id::AccountId;
use derslik_domain::job::NewJob;
use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Nullable, SmallInt, Text};

use crate::db::bulk::Columns;
use crate::db::postgres::PgConnection;
use crate::db::sql::{Sql, Statement};
use crate::db::types::Instant;
use crate::job::rows::JobRecord;

static INSERT_MANY: Statement = Statement::new(
    "job_insert_many",
    "
    INSERT INTO jobs (account_id, project_id, action, reference, reference_digest, priority, status, start_at, due_at, attempts,
        failures, created_at, updated_at, trace_parent)
    SELECT :account, new.project_id, new.action, new.reference, new.reference_digest, new.priority, 'scheduled', new.start_at,
        new.start_at, 0, '[]', new.created_at, new.created_at, new.trace_parent
    FROM :rows AS new (:columns)
    -- A job that has a live job like it is left out. The condition of that key differs between databases, so the key is not named.
    ON CONFLICT DO NOTHING",
);

/// Creates jobs in one statement. A job that has a live job like it is left out.
pub(in crate::job) fn insert_many(conn: &mut PgConnection, account: AccountId, jobs: &[NewJob]) -> QueryResult<usize> {
    let rows: Vec<_> = jobs.iter().map(|job| JobRecord::new(account, job)).collect();
    insertion(account, &rows).execute(conn)
}

/// The columns that are the same in all new jobs stand in the statement.
pub(super) fn insertion<'r>(account: AccountId, rows: &'r [JobRecord<'r>]) -> Sql<'r, Pg> {
    Columns::of(rows)
        .column::<BigInt, _>("project_id", |row| row.project_id)
        .column::<Text, _>("action", |row| row.action)
        .column::<Text, _>("reference", |row| row.reference)
        .column::<Binary, _>("reference_digest", |row| row.reference_digest.as_slice())
        .column::<SmallInt, _>("priority", |row| row.priority)
        .column::<Instant, _>("start_at", |row| row.start_at)
        .column::<Instant, _>("created_at", |row| row.created_at)
        .column::<Nullable<Text>, _>("trace_parent", |row| row.trace_parent.as_deref())
        .written_by(&INSERT_MANY)
        .bind::<BigInt, _>("account", account.get())
}
