//! The completion of jobs together with the claim of others.

use crate::db::postgres::PgConnection;
use derslik_domain::id::AccountId;
use derslik_ports::outbound::{Claim, Completion};
use diesel::dsl::SqlTypeOf;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Nullable};
use diesel::{RunQueryDsl, Selectable};

use super::claim::ClaimJobs;
use super::held::CompleteJobs;
use crate::db::types::{DbUuid, Guid};
use crate::job::rows::JobRow;

/// The jobs that the worker still held, with their tokens, and the jobs that it claimed.
type Exchanged = (Vec<(i64, DbUuid)>, Vec<JobRow>);

/// Marks jobs as done and claims due ones for the worker, in one statement.
pub(in crate::job) fn exchange(conn: &mut PgConnection, account: AccountId, done: &[Completion], claim: &Claim) -> QueryResult<Exchanged> {
    type Row = (Option<i64>, Option<DbUuid>, Option<JobRow>);
    let statement = Exchange { done: CompleteJobs::new(account, done, claim.at), claim: ClaimJobs::new(account, claim) };
    let rows: Vec<Row> = statement.load(conn)?;
    let (mut completed, mut claimed) = (Vec::with_capacity(done.len()), Vec::with_capacity(rows.len()));
    for (id, token, job) in rows {
        completed.extend(id.zip(token));
        claimed.extend(job);
    }
    Ok((completed, claimed))
}

/// Both parts of the statement see the table as it was before. They don't overlap: one is about running jobs, the other about
/// scheduled ones.
#[derive(Debug)]
struct Exchange {
    done: CompleteJobs,
    claim: ClaimJobs,
}

impl QueryFragment<Pg> for Exchange {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH done AS (");
        self.done.walk_ast(out.reborrow())?;
        out.push_sql("), claimed AS (");
        self.claim.walk_ast(out.reborrow())?;
        out.push_sql(
            ") SELECT done.id, done.token, claimed.* FROM done LEFT JOIN claimed ON false \
             UNION ALL SELECT NULL, NULL, claimed.* FROM claimed",
        );
        Ok(())
    }
}

impl QueryId for Exchange {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Exchange {
    type SqlType = (Nullable<BigInt>, Nullable<Guid>, Nullable<SqlTypeOf<<JobRow as Selectable<Pg>>::SelectExpression>>);
}

impl RunQueryDsl<PgConnection> for Exchange {}
