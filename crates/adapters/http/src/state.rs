//! What handlers work with: the inbound ports and the limits of a request.

use std::sync::Arc;
use std::time::Duration;

use derslik_domain::session::Batch;
use derslik_ports::inbound::{CourseService, IdentityService, RosterService, SessionService};

use crate::classroom::ClassroomSettings;

use crate::body::BodyRoom;

/// The inbound ports and the limits of a request. Clones share what is bounded for all requests together.
#[derive(Clone)]
pub struct HttpState {
    /// Sessions.
    pub sessions: Arc<dyn SessionService>,
    /// Courses.
    pub courses: Arc<dyn CourseService>,
    /// The members of courses.
    pub rosters: Arc<dyn RosterService>,
    /// What of the courses API belongs to the installation.
    pub classroom: ClassroomSettings,
    /// Who asks.
    pub identity: Arc<dyn IdentityService>,
    /// The limits of a request.
    pub limits: Limits,
    body_room: BodyRoom,
}

/// The inbound ports.
#[derive(Clone)]
pub struct Ports {
    /// Sessions.
    pub sessions: Arc<dyn SessionService>,
    /// Courses.
    pub courses: Arc<dyn CourseService>,
    /// The members of courses.
    pub rosters: Arc<dyn RosterService>,
    /// Who asks.
    pub identity: Arc<dyn IdentityService>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

impl HttpState {
    /// What handlers work with.
    pub fn new(ports: Ports, classroom: ClassroomSettings, limits: Limits) -> Self {
        let Ports { sessions, courses, rosters, identity } = ports;
        let body_room = BodyRoom::of_bytes(limits.bodies_in_flight_bytes);
        Self { sessions, courses, rosters, classroom, identity, limits, body_room }
    }

    /// The room that the bodies of all requests share.
    pub(crate) fn body_room(&self) -> &BodyRoom {
        &self.body_room
    }
}

impl std::fmt::Debug for HttpState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpState").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// How much a request may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest body, in bytes.
    pub body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_deadline: Duration,
    /// The most items of a batch.
    pub batch_items: usize,
    /// The most bytes of request bodies that are held at once, of all requests together.
    pub bodies_in_flight_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 8 * 1024 * 1024,
            body_deadline: Duration::from_secs(15),
            batch_items: Batch::DEFAULT_MAX_ITEMS,
            bodies_in_flight_bytes: 64 * 1024 * 1024,
        }
    }
}
