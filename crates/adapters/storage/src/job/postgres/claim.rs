//! The claim of jobs by a worker.

use derslik_domain::id::AccountId;
use derslik_domain::job::Action;
use derslik_ports::outbound::Claim;
use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Text};

use super::leases::leased;
use crate::db::postgres::PgConnection;
use crate::db::sql::{Sql, Statement};
use crate::db::types::{DbInstant, DbUuid, Guid, Instant};
use crate::job::rows::{CLAIMED_COLUMNS, ClaimedColumns, ClaimedRow};

static CLAIM: Statement = Statement::new(
    "job_claim",
    "
    WITH claimed AS (
        :claimed
    ),
    -- By this row the jobs are found while they run.
    leased AS (
        :leased
    )
    SELECT * FROM claimed",
);

static CLAIMED: Statement = Statement::new(
    "job_claimed",
    "
    UPDATE jobs
    SET status = 'running', attempts = attempts + 1, worker = :worker, lease_token = :token, lease_until = :until, started_at = :at,
        updated_at = greatest(updated_at, :at)
    -- The rows are found by `ctid`, which does not change while they are locked. On a partitioned table a `ctid` is unique only
    -- inside a partition: in another one it belongs to a job of another account. So the account is a condition outside as well as
    -- inside.
    WHERE account_id = :account AND ctid = ANY(ARRAY(
        -- The priorities of live jobs, in order. Each step finds the next one in the index.
        WITH RECURSIVE levels (priority) AS (
            (SELECT priority FROM jobs WHERE account_id = :account AND ended_at IS NULL ORDER BY priority LIMIT 1)
            UNION ALL
            SELECT (
                SELECT jobs.priority FROM jobs
                WHERE account_id = :account AND ended_at IS NULL AND jobs.priority > levels.priority
                ORDER BY jobs.priority LIMIT 1
            )
            FROM levels WHERE levels.priority IS NOT NULL
        )
        -- Each priority has its own subquery, so jobs whose time has not come are skipped and not read. The priorities come in order,
        -- and the join stops as soon as it has enough. A live job without a token waits.
        SELECT due.place FROM levels CROSS JOIN LATERAL (
            SELECT ctid AS place FROM jobs
            WHERE account_id = :account AND ended_at IS NULL AND lease_token IS NULL AND jobs.priority = levels.priority AND due_at <= :at
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
pub(in crate::job) fn claim(conn: &mut PgConnection, account: AccountId, claim: &Claim) -> QueryResult<Vec<ClaimedRow>> {
    claim_of(account, claim).load(conn)
}

pub(super) fn claim_of(account: AccountId, claim: &Claim) -> Sql<'static, Pg, ClaimedColumns> {
    Sql::of(&CLAIM).part("claimed", claimed(account, claim)).part("leased", leased(account, claim)).returning()
}

/// Up to this limit, the SQL text holds the limit as a literal. With a parameter the planner would assume many rows. It would
/// then plan a claim of few jobs anew each time, which takes longer than the claim itself.
const FEW: u16 = 8;

/// The part of a statement that claims jobs.
pub(super) fn claimed(account: AccountId, claim: &Claim) -> Sql<'static, Pg> {
    let actions: Vec<_> = claim.actions.iter().map(Action::name).collect();
    let statement = Sql::of(&CLAIMED)
        .bind::<BigInt, _>("account", account.get())
        .bind::<Guid, _>("worker", DbUuid(claim.worker.get()))
        .bind::<Guid, _>("token", DbUuid(claim.token.get()))
        .bind::<Instant, _>("until", DbInstant(claim.term.end(claim.at)))
        .bind::<Instant, _>("at", DbInstant(claim.at))
        .bind::<Array<Text>, _>("actions", actions)
        .text("columns", CLAIMED_COLUMNS);
    if claim.limit > FEW {
        statement.bind::<BigInt, _>("limit", i64::from(claim.limit))
    } else {
        statement.text("limit", claim.limit.to_string())
    }
}
