//! Test control: the resources below `/_derslik/v1`, which a listener of profile `dev` has and one of production has not. Each file is
//! one resource: it reads a request, calls a port of `inbound::control`, and writes the outcome as JSON.
//!
//! To add a resource: a port in [`Control`], a file with `configure` that calls [`resource`] for each path, a line in [`configure`], and
//! its paths in `docs/openapi-control.json`.

mod accounts;
mod clock;
mod document;
mod faults;
mod journal;
mod matching;
mod problem;
mod read;
mod seeds;
mod snapshots;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, Route};
use derslik_ports::inbound::control::{
    AccountControl, AccountIds, ClockControl, FaultControl, JournalReading, PublicAccountId, SeedControl, SnapshotControl,
};

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
    /// Clocks.
    pub clock: Arc<dyn ClockControl>,
    /// The ids by which tests name accounts.
    pub ids: Arc<AccountIds>,
    /// Faults.
    pub faults: Arc<dyn FaultControl>,
    /// The journals of accounts.
    pub journal: Arc<dyn JournalReading>,
}

impl Control {
    /// Removes the faults and the journal of an account, which do not outlive its state.
    fn forget(&self, account: PublicAccountId) {
        self.faults.clear(account);
        self.journal.clear(account);
    }
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

/// A resource with its methods. A request with another method is answered by a problem that names them.
fn resource<const N: usize>(path: &str, methods: [(Method, Route); N]) -> Resource {
    let allowed = methods.iter().map(|(method, _)| method.as_str()).collect::<Vec<_>>().join(", ");
    let refuse = move |request: HttpRequest| {
        let problem = Problem::wrong_method(request.method().as_str(), allowed.clone());
        async move { Err::<HttpResponse, Problem>(problem) }
    };
    let routes = methods.into_iter().map(|(method, route)| route.method(method));
    routes.fold(web::resource(path), Resource::route).default_service(web::to(refuse))
}

async fn no_such_path(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::no_such_path(request.path()))
}

/// Adds the resources, if the listener has test control and its clients may change state.
pub(crate) fn configure(config: &mut ServiceConfig, operations: &Data<Operations>) {
    let Some(slot) = operations.control.clone().filter(|_| operations.access.is_control_open()) else { return };
    let resources = web::scope(CONTROL_PATH)
        .configure(document::configure)
        .configure(accounts::configure)
        .configure(clock::configure)
        .configure(seeds::configure)
        .configure(snapshots::configure)
        .configure(faults::configure)
        .configure(journal::configure)
        .default_service(web::to(no_such_path));
    config.app_data(Data::new(slot)).app_data(read::limits()).service(resources);
}
