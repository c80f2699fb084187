//! The claim of jobs by a worker.

use derslik_domain::id::AccountId;
use derslik_domain::job::Action;
use derslik_ports::outbound::Claim;
use diesel::RunQueryDsl;
use diesel::dsl::{AsSelect, SqlTypeOf};
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Text};

use crate::db::postgres::PgConnection;
use crate::db::sql::{Sql, Statement};
use crate::db::types::{DbInstant, DbUuid, Guid, Instant};
use crate::job::rows::{JobRow, READ_COLUMNS};

static CLAIM: Statement = Statement::new(
    "job_claim",
    "
    UPDATE jobs
    SET status = 'running', attempts = attempts + 1, worker = :worker, lease_token = :token, lease_until = :until, started_at = :at,
        updated_at = greatest(updated_at, :at)
    -- The rows are found by `ctid`, which does not change while they are locked. On a partitioned table a `ctid` is unique only
    -- inside a partition: in another one it belongs to a job of another account. So the account is a condition outside as well as
    -- inside.
    WHERE account_id = :account AND ctid = ANY(ARRAY(
        -- The priorities that wait, in order. Each step finds the next one in the index.
        WITH RECURSIVE levels (priority) AS (
            (SELECT priority FROM jobs WHERE account_id = :account AND status = 'scheduled' ORDER BY priority LIMIT 1)
            UNION ALL
            SELECT (
                SELECT jobs.priority FROM jobs
                WHERE account_id = :account AND status = 'scheduled' AND jobs.priority > levels.priority
                ORDER BY jobs.priority LIMIT 1
            )
            FROM levels WHERE levels.priority IS NOT NULL
        )
        -- Each priority has its own subquery, so jobs whose time has not come are skipped and not read. The priorities come in order,
        -- and the join stops as soon as it has enough.
        SELECT due.place FROM levels CROSS JOIN LATERAL (
            SELECT ctid AS place FROM jobs
            WHERE account_id = :account AND status = 'scheduled' AND jobs.priority = levels.priority AND due_at <= :at
              -- Written so that an index of actions can't serve it.
              AND array_position(:actions, action) IS NOT NULL
            ORDER BY due_at, id LIMIT :limit
            FOR UPDATE SKIP LOCKED
        ) AS due
        LIMIT :limit
    ))
    RETURNING :columns",
);

/// Claims due jobs for a worker in one statement.
pub(in crate::job) fn claim(conn: &mut PgConnection, account: AccountId, claim: &Claim) -> QueryResult<Vec<JobRow>> {
    claim_of(account, claim).load(conn)
}

/// Up to this limit, the SQL text holds the limit as a literal. With a parameter the planner would assume many rows. It would
/// then plan a claim of few jobs anew each time, which takes longer than the claim itself.
const FEW: u16 = 8;

pub(super) fn claim_of(account: AccountId, claim: &Claim) -> Sql<'static, Pg, SqlTypeOf<AsSelect<JobRow, Pg>>> {
    let actions: Vec<_> = claim.actions.iter().map(Action::name).collect();
    let statement = Sql::of(&CLAIM)
        .bind::<BigInt, _>("account", account.get())
        .bind::<Guid, _>("worker", DbUuid(claim.worker.get()))
        .bind::<Guid, _>("token", DbUuid(claim.token.get()))
        .bind::<Instant, _>("until", DbInstant(claim.term.end(claim.at)))
        .bind::<Instant, _>("at", DbInstant(claim.at))
        .bind::<Array<Text>, _>("actions", actions)
        .text("columns", READ_COLUMNS)
        .returning();
    if claim.limit > FEW {
        statement.bind::<BigInt, _>("limit", i64::from(claim.limit))
    } else {
        statement.text("limit", claim.limit.to_string())
    }
}
