//! Why a use case failed.

use derslik_domain::identity::Denial;

use super::{ActorGone, KeyRefusal};
use crate::outbound::StoreError;

/// Why a use case failed. Bad values are no failure: the outcome of the use case tells of them.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The actor may not do this.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The principal may not act any more.
    #[error(transparent)]
    Gone(#[from] ActorGone),
    /// There is no such object in the actor's account.
    #[error("not found")]
    NotFound,
    /// The key of the request was given to another request before.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// A request of the same key is being done at this moment.
    #[error("a request of the same idempotency key is under way")]
    KeyBusy,
    /// The request was done, and its answer was erased with somebody's data.
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
