//! The traits that the use cases call, and that driven adapters implement.

mod admins;
mod attendees;
mod audit;
mod changes;
mod clock;
mod courses;
mod erasures;
mod grants;
mod health;
mod idempotency;
mod identity;
mod ids;
mod jobs;
mod keys;
mod passwords;
mod projects;
mod readers;
mod seals;
mod sessions;
mod signatures;
mod tenant;
mod unit_of_work;
mod users;

pub use crate::store_error::{Conflict, Reason, StoreError, Unavailable};
pub use admins::{AdminRepository, AdminToAdd};
pub use attendees::AttendeeRepository;
pub use audit::AuditRepository;
pub use changes::{ChangeLogRepository, Projection, ProjectionLag};
pub use clock::Clock;
pub use courses::{
    AliasRepository, CourseLookup, CourseRepository, CourseWithMembership, GradingPeriodRepository, Member, RosterRepository,
};
pub use erasures::{CountedAnswers, ErasureRepository, ListedUser};
pub use grants::{GrantRepository, HeldToken, NewGrant, TokenSource};
pub use health::{DatabaseFacts, DatabaseProbe, FirstDue, SchemaFit};
pub use idempotency::{IdempotencyRepository, KeyState, OwnedKey, SearchedAnswers};
pub use identity::{CredentialOwner, IdentityRepository, NewCredential};
pub use ids::Ids;
pub use jobs::{Claim, Completion, Enqueued, Exchanged, HeldJob, JobOfProject, JobRepository, QueueDepth};
pub use keys::KeyRepository;
pub use passwords::Passwords;
pub use projects::ProjectRepository;
pub use readers::{CourseReader, JobReader, Readers, SessionReader};
pub use seals::{RecordBytes, SealKeys, SealRepository, SealedRecord, UnsealedRecord};
pub use sessions::SessionRepository;
pub use signatures::{Signatures, SigningKey};
pub use tenant::Tenant;
pub use unit_of_work::{Stores, UnitOfWork};
pub use users::UserRepository;

#[cfg(any(test, feature = "mocks"))]
pub use {
    admins::MockAdminRepository,
    attendees::MockAttendeeRepository,
    audit::MockAuditRepository,
    changes::MockChangeLogRepository,
    courses::{MockAliasRepository, MockCourseRepository, MockGradingPeriodRepository, MockRosterRepository},
    erasures::MockErasureRepository,
    grants::MockGrantRepository,
    health::MockDatabaseProbe,
    idempotency::MockIdempotencyRepository,
    identity::MockIdentityRepository,
    jobs::MockJobRepository,
    keys::MockKeyRepository,
    passwords::MockPasswords,
    projects::MockProjectRepository,
    readers::{MockCourseReader, MockJobReader, MockSessionReader},
    seals::{MockSealKeys, MockSealRepository},
    sessions::MockSessionRepository,
    signatures::MockSignatures,
    users::MockUserRepository,
};
