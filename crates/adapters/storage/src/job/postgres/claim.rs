//! The claim of jobs by a worker.

use crate::db::postgres::PgConnection;
use derslik_domain::id::AccountId;
use derslik_domain::job::Action;
use derslik_ports::outbound::Claim;
use diesel::RunQueryDsl;
use diesel::dsl::{AsSelect, SqlTypeOf};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Text};

use crate::db::types::{DbInstant, DbUuid, Guid, Instant};
use crate::job::rows::{JobRow, READ_COLUMNS};

/// Claims due jobs for a worker in one statement.
pub(in crate::job) fn claim(conn: &mut PgConnection, account: AccountId, claim: &Claim) -> QueryResult<Vec<JobRow>> {
    ClaimJobs::new(account, claim).load(conn)
}

/// Up to this limit, the SQL text holds the limit as a literal. With a parameter the planner would assume many rows. It would
/// then plan a claim of few jobs anew each time, which takes longer than the claim itself.
const FEW: i64 = 8;

#[derive(Debug)]
pub(super) struct ClaimJobs {
    account_id: i64,
    worker: DbUuid,
    token: DbUuid,
    until: DbInstant,
    at: DbInstant,
    actions: Vec<&'static str>,
    limit: i64,
}

impl ClaimJobs {
    pub(super) fn new(account: AccountId, claim: &Claim) -> Self {
        Self {
            account_id: account.get(),
            worker: DbUuid(claim.worker.get()),
            token: DbUuid(claim.token.get()),
            until: DbInstant(claim.term.end(claim.at)),
            at: DbInstant(claim.at),
            actions: claim.actions.iter().map(Action::name).collect(),
            limit: claim.limit.into(),
        }
    }

    fn push_limit<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(" LIMIT ");
        if self.limit > FEW {
            return out.push_bind_param::<BigInt, _>(&self.limit);
        }
        out.push_sql(&self.limit.to_string());
        Ok(())
    }
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
        // The rows are found by `ctid`, which does not change while they are locked. On a partitioned table a `ctid` is unique
        // only inside a partition: in another one it belongs to a job of another account. So the account is a condition outside
        // as well as inside.
        //
        // Each priority has its own subquery, so jobs whose time has not come are skipped and not read. The priorities come in
        // order, and the join stops as soon as it has enough.
        out.push_sql(") WHERE account_id = ");
        out.push_bind_param::<BigInt, _>(&self.account_id)?;
        out.push_sql(" AND ctid = ANY(ARRAY(WITH RECURSIVE levels (priority) AS ((SELECT priority FROM jobs WHERE account_id = ");
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
        // Written so that an index of actions can't serve it.
        out.push_sql(" AND array_position(");
        out.push_bind_param::<Array<Text>, _>(&self.actions)?;
        out.push_sql(", action) IS NOT NULL ORDER BY due_at, id");
        self.push_limit(&mut out)?;
        out.push_sql(" FOR UPDATE SKIP LOCKED) AS due");
        self.push_limit(&mut out)?;
        out.push_sql(")) RETURNING ");
        out.push_sql(READ_COLUMNS);
        Ok(())
    }
}

impl QueryId for ClaimJobs {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for ClaimJobs {
    type SqlType = SqlTypeOf<AsSelect<JobRow, Pg>>;
}

impl RunQueryDsl<PgConnection> for ClaimJobs {}
