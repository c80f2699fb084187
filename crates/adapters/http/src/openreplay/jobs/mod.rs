//! The jobs of a project.

mod cancel;
mod erase_user;
mod erase_users;
mod erased_users;
mod get;
mod list;
#[cfg(feature = "openapi")]
pub(super) mod openapi;
mod read;
pub(super) mod view;

pub(super) use self::cancel::cancel;
pub(super) use self::erase_user::erase_user;
pub(super) use self::erase_users::erase_users;
pub(super) use self::erased_users::erased_users;
pub(super) use self::get::get;
pub(super) use self::list::list;
