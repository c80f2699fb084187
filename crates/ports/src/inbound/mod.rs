//! What the service can be asked to do.

mod error;
mod identity;
mod jobs;
mod once;
mod sessions;

pub use error::ServiceError;
pub use identity::{AuthenticationError, IdentityService, Presented};
pub use jobs::{JobError, JobService, ListPart, ProjectService};
pub use once::{Once, Performed};
pub use sessions::SessionService;

#[cfg(any(test, feature = "mocks"))]
pub use {
    identity::MockIdentityService,
    jobs::{MockJobService, MockProjectService},
    sessions::MockSessionService,
};
