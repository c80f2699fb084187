//! The listener for operators, beside the public APIs: whether the process lives and is ready, its version, and its metrics. It
//! calls an inbound port, and knows no database and none of the public APIs.
//!
//! It runs on threads of its own, so that it answers while all others are busy.
//!
//! | file | content |
//! |---|---|
//! | `access` | which parts answer, and to whom |
//! | `checks` | refuses requests that a foreign web page causes |
//! | `pages` | the URLs and their answers |
//! | `server` | the listener and its limits |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod access;
mod checks;
mod pages;
mod server;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use derslik_ports::inbound::HealthService;

pub use access::{Access, MetricsToken};
pub use server::{MAX_CONNECTIONS, Running, start};

/// Renders the metrics as a text for Prometheus. It may block, and runs on a thread of its own.
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;

/// What the listener shows, and to whom. Clones share the ports.
#[derive(Clone)]
pub struct Operations {
    /// The health of this process.
    pub health: Arc<dyn HealthService>,
    /// The metrics. Without them `/metrics` is absent.
    pub metrics: Option<MetricsText>,
    /// The version of the program.
    pub version: &'static str,
    /// Which parts answer, and to whom.
    pub access: Access,
}

impl std::fmt::Debug for Operations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operations").field("version", &self.version).field("access", &self.access).finish_non_exhaustive()
    }
}
