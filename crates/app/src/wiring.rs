//! Which adapter stands behind which port.

use std::sync::Arc;

use derslik_http::classroom::ClassroomSettings;
use derslik_http::{HttpState, Limits, Ports};
use derslik_ports::outbound::{Clock, Ids, UnitOfWork};
use derslik_services::courses::Courses;
use derslik_services::identity::Identity;
use derslik_services::rosters::Rosters;
use derslik_services::sessions::Sessions;

/// The service over a unit of work, as its HTTP side needs it.
pub fn wire<U: UnitOfWork + Clone>(
    uow: &U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    limits: Limits,
    classroom: ClassroomSettings,
) -> HttpState {
    let ports = Ports {
        sessions: Arc::new(Sessions::new(uow.clone(), Arc::clone(&clock), Arc::clone(&ids))),
        courses: Arc::new(Courses::new(uow.clone(), Arc::clone(&clock), ids)),
        rosters: Arc::new(Rosters::new(uow.clone(), Arc::clone(&clock))),
        identity: Arc::new(Identity::new(uow.clone(), clock)),
    };
    HttpState::new(ports, classroom, limits)
}
