//! The repository of the clocks that tests move.

use derslik_domain::audit::INSTALLATION;
use derslik_domain::clock::VirtualClock;
use derslik_domain::id::{AccountId, Id};
use derslik_domain::job::{Action, Actions};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{ClockRepository, ClockRevision, DueTimes, NextDue, StoreError, StoredClock};
use diesel::dsl::{min, sql};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text};

use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::schema::{account_clocks, jobs, session_ends};
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Sql, Statement};
use crate::db::types::{DbInstant, Instant};
use crate::job::Conditions;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = account_clocks)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct ClockRow {
    account_id: i64,
    frozen_at: Option<DbInstant>,
    ahead_micros: Option<i64>,
    revision: i64,
}

impl ClockRow {
    fn clock(&self) -> Option<VirtualClock> {
        let frozen = self.frozen_at.map(|at| VirtualClock::Frozen(at.0));
        frozen.or_else(|| self.ahead_micros.map(|ahead_micros| VirtualClock::Running { ahead_micros }))
    }
}

impl ClockRepository for DieselStores<'_> {
    fn changed_since(&mut self, revision: ClockRevision) -> Result<Vec<StoredClock>, StoreError> {
        let rows: Vec<ClockRow> = self.query(|conn| {
            on_conn!(conn, |conn| account_clocks::table
                .filter(account_clocks::revision.gt(revision.get()))
                .order((account_clocks::revision, account_clocks::account_id))
                .select(ClockRow::as_select())
                .load(conn))
        })?;
        let stored = |row: ClockRow| StoredClock {
            account: Id::new(row.account_id),
            clock: row.clock(),
            revision: ClockRevision::new(row.revision),
        };
        Ok(rows.into_iter().map(stored).collect())
    }

    fn find(&mut self, account: AccountId) -> Result<Option<VirtualClock>, StoreError> {
        let stored: Option<ClockRow> = self.query(|conn| {
            on_conn!(conn, |conn| account_clocks::table.find(account.get()).select(ClockRow::as_select()).first(conn).optional())
        })?;
        Ok(stored.and_then(|row| row.clock()))
    }

    fn replace(&mut self, account: AccountId, before: Option<VirtualClock>, after: Option<VirtualClock>) -> Result<bool, StoreError> {
        // The row of the installation is locked until the transaction ends, so a reader never sees a later change before this one.
        let first = (account_clocks::account_id.eq(INSTALLATION.get()), account_clocks::revision.eq(1_i64));
        let counted = diesel::insert_into(account_clocks::table)
            .values(first)
            .on_conflict(account_clocks::account_id)
            .do_update()
            .set(account_clocks::revision.eq(account_clocks::revision + 1_i64));
        self.query(|conn| on_conn!(conn, |conn| counted.execute(conn)))?;
        let of_installation = account_clocks::table.find(INSTALLATION.get());
        let revision: i64 = self.query(|conn| on_conn!(conn, |conn| of_installation.select(account_clocks::revision).first(conn)))?;
        if self.find(account)? != before {
            return Ok(false);
        }
        let (frozen_at, ahead_micros) = match after {
            Some(VirtualClock::Frozen(at)) => (Some(DbInstant(at)), None),
            Some(VirtualClock::Running { ahead_micros }) => (None, Some(ahead_micros)),
            None => (None, None),
        };
        let row = (
            account_clocks::account_id.eq(account.get()),
            account_clocks::frozen_at.eq(frozen_at),
            account_clocks::ahead_micros.eq(ahead_micros),
            account_clocks::revision.eq(revision),
        );
        let changed =
            (account_clocks::frozen_at.eq(frozen_at), account_clocks::ahead_micros.eq(ahead_micros), account_clocks::revision.eq(revision));
        let store = diesel::insert_into(account_clocks::table).values(row).on_conflict(account_clocks::account_id).do_update().set(changed);
        self.query(|conn| on_conn!(conn, |conn| store.execute(conn)))?;
        Ok(true)
    }

    fn accounts_with_due(&mut self, times: &DueTimes, actions: Actions, limit: u16) -> Result<Vec<AccountId>, StoreError> {
        let (actions, latest) = (names(actions), DbInstant(times.latest()));
        let is_waiting = Conditions::of(self.dialect()).scheduled;
        let waiting: Vec<(i64, Option<DbInstant>)> = self.query(|conn| {
            on_conn!(conn, |conn| jobs::table
                .filter(sql::<Bool>(is_waiting))
                .filter(jobs::due_at.le(latest))
                .filter(jobs::action.eq_any(&actions))
                .group_by(jobs::account_id)
                .order((min(jobs::due_at), jobs::account_id))
                .select((jobs::account_id, min(jobs::due_at)))
                .load(conn))
        })?;
        let is_due = |(account, first): (i64, Option<DbInstant>)| {
            let account = Id::new(account);
            first.is_some_and(|first| first.0 <= times.of(account)).then_some(account)
        };
        Ok(waiting.into_iter().filter_map(is_due).take(limit.into()).collect())
    }

    fn next_due(&mut self, account: AccountId, actions: Actions) -> Result<NextDue, StoreError> {
        let job = self.query(|conn| match conn {
            Conn::Pg(conn) => first_due_at_once(account, actions).get_result(conn).map(|(due,): (Option<DbInstant>,)| due),
            Conn::Sqlite(conn) => first_due(conn, account, actions),
        })?;
        let session_end: Option<DbInstant> = self.query(|conn| {
            on_conn!(conn, |conn| session_ends::table
                .filter(session_ends::account_id.eq(account.get()))
                .select(min(session_ends::ends_at))
                .first(conn))
        })?;
        Ok(NextDue { job: job.map(|at| at.0), session_end: session_end.map(|at| at.0) })
    }

    fn waiting(&mut self, account: AccountId, until: Timestamp) -> Result<RowCount, StoreError> {
        let waiting = Conditions::of(self.dialect()).scheduled;
        count(self, account, waiting, until)
    }

    fn running(&mut self, account: AccountId, until: Timestamp) -> Result<RowCount, StoreError> {
        let running = Conditions::of(self.dialect()).running;
        count(self, account, running, until)
    }
}

/// When the first waiting job of these actions is due. Each action has its own priority, by which the index of claims has its jobs in the
/// order of their times: so no more than one entry of each is read, however many jobs wait.
fn first_due(conn: &mut SqliteConnection, account: AccountId, actions: Actions) -> QueryResult<Option<DbInstant>> {
    let mut first: Option<DbInstant> = None;
    for action in actions.iter() {
        let due = jobs::table
            .filter(jobs::account_id.eq(account.get()))
            .filter(sql::<Bool>(Conditions::SQLITE.scheduled))
            .filter(jobs::priority.eq(action.priority().get()))
            .filter(jobs::action.eq(action.name()))
            .order(jobs::due_at)
            .select(jobs::due_at)
            .first::<DbInstant>(conn)
            .optional()?;
        first = [first, due].into_iter().flatten().min_by_key(|at| at.0);
    }
    Ok(first)
}

static FIRST_DUE: Statement = Statement::new(
    "clock_first_due_job",
    "
    SELECT min(first.due_at)
    FROM unnest(:actions, :priorities) AS wanted (action, priority)
    CROSS JOIN LATERAL (
        SELECT due_at FROM jobs
        WHERE account_id = :account AND ended_at IS NULL AND lease_token IS NULL
            AND priority = wanted.priority AND action = wanted.action
        ORDER BY due_at LIMIT 1
    ) AS first",
);

/// The same in one statement, since each further one is a round trip to the server.
fn first_due_at_once(account: AccountId, actions: Actions) -> Sql<'static, Pg, (Nullable<Instant>,)> {
    let priorities: Vec<i16> = actions.iter().map(|action| action.priority().get()).collect();
    Sql::of(&FIRST_DUE)
        .bind::<BigInt, _>("account", account.get())
        .bind::<Array<Text>, _>("actions", names(actions))
        .bind::<Array<SmallInt>, _>("priorities", priorities)
        .returning()
}

#[cfg(test)]
pub(crate) fn statements() -> Vec<Printed> {
    vec![first_due_at_once(Id::new(1), Action::ALL.into_iter().collect()).printed()]
}

/// How many jobs of an account fulfil a condition and were due by `until`.
fn count(stores: &mut DieselStores<'_>, account: AccountId, condition: &'static str, until: Timestamp) -> Result<RowCount, StoreError> {
    let count: i64 = stores.query(|conn| {
        on_conn!(conn, |conn| jobs::table
            .filter(jobs::account_id.eq(account.get()))
            .filter(sql::<Bool>(condition))
            .filter(jobs::due_at.le(DbInstant(until)))
            .count()
            .get_result(conn))
    })?;
    Ok(RowCount::new(u64::try_from(count).unwrap_or_default()))
}

fn names(actions: Actions) -> Vec<&'static str> {
    actions.iter().map(Action::name).collect()
}
