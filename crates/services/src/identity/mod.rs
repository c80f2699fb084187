//! Who asks.

mod authenticate;
mod provision;
mod secret;
mod token;

pub use authenticate::Identity;
pub use provision::{AccountPlan, CredentialPlan, NewAccount, Provisioned, UserPlan, create_account, provision};
pub use token::{CreateUserError, NewUser, TokenPlan, create_token, create_user};
