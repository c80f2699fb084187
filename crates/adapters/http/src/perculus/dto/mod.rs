//! What travels: the names, the order and the null-ness of every key, apart from what any of it means.

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
mod state;
