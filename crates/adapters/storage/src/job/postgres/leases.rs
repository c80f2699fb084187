//! Statements about the jobs that run, whichever worker holds them.
//!
//! No index has these jobs: it would cost each claim an entry for each job. A claim writes one row of `job_leases` instead, with the
//! ids of its jobs. Rescues find jobs by these rows. A row may name jobs that have ended since, so each statement compares the token in
//! the job. Lists and counts of running jobs look at the first live jobs instead: the rows name all jobs that were claimed within the
//! last lease, and nearly all of those have ended.

use derslik_domain::id::AccountId;
use derslik_domain::job::{Action, Actions, JobFilter, Lease, LeaseTerm};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::Claim;
use diesel::RunQueryDsl;
use diesel::dsl::{AsSelect, SqlTypeOf};
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Nullable, SmallInt, Text};

use crate::db::postgres::PgConnection;
use crate::db::sql::{Sql, Statement};
use crate::db::types::{DbInstant, DbUuid, Guid, Instant};
use crate::job::rows::{JobRow, READ_COLUMNS};
use crate::job::terms::Conditions;

static LEASED: Statement = Statement::new(
    "job_leased",
    "
    INSERT INTO job_leases (account_id, token, until, job_ids)
    SELECT :account, :token, :until, array_agg(claimed.id) FROM claimed HAVING count(*) > 0",
);

static LEASE_ONE: Statement = Statement::new(
    "job_lease_one",
    "INSERT INTO job_leases (account_id, token, until, job_ids) VALUES (:account, :token, :until, ARRAY[:id])",
);

static RUNNING: Statement = Statement::new(
    "job_running",
    "
    -- The jobs of a priority are claimed in the order of their times. So those that run are among its first live ones.
    SELECT first.id FROM unnest(:priorities) AS wanted (priority) CROSS JOIN LATERAL (
        SELECT id, lease_token FROM jobs
        WHERE account_id = :account AND ended_at IS NULL AND jobs.priority = wanted.priority
        -- The planner does not look into the subquery. With a limit that it knows, it might read and sort the whole backlog.
        ORDER BY due_at, id LIMIT (SELECT :looked_at)
    ) AS first
    WHERE first.lease_token IS NOT NULL",
);

static DEPTH: Statement = Statement::new(
    "job_depth",
    "
    -- Jobs that run were due before those that wait, but for waiting ones of a later priority. So they are among the first.
    SELECT count(*), count(lease_token),
        (SELECT due_at FROM jobs WHERE :scheduled ORDER BY due_at LIMIT 1) AS next_due
    FROM (SELECT lease_token FROM jobs WHERE ended_at IS NULL AND priority >= 0 ORDER BY due_at LIMIT :limit) AS first",
);

static EXPIRED_ACCOUNTS: Statement = Statement::new(
    "job_expired_accounts",
    "SELECT DISTINCT account_id FROM job_leases WHERE until <= :now OR until > :latest ORDER BY account_id",
);

static SETTLE_LEASES: Statement = Statement::new(
    "job_settle_leases",
    "
    -- Heartbeats have extended the leases of jobs that still run. A row without such jobs has no end any more.
    WITH looked_at AS (
        SELECT ctid AS place, (
            SELECT min(jobs.lease_until) FROM jobs
            WHERE jobs.account_id = :account AND jobs.id = ANY(job_leases.job_ids) AND jobs.lease_token = job_leases.token
        ) AS until
        FROM job_leases WHERE account_id = :account AND (until <= :now OR until > :latest)
    ),
    ended AS (
        DELETE FROM job_leases USING looked_at
        WHERE job_leases.account_id = :account AND job_leases.ctid = looked_at.place AND looked_at.until IS NULL
    )
    UPDATE job_leases SET until = looked_at.until FROM looked_at
    WHERE job_leases.account_id = :account AND job_leases.ctid = looked_at.place AND job_leases.until <> looked_at.until",
);

static LOCK_EXPIRED: Statement = Statement::new(
    "job_lock_expired",
    "
    SELECT :columns FROM jobs
    WHERE account_id = :account AND id = ANY(ARRAY(
        SELECT unnest(job_ids) FROM job_leases WHERE account_id = :account AND (until <= :now OR until > :latest)
    ))
      AND lease_token IS NOT NULL AND (lease_until <= :now OR lease_until > :latest)
      -- Written so that an index of actions can't serve it.
      AND array_position(:actions, action) IS NOT NULL
    ORDER BY id LIMIT :limit
    FOR UPDATE SKIP LOCKED",
);

static ADOPT_RUNNING: Statement = Statement::new(
    "job_adopt_running",
    "
    INSERT INTO job_leases (account_id, token, until, job_ids)
    SELECT account_id, lease_token, min(lease_until), array_agg(id) FROM jobs
    WHERE ended_at IS NULL AND lease_token IS NOT NULL AND NOT EXISTS (
        SELECT FROM job_leases
        WHERE job_leases.account_id = jobs.account_id AND job_leases.token = jobs.lease_token AND jobs.id = ANY(job_leases.job_ids)
    )
    GROUP BY account_id, lease_token",
);

/// The part of a statement that writes where the claimed jobs are.
pub(super) fn leased(account: AccountId, claim: &Claim) -> Sql<'static, Pg> {
    Sql::of(&LEASED)
        .bind::<BigInt, _>("account", account.get())
        .bind::<Guid, _>("token", DbUuid(claim.token.get()))
        .bind::<Instant, _>("until", DbInstant(claim.term.end(claim.at)))
}

/// Writes where a single claimed job is.
pub(in crate::job) fn lease_one(conn: &mut PgConnection, account: AccountId, id: i64, lease: Lease) -> QueryResult<usize> {
    lease_of(account, id, lease).execute(conn)
}

pub(super) fn lease_of(account: AccountId, id: i64, lease: Lease) -> Sql<'static, Pg> {
    Sql::of(&LEASE_ONE)
        .bind::<BigInt, _>("account", account.get())
        .bind::<Guid, _>("token", DbUuid(lease.token.get()))
        .bind::<Instant, _>("until", DbInstant(lease.until))
        .bind::<BigInt, _>("id", id)
}

/// The ids of the running jobs of an account and of these actions, among the first [`JobFilter::LOOKED_AT`] live jobs of each action.
pub(in crate::job) fn running(conn: &mut PgConnection, account: AccountId, actions: Actions) -> QueryResult<Vec<i64>> {
    running_of(account, actions).load(conn)
}

pub(super) fn running_of(account: AccountId, actions: Actions) -> Sql<'static, Pg, BigInt> {
    // Each action has a priority of its own.
    let priorities: Vec<i16> = actions.iter().map(|action| action.priority().get()).collect();
    Sql::of(&RUNNING)
        .bind::<Array<SmallInt>, _>("priorities", priorities)
        .bind::<BigInt, _>("account", account.get())
        .bind::<BigInt, _>("looked_at", i64::from(JobFilter::LOOKED_AT))
        .returning()
}

/// The numbers of waiting and of running jobs, and when the first waiting one is due. The first `limit` live jobs are counted.
pub(in crate::job) fn depth(conn: &mut PgConnection, limit: i64) -> QueryResult<(i64, i64, Option<DbInstant>)> {
    let (live, running, next_due): (i64, i64, Option<DbInstant>) = depth_up_to(limit).get_result(conn)?;
    Ok((live - running, running, next_due))
}

pub(super) fn depth_up_to(limit: i64) -> Sql<'static, Pg, (BigInt, BigInt, Nullable<Instant>)> {
    let depth = Sql::of(&DEPTH).text("scheduled", Conditions::POSTGRES.in_any_account);
    depth.bind::<BigInt, _>("limit", limit).returning()
}

/// The accounts that may have jobs whose lease has ended.
pub(in crate::job) fn accounts_with_expired(conn: &mut PgConnection, now: Timestamp, term: LeaseTerm) -> QueryResult<Vec<i64>> {
    expired_accounts(now, term).load(conn)
}

pub(super) fn expired_accounts(now: Timestamp, term: LeaseTerm) -> Sql<'static, Pg, BigInt> {
    at(Sql::of(&EXPIRED_ACCOUNTS), now, term).returning()
}

/// Locks jobs whose lease has ended. Rows of `job_leases` that it does not need any more go.
pub(in crate::job) fn lock_expired(
    conn: &mut PgConnection,
    account: AccountId,
    now: Timestamp,
    term: LeaseTerm,
    limit: u16,
) -> QueryResult<Vec<JobRow>> {
    settlement(account, now, term).execute(conn)?;
    expired(account, now, term, limit).load(conn)
}

pub(super) fn settlement(account: AccountId, now: Timestamp, term: LeaseTerm) -> Sql<'static, Pg> {
    at(Sql::of(&SETTLE_LEASES), now, term).bind::<BigInt, _>("account", account.get())
}

pub(super) fn expired(
    account: AccountId,
    now: Timestamp,
    term: LeaseTerm,
    limit: u16,
) -> Sql<'static, Pg, SqlTypeOf<AsSelect<JobRow, Pg>>> {
    at(Sql::of(&LOCK_EXPIRED), now, term)
        .bind::<BigInt, _>("account", account.get())
        .bind::<Array<Text>, _>("actions", Action::ALL.map(Action::name).to_vec())
        .bind::<BigInt, _>("limit", i64::from(limit))
        .text("columns", READ_COLUMNS)
        .returning()
}

/// Writes where running jobs are of which no row of `job_leases` tells. Returns how many such rows there were to write.
pub(in crate::job) fn adopt_running(conn: &mut PgConnection) -> QueryResult<usize> {
    adoption().execute(conn)
}

pub(super) fn adoption() -> Sql<'static, Pg> {
    Sql::of(&ADOPT_RUNNING)
}

/// Binds the time, and the latest end of a valid lease.
fn at(statement: Sql<'static, Pg>, now: Timestamp, term: LeaseTerm) -> Sql<'static, Pg> {
    statement.bind::<Instant, _>("now", DbInstant(now)).bind::<Instant, _>("latest", DbInstant(term.latest_end(now)))
}
