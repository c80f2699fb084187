//! What the service can be asked to do.

mod error;
mod identity;
mod once;
mod sessions;

pub use error::ServiceError;
pub use identity::{AuthenticationError, IdentityService, Presented};
pub use once::{Once, Performed};
pub use sessions::SessionService;

#[cfg(any(test, feature = "mocks"))]
pub use {identity::MockIdentityService, sessions::MockSessionService};
