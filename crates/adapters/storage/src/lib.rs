//! The outbound ports over diesel: one source for PostgreSQL and SQLite. This crate takes no decision about sessions, courses or
//! jobs. Its interface shows no type of diesel.
//!
//! | module | purpose |
//! |---|---|
//! | `db` | connections, transactions, the schema and its migrations; it knows no repository |
//! | `session`, `attendee`, `identity`, `idempotency`, `course`, `job`, `erasure`, `project`, `audit`, `clocks` | the repositories |
//! | `change_log` | the ids of what was written, until each projection has applied them |
//! | `personal` | lists all columns, and what an erasure does with each |
//! | `stores` | the unit of work, the readers, the writer and all stores, put together from `db` and the repositories |
//! | `file_sizes` | the sizes of the files of SQLite |
//! | `probe` | looks at a database for the readiness of a process |
//! | `inspect` | facts about a database, for an operator who looks for a fault |
//! | `rekey` | makes the keys of texts anew after the program changed their rule |
//! | `snapshot` | all rows as JSON for a backup, and the way back |
//! | `clock` | compares the clock of a server with that of the process |
//! | `durability` | the settings of a server that weaken durability |
//! | `test_accounts` | the accounts of tests, and their way back to earlier states |
//! | `upgrade` | brings a database up to date: migrations, then keys of texts |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod attendee;
mod audit;
mod change_log;
mod clock;
mod clocks;
mod course;
mod db;
mod durability;
mod erasure;
mod file_sizes;
mod idempotency;
mod identity;
mod inspect;
mod job;
pub mod personal;
mod probe;
mod project;
mod rekey;
mod session;
pub mod snapshot;
#[cfg(test)]
mod statements;
mod stores;
mod test_accounts;
mod upgrade;

pub use clock::ClockDifference;
pub use db::connect_error::ConnectCause;
pub use db::migrations::{MigrateError, schema_revision};
pub use db::postgres::{TlsMode, set_application_name};
pub use db::settings::PoolSettings;
pub use db::url::{DatabaseUrl, DatabaseUrlError};
pub use file_sizes::FileSizes;
pub use inspect::{
    ContentFacts, Fact, Inspection, Integrity, LinkFacts, Network, NotInspected, PostgresFacts, RoleFacts, ServerFacts, SqliteFacts,
    Unread, WaitingJob,
};
pub use probe::DieselProbe;
pub use rekey::KeyTwin;
pub use stores::DieselUnitOfWork;
pub use upgrade::{Migrated, SchemaState};
