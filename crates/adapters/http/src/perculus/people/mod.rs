//! The people of an account.

mod add;
mod change;
mod delete;
mod get;
mod list;
#[cfg(feature = "openapi")]
pub(super) mod openapi;
mod outcome;
pub(super) mod read;
mod set_password;
mod view;
pub(super) mod violations;

pub(super) use self::add::add;
pub(super) use self::change::change;
pub(super) use self::delete::delete;
pub(super) use self::get::get;
pub(super) use self::list::list;
pub(super) use self::set_password::set_password;
