//! What the use cases need of the world.

mod clock;
mod courses;
mod error;
mod idempotency;
mod identity;
mod ids;
mod sessions;
mod unit_of_work;
mod users;

pub use clock::Clock;
pub use courses::{
    AliasRepository, CourseRecord, CourseRepository, GradingPeriodRepository, KeyRepository, Member, RosterRepository, Slice,
};
pub use error::{Conflict, StoreError};
pub use idempotency::{IdempotencyRepository, KeyState, OwnedKey};
pub use identity::{CredentialOwner, IdentityRepository, NewCredential};
pub use ids::Ids;
pub use sessions::SessionRepository;
pub use unit_of_work::{Stores, UnitOfWork};
pub use users::UserRepository;

#[cfg(any(test, feature = "mocks"))]
pub use {
    courses::{MockAliasRepository, MockCourseRepository, MockGradingPeriodRepository, MockKeyRepository, MockRosterRepository},
    idempotency::MockIdempotencyRepository,
    identity::MockIdentityRepository,
    sessions::MockSessionRepository,
    users::MockUserRepository,
};
