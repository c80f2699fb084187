//! The store of the accounts of tests, beside that of accounts.
#![cfg_attr(
    any(test, feature = "mocks"),
    expect(clippy::ref_option_ref, reason = "the mock borrows every argument, optional references too")
)]

use derslik_domain::id::AccountId;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;

use super::StoreError;

/// An account that test control made, reset or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownTestAccount {
    /// The account.
    pub account: AccountId,
    /// The number by which tests name it.
    pub public: i64,
    /// When it ends, in real time; `None` for never.
    pub lives_until: Option<Timestamp>,
}

/// The rows of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRows {
    /// The table.
    pub table: &'static str,
    /// Its rows, each a JSON object, as a backup has it.
    pub rows: Vec<String>,
}

/// The rows of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountRows {
    /// The tables that have any, those first that others refer to.
    pub tables: Vec<TableRows>,
    /// Whether they are from another database, so that ids which a database counts may be taken here.
    pub is_foreign: bool,
}

/// Stores which accounts belong to tests, and brings accounts back to earlier states. Only test control calls it.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait TestAccountRepository {
    /// The accounts of tests that have not ended, ordered by id: those with ids above `after`, or all of them. A fresh account gets a
    /// higher id than all before it, so a process that knows the accounts up to an id finds the later ones.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&mut self, after: Option<AccountId>) -> Result<Vec<KnownTestAccount>, StoreError>;

    /// The highest id of an account of tests that was ever given; zero before the first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn highest(&mut self) -> Result<i64, StoreError>;

    /// The account that tests name by `public`, if it is in use; one that was made elsewhere has no end. `guess` is looked at first: it may
    /// have been replaced since. With `is_locked`, the account is locked until the transaction ends: others that lock, replace or end it
    /// wait until then.
    ///
    /// # Errors
    /// [`StoreError`].
    fn current(&mut self, public: i64, guess: AccountId, is_locked: bool) -> Result<Option<KnownTestAccount>, StoreError>;

    /// Stores that an account belongs to tests, or what has changed about it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put(&mut self, account: &KnownTestAccount) -> Result<(), StoreError>;

    /// Ends an account for good. Its name and its keys become free, and no worker claims its jobs any more. Its rows stay until they are
    /// [removed](Self::prune). Returns whether there was such an account.
    ///
    /// # Errors
    /// [`StoreError`].
    fn end(&mut self, account: AccountId, public: i64, at: Timestamp) -> Result<bool, StoreError>;

    /// Lets the transaction see one state of the database from now on. It MUST be the first call of the transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    fn see_one_state(&mut self) -> Result<(), StoreError>;

    /// The rows of an account in these tables, or in all of them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read_rows(&mut self, account: AccountId, only: Option<&'static [&'static str]>) -> Result<AccountRows, StoreError>;

    /// Writes the rows of an account, which has [ended](Self::end), as those of a fresh one.
    ///
    /// # Errors
    /// [`StoreError`], of which [`StoreError::Conflict`] says that the fresh id or a name is taken.
    fn write_rows(&mut self, account: AccountId, rows: &AccountRows) -> Result<(), StoreError>;

    /// Removes rows of ended accounts, about a batch of them, and returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn prune(&mut self, batch: BatchSize) -> Result<RowCount, StoreError>;
}
