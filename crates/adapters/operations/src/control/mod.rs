//! Test control: the resources below `/_derslik/v1`, which a listener of profile `dev` has and one of production has not. Each file is
//! one resource: it reads a request, calls a port of `inbound::control`, and writes the outcome as JSON.
//!
//! To add a resource: a port in [`Control`], a file with `configure`, a line in [`configure`], and its paths in `openapi.rs` here.

mod accounts;
mod problem;
mod read;
mod seeds;
mod snapshots;

use std::sync::{Arc, OnceLock};

use actix_web::web::{self, Data, ServiceConfig};
use derslik_ports::inbound::control::{AccountControl, SeedControl, SnapshotControl};

use crate::Operations;

pub(crate) use problem::Problem;

/// The path below which all resources are.
pub const CONTROL_PATH: &str = "/_derslik/v1";

/// The ports of test control.
#[derive(Clone)]
pub struct Control {
    /// Accounts.
    pub accounts: Arc<dyn AccountControl>,
    /// Seeds.
    pub seeds: Arc<dyn SeedControl>,
    /// Snapshots.
    pub snapshots: Arc<dyn SnapshotControl>,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}

/// Where a listener finds the ports. It starts before they are there: until they are set, each resource answers 503.
#[derive(Debug, Clone, Default)]
pub struct ControlSlot(Arc<OnceLock<Control>>);

impl ControlSlot {
    /// Sets the ports. Only the first call has an effect.
    pub fn open(&self, control: Control) {
        self.0.set(control).ok();
    }

    /// The ports, for one request.
    fn control(&self) -> Result<&Control, Problem> {
        self.0.get().ok_or_else(Problem::starting)
    }
}

/// Adds the resources, if the listener has test control and its clients may change state.
pub(crate) fn configure(config: &mut ServiceConfig, operations: &Data<Operations>) {
    let Some(slot) = operations.control.clone().filter(|_| operations.access.is_control_open()) else { return };
    config
        .app_data(Data::new(slot))
        .app_data(read::limits())
        .service(web::scope(CONTROL_PATH).configure(accounts::configure).configure(seeds::configure).configure(snapshots::configure));
}
