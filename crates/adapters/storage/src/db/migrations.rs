//! The migrations, which are part of the program.

use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::connect_error::{ConnectCause, ConnectError};

pub(crate) const POSTGRES: EmbeddedMigrations = embed_migrations!("../../../migrations/postgres");
pub(crate) const SQLITE: EmbeddedMigrations = embed_migrations!("../../../migrations/sqlite");

/// Stands among the versions of the applied migrations while a restore is not finished. No migration has this version, so programs
/// that do not know it refuse the database as well.
pub(crate) const UNFINISHED_RESTORE: &str = "restore_unfinished";

/// Why a database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection could be made.
    #[error("cannot connect to the database")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another version of the program applied migrations that this one does not know, and did not apply all of this one. Nothing
    /// was changed.
    #[error("the database holds migrations that this version of the program does not know: {}", .versions.join(", "))]
    Unknown {
        /// The versions of those migrations, oldest first.
        versions: Vec<String>,
    },
    /// A newer version of the program applied migrations that took something away from this one. Nothing was changed.
    #[error(
        "the schema of the database is of a newer version of the program, and does not work with this one: it needs a version that \
         knows the migration {needs}"
    )]
    TooNew {
        /// The version of the migration that a program must know.
        needs: String,
    },
    /// A restore into the database was not finished, so its content is not complete. Nothing was changed.
    #[error(
        "a restore into the database was not finished: unless it still runs, remove the database, make an empty one, and restore the \
         backup again with `derslik restore`"
    )]
    UnfinishedRestore,
    /// The database belongs to another program. Nothing was changed.
    #[error("the database holds tables of another program ({}) and none of Derslik", .tables.join(", "))]
    Foreign {
        /// Some of those tables.
        tables: Vec<String>,
    },
    /// The role may not read the tables. Nothing was changed.
    #[error("the role may not read the tables of Derslik: grant it USAGE on their schema and SELECT on them")]
    Denied(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The schema can't be read. Nothing was changed.
    #[error("the schema of the database can't be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A migration failed. On PostgreSQL the ones before it stay applied.
    #[error("a migration failed")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl MigrateError {
    /// The kind of reason for which no connection to a server could be made; `None` for every other error.
    pub fn connect_cause(&self) -> Option<ConnectCause> {
        match self {
            Self::Connect(error) => error.downcast_ref::<ConnectError>().map(ConnectError::cause),
            Self::Unknown { .. }
            | Self::TooNew { .. }
            | Self::UnfinishedRestore
            | Self::Foreign { .. }
            | Self::Denied(_)
            | Self::Unreadable(_)
            | Self::Migration(_) => None,
        }
    }
}

impl From<ConnectError> for MigrateError {
    fn from(error: ConnectError) -> Self {
        Self::Connect(Box::new(error))
    }
}

impl From<diesel::result::Error> for MigrateError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Migration(Box::new(error))
    }
}

/// A text that changes with each new migration of PostgreSQL.
pub fn schema_revision() -> String {
    let migrations = MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES).unwrap_or_default();
    let mut versions: Vec<_> = migrations.iter().map(|migration| migration.name().to_string()).collect();
    versions.sort();
    versions.join(" ")
}
