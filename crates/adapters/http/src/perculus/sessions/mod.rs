//! Sessions.

mod change;
mod create;
mod delete;
mod entity;
mod get;
mod list;
#[cfg(feature = "openapi")]
pub(super) mod openapi;
mod options;
mod outcome;
mod read;
mod rejected;
mod search;
mod sent;
mod status;
mod upsert_batch;
mod view;
pub(super) mod violations;

pub(super) use self::change::change;
pub(super) use self::create::create;
pub(super) use self::delete::delete;
pub(super) use self::get::{get_v1, get_v2};
pub(super) use self::list::list;
pub(super) use self::search::search;
pub(super) use self::upsert_batch::upsert_batch;
