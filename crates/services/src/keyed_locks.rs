//! Locks that are made when they are needed, one for each key. Who waits for one gets it in the order in which the waiting began.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// The locks that are held or waited for. No others take memory.
pub(crate) struct KeyedLocks<K> {
    of: Mutex<HashMap<K, Arc<tokio::sync::Mutex<()>>>>,
}

impl<K> Default for KeyedLocks<K> {
    fn default() -> Self {
        Self { of: Mutex::new(HashMap::new()) }
    }
}

impl<K> fmt::Debug for KeyedLocks<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedLocks").finish_non_exhaustive()
    }
}

impl<K: Eq + Hash + Send> KeyedLocks<K> {
    /// Waits for the lock of a key. It is free again once the guard is dropped.
    pub(crate) async fn lock(&self, key: K) -> OwnedMutexGuard<()> {
        let lock = {
            let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
            of.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(of.entry(key).or_default())
        };
        lock.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_key_is_locked_once_and_other_keys_beside_it() {
        let locks = KeyedLocks::default();
        let first = locks.lock(1).await;
        assert!(locks.lock(1).now_or_never().is_none());
        assert!(locks.lock(2).now_or_never().is_some());
        drop(first);
        assert!(locks.lock(1).now_or_never().is_some());
    }

    #[tokio::test]
    async fn locks_without_a_holder_are_forgotten() {
        let locks = KeyedLocks::default();
        for key in 0..100 {
            drop(locks.lock(key).await);
        }
        assert_eq!(locks.of.lock().unwrap_or_else(PoisonError::into_inner).len(), 1);
    }
}
