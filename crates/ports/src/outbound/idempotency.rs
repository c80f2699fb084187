//! The store of answers to requests that may come again.

use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::idempotency::{IdempotencyKey, KeptAnswer};
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
}
