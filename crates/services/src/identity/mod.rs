//! Authentication, log-in, and tokens that are exchanged for grants.

mod assertion;
mod authenticate;
mod grants;
mod issue;
mod log_in;
mod login_limiter;
pub(crate) mod secret;

pub use authenticate::Identity;
pub use grants::Grants;
pub use log_in::LogIns;
