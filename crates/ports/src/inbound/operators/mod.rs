//! The use cases of the operator of the installation, as the command line and a console call them. They have no actor: each process that
//! can reach the database may call them, and a console asks an admin to sign in before.

mod accounts;
mod actors;
mod admins;
mod audit;
mod backlog;
mod courses;
mod credentials;
mod due;
mod erasures;
mod grants;
mod installation;
mod jobs;
mod known_secrets;
mod projects;
mod secrets;
mod sign_ins;
mod tokens;
mod users;
mod vitals;

pub use accounts::{
    AccountAdministration, AccountPlan, CreateAccountError, CreatedAccount, CredentialPlan, Credentials, FindAccountError, NewAccount,
    TokenPlan, UserPlan,
};
pub use actors::OperatorActors;
pub use admins::{AdminAdministration, AdminError, NewAdmin};
pub use audit::{AuditFault, AuditReading, AuditReport, AuditVerification};
pub use backlog::{Backlog, BacklogReading, ProjectionBacklog};
pub use courses::{CourseOperation, CourseOperationError, CourseOperations};
pub use credentials::{CreatedKey, CreatedSecret, CredentialAdministration, KeyError, MAX_OVERLAP, NewKey};
pub use derslik_domain::identity::{AccountState, CredentialFilter, StoredCredential};
pub use due::{DueItem, DueKind, DueReading, MAX_UPCOMING};
pub use erasures::{ErasureRequests, ErasureStart};
pub use grants::{
    CreateGrantError, CreateServiceAccountError, CreatedRefreshToken, CreatedServiceKey, GrantAdministration, GrantTerms, NewDelegation,
    NewServiceAccount, RevokeGrantError,
};
pub use installation::InstallationKeys;
pub use jobs::{JobOperation, JobOperationError, JobOperations, StoredJob};
pub use known_secrets::{KnownPerson, KnownSecretRevocation, KnownSecrets};
pub use projects::{CreateProjectError, ProjectAdministration};
pub use secrets::{KeyPair, SecretMaking};
pub use sign_ins::{AdminSignIn, AdminSignIns, NewSignIn, SIGN_IN_LIFE, SignInError};
pub use tokens::{CreatedToken, IssueTokenError, NewToken, TokenIssuing};
pub use users::{CreateUserError, NewUser, UserAdministration, UserError};
pub use vitals::{Vitals, VitalsReading};

#[cfg(any(test, feature = "mocks"))]
pub use {
    accounts::MockAccountAdministration,
    actors::MockOperatorActors,
    admins::MockAdminAdministration,
    audit::{MockAuditReading, MockAuditVerification},
    backlog::MockBacklogReading,
    courses::MockCourseOperations,
    credentials::MockCredentialAdministration,
    due::MockDueReading,
    erasures::MockErasureRequests,
    grants::MockGrantAdministration,
    installation::MockInstallationKeys,
    jobs::MockJobOperations,
    known_secrets::MockKnownSecretRevocation,
    projects::MockProjectAdministration,
    secrets::MockSecretMaking,
    sign_ins::MockAdminSignIns,
    tokens::MockTokenIssuing,
    users::MockUserAdministration,
    vitals::MockVitalsReading,
};
