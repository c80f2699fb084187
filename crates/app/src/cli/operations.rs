//! The operations listener of a process. It starts before everything else that may take long, and ends last.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use derslik_http::{Calls, DocumentationFile, documentation};
use derslik_operations::{Control, ControlSlot, DOCUMENT_PATH, File, start};
use derslik_ports::inbound::{HealthService, Phase};
use derslik_side_listener::Running;
use tokio::runtime::Handle;

use super::Failure;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::wiring::{Installation, health, metrics};

/// The operations listener of a process, if it has one. Without it no metrics are kept.
pub(super) struct Operations {
    listener: Option<Listener>,
}

struct Listener {
    running: Running,
    shows_metrics: bool,
    health: Arc<dyn HealthService>,
    metrics: Metrics,
    control: Option<ControlSlot>,
}

impl Operations {
    /// Listens on that address, and says that the process is starting. `None` is for a process without such a listener. `control` is
    /// for a process that has test control.
    pub(super) fn start(config: &Config, address: Option<SocketAddr>, control: Option<ControlSlot>) -> Result<Self, Failure> {
        let Some(address) = address else { return Ok(Self { listener: None }) };
        let cannot_listen = |error| super::cannot_listen(address, "--ops-listen", error);
        let listener = TcpListener::bind(address).map_err(cannot_listen)?;
        let url = config.database().map_err(Failure::Usage)?;
        let health = health(config, &url).map_err(Failure::Usage)?;
        let metrics = metrics(config).map_err(Failure::Other)?;
        let access = config.ops_access(address.ip());
        let shows_metrics = access.shows_metrics();
        let operations = derslik_operations::Operations {
            health: Arc::clone(&health),
            metrics: Some(metrics.text()),
            version: env!("CARGO_PKG_VERSION"),
            access,
            files: files(),
            control: control.clone(),
        };
        let running = start(listener, operations).map_err(cannot_listen)?;
        tracing::info!(address = %running.address(), "the operations listener answers");
        Ok(Self { listener: Some(Listener { running, shows_metrics, health, metrics, control }) })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(|listener| listener.running.address())
    }

    /// Whether it shows metrics to those who may see them.
    pub(super) fn shows_metrics(&self) -> bool {
        self.listener.as_ref().is_some_and(|listener| listener.shows_metrics)
    }

    /// The health that it shows.
    pub(super) fn health(&self) -> Option<Arc<dyn HealthService>> {
        self.listener.as_ref().map(|listener| Arc::clone(&listener.health))
    }

    /// Shows the database and the backlog of the installation among the metrics from now on. They are read on that runtime.
    pub(super) fn watch(&self, installation: &Installation, runtime: &Handle) {
        if let Some(listener) = &self.listener {
            installation.watch_backlog(&listener.metrics, Arc::clone(&listener.health), runtime);
        }
    }

    /// Makes test control of an installation available, if this process has it.
    pub(super) fn open_control(&self, control: Control) {
        if let Some(slot) = self.listener.as_ref().and_then(|listener| listener.control.as_ref()) {
            slot.open(control);
        }
    }

    /// Shows that the process works. From now on all that it does is counted.
    pub(super) fn begin_work(&self) {
        if let Some(listener) = &self.listener {
            listener.metrics.wait();
            listener.health.enter(Phase::Working);
        }
    }

    /// Ends it.
    pub(super) fn stop(self) {
        if let Some(listener) = self.listener {
            listener.running.stop();
        }
    }
}

/// The documentation of the public APIs, for a listener that does not serve them.
fn files() -> Vec<File> {
    let file = |file: DocumentationFile| {
        let DocumentationFile { path, content_type, policy, body } = file;
        File { path, content_type, policy, body }
    };
    documentation(Calls::Elsewhere { own: DOCUMENT_PATH }).into_iter().map(file).collect()
}
