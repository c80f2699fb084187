//! The listener for operators, beside the public APIs: whether the process lives and is ready, its version, and its metrics. It
//! calls an inbound port, and knows no database and none of the public APIs.
//!
//! It is a side listener, so it answers while all other threads are busy.
//!
//! | file | content |
//! |---|---|
//! | `access` | which parts answer, and to whom |
//! | `checks` | refuses requests that a foreign web page causes |
//! | `control` | test control, which a listener of profile `dev` has |
//! | `files` | files that are shown as they are, such as documentation |
//! | `openapi` | builds the OpenAPI document of the listener, with the feature `openapi` |
//! | `pages` | the URLs and their answers |
//! | `server` | starts the listener |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod access;
mod checks;
mod control;
mod files;
#[cfg(feature = "openapi")]
mod openapi;
mod pages;
mod server;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use derslik_ports::inbound::HealthService;

pub use access::{Access, MetricsToken};
pub use actix_web::web::ServiceConfig;
pub use control::{CONTROL_PATH, Control, ControlSlot};
pub use files::{DOCUMENT_PATH, File};
#[cfg(feature = "openapi")]
pub use openapi::document as openapi_document;
pub use server::start;

/// Renders the metrics as a text for Prometheus. It may block, and runs on a thread of its own.
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;

/// Adds pages to the listener.
pub type Pages = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

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
    /// The files that are shown besides, where pages that show data may be: this machine, unless the settings say otherwise.
    pub files: Vec<File>,
    /// Test control. Without it its paths are absent, and bodies of requests are not read.
    pub control: Option<ControlSlot>,
    /// The console, where its access is open.
    pub console: Option<Pages>,
}

impl std::fmt::Debug for Operations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operations").field("version", &self.version).field("access", &self.access).finish_non_exhaustive()
    }
}
