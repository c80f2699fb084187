//! The store of clocks that tests move, and what falls due by them.

use derslik_domain::clock::VirtualClock;
use derslik_domain::id::AccountId;
use derslik_domain::job::Actions;
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;

use super::{DueTimes, StoreError};

/// The number of a change of any clock. Later changes have higher numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ClockRevision(i64);

impl ClockRevision {
    /// Before any change.
    pub const NONE: Self = Self(0);

    /// The revision of that number.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// The clock of an account as it is stored. That of the account [`INSTALLATION`](derslik_domain::audit::INSTALLATION) is the clock of
/// all accounts that have none of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredClock {
    /// The account.
    pub account: AccountId,
    /// Its clock; `None` if it has none of its own any more.
    pub clock: Option<VirtualClock>,
    /// Its last change.
    pub revision: ClockRevision,
}

/// What falls due next in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NextDue {
    /// When its first waiting job is due.
    pub job: Option<Timestamp>,
    /// When its first open session ends. A session is found once [`Projection::SessionEnds`](super::Projection::SessionEnds) has
    /// applied its last change.
    pub session_end: Option<Timestamp>,
}

impl NextDue {
    /// The earlier of both.
    pub fn first(self) -> Option<Timestamp> {
        self.job.into_iter().chain(self.session_end).min()
    }
}

/// Stores the clocks that tests have moved.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait ClockRepository {
    /// The clocks that changed after a revision.
    ///
    /// # Errors
    /// [`StoreError`].
    fn changed_since(&mut self, revision: ClockRevision) -> Result<Vec<StoredClock>, StoreError>;

    /// The clock of an account; `None` if it has none of its own.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, account: AccountId) -> Result<Option<VirtualClock>, StoreError>;

    /// Replaces the clock of an account if it is `before`. Returns whether it was. Changes wait for each other, so revisions are
    /// committed in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn replace(&mut self, account: AccountId, before: Option<VirtualClock>, after: Option<VirtualClock>) -> Result<bool, StoreError>;

    /// The accounts that have due jobs of these actions by their own clocks, the one that waits longest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn accounts_with_due(&mut self, times: &DueTimes, actions: Actions, limit: u16) -> Result<Vec<AccountId>, StoreError>;

    /// What falls due next in an account. Jobs of other actions are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    fn next_due(&mut self, account: AccountId, actions: Actions) -> Result<NextDue, StoreError>;

    /// How many jobs of an account wait that are due by `until`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn waiting(&mut self, account: AccountId, until: Timestamp) -> Result<RowCount, StoreError>;

    /// How many jobs of an account run that were due by `until`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn running(&mut self, account: AccountId, until: Timestamp) -> Result<RowCount, StoreError>;
}
