//! Who asks.

mod authenticate;
mod log_in;
mod provision;
mod secret;

pub use authenticate::Identity;
pub use log_in::LogIns;
pub use provision::{AccountPlan, CredentialPlan, Credentials, NewAccount, Provisioned, create_account, provision, usable_credentials};
