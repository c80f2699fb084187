//! The store of the seals of the audit log, and the keys that make them.

use derslik_domain::audit::{AuditHead, AuditId, Checkpoint, SealKeyId, SealSequence, StoredSeal};
use derslik_domain::id::AccountId;
use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;

use super::StoreError;

/// An audit record in the form that a seal covers: equal bytes mean equal rows, and any two rows that differ have different bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordBytes {
    /// The id of the record.
    pub id: AuditId,
    /// All of the row except for the id, the account, and the mark that says whether it is sealed.
    pub bytes: Vec<u8>,
    /// Whether the row is marked as sealed.
    pub is_marked: bool,
}

/// A seal, with the record that it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRecord {
    /// The seal.
    pub seal: StoredSeal,
    /// The record; `None` if it is missing.
    pub record: Option<RecordBytes>,
}

/// A record without a seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsealedRecord {
    /// The id of the record.
    pub id: AuditId,
    /// When it happened.
    pub at: Timestamp,
    /// Whether the row is marked as sealed, although it has no seal.
    pub is_marked: bool,
}

/// Stores the seals of the audit records of every account, and one checkpoint for what was pruned.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait SealRepository {
    /// At most `limit` records without a seal, ordered by id. A record that was committed late is found as any other.
    ///
    /// # Errors
    /// [`StoreError`].
    fn unsealed(&mut self, account: AccountId, limit: u16) -> Result<Vec<RecordBytes>, StoreError>;

    /// The last seal, or the checkpoint if all seals were pruned. [`AuditHead::START`] if there was never a seal.
    ///
    /// # Errors
    /// [`StoreError`].
    fn head(&mut self, account: AccountId) -> Result<AuditHead, StoreError>;

    /// Adds seals, and marks their records as sealed.
    ///
    /// # Errors
    /// [`StoreError`], also if a position is taken.
    fn add(&mut self, account: AccountId, seals: &[StoredSeal]) -> Result<(), StoreError>;

    /// At most `limit` seals after that position, in order, with their records.
    ///
    /// # Errors
    /// [`StoreError`].
    fn sealed(&mut self, account: AccountId, after: SealSequence, limit: u16) -> Result<Vec<SealedRecord>, StoreError>;

    /// A page of the records without a seal, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn without_seal(&mut self, account: AccountId, page: PageRequest<AuditId>) -> Result<Vec<UnsealedRecord>, StoreError>;

    /// The end of what was pruned; `None` if nothing was.
    ///
    /// # Errors
    /// [`StoreError`].
    fn checkpoint(&mut self, account: AccountId) -> Result<Option<Checkpoint>, StoreError>;

    /// The last of at most `limit` seals that can be pruned: all records up to it happened before that instant, and none is missing.
    ///
    /// # Errors
    /// [`StoreError`].
    fn prunable(&mut self, account: AccountId, before: Timestamp, limit: u16) -> Result<Option<AuditHead>, StoreError>;

    /// Removes the seals up to the checkpoint with their records, and keeps the checkpoint in place of the one before it. Returns the
    /// number of records.
    ///
    /// # Errors
    /// [`StoreError`].
    fn prune(&mut self, account: AccountId, checkpoint: &Checkpoint) -> Result<RowCount, StoreError>;

    /// Removes at most `limit` records without a seal that happened before that instant.
    ///
    /// # Errors
    /// [`StoreError`].
    fn prune_unsealed(&mut self, account: AccountId, before: Timestamp, limit: u16) -> Result<RowCount, StoreError>;
}

/// The keys of seals. They are kept outside of the database, so that access to the database is not enough to make a seal.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait SealKeys: Send + Sync {
    /// The key of new seals.
    fn current(&self) -> SealKeyId;

    /// The HMAC-SHA-256 of a message under a key. `None` for a key that is not known here.
    fn code(&self, key: SealKeyId, message: &[u8]) -> Option<[u8; 32]>;
}
