//! The accounts of tests.

use derslik_domain::id::{AccountId, Id};
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{AccountRows, KnownTestAccount, StoreError, TestAccountRepository};
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::result::Error;

use crate::db::conn::{DieselStores, on_conn};
use crate::db::schema::{accounts, credentials, jobs, test_accounts, token_grants};
use crate::db::types::DbInstant;
use crate::snapshot::{SnapshotError, account};

/// A failure of a snapshot as one of a query.
fn failure(error: SnapshotError) -> Error {
    Error::QueryBuilderError(Box::new(error))
}

impl TestAccountRepository for DieselStores<'_> {
    fn list(&mut self) -> Result<Vec<KnownTestAccount>, StoreError> {
        let rows: Vec<(i64, i64, Option<DbInstant>)> = self.query(|conn| {
            on_conn!(conn, |conn| test_accounts::table
                .filter(test_accounts::ended.eq(false))
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
        let work = diesel::delete(jobs::table.filter(jobs::account_id.eq(id)));
        self.query(|conn| on_conn!(conn, |conn| work.execute(conn)))?;
        Ok(true)
    }

    fn see_one_state(&mut self) -> Result<(), StoreError> {
        self.query(|mut conn| conn.see_one_state())
    }

    fn read_rows(&mut self, account: AccountId, only: Option<&'static [&'static str]>) -> Result<AccountRows, StoreError> {
        self.query(|conn| account::read(conn, account, only).map_err(failure))
    }

    fn write_rows(&mut self, account: AccountId, rows: &AccountRows) -> Result<(), StoreError> {
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
