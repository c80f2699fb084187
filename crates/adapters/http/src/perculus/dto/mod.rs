//! The wire format: the name, the order and the nullability of every key, without the meaning of any of them.

pub(super) mod attendee;
pub(super) mod entity;
pub(super) mod filter;
pub(super) mod item;
pub(super) mod json;
pub(super) mod messages;
pub(super) mod options;
pub(super) mod person;
pub(super) mod query;
pub(super) mod rejected;
mod sent;
pub(super) mod session;
mod session_status;
mod state;
