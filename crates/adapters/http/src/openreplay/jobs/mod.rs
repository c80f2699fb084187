//! The jobs of a project.

mod cancel;
mod erase_user;
mod get;
mod list;
#[cfg(feature = "openapi")]
pub(super) mod openapi;
mod read;
mod view;

pub(super) use self::cancel::cancel;
pub(super) use self::erase_user::erase_user;
pub(super) use self::get::get;
pub(super) use self::list::list;
