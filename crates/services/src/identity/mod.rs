//! Authentication, log-in, sign-ins of admins, and tokens that are exchanged for grants.

mod assertion;
mod authenticate;
mod grants;
mod issue;
mod log_in;
mod login_limiter;
pub(crate) mod secret;
mod sign_ins;

pub use authenticate::Identity;
pub use grants::Grants;
pub use log_in::LogIns;
pub use sign_ins::SignIns;
