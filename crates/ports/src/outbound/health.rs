//! A look at the database, for the readiness of a process.

use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::time::Timestamp;

use super::StoreError;

/// What a look at the database found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// How its schema compares with the one of this program.
    pub schema: SchemaFit,
    /// How far its clock is from that of this machine, at the least. `None` if it has no clock of its own.
    pub clock_difference: Option<Duration>,
    /// When the scheduled job becomes due, or became due, that is the first in time. `None` if no job is scheduled.
    pub first_due: Option<Timestamp>,
    /// The bytes that can still be written to its disk. `None` if the disk is not on this machine, or does not tell.
    pub free_bytes: Option<u64>,
}

/// How the migrations of a database compare with those of this program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SchemaFit {
    /// The number of migrations of this program that the database lacks.
    pub missing: usize,
    /// The number of migrations of the database that this program does not know.
    pub unknown: usize,
}

/// Looks at the database.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait DatabaseProbe: Send + Sync {
    /// Looks at the database with one query, apart from the connections of units of work. It ends within about a second, unless
    /// the disk of the database hangs.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database does not answer in time, and any other if it answers but its tables can't be
    /// read.
    async fn probe(&self) -> Result<DatabaseFacts, StoreError>;
}
