//! A look at the database, for the readiness of a process.

use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;

use super::StoreError;

/// What a look at the database found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// How its schema compares with the one of this program.
    pub schema: SchemaFit,
    /// How far its clock is from that of this machine, at the least. `None` if it has no clock of its own.
    pub clock_difference: Option<Duration>,
    /// The scheduled job that is the first in time, among those of the accounts that are not left out.
    pub first_due: FirstDue,
    /// The bytes that can still be written to its disk. `None` if the disk is not on this machine, or does not tell.
    pub free_bytes: Option<u64>,
}

/// The scheduled job that is the first in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstDue {
    /// No job is scheduled.
    NoJob,
    /// When the job becomes due, or became due.
    At(Timestamp),
    /// The jobs could not be read in time, such as while a migration locks their table.
    Unread,
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
    /// Looks at the database apart from the connections of units of work. It ends within about a second, unless the disk of the database
    /// hangs. Only the table of migrations has to be readable: jobs that can't be read in time are [`FirstDue::Unread`]. Jobs of the
    /// accounts `left_out` are passed over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database does not answer in time, and any other if it answers but its tables can't be
    /// read.
    async fn probe(&self, left_out: Vec<AccountId>) -> Result<DatabaseFacts, StoreError>;
}
