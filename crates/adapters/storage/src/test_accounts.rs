//! The accounts of tests.

use derslik_domain::id::{AccountId, Id};
use derslik_domain::job::JobStatus;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{AccountRows, KnownTestAccount, Reason, StoreError, TestAccountRepository};
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::schema::{accounts, credentials, jobs, test_accounts, token_grants};
use crate::db::types::DbInstant;
use crate::snapshot::{SnapshotError, account};

/// How often an account is looked for that other transactions replace meanwhile.
const LOOKS: usize = 100;

/// A failure of a snapshot as one of a query. A row that breaks a reference or a check is a fault of the snapshot, and every other refusal
/// of rows has a cause beside it.
fn failure(error: SnapshotError) -> Error {
    match error {
        SnapshotError::Load { table, source } => match source.downcast::<Error>() {
            Ok(cause) if !is_misfit(&cause) => *cause,
            Ok(cause) => Error::QueryBuilderError(Box::new(SnapshotError::Load { table, source: cause })),
            Err(source) => Error::QueryBuilderError(Box::new(SnapshotError::Load { table, source })),
        },
        error => Error::QueryBuilderError(Box::new(error)),
    }
}

/// Whether rows do not fit together.
const fn is_misfit(error: &Error) -> bool {
    use DatabaseErrorKind::{CheckViolation, ForeignKeyViolation, NotNullViolation};
    matches!(error, Error::DatabaseError(ForeignKeyViolation | NotNullViolation | CheckViolation, _))
}

impl DieselStores<'_> {
    /// Keeps workers from the jobs of an account. The jobs stay, so that a request that still reads the account sees them.
    fn hold_jobs(&mut self, account: i64) -> Result<(), StoreError> {
        let never = DbInstant(Timestamp::MAX);
        let of_account = jobs::table.filter(jobs::account_id.eq(account));
        let waiting = diesel::update(of_account.filter(jobs::status.eq(JobStatus::Scheduled.name()))).set(jobs::due_at.eq(never));
        self.query(|conn| on_conn!(conn, |conn| waiting.execute(conn)))?;
        let running = diesel::update(of_account.filter(jobs::status.eq(JobStatus::Running.name()))).set(jobs::lease_until.eq(Some(never)));
        self.query(|conn| on_conn!(conn, |conn| running.execute(conn)))?;
        Ok(())
    }

    /// What is stored of an account that tests made or replaced, also if it has ended: the number by which they name it, and when it ends.
    fn stored(&mut self, account: i64) -> Result<Option<(i64, Option<DbInstant>)>, StoreError> {
        let row = test_accounts::table.find(account).select((test_accounts::public_id, test_accounts::lives_until));
        self.query(|conn| on_conn!(conn, |conn| row.first(conn).optional()))
    }

    /// Whether an account is in use. If so, and if that is wanted, other transactions that would replace or end it wait.
    fn is_in_use(&mut self, account: i64, is_locked: bool) -> Result<bool, StoreError> {
        let row = accounts::table.filter(accounts::id.eq(account)).filter(accounts::disabled_at.is_null());
        let found: Option<i64> = self.query(|conn| match conn {
            Conn::Pg(conn) if is_locked => row.select(accounts::id).for_no_key_update().first(conn).optional(),
            Conn::Pg(conn) => row.select(accounts::id).first(conn).optional(),
            // A transaction that writes is the only one.
            Conn::Sqlite(conn) => row.select(accounts::id).first(conn).optional(),
        })?;
        Ok(found.is_some())
    }

    /// The account that tests name by that number now, as it is stored; `None` if it has ended.
    fn stored_behind(&mut self, public: i64) -> Result<Option<i64>, StoreError> {
        let behind = test_accounts::table.filter(test_accounts::public_id.eq(public)).filter(test_accounts::ended.eq(false));
        let current: Option<i64> = self.query(|conn| on_conn!(conn, |conn| behind.select(max(test_accounts::account_id)).first(conn)))?;
        if current.is_some() {
            return Ok(current);
        }
        // An account that was made elsewhere, and never replaced.
        Ok(self.stored(public)?.is_none().then_some(public))
    }
}

impl TestAccountRepository for DieselStores<'_> {
    fn list(&mut self, after: Option<AccountId>) -> Result<Vec<KnownTestAccount>, StoreError> {
        let after = after.map_or(i64::MIN, Id::get);
        let rows: Vec<(i64, i64, Option<DbInstant>)> = self.query(|conn| {
            on_conn!(conn, |conn| test_accounts::table
                .filter(test_accounts::ended.eq(false))
                .filter(test_accounts::account_id.gt(after))
                .order(test_accounts::account_id)
                .select((test_accounts::account_id, test_accounts::public_id, test_accounts::lives_until))
                .load(conn))
        })?;
        let known = |(account, public, lives_until): (i64, i64, Option<DbInstant>)| KnownTestAccount {
            account: Id::new(account),
            public,
            lives_until: lives_until.map(|at| at.0),
        };
        Ok(rows.into_iter().map(known).collect())
    }

    fn highest(&mut self) -> Result<i64, StoreError> {
        let highest: Option<i64> =
            self.query(|conn| on_conn!(conn, |conn| test_accounts::table.select(max(test_accounts::account_id)).first(conn)))?;
        Ok(highest.unwrap_or_default())
    }

    fn current(&mut self, public: i64, guess: AccountId, is_locked: bool) -> Result<Option<KnownTestAccount>, StoreError> {
        let mut account = guess.get();
        for _ in 0..LOOKS {
            let (named, lives_until) = self.stored(account)?.unwrap_or((account, None));
            if named == public && self.is_in_use(account, is_locked)? {
                return Ok(Some(KnownTestAccount { account: Id::new(account), public, lives_until: lives_until.map(|at| at.0) }));
            }
            // It was a wrong guess, or another transaction has replaced or ended it while this one waited for its lock.
            match self.stored_behind(public)? {
                Some(stored) if stored != account => account = stored,
                Some(_) | None => return Ok(None),
            }
        }
        Err(StoreError::from(Reason::Conflict))
    }

    fn put(&mut self, account: &KnownTestAccount) -> Result<(), StoreError> {
        let lives_until = account.lives_until.map(DbInstant);
        let row = (
            test_accounts::account_id.eq(account.account.get()),
            test_accounts::public_id.eq(account.public),
            test_accounts::lives_until.eq(lives_until),
            test_accounts::ended.eq(false),
        );
        let change = (test_accounts::public_id.eq(account.public), test_accounts::lives_until.eq(lives_until));
        let insert = diesel::insert_into(test_accounts::table).values(row).on_conflict(test_accounts::account_id).do_update().set(change);
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn)))?;
        Ok(())
    }

    fn end(&mut self, account: AccountId, public: i64, at: Timestamp) -> Result<bool, StoreError> {
        let id = account.get();
        let change = (accounts::name.eq(format!("ended-{id}")), accounts::disabled_at.eq(Some(DbInstant(at))));
        let update = diesel::update(accounts::table.filter(accounts::id.eq(id))).set(change);
        if self.query(|conn| on_conn!(conn, |conn| update.execute(conn)))? == 0 {
            return Ok(false);
        }
        let row = (test_accounts::account_id.eq(id), test_accounts::public_id.eq(public), test_accounts::ended.eq(true));
        let insert = diesel::insert_into(test_accounts::table)
            .values(row)
            .on_conflict(test_accounts::account_id)
            .do_update()
            .set(test_accounts::ended.eq(true));
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn)))?;
        let keys = diesel::delete(credentials::table.filter(credentials::account_id.eq(id)));
        self.query(|conn| on_conn!(conn, |conn| keys.execute(conn)))?;
        let grants = diesel::delete(token_grants::table.filter(token_grants::account_id.eq(id)));
        self.query(|conn| on_conn!(conn, |conn| grants.execute(conn)))?;
        self.hold_jobs(id)?;
        Ok(true)
    }

    fn see_one_state(&mut self) -> Result<(), StoreError> {
        self.query(|mut conn| conn.see_one_state())
    }

    fn read_rows(&mut self, account: AccountId, only: Option<&'static [&'static str]>) -> Result<AccountRows, StoreError> {
        self.query(|conn| account::read(conn, account, only).map_err(failure))
    }

    fn write_rows(&mut self, account: AccountId, rows: &AccountRows) -> Result<(), StoreError> {
        self.query(|conn| match conn {
            Conn::Pg(_) => Ok(0),
            Conn::Sqlite(conn) => account::free_job_ids(conn, rows).map_err(failure),
        })?;
        self.query(|conn| account::write(conn, account, rows).map_err(failure))?;
        self.wake_for(true)
    }

    fn prune(&mut self, batch: BatchSize) -> Result<RowCount, StoreError> {
        let ended: Option<i64> = self.query(|conn| {
            on_conn!(conn, |conn| test_accounts::table
                .inner_join(accounts::table.on(accounts::id.eq(test_accounts::account_id)))
                .filter(test_accounts::ended.eq(true))
                .order(test_accounts::account_id)
                .select(test_accounts::account_id)
                .first(conn)
                .optional())
        })?;
        let Some(id) = ended else { return Ok(RowCount::ZERO) };
        let removed = self.query(|conn| account::remove(conn, Id::new(id), batch.get()).map_err(failure))?;
        // The row of the account itself counts, so that the next call goes on with another account.
        Ok(RowCount::new(u64::try_from(removed).unwrap_or(u64::MAX).max(1)))
    }
}
