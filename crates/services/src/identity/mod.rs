//! Who asks.

mod authenticate;
mod provision;
mod secret;

pub use authenticate::Identity;
pub use provision::{AccountPlan, CredentialPlan, NewAccount, Provisioned, create_account, provision};
