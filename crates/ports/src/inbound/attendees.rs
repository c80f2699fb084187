//! Attendees.

use async_trait::async_trait;
use derslik_domain::attendee::{Attendee, AttendeeBatch, AttendeeForm, AttendeeKey, AttendeeOutcome, AttendeeVerdict};
use derslik_domain::id::SessionGuid;
use derslik_domain::identity::{Actor, PersonFilter};

use super::{IdempotentOutcome, IdempotentRequest, ServiceError};

/// Reads and changes the attendees of a session of the actor's account. A missing session is [`ServiceError::NotFound`]; a
/// missing attendee is `None` or `false`.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AttendeeService: Send + Sync {
    /// Adds and changes attendees, in order, in one transaction. A refused entry does not undo the others.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Gone`], [`ServiceError::NotFound`], [`ServiceError::Key`],
    /// [`ServiceError::Store`].
    async fn upsert_batch(
        &self,
        actor: &Actor,
        session: SessionGuid,
        batch: AttendeeBatch,
        idempotent: Option<IdempotentRequest<AttendeeOutcome>>,
    ) -> Result<IdempotentOutcome<AttendeeOutcome>, ServiceError>;

    /// The filter's page of the attendees that match it, in the order in which they were added, and then by GUID. The user name
    /// of the filter is ignored.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotFound`], [`ServiceError::Store`].
    async fn list(&self, actor: &Actor, session: SessionGuid, filter: PersonFilter) -> Result<Vec<Attendee>, ServiceError>;

    /// One attendee.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotFound`], [`ServiceError::Store`].
    async fn get(&self, actor: &Actor, session: SessionGuid, key: AttendeeKey) -> Result<Option<Attendee>, ServiceError>;

    /// Changes one attendee. The key selects it; a user or a code in the form is ignored.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Gone`], [`ServiceError::NotFound`], [`ServiceError::Store`].
    async fn change(
        &self,
        actor: &Actor,
        session: SessionGuid,
        key: AttendeeKey,
        change: AttendeeForm,
    ) -> Result<Option<AttendeeVerdict>, ServiceError>;

    /// Removes one attendee for good. Returns whether there was one.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Gone`], [`ServiceError::NotFound`], [`ServiceError::Store`].
    async fn remove(&self, actor: &Actor, session: SessionGuid, key: AttendeeKey) -> Result<bool, ServiceError>;
}
