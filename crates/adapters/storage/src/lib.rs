//! The outbound ports over diesel: one source for PostgreSQL and SQLite. This crate takes no decision about sessions, courses or
//! jobs. Its interface shows no type of diesel.
//!
//! | file | purpose |
//! |---|---|
//! | `conflict` | finds the unique key that a row would have broken |
//! | `conn` | the two kinds of connection, and `on_conn!`, which type-checks a query once for each |
//! | `fair` | the queue in front of the pool, which serves tenants in turn |
//! | `pool` | makes connections and replaces dead ones |
//! | `url` | finds what is wrong with the URL of a database |
//! | `postgres` | connections to PostgreSQL, with deadlines and the codes of failures |
//! | `limit` | the time limits of a unit of work |
//! | `unit_of_work` | the one hop to a blocking thread, with its transaction |
//! | `look_up` | lookups of single objects, which share statements |
//! | `rows` | results that are read row by row |
//! | `types` | values of the domain as both databases keep them |
//! | `digest` | keyed digests of names |
//! | `wake` | wakes workers when there are jobs |
//! | `session`, `attendee`, `identity`, `idempotency`, `course`, `job`, `project` | the repositories |
//! | `personal` | lists all columns, and what an erasure does with each |
//! | `migrate` | brings a database up to date |
//! | `schema_state` | tells whether a database is up to date |
//! | `rekey` | makes the keys of texts anew after the program changed their rule |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod attendee;
mod audit;
mod conflict;
mod conn;
mod course;
mod digest;
mod error;
mod fair;
mod idempotency;
mod identity;
mod job;
mod limit;
mod look_up;
mod migrate;
pub mod personal;
mod pool;
mod postgres;
mod project;
mod rekey;
mod rows;
mod schema;
mod schema_state;
mod session;
mod text;
mod types;
mod unit_of_work;
mod url;
mod wake;

pub use migrate::{MigrateError, Migrated, schema_revision};
pub use pool::{DatabaseUrl, DatabaseUrlError, PoolSettings};
pub use rekey::KeyTwin;
pub use schema_state::SchemaState;
pub use unit_of_work::DieselUnitOfWork;
