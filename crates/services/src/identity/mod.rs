//! Who asks.

mod authenticate;
mod provision;

pub use authenticate::Identity;
pub use provision::{AccountPlan, CredentialPlan, NewAccount, Provisioned, create_account, provision};
