//! Requests that may be sent again without being done again.

use derslik_domain::idempotency::{Answer, IdempotencyKey, RequestDigest};

/// A request that is done once however often it is sent: under which key, and how its outcome reads, since the answer is
/// kept in the transaction of the effects.
pub struct IdempotentRequest<T> {
    /// The key.
    pub key: IdempotencyKey,
    /// What was asked.
    pub request: RequestDigest,
    /// Puts the outcome into words. It runs while the transaction is open, so it MUST NOT wait for anything.
    pub render: Box<dyn FnOnce(&T) -> Answer + Send>,
}

impl<T> std::fmt::Debug for IdempotentRequest<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdempotentRequest").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Why a request under a key was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// The key was given to another request before.
    #[error("the idempotency key belongs to another request")]
    Reused,
    /// A request of the same key is being done at this moment.
    #[error("a request of the same idempotency key is under way")]
    Busy,
    /// The request was done, and its answer was erased with somebody's data.
    #[error("the answer kept under the idempotency key was erased")]
    Erased,
}

/// What came of a request that may have been sent before.
#[derive(Debug)]
pub enum IdempotentOutcome<T> {
    /// It was done, under no key: the outcome is still to be put into words.
    Unkeyed(T),
    /// It was done, and this answer is kept.
    Stored(Answer),
    /// It had been done before, and this was the answer.
    Replayed(Answer),
}
