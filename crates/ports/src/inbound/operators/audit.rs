//! The audit log.

use async_trait::async_trait;
use derslik_domain::audit::{AuditFilter, AuditHead, AuditId, AuditRecord, SealKeyId, SealSequence};
use derslik_domain::id::AccountId;
use derslik_domain::page::{Page, PageRequest};
use derslik_domain::time::Timestamp;

use crate::StoreError;

/// Reads the audit log.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AuditReading: Send + Sync {
    /// A page of the records of an account that match the filter, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self, account: AccountId, filter: AuditFilter, page: PageRequest<AuditId>) -> Result<Vec<AuditRecord>, StoreError>;

    /// A page of the records of an account that match the filter, the newest first: at most `size` of those with ids below `before`. For
    /// a filter by event or time, at most [`AuditFilter::LOOKED_AT`] records are looked at.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn latest(
        &self,
        account: AccountId,
        filter: AuditFilter,
        before: Option<AuditId>,
        size: u32,
    ) -> Result<Page<AuditRecord>, StoreError>;

    /// The owners of audit logs, ordered by id, after that one: [`INSTALLATION`](derslik_domain::audit::INSTALLATION) first, then the
    /// accounts. Empty after the last one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn owners(&self, after: Option<AccountId>) -> Result<Vec<AccountId>, StoreError>;
}

/// Verifies the seals of the audit log.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AuditVerification: Send + Sync {
    /// Verifies the whole log of an account. With a head that was kept elsewhere, the log must contain it.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn verify(&self, account: AccountId, known: Option<AuditHead>) -> Result<AuditReport, StoreError>;
}

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// The end of the log.
    pub head: AuditHead,
    /// The position up to which records were pruned.
    pub pruned: SealSequence,
    /// The number of seals that were checked.
    pub checked: u64,
    /// What is wrong: at most [`AuditReport::MAX_FAULTS`].
    pub faults: Vec<AuditFault>,
    /// The number of faults, also of those that are not listed.
    pub fault_count: u64,
    /// The number of records that are not sealed yet.
    pub unsealed: u64,
    /// When the oldest record that is not sealed yet happened.
    pub unsealed_since: Option<Timestamp>,
}

impl AuditReport {
    /// The most faults that a report lists.
    pub const MAX_FAULTS: usize = 100;
}

/// What is wrong with an audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// A record does not fit its seal.
    #[error("record {record}, or seal {sequence} over it, was altered")]
    Altered {
        /// The position of the seal.
        sequence: SealSequence,
        /// The record.
        record: AuditId,
    },
    /// There is a seal without its record.
    #[error("record {record} of seal {sequence} is missing")]
    MissingRecord {
        /// The position of the seal.
        sequence: SealSequence,
        /// The record.
        record: AuditId,
    },
    /// Seals are missing.
    #[error("the seals from {first} to {last} are missing")]
    MissingSeals {
        /// The position of the first missing one.
        first: SealSequence,
        /// The position of the last missing one.
        last: SealSequence,
    },
    /// A record counts as sealed, but has no seal.
    #[error("record {record} was inserted, or its seal was removed")]
    Inserted {
        /// The record.
        record: AuditId,
    },
    /// A seal stands at a position that was pruned, or before the first position. Nothing else tells whether its record was written.
    #[error("seal {sequence} over record {record} was inserted before the first seal that is left")]
    InsertedSeal {
        /// The position of the seal.
        sequence: SealSequence,
        /// The record.
        record: AuditId,
    },
    /// A record does not count as sealed, although it has a seal.
    #[error("record {record} of seal {sequence} was marked as not sealed")]
    Unmarked {
        /// The position of the seal.
        sequence: SealSequence,
        /// The record.
        record: AuditId,
    },
    /// A seal was made with a key that is not known here.
    #[error("seal {sequence} over record {record} was made with the unknown key {key}")]
    UnknownKey {
        /// The position of the seal.
        sequence: SealSequence,
        /// The record.
        record: AuditId,
        /// The key.
        key: SealKeyId,
    },
    /// The checkpoint does not fit its code.
    #[error("the checkpoint at {sequence} was altered, or its key is unknown")]
    Checkpoint {
        /// Its position.
        sequence: SealSequence,
    },
    /// The log ends before the head that was kept elsewhere.
    #[error("the log ends before the known head {known}: it was cut off")]
    CutOff {
        /// The position of the known head.
        known: SealSequence,
    },
    /// The log has another seal at the position of the head that was kept elsewhere.
    #[error("seal {sequence} is not that of the known head")]
    OtherHead {
        /// The position of the known head.
        sequence: SealSequence,
    },
}
