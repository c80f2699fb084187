//! Sessions.

use async_trait::async_trait;
use derslik_domain::id::SessionGuid;
use derslik_domain::identity::Actor;
use derslik_domain::session::{Batch, BatchOutcome, Session, SessionFilter};

use super::{IdempotentOutcome, IdempotentRequest, ServiceError};
use crate::outbound::Listed;

/// What can be done with the sessions of the actor's account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SessionService: Send + Sync {
    /// Creates and changes sessions, in order, in one transaction: what was refused does not undo the rest.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ServiceError::KeyReused`], [`ServiceError::KeyBusy`] and [`ServiceError::Store`], and then
    /// nothing was done.
    async fn upsert_batch(
        &self,
        actor: &Actor,
        batch: Batch,
        idempotent: Option<IdempotentRequest<BatchOutcome>>,
    ) -> Result<IdempotentOutcome<BatchOutcome>, ServiceError>;

    /// The page of the sessions that the filter is about, by their start and then their GUID; of a page with long texts the first
    /// ones, with `more` for the rest of it.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Store`].
    async fn search(&self, actor: &Actor, filter: SessionFilter) -> Result<Listed<Session>, ServiceError>;

    /// One session.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotFound`], [`ServiceError::Store`].
    async fn get(&self, actor: &Actor, guid: SessionGuid) -> Result<Session, ServiceError>;

    /// Deletes a session: it is kept, but never found again.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotFound`], [`ServiceError::Store`].
    async fn delete(&self, actor: &Actor, guid: SessionGuid) -> Result<(), ServiceError>;
}
