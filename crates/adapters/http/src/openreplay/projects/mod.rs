//! The projects of an account.

mod create;
mod get;
mod list;
#[cfg(feature = "openapi")]
pub(super) mod openapi;
pub(super) mod read;
pub(super) mod view;

pub(super) use self::create::create;
pub(super) use self::get::get;
pub(super) use self::list::list;
