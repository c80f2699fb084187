//! The store of sessions.

use std::collections::{BTreeSet, HashMap};

use derslik_domain::id::{AccountId, PrincipalId, SessionGuid};
use derslik_domain::job::{BatchSize, RowCount};
use derslik_domain::page::Page;
use derslik_domain::session::{Session, SessionFilter};
use derslik_domain::time::Timestamp;

use super::StoreError;

/// Stores the sessions of every account. Deleted ones stay stored until they are pruned, but reads don't return them.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait SessionRepository {
    /// The existing sessions of these GUIDs, locked against other writers until the transaction ends. Sessions MUST be locked
    /// in the order of their GUIDs, so that two batches never deadlock.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock_many(&mut self, account: AccountId, guids: &BTreeSet<SessionGuid>) -> Result<HashMap<SessionGuid, Session>, StoreError>;

    /// Adds any number of sessions. On PostgreSQL the number of statements does not grow with it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a GUID is taken.
    #[expect(clippy::needless_lifetimes, reason = "the mock needs a name for the inner one")]
    fn insert_many<'a>(&mut self, account: AccountId, sessions: &[&'a Session]) -> Result<(), StoreError>;

    /// As [`insert_many`](Self::insert_many) if `author` may still act; otherwise it adds nothing and returns `false`. On
    /// PostgreSQL the same statement [holds](super::IdentityRepository::hold_principal) the author.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a GUID is taken.
    #[expect(clippy::needless_lifetimes, reason = "the mock needs a name for the inner one")]
    fn insert_many_by<'a>(&mut self, account: AccountId, author: PrincipalId, sessions: &[&'a Session]) -> Result<bool, StoreError>;

    /// Overwrites the stored sessions of the same GUIDs. A call MUST NOT name a session twice.
    ///
    /// # Errors
    /// [`StoreError`].
    #[expect(clippy::needless_lifetimes, reason = "the mock needs a name for the inner one")]
    fn update_many<'a>(&mut self, account: AccountId, sessions: &[&'a Session]) -> Result<(), StoreError>;

    /// One session.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, account: AccountId, guid: SessionGuid) -> Result<Option<Session>, StoreError>;

    /// The existing sessions of these GUIDs.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_many(&mut self, account: AccountId, guids: &[SessionGuid]) -> Result<HashMap<SessionGuid, Session>, StoreError>;

    /// The page of the sessions that match the filter, ordered by the instant of their start and then by GUID. The page ends
    /// early where its texts reach [`SessionFilter::TEXT_BYTES`]; `more` tells whether it goes on.
    ///
    /// # Errors
    /// [`StoreError`].
    fn search(&mut self, account: AccountId, filter: &SessionFilter) -> Result<Page<Session>, StoreError>;

    /// Indexes pending sessions, at least `limit` of them if there are as many, and returns how many. Searches find pending
    /// sessions too, but more slowly, and pending sessions do not expire. It waits for another transaction that indexes the
    /// same account.
    ///
    /// # Errors
    /// [`StoreError`].
    fn index(&mut self, account: AccountId, limit: u16) -> Result<RowCount, StoreError>;

    /// As [`index`](Self::index), but if another transaction indexes the account now, it returns at once and does nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    fn try_index(&mut self, account: AccountId, limit: u16) -> Result<RowCount, StoreError>;

    /// The accounts with more than `more_than` pending sessions, ordered by id: at most `limit` of those after `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn accounts_to_index(&mut self, after: Option<AccountId>, more_than: u32, limit: u16) -> Result<Vec<AccountId>, StoreError>;

    /// Marks indexed sessions as expired that ended before `now`, and returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn expire(&mut self, account: AccountId, now: Timestamp, limit: u16) -> Result<RowCount, StoreError>;

    /// Removes sessions for good that were deleted before `before`, and returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn prune(&mut self, account: AccountId, before: Timestamp, limit: u16) -> Result<RowCount, StoreError>;

    /// Removes sessions for good that a principal created and that have no attendees, deleted ones included. Returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn erase_created_by(&mut self, account: AccountId, creator: PrincipalId, batch: BatchSize) -> Result<RowCount, StoreError>;
}
