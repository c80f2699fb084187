//! Clocks that a test moves, and what falls due by them. Nothing here reads a clock: the time of the machine is a parameter.
//!
//! ```
//! use std::time::Duration;
//!
//! use derslik_domain::clock::VirtualClock;
//! use derslik_domain::time::Timestamp;
//!
//! let machine = Timestamp::from_micros(5_000_000);
//! let tomorrow = VirtualClock::Running { ahead_micros: 86_400_000_000 };
//! assert_eq!(tomorrow.shows(machine), machine.plus(Duration::from_secs(86_400)));
//!
//! let frozen = tomorrow.frozen(machine);
//! assert_eq!(frozen.shows(machine.plus(Duration::from_secs(9))), tomorrow.shows(machine));
//! ```

use crate::id::{AccountId, JobId};
use crate::job::Action;
use crate::rows::RowCount;
use crate::time::Timestamp;

/// A clock that does not show the time of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum VirtualClock {
    /// It stands still at that instant.
    Frozen(Timestamp),
    /// It runs as the clock of the machine does.
    Running {
        /// How far it is ahead of the machine, in microseconds; negative if it is behind.
        ahead_micros: i64,
    },
}

impl VirtualClock {
    /// A running clock that shows `instant` while the machine shows `machine`.
    pub const fn running_from(instant: Timestamp, machine: Timestamp) -> Self {
        Self::Running { ahead_micros: instant.micros().saturating_sub(machine.micros()) }
    }

    /// The instant that it shows while the machine shows `machine`. A clock that runs stops at the end of the year 9999.
    pub const fn shows(self, machine: Timestamp) -> Timestamp {
        match self {
            Self::Frozen(instant) => instant,
            Self::Running { ahead_micros } => {
                let (micros, first, last) =
                    (machine.micros().saturating_add(ahead_micros), Timestamp::MIN.micros(), Timestamp::MAX.micros());
                if micros < first {
                    Timestamp::MIN
                } else if micros > last {
                    Timestamp::MAX
                } else {
                    Timestamp::from_micros(micros)
                }
            }
        }
    }

    /// Whether it stands still.
    pub const fn is_frozen(self) -> bool {
        matches!(self, Self::Frozen(_))
    }

    /// The same clock, which stands still from now on.
    #[must_use]
    pub const fn frozen(self, machine: Timestamp) -> Self {
        Self::Frozen(self.shows(machine))
    }

    /// The same clock, which runs on from what it shows now.
    #[must_use]
    pub const fn resumed(self, machine: Timestamp) -> Self {
        Self::running_from(self.shows(machine), machine)
    }

    /// The same clock, which shows `instant` now. A frozen clock stays frozen.
    #[must_use]
    pub const fn set(self, instant: Timestamp, machine: Timestamp) -> Self {
        match self {
            Self::Frozen(_) => Self::Frozen(instant),
            Self::Running { .. } => Self::running_from(instant, machine),
        }
    }
}

/// The outcome of one attempt at a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum JobOutcome {
    /// Its work is done.
    Completed,
    /// It failed for good.
    Failed,
    /// It failed, and there will be another attempt.
    Retried,
}

impl JobOutcome {
    /// The name of the outcome.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Retried => "retried",
        }
    }
}

/// What kind of thing fell due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum RanKind {
    /// An attempt at a job.
    Job {
        /// The job.
        job: JobId,
        /// Its action.
        action: Action,
        /// The outcome.
        outcome: JobOutcome,
    },
    /// Sessions ended before the next job was due, and expired.
    SessionsExpired(RowCount),
}

/// One thing that fell due and ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RanItem {
    /// When it was due. Its changes have this time.
    pub due: Timestamp,
    /// The account.
    pub account: AccountId,
    /// What it was.
    pub kind: RanKind,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MACHINE: Timestamp = Timestamp::from_micros(1_000_000);

    fn later(seconds: u64) -> Timestamp {
        MACHINE.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn a_frozen_clock_stands_still_until_it_is_resumed() {
        let frozen = VirtualClock::Running { ahead_micros: 60_000_000 }.frozen(MACHINE);
        assert_eq!((frozen.shows(MACHINE), frozen.shows(later(10))), (later(60), later(60)));
        let resumed = frozen.resumed(later(10));
        assert_eq!((resumed.shows(later(10)), resumed.shows(later(11))), (later(60), later(61)));
    }

    #[test]
    fn a_clock_is_set_backwards_and_keeps_its_mode() {
        let frozen = VirtualClock::Frozen(later(60)).set(MACHINE, later(5));
        assert_eq!(frozen, VirtualClock::Frozen(MACHINE));
        let running = VirtualClock::Running { ahead_micros: 0 }.set(MACHINE, later(5));
        assert_eq!((running.shows(later(5)), running.shows(later(6))), (MACHINE, later(1)));
    }

    #[test]
    fn the_ends_of_time_are_not_passed() {
        let far = VirtualClock::running_from(Timestamp::from_micros(i64::MAX), Timestamp::from_micros(-1));
        assert_eq!(far.shows(MACHINE), Timestamp::MAX);
        assert_eq!(VirtualClock::Running { ahead_micros: i64::MIN }.shows(MACHINE), Timestamp::MIN);
        let last = VirtualClock::running_from(Timestamp::MAX, MACHINE);
        assert_eq!((last.shows(MACHINE), last.shows(later(9))), (Timestamp::MAX, Timestamp::MAX));
    }
}
