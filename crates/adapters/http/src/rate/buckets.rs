//! The memory of a limiter: a bucket for each key, in many short lists with a lock each. This module does not know what a key is.
//!
//! A bucket that is full again is as good as none, and is dropped. A bucket that is not full is never dropped, so that a flood of
//! keys frees no key that is blocked. Where a list has no space left, new keys of that list share one bucket. A new bucket begins
//! with what is left in the shared one, because its key may have used that before.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;

/// How many bits of a key choose its list.
const LIST_BITS: u32 = 14;
/// The number of lists.
pub(super) const LISTS: usize = 1 << LIST_BITS;
/// The most buckets of a list. A million keys put about 61 in each. All lists together hold at most 24 MiB of buckets.
const MAX_LIST_LENGTH: usize = 96;
/// By how many buckets a list grows: doubling would take up to twice the memory.
const GROWTH: usize = 8;

/// The buckets of all keys.
pub(super) struct Buckets {
    lists: Box<[Mutex<List>]>,
    /// The next list to clear.
    next: AtomicUsize,
    /// Buckets that were full at this time can be dropped, in nanoseconds since the start of the limiter.
    full_before: AtomicU64,
}

#[derive(Debug, Default)]
struct List {
    buckets: Vec<Bucket>,
    /// When the bucket of the keys without one of their own is full again.
    shared: Nanos,
}

/// 16 bytes.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    key: u64,
    /// When it is full again, if nothing else is taken from it.
    full_at: Nanos,
}

impl Buckets {
    /// No buckets yet.
    pub(super) fn new() -> Self {
        let lists = (0..LISTS).map(|_| Mutex::default()).collect();
        Self { lists, next: AtomicUsize::new(0), full_before: AtomicU64::new(0) }
    }

    /// The list at a number, counted around.
    fn list(&self, number: usize) -> Option<MutexGuard<'_, List>> {
        Some(self.lists.get(number % LISTS)?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn lists(&self) -> impl Iterator<Item = MutexGuard<'_, List>> {
        (0..LISTS).filter_map(|number| self.list(number))
    }

    /// The memory of all buckets, in bytes.
    #[cfg(test)]
    fn bytes(&self) -> usize {
        let lists = size_of::<Mutex<List>>() * self.lists.len();
        lists + self.lists().map(|list| list.buckets.capacity() * size_of::<Bucket>()).sum::<usize>()
    }
}

impl std::fmt::Debug for Buckets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buckets").finish_non_exhaustive()
    }
}

impl List {
    /// Drops the buckets that were full at a time.
    fn drop_full(&mut self, before: Nanos) {
        self.buckets.retain(|bucket| bucket.full_at > before);
        let wanted = self.buckets.len().next_multiple_of(GROWTH);
        if wanted < self.buckets.capacity() {
            self.buckets.shrink_to(wanted);
        }
    }

    /// Makes space for one more bucket. Returns whether there is any.
    fn make_space(&mut self, full_before: Nanos) -> bool {
        if self.buckets.len() >= MAX_LIST_LENGTH {
            self.drop_full(full_before);
        }
        if self.buckets.len() == self.buckets.capacity() {
            self.buckets.reserve_exact(GROWTH);
        }
        self.buckets.len() < MAX_LIST_LENGTH
    }
}

impl StateStore for Buckets {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let number = usize::try_from(key >> (u64::BITS - LIST_BITS)).unwrap_or_default();
        // There is a list at every number.
        let Some(mut list) = self.list(number) else { return measure(None).map(|(outcome, _)| outcome) };
        if let Some(bucket) = list.buckets.iter_mut().find(|bucket| bucket.key == *key) {
            let (outcome, full_at) = measure(Some(bucket.full_at))?;
            bucket.full_at = full_at;
            return Ok(outcome);
        }
        let (outcome, full_at) = measure(Some(list.shared))?;
        if list.make_space(Nanos::from(self.full_before.load(Ordering::Relaxed))) {
            list.buckets.push(Bucket { key: *key, full_at });
        } else {
            list.shared = full_at;
        }
        Ok(outcome)
    }
}

impl ShrinkableKeyedStateStore<u64> for Buckets {
    /// Clears one list more at each call, so that no caller waits for a million buckets.
    fn retain_recent(&self, drop_below: Nanos) {
        self.full_before.fetch_max(drop_below.into(), Ordering::Relaxed);
        if let Some(mut list) = self.list(self.next.fetch_add(1, Ordering::Relaxed)) {
            list.drop_full(drop_below);
        }
    }

    fn len(&self) -> usize {
        self.lists().map(|list| list.buckets.len()).sum()
    }

    fn is_empty(&self) -> bool {
        self.lists().all(|list| list.buckets.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A quota of three, one of which is refilled in 10.
    const TAKES: u64 = 10;
    const FULL: u64 = 30;

    /// Takes from the bucket of a key as a limiter does. Returns whether that was allowed.
    fn take(buckets: &Buckets, key: u64, now: u64) -> bool {
        let taken = buckets.measure_and_replace(&key, |full_at| {
            let full_at = full_at.map_or(now, u64::from).max(now) + TAKES;
            if full_at > now + FULL { Err(()) } else { Ok(((), Nanos::from(full_at))) }
        });
        taken.is_ok()
    }

    /// The keys of one list.
    fn keys_of_a_list(number: u64) -> impl Iterator<Item = u64> {
        (0..).map(move |key: u64| number << (u64::BITS - LIST_BITS) | key)
    }

    fn fill(buckets: &Buckets, now: u64) {
        for key in keys_of_a_list(7).take(MAX_LIST_LENGTH) {
            assert!(take(buckets, key, now));
        }
    }

    #[test]
    fn a_million_keys_take_less_than_64_mebibytes() {
        const MEBIBYTE: usize = 1024 * 1024;
        let buckets = Buckets::new();
        for key in 0..1_000_000_u64 {
            // An odd factor spreads the numbers over the high bits, as a hash does.
            take(&buckets, key.wrapping_mul(0x9e37_79b9_7f4a_7c15), 0);
        }
        assert_eq!((buckets.len(), size_of::<Bucket>()), (1_000_000, 16));
        assert!(buckets.bytes() < 64 * MEBIBYTE, "{}", buckets.bytes());
        let at_most = LISTS * (size_of::<Mutex<List>>() + MAX_LIST_LENGTH.next_multiple_of(GROWTH) * size_of::<Bucket>());
        assert!(at_most < 32 * MEBIBYTE, "{at_most}");
    }

    #[test]
    fn new_keys_of_a_full_list_share_a_bucket_and_free_none() {
        let buckets = Buckets::new();
        fill(&buckets, 0);
        let [first, one, other, third] = [0, 200, 201, 202].map(|at| keys_of_a_list(7).nth(at).unwrap());
        assert!(take(&buckets, one, 0) && take(&buckets, other, 0) && take(&buckets, one, 0));
        assert!(!take(&buckets, one, 0) && !take(&buckets, other, 0) && !take(&buckets, third, 0));
        assert_eq!(buckets.len(), MAX_LIST_LENGTH);
        // The keys that have a bucket keep it, with one taken from it.
        assert!(take(&buckets, first, 0) && take(&buckets, first, 0) && !take(&buckets, first, 0));
        // Other lists have space.
        assert!(take(&buckets, keys_of_a_list(8).next().unwrap(), 0));
    }

    #[test]
    fn a_key_that_gets_a_bucket_of_its_own_keeps_what_it_took_from_the_shared_one() {
        let buckets = Buckets::new();
        fill(&buckets, 0);
        let late = keys_of_a_list(7).nth(200).unwrap();
        // Uses up the shared bucket at 9, when the others are not full yet.
        assert!((0..3).all(|_| take(&buckets, late, 9)));
        // At 10 they are, and are dropped.
        buckets.retain_recent(Nanos::from(10));
        assert!(!take(&buckets, late, 10), "the shared bucket was used up");
        assert!(take(&buckets, late, 19), "one was refilled");
        assert_eq!(buckets.len(), 1);
        assert!(!take(&buckets, late, 19));
    }

    #[test]
    fn a_bucket_is_dropped_when_it_is_full_again_and_not_before() {
        let buckets = Buckets::new();
        let (one, two) = (1, 2);
        assert!(take(&buckets, one, 0) && take(&buckets, two, 0) && take(&buckets, two, 0));
        let clear = |before| (0..LISTS).for_each(|_| buckets.retain_recent(Nanos::from(before)));
        clear(9);
        assert_eq!(buckets.len(), 2);
        clear(10);
        assert_eq!(buckets.len(), 1);
        clear(20);
        assert!(buckets.is_empty());
        assert_eq!(buckets.lists().map(|list| list.buckets.capacity()).sum::<usize>(), 0);
    }
}
