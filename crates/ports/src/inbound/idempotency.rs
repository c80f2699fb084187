//! Requests that a client may repeat and that are carried out once.

use derslik_domain::idempotency::{Answer, IdempotencyKey, RequestDigest};

/// A request that is carried out once, however often a client sends it. It renders its own answer, because the answer is stored
/// in the transaction of the effects.
pub struct IdempotentRequest<T> {
    /// The key.
    pub key: IdempotencyKey,
    /// The digest of the request, to recognise another request with the same key.
    pub request: RequestDigest,
    /// Renders the outcome as an answer. It runs while the transaction is open, so it MUST NOT wait for anything.
    pub render: Box<dyn FnOnce(&T) -> Answer + Send>,
}

impl<T> std::fmt::Debug for IdempotentRequest<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdempotentRequest").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Why a request with an idempotency key was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// The key belongs to another request.
    #[error("the idempotency key belongs to another request")]
    Reused,
    /// A request with the same key is running.
    #[error("a request of the same idempotency key is under way")]
    Busy,
    /// The request was carried out, and an erasure removed its answer together with a person's data.
    #[error("the answer kept under the idempotency key was erased")]
    Erased,
}

/// The outcome of a request that may be a repeated one.
#[derive(Debug)]
pub enum IdempotentOutcome<T> {
    /// It was carried out without a key: the caller renders the outcome.
    Unkeyed(T),
    /// It was carried out, and this answer is stored.
    Stored(Answer),
    /// It had been carried out before: a replay of the stored answer.
    Replayed(Answer),
}
