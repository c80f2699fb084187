//! `derslik worker`

use super::database::wait_for_database;
use super::start::check_database;
use super::{Failure, runtime};
use crate::config::Config;
use crate::notify::{self, State};
use crate::signals::Signals;
use crate::wiring::{Installation, JobRunner, job_runner};

pub(super) fn run(config: &Config, signals: &Signals) -> Result<(), Failure> {
    let runtime = runtime(config)?;
    let installation = wait_for_database(config, &runtime)?;
    check_database(config, &installation, &runtime)?;
    let runner = runner(config, &installation)?;
    let stop = signals.stop_within(config.stop_limit());
    notify::tell(State::Ready);
    runtime.block_on(runner.run(stop));
    Ok(())
}

/// A worker on the database of the installation.
pub(super) fn runner(config: &Config, installation: &Installation) -> Result<JobRunner, Failure> {
    let ports = installation.worker_ports().map_err(|error| Failure::Other(error.into()))?;
    job_runner(config, ports).map_err(Failure::Usage)
}
