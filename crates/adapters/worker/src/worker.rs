//! What all parts of a worker share: its settings, its ports and its state.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use derslik_domain::job::{LeaseTerm, RetryPolicy, WorkerId};
use derslik_domain::trace::TraceParent;
use derslik_ports::inbound::control::FaultInjection;
use derslik_ports::outbound::{Clock, ClockSync, Ids, StoreError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::Span;

use crate::lease::Leases;
use crate::registry::Registry;

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

/// Makes the span of an attempt at a job a part of the trace that asked for the job, if there is one. Returns the step of a trace that
/// the attempt is.
pub type ContinueTrace = fn(&Span, Option<TraceParent>) -> Option<TraceParent>;

/// Records nothing.
pub(crate) fn pass_on(_: &Span, asked: Option<TraceParent>) -> Option<TraceParent> {
    asked
}

/// The state that all parts of a worker share.
pub(crate) struct Worker<U> {
    pub(crate) uow: U,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where tests move clocks: what keeps `clock` in step with other processes.
    pub(crate) clock_sync: Option<Arc<dyn ClockSync>>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) registry: Registry,
    pub(crate) settings: Settings,
    pub(crate) continue_trace: ContinueTrace,
    /// The faults of tests. `None` in production.
    pub(crate) faults: Option<Arc<dyn FaultInjection>>,
    pub(crate) id: WorkerId,
    pub(crate) leases: Arc<Leases>,
    /// Signals running attempts to release their jobs.
    pub(crate) giving_up: CancellationToken,
}

impl<U> Worker<U> {
    /// Reads the clocks that tests have moved.
    pub(crate) async fn refresh_clocks(&self) -> Result<(), StoreError> {
        match &self.clock_sync {
            Some(sync) => sync.refresh().await,
            None => Ok(()),
        }
    }
}
