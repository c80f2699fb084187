//! The heartbeats that extend the leases of a worker.

use std::sync::Arc;

use derslik_ports::outbound::UnitOfWork;
use tokio::time::sleep;

use crate::report;
use crate::worker::Worker;

/// Extends all leases in a loop, and detects lost ones.
pub(crate) async fn send<U: UnitOfWork>(worker: Arc<Worker<U>>) {
    loop {
        sleep(worker.settings.lease.heartbeat_interval()).await;
        for (account, held) in worker.leases.all() {
            let asked = held.clone();
            let until = worker.settings.lease.end(worker.clock.now());
            match worker.uow.write(account, move |stores| stores.jobs().renew(account, &held, until)).await {
                Ok(renewed) => asked.into_iter().filter(|held| !renewed.contains(held)).for_each(|held| worker.leases.lose(account, held)),
                Err(error) => tracing::warn!(cause = report::cause(&error), "could not store a heartbeat"),
            }
        }
    }
}
