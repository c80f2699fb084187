//! The outbound ports over diesel: one source for PostgreSQL and SQLite. It takes no decision about sessions, courses or
//! jobs, and nothing outside this crate sees a type of diesel's.
//!
//! | file | what it is |
//! |---|---|
//! | `conflict` | which unique key a row would have broken |
//! | `conn` | the two kinds of connection, and `on_conn!`, which type-checks a query once for each |
//! | `fair` | the queue in front of connections, which goes round by tenant |
//! | `pool` | where connections come from and how a dead one is replaced |
//! | `url` | what is wrong with the URL of a database |
//! | `postgres` | connections to PostgreSQL, with deadlines and codes of failures |
//! | `limit` | how long a unit of work may use a connection |
//! | `unit_of_work` | the one hop to a blocking thread, with its transaction |
//! | `look_up` | look-ups of single things, which share statements |
//! | `rows` | results that are not held as a whole |
//! | `types` | values of the domain as both databases keep them |
//! | `digest` | digests of names under a key of the installation |
//! | `wake` | how whoever runs jobs learns that there is something to do |
//! | `session`, `attendee`, `identity`, `idempotency`, `course`, `job`, `project` | the repositories |
//! | `personal` | every column, and what an erasure does with it |
//! | `migrate` | bringing a database up to date |
//! | `schema_state` | whether a database is up to date |
//! | `rekey` | making keys of texts anew after the program changed their rule |
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
