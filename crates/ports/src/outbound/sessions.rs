//! The store of sessions.

use std::collections::{BTreeSet, HashMap};

use derslik_domain::id::{AccountId, PrincipalId, SessionGuid};
use derslik_domain::page::Page;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::session::{Session, SessionFilter, SessionName};
use derslik_domain::time::Timestamp;

use super::StoreError;

/// The end of an open session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpcomingEnd {
    /// When the session ends.
    pub at: Timestamp,
    /// The session.
    pub session: SessionGuid,
    /// Its name.
    pub name: SessionName,
}

/// Stores the sessions of every account. Deleted ones stay stored until they are pruned, but reads don't return them. Each write
/// records the written sessions in the [change log](super::ChangeLogRepository).
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
    /// early where its texts reach [`SessionFilter::TEXT_BYTES`]; `more` tells whether it goes on. Pending sessions are found as
    /// well as indexed ones, but each of them takes longer.
    ///
    /// # Errors
    /// [`StoreError`].
    fn search(&mut self, account: AccountId, filter: &SessionFilter) -> Result<Page<Session>, StoreError>;

    /// Marks open sessions as expired that have ended by `now`, at most about `limit` of them, and returns how many. A session is
    /// found once [`Projection::SessionEnds`](super::Projection::SessionEnds) has applied its last change.
    ///
    /// # Errors
    /// [`StoreError`].
    fn expire(&mut self, account: AccountId, now: Timestamp, limit: u16) -> Result<RowCount, StoreError>;

    /// The ends of open sessions that come first: at most `limit` of them, the earliest first. A session is found once
    /// [`Projection::SessionEnds`](super::Projection::SessionEnds) has applied its last change. The number of ends that are looked at has
    /// a bound, so behind many ends of sessions that ended early there may be further ones.
    ///
    /// # Errors
    /// [`StoreError`].
    fn upcoming_ends(&mut self, account: AccountId, limit: u32) -> Result<Vec<UpcomingEnd>, StoreError>;

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
