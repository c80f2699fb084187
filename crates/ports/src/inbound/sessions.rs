//! Sessions.

use async_trait::async_trait;
use derslik_domain::id::SessionGuid;
use derslik_domain::identity::Actor;
use derslik_domain::page::Page;
use derslik_domain::session::{Batch, BatchOutcome, Session, SessionFilter};

use super::{IdempotentOutcome, IdempotentRequest, ServiceError};

/// Reads and changes the sessions of the actor's account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SessionService: Send + Sync {
    /// Creates and changes sessions, in order, in one transaction. A refused entry does not undo the others.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Gone`], [`ServiceError::Key`], [`ServiceError::Store`].
    async fn upsert_batch(
        &self,
        actor: &Actor,
        batch: Batch,
        idempotent: Option<IdempotentRequest<BatchOutcome>>,
    ) -> Result<IdempotentOutcome<BatchOutcome>, ServiceError>;

    /// The outcome that [`upsert_batch`](Self::upsert_batch) would have now. Nothing is written, and the new sessions have a GUID of
    /// zeros.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Store`].
    async fn check_batch(&self, actor: &Actor, batch: Batch) -> Result<BatchOutcome, ServiceError>;

    /// The filter's page of the sessions that match it, ordered by start and then by GUID. A page of long texts holds fewer
    /// sessions than its size and sets `more`: it ends early where its texts reach [`SessionFilter::TEXT_BYTES`].
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Store`].
    async fn search(&self, actor: &Actor, filter: SessionFilter) -> Result<Page<Session>, ServiceError>;

    /// One session.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotFound`], [`ServiceError::Store`].
    async fn get(&self, actor: &Actor, guid: SessionGuid) -> Result<Session, ServiceError>;

    /// Deletes a session. Its row stays until it is pruned, but no read returns it.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Gone`], [`ServiceError::NotFound`], [`ServiceError::Store`].
    async fn delete(&self, actor: &Actor, guid: SessionGuid) -> Result<(), ServiceError>;
}
