//! The sessions API of Perculus: its names, its shapes, its errors.

mod attendees;
mod auth;
mod dto;
mod error;
mod idempotency;
mod language;
mod list;
mod routing;
mod text;
pub mod v1;
pub mod v2;

pub use auth::bearer;
