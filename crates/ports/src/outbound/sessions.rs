//! The store of sessions.

use std::collections::{BTreeSet, HashMap};

use derslik_domain::id::{AccountId, PrincipalId, SessionGuid};
use derslik_domain::job::{BatchSize, RowCount};
use derslik_domain::session::{Session, SessionFilter};
use derslik_domain::time::Timestamp;

use super::{Listed, StoreError};

/// Stores the sessions of every account. Deleted ones are kept but never found.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait SessionRepository {
    /// The sessions of these GUIDs that exist, held against other writers until the transaction ends. Sessions MUST be
    /// locked in the order of their GUIDs, so that two batches never wait for each other.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock_many(&mut self, account: AccountId, guids: &BTreeSet<SessionGuid>) -> Result<HashMap<SessionGuid, Session>, StoreError>;

    /// Adds sessions. Any number of them, in a number of statements that does not grow with it on PostgreSQL.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a GUID is taken.
    #[expect(clippy::needless_lifetimes, reason = "the mock needs a name for the inner one")]
    fn insert_many<'a>(&mut self, account: AccountId, sessions: &[&'a Session]) -> Result<(), StoreError>;

    /// As [`insert_many`](Self::insert_many), unless `author` may not act any more; tells which. The author is
    /// [held](super::IdentityRepository::hold_principal) by the same statement on PostgreSQL.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a GUID is taken.
    #[expect(clippy::needless_lifetimes, reason = "the mock needs a name for the inner one")]
    fn insert_many_by<'a>(&mut self, account: AccountId, author: PrincipalId, sessions: &[&'a Session]) -> Result<bool, StoreError>;

    /// Writes sessions over what is stored under their GUIDs, each at most once in a call.
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

    /// The sessions of these GUIDs that exist.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_many(&mut self, account: AccountId, guids: &[SessionGuid]) -> Result<HashMap<SessionGuid, Session>, StoreError>;

    /// The page of the sessions that the filter is about, ordered by the instant of their start and then by GUID. Where their texts
    /// come to [`SessionFilter::TEXT_BYTES`] these are the first ones of the page, and `more` tells whether the page goes on.
    ///
    /// # Errors
    /// [`StoreError`].
    fn search(&mut self, account: AccountId, filter: &SessionFilter) -> Result<Listed<Session>, StoreError>;

    /// Takes up sessions that were written lately, at least as many as `limit` if there are, and tells how many. What they are
    /// found by is kept after them: searches find the others too, but more slowly, and those do not expire yet. It waits for another
    /// transaction that does so for the account.
    ///
    /// # Errors
    /// [`StoreError`].
    fn index(&mut self, account: AccountId, limit: u16) -> Result<RowCount, StoreError>;

    /// The same as [`index`](Self::index), unless that is being done for the account at this moment: then nothing, at once.
    ///
    /// # Errors
    /// [`StoreError`].
    fn try_index(&mut self, account: AccountId, limit: u16) -> Result<RowCount, StoreError>;

    /// The accounts after one, in the order of their ids, in which more than so many sessions were written that [`index`](Self::index)
    /// has not taken up.
    ///
    /// # Errors
    /// [`StoreError`].
    fn accounts_to_index(&mut self, after: Option<AccountId>, more_than: u32, limit: u16) -> Result<Vec<AccountId>, StoreError>;

    /// Marks sessions as expired that ended before `now`, of those that [`index`](Self::index) took up, and tells how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn expire(&mut self, account: AccountId, now: Timestamp, limit: u16) -> Result<RowCount, StoreError>;

    /// Removes sessions for good that were deleted before `before`, and tells how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn prune(&mut self, account: AccountId, before: Timestamp, limit: u16) -> Result<RowCount, StoreError>;

    /// Removes sessions for good that a principal created and nobody attends, deleted ones included, and tells how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn erase_created_by(&mut self, account: AccountId, creator: PrincipalId, batch: BatchSize) -> Result<RowCount, StoreError>;
}
