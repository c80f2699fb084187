//! What handlers work with: the inbound ports and the limits of a request.

use std::sync::Arc;
use std::time::Duration;

use derslik_domain::session::Batch;
use derslik_ports::inbound::{CourseService, IdentityService, RosterService, SessionService};

use crate::classroom::ClassroomSettings;

/// The inbound ports and the limits of a request.
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
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_bytes: 8 * 1024 * 1024, body_deadline: Duration::from_secs(15), batch_items: Batch::DEFAULT_MAX_ITEMS }
    }
}
