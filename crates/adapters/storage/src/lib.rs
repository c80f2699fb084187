//! The outbound ports over diesel: one source for PostgreSQL and SQLite. It takes no decision about sessions, courses or
//! jobs, and nothing outside this crate sees a type of diesel's.
//!
//! | file | what it is |
//! |---|---|
//! | `conn` | the two kinds of connection, and `on_conn!`, which type-checks a query once for each |
//! | `pool` | where connections come from and how a dead one is replaced |
//! | `unit_of_work` | the one hop to a blocking thread, with its transaction |
//! | `types` | values of the domain as both databases keep them |
//! | `session`, `course`, `identity`, `idempotency` | the repositories |
//! | `migrate` | bringing a database up to date |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod conn;
mod course;
mod error;
mod idempotency;
mod identity;
mod migrate;
mod pool;
mod schema;
mod session;
mod types;
mod unit_of_work;

pub use migrate::{MigrateError, Migrated, schema_revision};
pub use pool::{DatabaseUrl, DatabaseUrlError, PoolSettings};
pub use unit_of_work::DieselUnitOfWork;
