//! Who asks.

mod authenticate;
mod provision;
mod secret;

pub use authenticate::Identity;
pub use provision::{AccountPlan, CredentialPlan, Credentials, NewAccount, Provisioned, create_account, provision, usable_credentials};
