//! The outbound ports over diesel: one source for PostgreSQL and SQLite. This crate takes no decision about sessions, courses or
//! jobs. Its interface shows no type of diesel.
//!
//! | module | purpose |
//! |---|---|
//! | `db` | connections, transactions, the schema and its migrations |
//! | `session`, `attendee`, `identity`, `idempotency`, `course`, `job`, `project`, `audit` | the repositories |
//! | `personal` | lists all columns, and what an erasure does with each |
//! | `rekey` | makes the keys of texts anew after the program changed their rule |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod attendee;
mod audit;
mod course;
mod db;
mod idempotency;
mod identity;
mod job;
pub mod personal;
mod project;
mod rekey;
mod session;

pub use db::migrate::{MigrateError, Migrated, schema_revision};
pub use db::pool::{DatabaseUrl, DatabaseUrlError, PoolSettings};
pub use db::schema_state::SchemaState;
pub use db::unit_of_work::DieselUnitOfWork;
pub use rekey::KeyTwin;
