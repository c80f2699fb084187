//! Which adapter stands behind which port.

use std::sync::Arc;

use derslik_http::{HttpState, InboundPorts, Limits};
use derslik_ports::outbound::{Clock, Ids, UnitOfWork};
use derslik_services::identity::Identity;
use derslik_services::jobs::Jobs;
use derslik_services::projects::Projects;
use derslik_services::sessions::Sessions;

/// The service over a unit of work, as its HTTP side needs it.
pub fn wire<U: UnitOfWork + Clone>(uow: &U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, limits: Limits) -> HttpState {
    let ports = InboundPorts {
        sessions: Arc::new(Sessions::new(uow.clone(), Arc::clone(&clock), Arc::clone(&ids))),
        jobs: Arc::new(Jobs::new(uow.clone(), Arc::clone(&clock))),
        projects: Arc::new(Projects::new(uow.clone(), Arc::clone(&clock), ids)),
        identity: Arc::new(Identity::new(uow.clone(), clock)),
    };
    HttpState::new(ports, limits)
}
