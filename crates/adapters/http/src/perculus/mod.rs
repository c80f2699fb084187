//! The sessions API of Perculus: its names, its shapes, its errors.

mod auth;
mod dto;
mod error;
mod once;
pub mod v2;

pub use auth::key_proof;
