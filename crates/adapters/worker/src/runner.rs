//! A worker from its start to its stop.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use derslik_domain::job::{LeaseTerm, RetryPolicy, WorkerId};
use derslik_ports::outbound::{Clock, Ids, UnitOfWork};
use tokio::sync::Notify;
use tokio::time::{timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::completion::store_remaining;
use crate::dispatch::Dispatch;
use crate::lease::{Leases, send_heartbeats};
use crate::registry::Registry;
use crate::{catch_up, rescue, sweeps};

/// How long a worker that stops waits for its jobs to be released, and then for the last completions to be stored.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

/// The settings of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The most jobs that run at once.
    pub concurrency: u16,
    /// The most jobs that one claim returns, or that one write completes.
    pub batch: u16,
    /// How long a lease lasts unless a heartbeat extends it.
    pub lease: LeaseTerm,
    /// The longest wait before the next look for due jobs.
    pub poll: Duration,
    /// How often and when failed jobs are retried.
    pub retry: RetryPolicy,
    /// The interval at which the sweeps of each account are enqueued; `None` for never.
    pub sweep: Option<Duration>,
    /// The interval at which to look for accounts with many pending sessions; `None` for never.
    pub catch_up: Option<Duration>,
    /// How long running jobs may go on after the worker was told to stop.
    pub grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 8,
            batch: 100,
            lease: LeaseTerm::DEFAULT,
            poll: Duration::from_secs(1),
            retry: RetryPolicy::DEFAULT,
            sweep: Some(Duration::from_secs(300)),
            catch_up: Some(Duration::from_secs(1)),
            grace: Duration::from_secs(5),
        }
    }
}

/// The settings allow no job to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingsError;

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a worker needs a concurrency and a batch of at least one job")
    }
}

impl std::error::Error for SettingsError {}

/// The ports that a worker uses.
#[derive(Debug, Clone)]
pub struct WorkerPorts<U> {
    /// The store.
    pub uow: U,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The source of lease tokens and of jitter.
    pub ids: Arc<dyn Ids>,
    /// Wakes the worker when there may be due jobs.
    pub job_notify: Arc<Notify>,
}

/// A worker before its start.
#[derive(Debug)]
pub struct Runner<U> {
    ports: WorkerPorts<U>,
    registry: Registry,
    settings: Settings,
}

/// The state that all parts of a worker share.
pub(crate) struct Worker<U> {
    pub(crate) uow: U,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) registry: Registry,
    pub(crate) settings: Settings,
    pub(crate) id: WorkerId,
    pub(crate) leases: Arc<Leases>,
    /// Signals running attempts to release their jobs.
    pub(crate) giving_up: CancellationToken,
}

impl<U: UnitOfWork> Runner<U> {
    /// A worker with these handlers.
    ///
    /// # Errors
    /// [`SettingsError`] if the concurrency or the batch is zero.
    pub fn new(ports: WorkerPorts<U>, registry: Registry, settings: Settings) -> Result<Self, SettingsError> {
        if settings.concurrency == 0 || settings.batch == 0 {
            return Err(SettingsError);
        }
        Ok(Self { ports, registry, settings })
    }

    /// Works until `stop` is cancelled. Then running jobs may end within the grace period; the others are released.
    pub async fn run(self, stop: CancellationToken) {
        let Self { ports, registry, settings } = self;
        let worker = Arc::new(Worker {
            id: WorkerId::new(Uuid::from_u128(ports.ids.random_bits())),
            uow: ports.uow,
            clock: ports.clock,
            ids: ports.ids,
            registry,
            settings,
            leases: Arc::default(),
            giving_up: CancellationToken::new(),
        });
        tracing::info!(worker = %worker.id, concurrency = settings.concurrency, batch = settings.batch, "working on jobs");
        let attempts = TaskTracker::new();
        let helpers = [
            tokio::spawn(send_heartbeats(Arc::clone(&worker))),
            tokio::spawn(rescue::watch(Arc::clone(&worker))),
            tokio::spawn(sweeps::watch(Arc::clone(&worker))),
            tokio::spawn(catch_up::watch(Arc::clone(&worker))),
        ];
        let remaining = Dispatch::new(Arc::clone(&worker), ports.job_notify, attempts.clone()).run(&stop).await;
        let give_up_at = remaining.give_up_at;
        let writer = tokio::spawn(store_remaining(Arc::clone(&worker), remaining));

        attempts.close();
        if timeout_at(give_up_at, attempts.wait()).await.is_err() {
            worker.giving_up.cancel();
            if timeout(RELEASE_TIMEOUT, attempts.wait()).await.is_err() {
                tracing::warn!(jobs = attempts.len(), "stopped with jobs that could not be given back; their leases will end");
            }
        }
        // The writer ends by itself: the last attempt has dropped the last sender.
        timeout(RELEASE_TIMEOUT, writer).await.ok();
        helpers.iter().for_each(tokio::task::JoinHandle::abort);
        tracing::info!(worker = %worker.id, "stopped working on jobs");
    }
}
