//! The attendees of a session.

mod add;
mod change;
mod get;
mod list;
#[cfg(feature = "openapi")]
pub(super) mod openapi;
mod outcome;
mod read;
mod remove;
pub(super) mod style;
mod upsert_batch;
mod view;
pub(super) mod violations;

pub(super) use self::add::add;
pub(super) use self::change::change;
pub(super) use self::get::get;
pub(super) use self::list::{list_v1, list_v2};
pub(super) use self::remove::remove;
pub(super) use self::upsert_batch::{upsert_batch_v1, upsert_batch_v2};
