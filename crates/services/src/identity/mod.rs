//! Who asks.

mod authenticate;
mod provision;

pub use authenticate::Identity;
pub use provision::{AccountPlan, CredentialPlan, Provisioned, create_account, provision};
