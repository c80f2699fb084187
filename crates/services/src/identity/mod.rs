//! Who asks.

mod authenticate;
mod guesses;
mod log_in;
mod provision;
mod secret;
mod token;

pub use authenticate::Identity;
pub use log_in::LogIns;
pub use provision::{
    AccountPlan, CredentialPlan, Credentials, NewAccount, Provisioned, UserPlan, create_account, provision, usable_credentials,
};
pub use token::{CreateUserError, NewUser, TokenPlan, create_token, create_user};
