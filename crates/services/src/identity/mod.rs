//! Authentication, log-in, and the set-up of accounts and users.

mod authenticate;
mod known;
mod log_in;
mod login_limiter;
mod provision;
mod secret;
mod token;

pub use authenticate::Identity;
pub use known::{KnownPerson, KnownSecrets, known_secrets_in_use, remove_known_secrets};
pub use log_in::LogIns;
pub use provision::{
    AccountPlan, CredentialPlan, Credentials, NewAccount, Provisioned, UserPlan, create_account, provision, provision_own_database,
};
pub use token::{CreateUserError, NewUser, TokenPlan, create_token, create_user};
