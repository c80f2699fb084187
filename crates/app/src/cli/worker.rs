//! `derslik worker`

use std::sync::Arc;

use derslik_ports::inbound::{HealthService, Phase};
use tokio_util::sync::CancellationToken;

use super::database::wait_for_database;
use super::operations::Operations;
use super::start::check_database;
use super::{Failure, runtime};
use crate::config::Config;
use crate::notify::{self, State};
use crate::signals::Signals;
use crate::wiring::{Installation, JobRunner, job_runner};

pub(super) fn run(config: &Config, signals: &Signals) -> Result<(), Failure> {
    let runtime = runtime(config)?;
    // It tells that the process lives while that waits for its database.
    let operations = Operations::start(config, config.ops_of_worker().map_err(Failure::Usage)?, None, false)?;
    let installation = wait_for_database(config, &runtime)?;
    check_database(config, &installation, &runtime)?;
    operations.watch(&installation, runtime.handle());
    let runner = runner(config, &installation)?;
    let stop = signals.stop_within(config.stop_limit());
    operations.begin_work();
    let told = runtime.spawn(tell_drain(stop.clone(), operations.health()));
    notify::tell(State::Ready);
    runtime.block_on(runner.run(stop));
    told.abort();
    operations.stop();
    Ok(())
}

/// Once the process is told to stop, shows that.
async fn tell_drain(stop: CancellationToken, health: Option<Arc<dyn HealthService>>) {
    stop.cancelled().await;
    if let Some(health) = health {
        health.enter(Phase::Draining);
    }
}

/// A worker on the database of the installation.
pub(super) fn runner(config: &Config, installation: &Installation) -> Result<JobRunner, Failure> {
    let ports = installation.worker_ports().map_err(|error| Failure::Other(error.into()))?;
    let runner = job_runner(config, ports).map_err(Failure::Usage)?;
    let runner = match installation.job_faults() {
        Some(faults) => runner.with_faults(faults),
        None => runner,
    };
    Ok(match installation.clock_sync() {
        Some(sync) => runner.with_clock_sync(sync),
        None => runner,
    })
}
