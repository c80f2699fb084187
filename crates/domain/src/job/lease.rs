//! Leases: the right to run a job until a point in time. It depends neither on the job nor on the store.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use crate::time::Timestamp;

/// A process that runs jobs. It takes a new id each time it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(Uuid);

impl WorkerId {
    /// Wraps a UUID of any version.
    pub const fn new(value: Uuid) -> Self {
        Self(value)
    }

    /// The UUID itself.
    pub const fn get(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// The proof that a worker still holds a lease. The jobs of one claim may share a token; two claims never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseToken(Uuid);

impl LeaseToken {
    /// Wraps a UUID that was never used for another claim.
    pub const fn new(value: Uuid) -> Self {
        Self(value)
    }

    /// The UUID itself.
    pub const fn get(self) -> Uuid {
        self.0
    }
}

/// The right of one worker to run one job until a given instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lease {
    /// The proof of the right.
    pub token: LeaseToken,
    /// The worker that holds it.
    pub worker: WorkerId,
    /// When it ends, if the worker does not renew it before.
    pub until: Timestamp,
}

/// The length of a lease: a whole number of milliseconds between one second and ten minutes.
///
/// ```
/// use std::time::Duration;
///
/// use derslik_domain::job::LeaseTerm;
///
/// let term = LeaseTerm::DEFAULT;
/// assert_eq!((term.duration(), term.heartbeat_interval()), (Duration::from_secs(15), Duration::from_secs(5)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseTerm(Duration);

/// The duration is not the term of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not between {} and {} seconds", LeaseTerm::SHORTEST.as_secs(), LeaseTerm::LONGEST.as_secs())]
pub struct LeaseTermError;

impl LeaseTerm {
    /// The term if the operator sets no other.
    pub const DEFAULT: Self = Self(Duration::from_secs(15));
    /// The shortest term: with a shorter one, a pause of the machine would look like the death of a worker.
    pub const SHORTEST: Duration = Duration::from_secs(1);
    /// The longest term: with a longer one, the jobs of a dead worker would lie idle for too long.
    pub const LONGEST: Duration = Duration::from_secs(600);

    /// A term by its duration, cut to the millisecond.
    ///
    /// # Errors
    /// [`LeaseTermError`] outside one second to ten minutes.
    pub fn new(duration: Duration) -> Result<Self, LeaseTermError> {
        if !(Self::SHORTEST..=Self::LONGEST).contains(&duration) {
            return Err(LeaseTermError);
        }
        u64::try_from(duration.as_millis()).map(|millis| Self(Duration::from_millis(millis))).map_err(|_| LeaseTermError)
    }

    /// The duration.
    pub const fn duration(self) -> Duration {
        self.0
    }

    /// How often a worker renews its leases: a third of the term, so that one lost heartbeat does no harm.
    pub fn heartbeat_interval(self) -> Duration {
        self.0 / 3
    }

    /// How often a rescuer looks for expired leases. Together with the term, this bounds how long the job of a dead worker
    /// lies idle: 20 seconds by default.
    pub fn rescue_interval(self) -> Duration {
        self.0 / 3
    }

    /// When a lease ends that a worker gets or renews at `now`.
    pub fn end(self, now: Timestamp) -> Timestamp {
        now.plus(self.0)
    }

    /// The latest end of a valid lease at `now`. A later end means that the clock was set back after the claim. Waiting for
    /// it would leave the job idle for as long as the clock was moved. Twice the term leaves room for clocks that differ.
    pub fn latest_end(self, now: Timestamp) -> Timestamp {
        now.plus(self.0 * 2)
    }

    /// The rescue rule: whether a lease that ends at `until` is still valid at `now`.
    pub fn holds(self, until: Timestamp, now: Timestamp) -> bool {
        now < until && until <= self.latest_end(now)
    }
}

impl Default for LeaseTerm {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[rstest]
    #[case(Duration::from_millis(999), false)]
    #[case(Duration::from_secs(1), true)]
    #[case(Duration::from_secs(600), true)]
    #[case(Duration::from_millis(600_001), false)]
    #[case(Duration::MAX, false)]
    fn a_term_has_one_second_to_ten_minutes(#[case] duration: Duration, #[case] fits: bool) {
        assert_eq!(LeaseTerm::new(duration).is_ok(), fits);
    }

    #[test]
    fn a_term_is_cut_to_the_millisecond() {
        assert_eq!(LeaseTerm::new(Duration::from_nanos(1_500_999_999)).unwrap().duration(), Duration::from_millis(1_500));
    }

    #[test]
    fn a_lease_holds_until_its_end_and_not_at_it() {
        let term = LeaseTerm::DEFAULT;
        let until = term.end(at(100));
        assert_eq!(until, at(115));
        assert!(term.holds(until, at(100)) && term.holds(until, at(114)));
        assert!(!term.holds(until, at(115)));
    }

    #[test]
    fn a_lease_from_before_the_clock_was_set_back_does_not_hold() {
        let term = LeaseTerm::DEFAULT;
        let until = term.end(at(100_000));
        assert!(!term.holds(until, at(100_000 - 3_600)));
        // Clocks that differ by less than the term must not take a job from a living worker.
        assert!(term.holds(until, at(100_000 - 15)));
    }

    #[test]
    fn a_dead_workers_job_is_idle_for_20_seconds_at_the_most() {
        let term = LeaseTerm::DEFAULT;
        assert_eq!(term.duration() + term.rescue_interval(), Duration::from_secs(20));
    }
}
