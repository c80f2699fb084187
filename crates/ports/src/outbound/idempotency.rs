//! The store of the answers to idempotent requests.

use derslik_domain::id::{AccountId, JobId, PrincipalId};
use derslik_domain::idempotency::{IdempotencyKey, KeptAnswer};
use derslik_domain::identity::DataSubject;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;

use super::StoreError;

/// An idempotency key with its owner: the same text from another principal is another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedKey {
    /// The account.
    pub account: AccountId,
    /// The principal.
    pub principal: PrincipalId,
    /// The key.
    pub key: IdempotencyKey,
}

/// The state of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// The key is free. The caller carries out the request; no other transaction does so meanwhile.
    Free,
    /// Another transaction is carrying out a request under this key.
    Busy,
    /// The request was carried out.
    Answered(KeptAnswer),
    /// A request was carried out, and an erasure removed its answer. The digest of the request is gone too.
    Erased,
}

/// The result of a search of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchedAnswers {
    /// How many were erased.
    pub erased: RowCount,
    /// The time at which the last searched answer was stored; `None` if there are no later answers.
    pub until: Option<Timestamp>,
}

/// Stores answers under the keys of requests.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait IdempotencyRepository {
    /// The state of a key; answers older than `forgotten` do not count. The transaction holds the key until it ends: another
    /// transaction that asks for it gets [`KeyState::Busy`], or waits.
    ///
    /// # Errors
    /// [`StoreError`].
    fn hold(&mut self, key: &OwnedKey, forgotten: Timestamp) -> Result<KeyState, StoreError>;

    /// Stores an answer under a key that was free, and removes some answers of the account that are older than `forgotten`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the key was not free.
    fn keep(&mut self, key: &OwnedKey, answer: &KeptAnswer, forgotten: Timestamp) -> Result<(), StoreError>;

    /// Searches answers of any principal of the account in the order in which they were stored, from after `after` on. It erases the
    /// person's own, and those that [name](DataSubject::names) the person, or an erased attendee of the account, in the text or in
    /// the key. Reads at most `batch` answers, and no more than some megabytes of them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn erase_naming(
        &mut self,
        account: AccountId,
        who: &DataSubject,
        after: Option<Timestamp>,
        batch: BatchSize,
    ) -> Result<SearchedAnswers, StoreError>;

    /// Removes the names of attendees that the job has [erased](super::AttendeeRepository::erase_of), and those of one job that does
    /// not exist anymore. Returns how many names were removed; where the batch is full, there may be more of them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_erased(&mut self, account: AccountId, job: JobId, batch: BatchSize) -> Result<RowCount, StoreError>;
}
