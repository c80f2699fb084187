//! One quota for each key. It is the token bucket of the crate `governor`: a bucket holds as many requests as the quota has, and is
//! refilled evenly over a minute. Within any `n` minutes a key gets at most `n + 1` quotas.

use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::{Quota, RateLimiter};
use metrics::counter;

use super::buckets::Buckets;
use super::clock::RateClock;
use super::{Exceeded, Policy};

/// The counts of all keys of a policy, and of policies with the same quota. Threads share it.
#[derive(Debug)]
pub(super) struct Limiter {
    policy: Policy,
    per_minute: NonZeroU32,
    /// Makes 64 bits of a key, with a random secret of the process, so that a client can't choose keys that collide.
    hasher: RandomState,
    buckets: RateLimiter<u64, Buckets, RateClock, NoOpMiddleware<Nanos>>,
}

impl Limiter {
    /// A limiter without any counts.
    pub(super) fn new(policy: Policy, per_minute: NonZeroU32, clock: RateClock) -> Self {
        let buckets = RateLimiter::new(Quota::per_minute(per_minute), Buckets::new(), clock);
        Self { policy, per_minute, hasher: RandomState::new(), buckets }
    }

    /// Counts a request of a key.
    ///
    /// # Errors
    /// The quota of the key is used up; the request is not counted.
    pub(super) fn count(&self, key: &impl Hash) -> Result<(), Exceeded> {
        self.count_by(self.policy, key)
    }

    /// Counts a request of a key under another policy with the same quota. Keys of different policies must differ.
    ///
    /// # Errors
    /// As of [`Self::count`].
    pub(super) fn count_by(&self, policy: Policy, key: &impl Hash) -> Result<(), Exceeded> {
        // Each request clears a part of the memory, so that the memory of a flood is freed after its end.
        self.buckets.retain_recent();
        self.buckets.check_key(&self.hasher.hash_one(key)).map_err(|refused| {
            counter!("derslik_rate_limited_total", "policy" => policy.name()).increment(1);
            let wait = refused.wait_time_from(self.buckets.clock().now());
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Exceeded { policy, per_minute: self.per_minute, retry_after_seconds: seconds.max(1) }
        })
    }

    /// The number of keys with a bucket of their own.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.buckets.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn limiter(per_minute: u32) -> (Limiter, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let per_minute = NonZeroU32::new(per_minute).unwrap();
        (Limiter::new(Policy::Unknown, per_minute, RateClock::Fake(clock.clone())), clock)
    }

    /// How many of `tries` requests are taken.
    fn taken(limiter: &Limiter, key: u64, tries: u32) -> u32 {
        (0..tries).map(|_| u32::from(limiter.count(&key).is_ok())).sum()
    }

    #[test]
    fn a_quota_is_taken_at_once_and_refilled_evenly() {
        let (limiter, clock) = limiter(600);
        assert_eq!(taken(&limiter, 1, 2_000), 600);
        clock.advance(MINUTE / 4);
        assert_eq!(taken(&limiter, 1, 2_000), 150);
        clock.advance(10 * MINUTE);
        assert_eq!(taken(&limiter, 1, 2_000), 600, "a pause saves up one quota, and no more");
    }

    #[test]
    fn keys_have_separate_quotas() {
        let (limiter, _) = limiter(10);
        assert_eq!(taken(&limiter, 1, 20), 10);
        assert_eq!(taken(&limiter, 2, 20), 10);
        assert_eq!(taken(&limiter, 1, 20), 0);
    }

    #[test]
    fn a_refusal_tells_the_whole_seconds_until_the_next_request_is_taken() {
        let (limiter, clock) = limiter(6);
        assert_eq!(taken(&limiter, 1, 6), 6);
        let wait = |limiter: &Limiter| limiter.count(&1_u64).map_err(|exceeded| exceeded.retry_after_seconds);
        assert_eq!(wait(&limiter), Err(10));
        clock.advance(Duration::from_millis(100));
        assert_eq!(wait(&limiter), Err(10));
        clock.advance(Duration::from_millis(9_800));
        assert_eq!(wait(&limiter), Err(1));
        clock.advance(Duration::from_millis(100));
        assert_eq!(wait(&limiter), Ok(()));
    }

    #[test]
    fn any_stretch_of_a_steady_flood_keeps_to_the_quota() {
        // A number that does not divide a minute, over ten minutes with a request each 10 ms.
        let (limiter, clock) = limiter(77);
        let mut passed = Vec::new();
        for step in 0..60_000_u64 {
            if limiter.count(&1_u64).is_ok() {
                passed.push(step * 10);
            }
            clock.advance(Duration::from_millis(10));
        }
        for (at, first) in passed.iter().enumerate() {
            for (length, last) in passed[at..].iter().enumerate() {
                // 1.05 × (quota + quota × time), in thousandths of a minute-request.
                let most = 105 * 77 * (60_000 + last - first);
                assert!(u64::try_from(length + 1).unwrap() * 60_000 * 100 <= most, "{length} from {first} to {last}");
            }
        }
        assert!(passed.len() > 77 * 10, "{}", passed.len());
    }

    #[test]
    fn threads_together_get_no_more_than_the_quota() {
        let (limiter, _) = limiter(1_000);
        let passed: u32 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| taken(&limiter, 1, 1_000))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(passed, 1_000);
    }

    #[test]
    fn a_flood_of_other_keys_frees_no_used_up_quota() {
        let (limiter, clock) = limiter(60);
        assert_eq!(taken(&limiter, 1, 100), 60);
        for key in 2..200_000_u64 {
            limiter.count(&key).ok();
        }
        assert_eq!(taken(&limiter, 1, 100), 0);
        clock.advance(Duration::from_secs(1));
        assert_eq!(taken(&limiter, 1, 100), 1);
    }

    #[test]
    fn what_a_flood_left_behind_is_cleared_by_later_requests() {
        let (limiter, clock) = limiter(60);
        for key in 2..50_000_u64 {
            limiter.count(&key).ok();
        }
        assert!(limiter.len() > 49_000);
        clock.advance(MINUTE);
        for _ in 0..super::super::buckets::LISTS {
            limiter.count(&1_u64).ok();
        }
        assert_eq!(limiter.len(), 1);
    }
}
