//! Whether a job that failed is tried again, and when. It knows nothing of what the job does; chance comes in as a number.

use std::fmt;
use std::time::Duration;

use crate::time::Timestamp;

/// How often a job was started, those starts left out that were given back unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Attempts(u16);

impl Attempts {
    /// Not once.
    pub const NONE: Self = Self(0);

    /// So many attempts.
    pub const fn new(count: u16) -> Self {
        Self(count)
    }

    /// The count.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// One attempt more.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// One attempt less, for a start that does not count.
    #[must_use]
    pub const fn taken_back(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureReason {
    /// Something that may well be better next time, such as a database that was away.
    Transient,
    /// Something that will be the same next time.
    Permanent,
    /// The worker was not heard of until its lease ended.
    LeaseExpired,
    /// The handler panicked.
    Panicked,
}

impl FailureReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Transient, Self::Permanent, Self::LeaseExpired, Self::Panicked];

    /// The name by which the reason is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Permanent => "permanent",
            Self::LeaseExpired => "lease_expired",
            Self::Panicked => "panicked",
        }
    }

    /// The reason of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// What an operator reads about a failure: at most 2 000 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FailureText(Box<str>);

impl FailureText {
    /// The most characters that are kept.
    pub const MAX: usize = 2_000;

    /// Keeps as much of a text as can be kept. A failure that could not be written down would be lost, so nothing is refused:
    /// what is too long is cut, and each NUL becomes the replacement character.
    pub fn cut(text: &str) -> Self {
        Self(text.chars().take(Self::MAX).map(|letter| if letter == '\0' { char::REPLACEMENT_CHARACTER } else { letter }).collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FailureText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why an attempt failed, and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Failure {
    /// Why.
    pub reason: FailureReason,
    /// What there is to say.
    pub text: FailureText,
}

impl Failure {
    /// A failure for that reason.
    pub fn new(reason: FailureReason, text: &str) -> Self {
        Self { reason, text: FailureText::cut(text) }
    }
}

/// One failed attempt, as the history of a job keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FailedAttempt {
    /// Which attempt it was, from 1.
    pub attempt: Attempts,
    /// When it failed.
    pub at: Timestamp,
    /// Why.
    pub failure: Failure,
}

/// Chance, so that jobs which failed together do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Jitter(u32);

impl Jitter {
    /// No deviation at all.
    pub const NONE: Self = Self(0);

    /// Takes any number; those that ask for it draw a random one.
    pub const fn from_random(bits: u32) -> Self {
        Self(bits)
    }

    /// `delay`, up to a fifth shorter.
    fn shorten(self, delay: Duration) -> Duration {
        let slack = delay / 5;
        delay.saturating_sub(slack.saturating_mul(self.0) / u32::MAX)
    }
}

/// What comes after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Another attempt, once this much time has gone by.
    After(Duration),
    /// Nothing.
    Never,
}

/// How often a job is tried, and how long it waits in between: four times as long after each failure, up to a limit.
///
/// ```
/// use std::time::Duration;
///
/// use derslik_domain::job::{Attempts, FailureReason, Jitter, Retry, RetryPolicy};
///
/// let policy = RetryPolicy::DEFAULT;
/// let after = |attempt| policy.decide(Attempts::new(attempt), FailureReason::Transient, Jitter::NONE);
/// assert_eq!(after(1), Retry::After(Duration::from_secs(15)));
/// assert_eq!(after(2), Retry::After(Duration::from_secs(60)));
/// assert_eq!(after(5), Retry::Never);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RetryPolicy {
    attempts: Attempts,
    first_delay: Duration,
    longest_delay: Duration,
}

/// Why a retry policy was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RetryPolicyError {
    /// No attempt at all, or more than [`RetryPolicy::MOST_ATTEMPTS`].
    #[error("not between 1 and {} attempts", RetryPolicy::MOST_ATTEMPTS.get())]
    Attempts,
    /// A delay beyond [`RetryPolicy::MOST_DELAY`], or a first one that is longer than the longest.
    #[error("a delay above {} hours, or a first delay above the longest", RetryPolicy::MOST_DELAY.as_secs() / 3_600)]
    Delay,
}

impl RetryPolicy {
    /// Five attempts, about 15 seconds, 1 minute, 4 minutes and 15 minutes apart.
    pub const DEFAULT: Self =
        Self { attempts: Attempts::new(5), first_delay: Duration::from_secs(15), longest_delay: Duration::from_secs(15 * 60) };
    /// The most attempts that a policy may allow.
    pub const MOST_ATTEMPTS: Attempts = Attempts::new(25);
    /// The longest delay that a policy may ask for.
    pub const MOST_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

    const GROWTH: u32 = 4;

    /// A policy of so many attempts, whose delays grow from the first to the longest.
    ///
    /// # Errors
    /// [`RetryPolicyError`] outside the limits above.
    pub fn new(attempts: Attempts, first_delay: Duration, longest_delay: Duration) -> Result<Self, RetryPolicyError> {
        if attempts == Attempts::NONE || attempts > Self::MOST_ATTEMPTS {
            return Err(RetryPolicyError::Attempts);
        }
        if longest_delay > Self::MOST_DELAY || first_delay > longest_delay {
            return Err(RetryPolicyError::Delay);
        }
        Ok(Self { attempts, first_delay, longest_delay })
    }

    /// The most attempts that a job gets.
    pub const fn attempts(self) -> Attempts {
        self.attempts
    }

    /// What comes after `attempt` (counted from 1) failed. Who comes back after an expired lease does not wait: the lease was
    /// wait enough.
    pub fn decide(self, attempt: Attempts, reason: FailureReason, jitter: Jitter) -> Retry {
        if attempt >= self.attempts {
            return Retry::Never;
        }
        match reason {
            FailureReason::Transient | FailureReason::Panicked => Retry::After(jitter.shorten(self.delay(attempt))),
            FailureReason::LeaseExpired => Retry::After(Duration::ZERO),
            FailureReason::Permanent => Retry::Never,
        }
    }

    fn delay(self, attempt: Attempts) -> Duration {
        let failures_before = u32::from(attempt.taken_back().get());
        let factor = Self::GROWTH.saturating_pow(failures_before);
        self.first_delay.saturating_mul(factor).min(self.longest_delay)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const RETRYABLE: [FailureReason; 3] = [FailureReason::Transient, FailureReason::LeaseExpired, FailureReason::Panicked];

    #[rstest]
    #[case(1, Retry::After(Duration::from_secs(15)))]
    #[case(2, Retry::After(Duration::from_secs(60)))]
    #[case(3, Retry::After(Duration::from_secs(4 * 60)))]
    #[case(4, Retry::After(Duration::from_secs(15 * 60)))]
    #[case(5, Retry::Never)]
    #[case(u16::MAX, Retry::Never)]
    fn a_transient_failure_or_a_panic_waits_longer_each_time(#[case] attempt: u16, #[case] expected: Retry) {
        for reason in [FailureReason::Transient, FailureReason::Panicked] {
            assert_eq!(RetryPolicy::DEFAULT.decide(Attempts::new(attempt), reason, Jitter::NONE), expected);
        }
    }

    #[test]
    fn a_permanent_failure_is_never_tried_again() {
        let retry = RetryPolicy::DEFAULT.decide(Attempts::new(1), FailureReason::Permanent, Jitter::NONE);
        assert_eq!(retry, Retry::Never);
    }

    #[test]
    fn after_an_expired_lease_there_is_no_further_wait() {
        let decide = |attempt| RetryPolicy::DEFAULT.decide(Attempts::new(attempt), FailureReason::LeaseExpired, Jitter::NONE);
        assert_eq!(decide(4), Retry::After(Duration::ZERO));
        assert_eq!(decide(5), Retry::Never);
    }

    #[rstest]
    #[case(0, 15, 60, Err(RetryPolicyError::Attempts))]
    #[case(26, 15, 60, Err(RetryPolicyError::Attempts))]
    #[case(5, 61, 60, Err(RetryPolicyError::Delay))]
    #[case(5, 15, 86_401, Err(RetryPolicyError::Delay))]
    #[case(1, 0, 0, Ok(()))]
    #[case(25, 86_400, 86_400, Ok(()))]
    fn a_policy_has_limits(
        #[case] attempts: u16,
        #[case] first: u64,
        #[case] longest: u64,
        #[case] expected: Result<(), RetryPolicyError>,
    ) {
        let policy = RetryPolicy::new(Attempts::new(attempts), Duration::from_secs(first), Duration::from_secs(longest));
        assert_eq!(policy.map(|_| ()), expected);
    }

    #[test]
    fn the_texts_of_the_limits_name_them() {
        assert_eq!(RetryPolicyError::Attempts.to_string(), "not between 1 and 25 attempts");
        assert_eq!(RetryPolicyError::Delay.to_string(), "a delay above 24 hours, or a first delay above the longest");
    }

    #[test]
    fn chance_takes_up_to_a_fifth_away() {
        let shortest = RetryPolicy::DEFAULT.decide(Attempts::new(1), FailureReason::Transient, Jitter::from_random(u32::MAX));
        let middle = RetryPolicy::DEFAULT.decide(Attempts::new(1), FailureReason::Transient, Jitter::from_random(u32::MAX / 3));
        assert_eq!((shortest, middle), (Retry::After(Duration::from_secs(12)), Retry::After(Duration::from_secs(14))));
    }

    #[test]
    fn a_failure_is_kept_whatever_its_text() {
        let long = "ş".repeat(FailureText::MAX + 1);
        assert_eq!(FailureText::cut(&long).as_str().chars().count(), FailureText::MAX);
        assert_eq!(FailureText::cut("a\0b").as_str(), "a\u{fffd}b");
        assert_eq!(FailureText::cut("").as_str(), "");
    }

    #[test]
    fn reasons_are_stored_by_name() {
        for reason in FailureReason::ALL {
            assert_eq!(FailureReason::by_name(reason.name()), Some(reason));
        }
        assert_eq!(FailureReason::by_name("bad luck"), None);
    }

    proptest! {
        #[test]
        fn a_delay_is_never_above_the_longest_nor_below_four_fifths_of_the_first(
            attempts in 1_u16..=25,
            first in 0_u64..=86_400,
            longest in 0_u64..=86_400,
            attempt in any::<u16>(),
            bits in any::<u32>(),
        ) {
            let (first, longest) = (Duration::from_secs(first), Duration::from_secs(longest.max(first)));
            let policy = RetryPolicy::new(Attempts::new(attempts), first, longest).unwrap();
            for reason in RETRYABLE {
                match policy.decide(Attempts::new(attempt), reason, Jitter::from_random(bits)) {
                    Retry::After(delay) => {
                        prop_assert!(attempt < attempts);
                        prop_assert!(delay <= longest);
                        prop_assert!(reason == FailureReason::LeaseExpired || delay >= first * 4 / 5);
                    }
                    Retry::Never => prop_assert!(attempt >= attempts),
                }
            }
        }
    }
}
