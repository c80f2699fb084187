//! What the service can be asked to do.

mod courses;
mod error;
mod identity;
mod once;
mod rosters;
mod sessions;

pub use courses::{CourseError, CourseService, Eligibility, Expected, Listed, SeenCourse};
pub use error::ServiceError;
pub use identity::{AuthenticationError, IdentityService, Presented};
pub use once::{Once, Performed};
pub use rosters::{RosterService, SeenMember};
pub use sessions::SessionService;

#[cfg(any(test, feature = "mocks"))]
pub use {courses::MockCourseService, identity::MockIdentityService, rosters::MockRosterService, sessions::MockSessionService};
