//! A worker from its start to its stop.

use std::sync::Arc;
use std::time::Duration;

use derslik_domain::job::WorkerId;
use derslik_ports::inbound::control::FaultInjection;
use derslik_ports::outbound::{ClockSync, UnitOfWork};
use tokio::time::{timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::completion::store_remaining;
use crate::dispatch::Dispatch;
use crate::registry::Registry;
use crate::worker::{ContinueTrace, Settings, SettingsError, Worker, WorkerPorts, pass_on};
use crate::{catch_up, heartbeats, report, rescue, sweeps};

/// How long a worker that stops waits for its jobs to be released, and then for the last completions to be stored.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

/// A worker before its start.
#[derive(Debug)]
pub struct Runner<U> {
    ports: WorkerPorts<U>,
    registry: Registry,
    settings: Settings,
    continue_trace: ContinueTrace,
    faults: Option<Arc<dyn FaultInjection>>,
    clock_sync: Option<Arc<dyn ClockSync>>,
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
        Ok(Self { ports, registry, settings, continue_trace: pass_on, faults: None, clock_sync: None })
    }

    /// The same worker, whose attempts are recorded in distributed traces by `continue_trace`.
    #[must_use]
    pub fn with_traces(self, continue_trace: ContinueTrace) -> Self {
        Self { continue_trace, ..self }
    }

    /// The same worker, whose attempts meet the faults of tests.
    #[must_use]
    pub fn with_faults(self, faults: Arc<dyn FaultInjection>) -> Self {
        Self { faults: Some(faults), ..self }
    }

    /// The same worker, whose clock is kept in step with other processes by `sync`.
    #[must_use]
    pub fn with_clock_sync(self, sync: Arc<dyn ClockSync>) -> Self {
        Self { clock_sync: Some(sync), ..self }
    }

    /// Works until `stop` is cancelled. Then running jobs may end within the grace period; the others are released.
    pub async fn run(self, stop: CancellationToken) {
        let Self { ports, registry, settings, continue_trace, faults, clock_sync } = self;
        let worker = Arc::new(Worker {
            id: WorkerId::new(Uuid::from_u128(ports.ids.random_bits())),
            uow: ports.uow,
            clock: ports.clock,
            clock_sync,
            ids: ports.ids,
            registry,
            settings,
            continue_trace,
            faults,
            leases: Arc::default(),
            giving_up: CancellationToken::new(),
        });
        report::started(worker.registry.actions());
        tracing::info!(worker = %worker.id, concurrency = settings.concurrency, batch = settings.batch, "working on jobs");
        let attempts = TaskTracker::new();
        let helpers = [
            tokio::spawn(heartbeats::send(Arc::clone(&worker))),
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
