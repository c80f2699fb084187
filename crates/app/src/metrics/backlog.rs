//! The database and the backlog, read behind the scrapes: a scrape starts a read if the last one is old, and waits a moment for it. So a
//! database that hangs delays no scrape, and many scrapes cost no more than one read every few seconds. The samples of the last hour start
//! reads as well, more rarely, and do not wait.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use derslik_ports::inbound::operators::{Backlog, BacklogReading};
use derslik_ports::inbound::{HealthPart, HealthService, HealthState};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// The shortest time between the starts of two reads.
const READ_INTERVAL: Duration = Duration::from_secs(5);

/// How long the backlog may take. Its read is ended then, and counts as failed. A look at the database takes no longer by itself.
const READ_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a scrape waits for a read. A read usually takes less, so that the scrape shows what it found.
const PATIENCE: Duration = Duration::from_millis(250);

/// What a read found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Whether the database answered on the connection that looks after its health, which no request can hold.
    pub(super) is_up: bool,
    /// The backlog. `None` if the database did not answer in time, or with an error. All connections of the pool may be held.
    pub(super) backlog: Option<Backlog>,
}

/// What the last read of the database and the backlog found.
pub(super) struct WatchedBacklog {
    reading: Arc<dyn BacklogReading>,
    health: Arc<dyn HealthService>,
    runtime: Handle,
    state: Mutex<State>,
    /// Notified at the end of a read.
    ended: Condvar,
}

struct State {
    /// `None` before the end of the first read, and after a read that was broken off.
    last: Option<Found>,
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
    pub(super) fn new(reading: Arc<dyn BacklogReading>, health: Arc<dyn HealthService>, runtime: Handle) -> Arc<Self> {
        let state = State { last: None, began: None, is_reading: false };
        Arc::new(Self { reading, health, runtime, state: Mutex::new(state), ended: Condvar::new() })
    }

    /// What the last read found. It starts a new one if that is old, and waits for it, but no longer than [`PATIENCE`].
    pub(super) fn latest(self: &Arc<Self>) -> Option<Found> {
        if let Some(read) = self.begin() {
            self.runtime.spawn(read.run());
        }
        let waited = self.ended.wait_timeout_while(self.state(), PATIENCE, |state| state.is_reading);
        waited.unwrap_or_else(PoisonError::into_inner).0.last.clone()
    }

    /// What the last read found, without a wait. It starts a new read if the last one began longer ago than `age`.
    pub(super) fn recent(self: &Arc<Self>, age: Duration) -> Option<Found> {
        if let Some(read) = self.begin_after(age) {
            self.runtime.spawn(read.run());
        }
        self.state().last.clone()
    }

    /// Begins a read if the last one is old and none is under way.
    fn begin(self: &Arc<Self>) -> Option<Read> {
        self.begin_after(READ_INTERVAL)
    }

    fn begin_after(self: &Arc<Self>, age: Duration) -> Option<Read> {
        let mut state = self.state();
        if state.is_reading || state.began.is_some_and(|began| began.elapsed() < age) {
            return None;
        }
        (state.is_reading, state.began) = (true, Some(Instant::now()));
        Some(Read { watched: Arc::clone(self), found: None })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A read that is under way. It ends when this is dropped, also by a panic or with a runtime that stops.
struct Read {
    watched: Arc<WatchedBacklog>,
    found: Option<Found>,
}

impl Read {
    async fn run(mut self) {
        let watched = Arc::clone(&self.watched);
        let (readiness, backlog) = tokio::join!(watched.health.readiness(), timeout(READ_TIMEOUT, watched.reading.backlog()));
        let is_up = readiness.parts.iter().any(|part| part.part == HealthPart::Database && part.state == HealthState::Ok);
        let backlog = match backlog {
            Ok(Ok(backlog)) => Some(backlog),
            Ok(Err(error)) => {
                tracing::debug!(cause = %error, "could not read the backlog");
                None
            }
            Err(_) => None,
        };
        self.found = Some(Found { is_up, backlog });
    }
}

impl Drop for Read {
    fn drop(&mut self) {
        let mut state = self.watched.state();
        (state.last, state.is_reading) = (self.found.take(), false);
        drop(state);
        self.watched.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use derslik_ports::StoreError;

    use super::*;
    use crate::metrics::tests::health;

    /// A backlog that does not come.
    struct Hangs;

    #[async_trait]
    impl BacklogReading for Hangs {
        async fn backlog(&self) -> Result<Backlog, StoreError> {
            std::future::pending().await
        }
    }

    /// A fault of the program.
    struct Panics;

    #[async_trait]
    impl BacklogReading for Panics {
        async fn backlog(&self) -> Result<Backlog, StoreError> {
            panic!("for the test")
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

    fn watch(reading: impl BacklogReading + 'static, state: HealthState, runtime: &Handle) -> Arc<WatchedBacklog> {
        WatchedBacklog::new(Arc::new(reading), Arc::new(health(state)), runtime.clone())
    }

    #[test]
    fn a_scrape_does_not_wait_for_the_end_of_a_read() {
        // Nothing drives this runtime, so that the read never ends.
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let backlog = watch(Hangs, HealthState::Ok, runtime.handle());
        assert_eq!([backlog.latest(), backlog.latest()], [None, None]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_database_that_hangs_is_told_in_the_end() {
        let backlog = watch(Hangs, HealthState::Failing, &Handle::current());
        while backlog.latest().is_none() {}
        assert_eq!(backlog.latest(), Some(Found { is_up: false, backlog: None }));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_database_that_answers_is_up_although_the_backlog_does_not_come() {
        let backlog = watch(Hangs, HealthState::Ok, &Handle::current());
        while backlog.latest().is_none() {}
        assert_eq!(backlog.latest(), Some(Found { is_up: true, backlog: None }));
    }

    #[tokio::test]
    async fn a_read_that_panics_has_ended() {
        let backlog = watch(Panics, HealthState::Ok, &Handle::current());
        let read = backlog.begin().unwrap();
        assert!(backlog.begin().is_none() && backlog.state().is_reading);
        assert!(tokio::spawn(read.run()).await.unwrap_err().is_panic());
        assert!(!backlog.state().is_reading);
        assert_eq!(backlog.latest(), None);
    }

    #[test]
    fn a_read_whose_runtime_has_stopped_has_ended() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let backlog = watch(Hangs, HealthState::Ok, runtime.handle());
        drop(runtime);
        assert_eq!(backlog.latest(), None);
        let state = backlog.state();
        assert!(state.began.is_some() && !state.is_reading);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_sample_reads_only_what_is_older_than_it_asks_for() {
        let counts = Arc::new(Counts::default());
        let reading: Arc<dyn BacklogReading> = counts.clone();
        let backlog = WatchedBacklog::new(reading, Arc::new(health(HealthState::Ok)), Handle::current());
        while backlog.recent(Duration::from_secs(3_600)).is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(counts.0.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn many_scrapes_cost_one_read() {
        let counts = Arc::new(Counts::default());
        let reading: Arc<dyn BacklogReading> = counts.clone();
        let backlog = WatchedBacklog::new(reading, Arc::new(health(HealthState::Ok)), Handle::current());
        let began = Instant::now();
        let mut scrapes = 0;
        while backlog.latest().is_none() || scrapes < 1_000 {
            scrapes += 1;
        }
        let intervals = began.elapsed().as_secs() / READ_INTERVAL.as_secs();
        assert!(u64::try_from(counts.0.load(Ordering::Relaxed)).unwrap() <= 1 + intervals);
    }
}
