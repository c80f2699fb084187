//! The traits that the use cases call, and that driven adapters implement.

mod admins;
mod attendees;
mod audit;
mod changes;
mod clock;
mod clocks;
mod courses;
mod due_work;
mod erasures;
mod grants;
mod health;
mod idempotency;
mod identity;
mod ids;
mod job_numbers;
mod jobs;
mod keys;
mod loopback;
mod passwords;
mod projects;
mod readers;
mod seals;
mod sessions;
mod signatures;
mod snapshot_files;
mod tenant;
mod test_accounts;
mod unit_of_work;
mod users;
mod writers;

pub use crate::store_error::{Conflict, Reason, StoreError, Unavailable};
pub use admins::{AdminRepository, AdminToAdd, AdminWithPassword, SignInToAdd};
pub use attendees::AttendeeRepository;
pub use audit::AuditRepository;
pub use changes::{ChangeLogRepository, Projection, ProjectionLag};
pub use clock::{Clock, ClockSync, DueTimes};
pub use clocks::{ClockRepository, ClockRevision, NextDue, StoredClock};
pub use courses::{
    AliasRepository, CourseLookup, CourseRepository, CourseWithMembership, GradingPeriodRepository, Member, RosterRepository,
};
pub use due_work::DueWork;
pub use erasures::{CountedAnswers, ErasureRepository, ListedUser};
pub use grants::{GrantRepository, HeldToken, NewGrant, TokenSource};
pub use health::{DatabaseFacts, DatabaseProbe, FirstDue, SchemaFit};
pub use idempotency::{IdempotencyRepository, KeyState, OwnedKey, SearchedAnswers};
pub use identity::{CredentialOwner, IdentityRepository, NewCredential};
pub use ids::Ids;
pub use job_numbers::{LAST_JOB_NUMBER, job_of_number, job_shown_as, numbered_jobs_of, shown_number};
pub use jobs::{Claim, Completion, Enqueued, Exchanged, HeldJob, JobOfProject, JobRepository, QueueDepth};
pub use keys::KeyRepository;
pub use loopback::{Loopback, LoopbackAnswer, LoopbackError};
pub use passwords::Passwords;
pub use projects::ProjectRepository;
pub use readers::{CourseReader, JobReader, Readers, SessionReader};
pub use seals::{RecordBytes, SealKeys, SealRepository, SealedRecord, UnsealedRecord};
pub use sessions::{SessionRepository, UpcomingEnd};
pub use signatures::{Signatures, SigningKey};
pub use snapshot_files::{SnapshotFile, SnapshotFileError, SnapshotFiles};
pub use tenant::Tenant;
pub use test_accounts::{AccountRows, KnownTestAccount, TableRows, TestAccountRepository};
pub use unit_of_work::{Stores, UnitOfWork};
pub use users::UserRepository;
pub use writers::{CourseWriter, DecideCourse};

#[cfg(any(test, feature = "mocks"))]
pub use {
    admins::MockAdminRepository,
    attendees::MockAttendeeRepository,
    audit::MockAuditRepository,
    changes::MockChangeLogRepository,
    clocks::MockClockRepository,
    courses::{MockAliasRepository, MockCourseRepository, MockGradingPeriodRepository, MockRosterRepository},
    due_work::MockDueWork,
    erasures::MockErasureRepository,
    grants::MockGrantRepository,
    health::MockDatabaseProbe,
    idempotency::MockIdempotencyRepository,
    identity::MockIdentityRepository,
    jobs::MockJobRepository,
    keys::MockKeyRepository,
    loopback::MockLoopback,
    passwords::MockPasswords,
    projects::MockProjectRepository,
    readers::{MockCourseReader, MockJobReader, MockSessionReader},
    seals::{MockSealKeys, MockSealRepository},
    sessions::MockSessionRepository,
    signatures::MockSignatures,
    snapshot_files::MockSnapshotFiles,
    test_accounts::MockTestAccountRepository,
    users::MockUserRepository,
    writers::MockCourseWriter,
};
