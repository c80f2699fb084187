//! Whether and when a failed job is tried again. Randomness comes in as a number.

use std::fmt;
use std::time::Duration;

use crate::time::Timestamp;

/// How often a worker started a job, not counting the starts after which it released the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Attempts(u16);

impl Attempts {
    /// Zero attempts.
    pub const NONE: Self = Self(0);

    /// A count of attempts.
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

    /// One attempt fewer, for a start that does not count.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum FailureReason {
    /// A cause that may be gone at the next attempt, such as a database that was unreachable.
    Transient,
    /// A cause that will be the same at the next attempt.
    Permanent,
    /// The worker did not renew its lease before the lease ended.
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

/// The text of a failure for operators: at most 2 000 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FailureText(Box<str>);

impl FailureText {
    /// The most characters that are kept.
    pub const MAX: usize = 2_000;

    /// Keeps as much of a text as possible. Refusing a text would lose the failure, so nothing is refused. A long text is
    /// cut, and each NUL becomes the replacement character.
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

/// The reason of a failed attempt, and a text about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Failure {
    /// The reason.
    pub reason: FailureReason,
    /// The text about it.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FailedAttempt {
    /// Which attempt it was, from 1.
    pub attempt: Attempts,
    /// When it failed.
    pub at: Timestamp,
    /// The reason and the text of the failure.
    pub failure: Failure,
}

/// Random jitter, so that jobs which failed together do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Jitter(u32);

impl Jitter {
    /// Zero jitter.
    pub const NONE: Self = Self(0);

    /// Takes any number; callers draw a random one.
    pub const fn from_random(bits: u32) -> Self {
        Self(bits)
    }

    /// `delay`, up to a fifth shorter.
    fn shorten(self, delay: Duration) -> Duration {
        let slack = delay / 5;
        delay.saturating_sub(slack.saturating_mul(self.0) / u32::MAX)
    }
}

/// The decision after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Retry {
    /// Another attempt, after this delay.
    After(Duration),
    /// No further attempt.
    Never,
}

/// How often a job is tried, and how long it waits in between. The delay grows fourfold after each failure, up to a limit.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RetryPolicy {
    attempts: Attempts,
    first_delay: Duration,
    longest_delay: Duration,
}

/// Why a retry policy was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum RetryPolicyError {
    /// Zero attempts, or more than [`RetryPolicy::MOST_ATTEMPTS`].
    #[error("not between 1 and {} attempts", RetryPolicy::MOST_ATTEMPTS.get())]
    Attempts,
    /// A delay beyond [`RetryPolicy::MOST_DELAY`], or a first delay above the longest.
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

    /// A policy of `attempts` attempts, with delays that grow from `first_delay` to `longest_delay`.
    ///
    /// # Errors
    /// [`RetryPolicyError`] beyond [`RetryPolicy::MOST_ATTEMPTS`] or [`RetryPolicy::MOST_DELAY`], or if the first delay is above
    /// the longest.
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

    /// The decision after `attempt` (counted from 1) has failed. After an expired lease there is no delay: the lease itself
    /// was a long enough wait.
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
