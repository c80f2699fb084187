//! The completion of jobs together with the claim of others.

use derslik_domain::id::AccountId;
use derslik_ports::outbound::{Claim, Completion};
use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Nullable};

use super::claim::claimed;
use super::held::completion;
use super::leases::leased;
use crate::db::postgres::PgConnection;
use crate::db::sql::{Sql, Statement};
use crate::db::types::{DbUuid, Guid};
use crate::job::rows::{ClaimedColumns, ClaimedRow};

/// The jobs that the worker still held, with their tokens, and the jobs that it claimed.
type Exchanged = (Vec<(i64, DbUuid)>, Vec<ClaimedRow>);

/// The SQL types of a row: it has a job that is done, with its token, or a job that was claimed.
type Columns = (Nullable<BigInt>, Nullable<Guid>, Nullable<ClaimedColumns>);

static EXCHANGE: Statement = Statement::new(
    "job_exchange",
    "
    -- The jobs that are done. Both parts see the table as it was before. They don't overlap: this one is about jobs with tokens, the other
    -- about jobs without.
    WITH done AS (
        :done
    ),
    -- The jobs that the worker gets instead.
    claimed AS (
        :claimed
    ),
    leased AS (
        :leased
    )
    SELECT done.id, done.token, claimed.* FROM done LEFT JOIN claimed ON false
    UNION ALL
    SELECT NULL, NULL, claimed.* FROM claimed",
);

/// Marks jobs as done and claims due ones for the worker, in one statement.
pub(in crate::job) fn exchange(conn: &mut PgConnection, account: AccountId, done: &[Completion], claim: &Claim) -> QueryResult<Exchanged> {
    type Row = (Option<i64>, Option<DbUuid>, Option<ClaimedRow>);
    let rows: Vec<Row> = exchange_of(account, done, claim).load(conn)?;
    let (mut completed, mut claimed) = (Vec::with_capacity(done.len()), Vec::with_capacity(rows.len()));
    for (id, token, job) in rows {
        completed.extend(id.zip(token));
        claimed.extend(job);
    }
    Ok((completed, claimed))
}

pub(super) fn exchange_of(account: AccountId, done: &[Completion], claim: &Claim) -> Sql<'static, Pg, Columns> {
    Sql::of(&EXCHANGE)
        .part("done", completion(account, done, claim.at))
        .part("claimed", claimed(account, claim))
        .part("leased", leased(account, claim))
        .returning()
}
