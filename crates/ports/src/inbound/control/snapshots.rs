//! Snapshots: the state of one account under a name, to which it can be brought back.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;

use super::{ControlError, PublicAccountId};

/// The name of a snapshot: 1 to 64 letters, digits, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotName(String);

impl SnapshotName {
    /// The name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SnapshotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SnapshotName {
    type Err = ControlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A client takes these two out of a path.
        let is_name = ![".", ".."].contains(&text)
            && (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if is_name {
            Ok(Self(text.to_owned()))
        } else {
            Err(ControlError::invalid("name", "the name of a snapshot has 1 to 64 letters, digits, and the characters - _ ."))
        }
    }
}

/// A snapshot as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// The name.
    pub name: SnapshotName,
    /// How many rows it holds.
    pub rows: usize,
    /// Its size in bytes.
    pub bytes: usize,
}

/// Takes snapshots of accounts, and brings accounts back to them. They live as long as the process.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SnapshotControl: Send + Sync {
    /// Takes a snapshot of an account, in one consistent read. One of the same name is replaced.
    ///
    /// # Errors
    /// [`ControlError`].
    async fn take(&self, account: PublicAccountId, name: SnapshotName) -> Result<StoredSnapshot, ControlError>;

    /// The snapshots of an account, ordered by name.
    ///
    /// # Errors
    /// [`ControlError::NotFound`], [`ControlError::Store`].
    async fn list(&self, account: PublicAccountId) -> Result<Vec<StoredSnapshot>, ControlError>;

    /// Brings an account back to a snapshot, in one transaction, and its clock with it: it stands still at the instant of the snapshot, or is
    /// ahead of the machine by as much as then. The file of an account without a clock of its own leaves the clock as it is.
    ///
    /// # Errors
    /// [`ControlError::NotFound`], [`ControlError::Store`].
    async fn restore(&self, account: PublicAccountId, name: SnapshotName) -> Result<(), ControlError>;

    /// Forgets a snapshot.
    ///
    /// # Errors
    /// [`ControlError::NotFound`].
    async fn remove(&self, account: PublicAccountId, name: SnapshotName) -> Result<(), ControlError>;

    /// A snapshot as a file: a backup of a database with this account alone.
    ///
    /// # Errors
    /// [`ControlError::NotFound`], [`ControlError::Store`].
    async fn file(&self, account: PublicAccountId, name: SnapshotName) -> Result<Vec<u8>, ControlError>;

    /// Keeps the content of such a file as a snapshot of an account, also of another one than it was taken from. One of the same name
    /// is replaced. When it is restored, the account keeps its name and its keys.
    ///
    /// # Errors
    /// [`ControlError::Invalid`] if the file can't be used, [`ControlError::Conflict`] if there is no room, and those of
    /// [`take`](Self::take).
    async fn load(&self, account: PublicAccountId, name: SnapshotName, file: Vec<u8>) -> Result<StoredSnapshot, ControlError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_characters_that_a_path_gives_a_meaning() {
        for name in ["a", "before-erasure_2.1", &"x".repeat(64)] {
            assert_eq!(name.parse::<SnapshotName>().unwrap().as_str(), name);
        }
        for name in ["", ".", "..", "a/b", "ö", "a b", &"x".repeat(65)] {
            assert!(name.parse::<SnapshotName>().is_err(), "{name}");
        }
    }
}
