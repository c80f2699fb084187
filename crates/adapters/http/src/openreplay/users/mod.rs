//! The attendees of sessions, as the jobs API shows its users: users and guests of the account.

mod get;
#[cfg(feature = "openapi")]
pub(super) mod openapi;
pub(super) mod read;
mod sessions;
pub(super) mod view;

pub(super) use self::get::get;
pub(super) use self::sessions::sessions;
