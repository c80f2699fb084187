//! Why a use case failed.

use derslik_domain::identity::Denial;

use super::{ActorGone, KeyRefusal};
use crate::StoreError;

/// Why a use case failed. Invalid values are not failures: the outcome of the use case reports them.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The actor may not do this.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The principal was deleted or disabled.
    #[error(transparent)]
    Gone(#[from] ActorGone),
    /// There is no such object in the actor's account.
    #[error("not found")]
    NotFound,
    /// The idempotency key belongs to another request.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// A request with the same idempotency key is running.
    #[error("a request of the same idempotency key is under way")]
    KeyBusy,
    /// The request was carried out, and an erasure removed its answer together with a person's data.
    #[error("the answer kept under the idempotency key was erased")]
    KeyErased,
    /// The store failed. Nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<KeyRefusal> for ServiceError {
    fn from(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::Reused => Self::KeyReused,
            KeyRefusal::Busy => Self::KeyBusy,
            KeyRefusal::Erased => Self::KeyErased,
        }
    }
}
