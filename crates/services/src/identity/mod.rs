//! Authentication and log-in.

mod authenticate;
mod log_in;
mod login_limiter;
pub(crate) mod secret;

pub use authenticate::Identity;
pub use log_in::LogIns;
