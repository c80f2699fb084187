//! Connects adapters to ports.

use std::sync::Arc;

use derslik_http::classroom::ClassroomSettings;
use derslik_http::{HttpState, Limits, Services};
use derslik_ports::outbound::{Clock, Ids, Passwords, Readers, UnitOfWork};
use derslik_services::activity::Activity;
use derslik_services::attendees::Attendees;
use derslik_services::courses::Courses;
use derslik_services::identity::{Identity, LogIns};
use derslik_services::jobs::Jobs;
use derslik_services::people::People;
use derslik_services::projects::Projects;
use derslik_services::rosters::Rosters;
use derslik_services::sessions::Sessions;

use crate::passwords::Argon2Passwords;

/// The use cases over a unit of work, as the HTTP adapter needs them.
pub fn wire<U: UnitOfWork + Readers + Clone>(
    uow: &U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    limits: Limits,
    classroom: ClassroomSettings,
) -> HttpState {
    wire_with(uow, clock, ids, Arc::new(Argon2Passwords::default()), limits, classroom)
}

/// The same with another password hasher.
pub fn wire_with<U: UnitOfWork + Readers + Clone>(
    uow: &U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    passwords: Arc<dyn Passwords>,
    limits: Limits,
    classroom: ClassroomSettings,
) -> HttpState {
    let services = Services {
        sessions: Arc::new(Sessions::new(uow.clone(), Arc::clone(&clock), Arc::clone(&ids))),
        attendees: Arc::new(Attendees::new(uow.clone(), Arc::clone(&clock), Arc::clone(&ids))),
        people: Arc::new(People::new(uow.clone(), Arc::clone(&clock), Arc::clone(&ids), Arc::clone(&passwords))),
        log_in: Arc::new(LogIns::new(uow.clone(), Arc::clone(&clock), Arc::clone(&ids), passwords)),
        courses: Arc::new(Courses::new(uow.clone(), Arc::clone(&clock), Arc::clone(&ids))),
        rosters: Arc::new(Rosters::new(uow.clone(), Arc::clone(&clock))),
        jobs: Arc::new(Jobs::new(uow.clone(), Arc::clone(&clock))),
        projects: Arc::new(Projects::new(uow.clone(), Arc::clone(&clock), ids)),
        activity: Arc::new(Activity::new(uow.clone())),
        identity: Arc::new(Identity::new(uow.clone(), clock)),
    };
    HttpState::new(services, classroom, limits)
}
