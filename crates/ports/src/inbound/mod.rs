//! The use cases of the service, as driving adapters call them.

mod activity;
mod attendees;
pub mod control;
mod courses;
mod denials;
mod error;
mod health;
mod idempotency;
mod identity;
mod jobs;
mod log_in;
pub mod operators;
mod people;
mod rosters;
mod sessions;
mod token_grants;

pub use activity::{ActivityService, AttendedSessions};
pub use attendees::AttendeeService;
pub use courses::{CourseError, CourseService, CourseWithAccess, Eligibility, Precondition};
pub use denials::DenialLog;
pub use error::ServiceError;
pub use health::{HealthNote, HealthPart, HealthService, HealthState, PartHealth, Phase, Readiness};
pub use idempotency::{IdempotentOutcome, IdempotentRequest, KeyRefusal};
pub use identity::{ActorGone, AuthenticationError, IdentityService, PresentedCredential};
pub use jobs::{JobError, JobService, ProjectService, RequestedErasure};
pub use log_in::{IssuedToken, LogIn, LogInError, LogInService};
pub use people::PeopleService;
pub use rosters::{MemberWithAccess, NewMember, RosterService};
pub use sessions::SessionService;
pub use token_grants::{
    Assertion, Client, GrantError, GrantedToken, QuotaExceeded, QuotaKind, RequestedScopes, TokenGrants, TokenQuota, TokenRequest,
    Unlimited,
};

#[cfg(any(test, feature = "mocks"))]
pub use {
    activity::MockActivityService,
    attendees::MockAttendeeService,
    courses::MockCourseService,
    denials::MockDenialLog,
    health::MockHealthService,
    identity::MockIdentityService,
    jobs::{MockJobService, MockProjectService},
    log_in::MockLogInService,
    people::MockPeopleService,
    rosters::MockRosterService,
    sessions::MockSessionService,
    token_grants::{MockTokenGrants, MockTokenQuota},
};
