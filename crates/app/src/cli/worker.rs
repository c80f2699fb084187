//! `derslik worker`

use std::sync::Arc;

use derslik_ports::outbound::Clock;
use derslik_storage::DieselUnitOfWork;
use derslik_worker::{Runner, WorkerPorts, handlers};

use super::database::wait_for_database;
use super::{Failure, clock, runtime};
use crate::config::Config;
use crate::signals::Signals;
use crate::system::SystemIds;

pub(super) fn run(config: &Config, signals: &Signals) -> Result<(), Failure> {
    let runtime = runtime(config)?;
    let uow = wait_for_database(config, &runtime)?;
    let runner = runner(config, &uow, clock(config)?)?;
    let stop = signals.stop_within(config.stop_limit());
    runtime.block_on(runner.run(stop));
    Ok(())
}

/// A worker on the given database.
pub(super) fn runner(config: &Config, uow: &DieselUnitOfWork, clock: Arc<dyn Clock>) -> Result<Runner<DieselUnitOfWork>, Failure> {
    let job_notify = uow.wake_ups().map_err(|error| Failure::Other(error.into()))?;
    let ports = WorkerPorts { uow: uow.clone(), clock, ids: Arc::new(SystemIds), job_notify };
    let registry = handlers::registry(config.retention(), config.calendars().map_err(Failure::Usage)?);
    Runner::new(ports, registry, config.worker()).map_err(|error| Failure::Usage(error.into()))
}
