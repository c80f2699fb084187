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
    /// The idempotency key refuses the request.
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(#[from] StoreError),
}
