//! The use cases of the operator of the installation, as the command line calls them. They have no actor: each process that can
//! reach the database may call them.

mod accounts;
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
mod tokens;
mod users;

pub use accounts::{
    AccountAdministration, AccountPlan, CreateAccountError, CreatedAccount, CredentialPlan, Credentials, FindAccountError, NewAccount,
    TokenPlan, UserPlan,
};
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
pub use tokens::{CreatedToken, IssueTokenError, NewToken, TokenIssuing};
pub use users::{CreateUserError, NewUser, UserAdministration, UserError};

#[cfg(any(test, feature = "mocks"))]
pub use {
    accounts::MockAccountAdministration,
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
    tokens::MockTokenIssuing,
    users::MockUserAdministration,
};
