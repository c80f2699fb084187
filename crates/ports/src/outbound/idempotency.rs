//! The store of answers to requests that may come again.

use derslik_domain::id::{AccountId, JobId, PrincipalId};
use derslik_domain::idempotency::{IdempotencyKey, KeptAnswer};
use derslik_domain::identity::DataSubject;
use derslik_domain::job::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;

use super::StoreError;

/// Whose key it is, and which one: the same text from another principal is another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedKey {
    /// The account.
    pub account: AccountId,
    /// The principal.
    pub principal: PrincipalId,
    /// The key.
    pub key: IdempotencyKey,
}

/// What there is about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// Nothing: the request is to be done, and nobody else does it meanwhile.
    Free,
    /// Another transaction is doing a request under this key.
    Busy,
    /// The request was done.
    Answered(KeptAnswer),
    /// A request was done, and its answer was erased with somebody's data. Which request it was is not known any more.
    Erased,
}

/// What a search of answers came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchedAnswers {
    /// How many were erased.
    pub erased: RowCount,
    /// Until when those were kept that were searched; `None` if there are no later ones.
    pub until: Option<Timestamp>,
}

/// Stores answers under the keys of requests.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait IdempotencyRepository {
    /// What there is about a key, leaving aside what is older than `forgotten`. The key is held until the transaction ends:
    /// whoever else asks for it is told that it is busy, or waits.
    ///
    /// # Errors
    /// [`StoreError`].
    fn hold(&mut self, key: &OwnedKey, forgotten: Timestamp) -> Result<KeyState, StoreError>;

    /// Keeps an answer under a key that was free, and drops some that are older than `forgotten`.
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
