//! The files of snapshots, which are backups of one account.

use async_trait::async_trait;
use derslik_domain::clock::VirtualClock;
use derslik_domain::time::Timestamp;

use super::{AccountRows, StoreError};

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    /// The rows of the account.
    pub rows: AccountRows,
    /// How many ids the account had drawn.
    pub drawn: u64,
    /// The clock of the account; `None` if it had none of its own.
    pub clock: Option<VirtualClock>,
}

/// Why a file can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotFileError {
    /// The file is not one that can be used here.
    #[error("{0}")]
    Unusable(String),
    /// The rows can't be written into a file.
    #[error("{0}")]
    Unwritable(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes and reads the files of snapshots. Only test control calls it.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SnapshotFiles: Send + Sync + std::fmt::Debug {
    /// The file with these rows, which `at` dates.
    ///
    /// # Errors
    /// [`SnapshotFileError`].
    async fn write(&self, content: SnapshotFile, at: Timestamp) -> Result<Vec<u8>, SnapshotFileError>;

    /// The content of a file of this or another database with the same schema.
    ///
    /// # Errors
    /// [`SnapshotFileError`].
    async fn read(&self, file: Vec<u8>) -> Result<SnapshotFile, SnapshotFileError>;
}
