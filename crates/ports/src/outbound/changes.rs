//! The change log: what was written, as the tables that follow it read it.

use derslik_domain::id::AccountId;
use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;

use super::StoreError;

/// A table that is kept up to date from the change log, later than the writes and by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Projection {
    /// The index that answers searches of sessions.
    SearchIndex,
    /// When open sessions end.
    SessionEnds,
    /// Which principal created which session.
    SessionCreators,
}

impl Projection {
    /// Every projection.
    pub const ALL: [Self; 3] = [Self::SearchIndex, Self::SessionEnds, Self::SessionCreators];

    /// The name by which operators know the projection.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SearchIndex => "search_index",
            Self::SessionEnds => "session_ends",
            Self::SessionCreators => "session_creators",
        }
    }
}

/// How far a projection is behind the writes, in all accounts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectionLag {
    /// The projection.
    pub projection: Projection,
    /// The number of pending changes.
    pub pending: u64,
}

/// Applies the change log of an account to its projections.
///
/// A write records the ids of what it changed in the same transaction. Such a record is pending for each projection until that
/// projection has applied it, so a record that commits late is never skipped. One transaction at a time applies changes for a
/// projection of an account. A transaction MUST apply changes as its last step, so that it waits for no lock while it holds
/// records, and for at most one projection.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait ChangeLogRepository {
    /// Applies the oldest pending changes, at least `limit` of them if there are as many, and returns how many. The search index
    /// takes fewer where texts are long. Zero means that none was pending. It waits for another transaction that applies changes
    /// for the same projection.
    ///
    /// # Errors
    /// [`StoreError`].
    fn catch_up(&mut self, account: AccountId, projection: Projection, limit: u16) -> Result<RowCount, StoreError>;

    /// As [`catch_up`](Self::catch_up), but if another transaction applies changes for the projection now, it returns zero at
    /// once and does nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    fn try_catch_up(&mut self, account: AccountId, projection: Projection, limit: u16) -> Result<RowCount, StoreError>;

    /// A page of the accounts with more than `more_than` pending changes, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn accounts_behind(
        &mut self,
        projection: Projection,
        more_than: u32,
        page: PageRequest<AccountId>,
    ) -> Result<Vec<AccountId>, StoreError>;

    /// The lag of each projection, in the order of [`Projection::ALL`]. At most the changes of the first 1 000 records of a
    /// projection are counted, so that a long backlog is not read as a whole.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lags(&mut self) -> Result<Vec<ProjectionLag>, StoreError>;
}
