//! Tokens for passwords.

mod issue;
#[cfg(feature = "openapi")]
pub(super) mod openapi;
mod view;

pub(super) use self::issue::issue;
