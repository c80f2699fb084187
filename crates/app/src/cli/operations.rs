//! The operations listener of a process. It starts before everything else that may take long, and ends last.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use derslik_http::{Calls, DocumentationFile, documentation};
use derslik_operations::{DOCUMENT_PATH, File, MetricsText, Running, start};
use derslik_ports::inbound::{HealthService, Phase};

use super::Failure;
use crate::config::Config;
use crate::wiring::health;

/// The operations listener of a process, if it has one.
pub(super) struct Operations {
    listener: Option<(Running, Arc<dyn HealthService>)>,
}

impl Operations {
    /// Listens on that address, and says that the process is starting. `None` is for a process without such a listener.
    pub(super) fn start(config: &Config, address: Option<SocketAddr>, metrics: Option<MetricsText>) -> Result<Self, Failure> {
        let Some(address) = address else { return Ok(Self { listener: None }) };
        let cannot_listen = |error| super::cannot_listen(address, "--ops-listen", error);
        let listener = TcpListener::bind(address).map_err(cannot_listen)?;
        let url = config.database().map_err(Failure::Usage)?;
        let health = health(config, &url).map_err(Failure::Usage)?;
        let operations = derslik_operations::Operations {
            health: Arc::clone(&health),
            metrics,
            version: env!("CARGO_PKG_VERSION"),
            access: config.ops_access(address.ip()),
            files: files(),
        };
        let running = start(listener, operations).map_err(cannot_listen)?;
        tracing::info!(address = %running.address(), "the operations listener answers");
        Ok(Self { listener: Some((running, health)) })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(|(running, _)| running.address())
    }

    /// The health that it shows.
    pub(super) fn health(&self) -> Option<Arc<dyn HealthService>> {
        self.listener.as_ref().map(|(_, health)| Arc::clone(health))
    }

    /// Shows that the process has entered a phase.
    pub(super) fn enter(&self, phase: Phase) {
        if let Some((_, health)) = &self.listener {
            health.enter(phase);
        }
    }

    /// Ends it.
    pub(super) fn stop(self) {
        if let Some((running, _)) = self.listener {
            running.stop();
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
