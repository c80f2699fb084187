//! `derslik worker`

use std::sync::Arc;

use derslik_ports::outbound::Clock;
use derslik_storage::DieselUnitOfWork;
use derslik_worker::{Runner, WorkerPorts, handlers};
use tokio_util::sync::CancellationToken;

use super::{Failure, clock, open_database, runtime};
use crate::config::Config;
use crate::server;
use crate::system::SystemIds;

pub(super) fn run(config: &Config) -> Result<(), Failure> {
    let runtime = runtime(config)?;
    let uow = open_database(config, &runtime)?;
    let stop = CancellationToken::new();
    let worker = runtime.spawn(runner(config, &uow, clock(config)?)?.run(stop.clone()));
    runtime.block_on(server::stop_signal()).map_err(|error| Failure::Other(error.into()))?;
    stop.cancel();
    runtime.block_on(worker).map_err(|error| Failure::Other(error.into()))
}

/// A worker on that database.
pub(super) fn runner(config: &Config, uow: &DieselUnitOfWork, clock: Arc<dyn Clock>) -> Result<Runner<DieselUnitOfWork>, Failure> {
    let sleeper = uow.wake_ups().map_err(|error| Failure::Other(error.into()))?;
    let ports = WorkerPorts { uow: uow.clone(), clock, ids: Arc::new(SystemIds), sleeper };
    let registry = handlers::registry(config.retention(), config.calendars().map_err(Failure::Usage)?);
    Runner::new(ports, registry, config.worker()).map_err(|error| Failure::Usage(error.into()))
}
