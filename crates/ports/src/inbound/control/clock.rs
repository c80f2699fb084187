//! Test control of clocks.

use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::clock::RanItem;
use derslik_domain::time::Timestamp;

use super::{ControlError, PublicAccountId};

/// The most entries of [`Advanced::ran`].
pub const MAX_RAN: usize = 10_000;

/// Whose clock is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockScope {
    /// The clock of all accounts that have none of their own.
    All,
    /// The clock of one account.
    Account(PublicAccountId),
}

/// A clock as tests see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownClock {
    /// What it shows.
    pub now: Timestamp,
    /// Whether it stands still.
    pub is_frozen: bool,
    /// Whether it was moved itself. Otherwise it is the clock for all, or that of the machine.
    pub is_own: bool,
    /// When the first job of the account is due, or its first session ends. `None` for the clock for all.
    pub next_due: Option<Timestamp>,
}

/// How far to advance a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    /// By that time.
    By(Duration),
    /// To that instant.
    To(Timestamp),
}

/// What an advance has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advanced {
    /// The clock after it.
    pub clock: ShownClock,
    /// What ran, ordered by the time at which it was due: the first [`MAX_RAN`] of it.
    pub ran: Vec<RanItem>,
    /// How much ran.
    pub count: usize,
}

/// The clocks of accounts. They show the time by which sessions end, jobs and tokens are due, and objects are created. Leases,
/// timeouts, limits and the lives of test accounts go by the time of the machine.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ClockControl: Send + Sync {
    /// The clock.
    ///
    /// # Errors
    /// [`ControlError`].
    async fn show(&self, scope: ClockScope) -> Result<ShownClock, ControlError>;

    /// Makes a clock stand still, at that instant or at what it shows.
    ///
    /// # Errors
    /// [`ControlError`].
    async fn freeze(&self, scope: ClockScope, at: Option<Timestamp>) -> Result<ShownClock, ControlError>;

    /// Makes a clock run on from what it shows.
    ///
    /// # Errors
    /// [`ControlError`].
    async fn resume(&self, scope: ClockScope) -> Result<ShownClock, ControlError>;

    /// Sets a clock, also backwards. A frozen clock stays frozen. What falls due runs when a worker finds it.
    ///
    /// # Errors
    /// [`ControlError`].
    async fn set(&self, scope: ClockScope, to: Timestamp) -> Result<ShownClock, ControlError>;

    /// Runs what falls due until then, in order and each at its own time, and then moves the clock. It returns once everything has
    /// settled. Advances of different accounts do not wait for each other.
    ///
    /// # Errors
    /// [`ControlError::Invalid`] for a time before the present one, [`ControlError::TimedOut`] if it has not settled in time: a job does not
    /// end, or clients make things that are due all the time. What ran stays done, and the clock does not move.
    async fn advance(&self, scope: ClockScope, advance: Advance) -> Result<Advanced, ControlError>;

    /// Advances a clock to the time at which something falls due next. If nothing will, the clock stays.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    async fn run_to_next_due(&self, scope: ClockScope) -> Result<Advanced, ControlError>;

    /// Gives a clock back: an account shows the clock for all again, and the clock for all shows the time of the machine.
    ///
    /// # Errors
    /// [`ControlError`].
    async fn release(&self, scope: ClockScope) -> Result<(), ControlError>;
}
