//! The use cases of the operator of the installation, as the command line calls them. They have no actor: each process that can
//! reach the database may call them.

mod accounts;
mod audit;
mod courses;
mod installation;
mod jobs;
mod known_secrets;
mod secrets;
mod tokens;
mod users;

pub use accounts::{
    AccountAdministration, AccountPlan, CreateAccountError, CreatedAccount, CredentialPlan, Credentials, FindAccountError, NewAccount,
    TokenPlan, UserPlan,
};
pub use audit::AuditReading;
pub use courses::{CourseOperation, CourseOperationError, CourseOperations};
pub use installation::InstallationKeys;
pub use jobs::{JobOperation, JobOperationError, JobOperations, StoredJob};
pub use known_secrets::{KnownPerson, KnownSecretRevocation, KnownSecrets};
pub use secrets::{KeyPair, SecretMaking};
pub use tokens::{IssueTokenError, NewToken, TokenIssuing};
pub use users::{CreateUserError, NewUser, UserAdministration};

#[cfg(any(test, feature = "mocks"))]
pub use {
    accounts::MockAccountAdministration, audit::MockAuditReading, courses::MockCourseOperations, installation::MockInstallationKeys,
    jobs::MockJobOperations, known_secrets::MockKnownSecretRevocation, secrets::MockSecretMaking, tokens::MockTokenIssuing,
    users::MockUserAdministration,
};
