//! The backlog, read behind the scrapes: a scrape starts a read if the last one is old, and waits a moment for it. So a database that
//! hangs delays no scrape, many scrapes cost no more than one read every few seconds, and without scrapes nothing is read.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use derslik_ports::inbound::operators::{Backlog, BacklogReading};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// The shortest time between the starts of two reads.
const READ_INTERVAL: Duration = Duration::from_secs(5);

/// How long a read may take. It is ended then, and counts as failed.
const READ_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a scrape waits for a read. A read usually takes less, so that the scrape shows what it found.
const PATIENCE: Duration = Duration::from_millis(250);

/// The outcome of the last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Read {
    /// There was none yet.
    Never,
    /// The database did not answer in time, or with an error.
    Failed,
    /// The backlog.
    Done(Backlog),
}

/// The last backlog that was read.
pub(super) struct WatchedBacklog {
    reading: Arc<dyn BacklogReading>,
    runtime: Handle,
    state: Mutex<State>,
    /// Notified at the end of a read.
    ended: Condvar,
}

struct State {
    last: Read,
    began: Option<Instant>,
    is_reading: bool,
}

impl fmt::Debug for WatchedBacklog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedBacklog").finish_non_exhaustive()
    }
}

impl WatchedBacklog {
    /// Reads on that runtime. The first scrape starts the first read.
    pub(super) fn new(reading: Arc<dyn BacklogReading>, runtime: Handle) -> Arc<Self> {
        let state = State { last: Read::Never, began: None, is_reading: false };
        Arc::new(Self { reading, runtime, state: Mutex::new(state), ended: Condvar::new() })
    }

    /// The outcome of the last read. It starts a new one if that is old, and waits for it, but no longer than [`PATIENCE`].
    pub(super) fn latest(self: &Arc<Self>) -> Read {
        let mut state = self.state();
        if !state.is_reading && state.began.is_none_or(|began| began.elapsed() >= READ_INTERVAL) {
            (state.is_reading, state.began) = (true, Some(Instant::now()));
            self.runtime.spawn(Arc::clone(self).read());
        }
        let waited = self.ended.wait_timeout_while(state, PATIENCE, |state| state.is_reading);
        waited.unwrap_or_else(PoisonError::into_inner).0.last.clone()
    }

    async fn read(self: Arc<Self>) {
        let read = match timeout(READ_TIMEOUT, self.reading.backlog()).await {
            Ok(Ok(backlog)) => Read::Done(backlog),
            Ok(Err(error)) => {
                tracing::debug!(cause = %error, "could not read the backlog");
                Read::Failed
            }
            Err(_) => Read::Failed,
        };
        let mut state = self.state();
        (state.last, state.is_reading) = (read, false);
        drop(state);
        self.ended.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use derslik_ports::StoreError;

    use super::*;

    /// A database that does not answer.
    struct Hangs;

    #[async_trait]
    impl BacklogReading for Hangs {
        async fn backlog(&self) -> Result<Backlog, StoreError> {
            std::future::pending().await
        }
    }

    /// A database that counts how often it is asked.
    #[derive(Default)]
    struct Counts(AtomicUsize);

    #[async_trait]
    impl BacklogReading for Counts {
        async fn backlog(&self) -> Result<Backlog, StoreError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Backlog::default())
        }
    }

    #[test]
    fn a_scrape_does_not_wait_for_the_end_of_a_read() {
        // Nothing drives this runtime, so that the read never ends.
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let backlog = WatchedBacklog::new(Arc::new(Hangs), runtime.handle().clone());
        assert_eq!([backlog.latest(), backlog.latest()], [Read::Never, Read::Never]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_database_that_hangs_is_told_in_the_end() {
        let backlog = WatchedBacklog::new(Arc::new(Hangs), Handle::current());
        while backlog.latest() == Read::Never {}
        assert_eq!(backlog.latest(), Read::Failed);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn many_scrapes_cost_one_read() {
        let counts = Arc::new(Counts::default());
        let reading: Arc<dyn BacklogReading> = counts.clone();
        let backlog = WatchedBacklog::new(reading, Handle::current());
        let began = Instant::now();
        let mut scrapes = 0;
        while backlog.latest() == Read::Never || scrapes < 1_000 {
            scrapes += 1;
        }
        let intervals = began.elapsed().as_secs() / READ_INTERVAL.as_secs();
        assert!(u64::try_from(counts.0.load(Ordering::Relaxed)).unwrap() <= 1 + intervals);
    }
}
