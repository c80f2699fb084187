//! The people of an account.

use async_trait::async_trait;
use derslik_domain::identity::{Actor, NewPerson, PersonChange, PersonFilter, PersonRefusal, User, UserKey};

use super::{IdempotentOutcome, IdempotentRequest, ServiceError};

/// Reads and changes the people of the actor's account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PeopleService: Send + Sync {
    /// Adds a person. A refusal counts as the outcome of the request, and is stored under its key.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Gone`], [`ServiceError::Key`], [`ServiceError::Store`].
    async fn add(
        &self,
        actor: &Actor,
        person: NewPerson,
        idempotent: Option<IdempotentRequest<Result<User, PersonRefusal>>>,
    ) -> Result<IdempotentOutcome<Result<User, PersonRefusal>>, ServiceError>;

    /// One person. Deleted people and services are not found.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotFound`], [`ServiceError::Store`].
    async fn get(&self, actor: &Actor, key: UserKey) -> Result<User, ServiceError>;

    /// The filter's page of the people that match it, without deleted ones, ordered by id.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Store`].
    async fn list(&self, actor: &Actor, filter: PersonFilter) -> Result<Vec<User>, ServiceError>;

    /// Changes a person. All credentials of the person are revoked if the person may not log in afterwards or the password was
    /// changed.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Gone`], [`ServiceError::NotFound`], [`ServiceError::Store`].
    async fn change(&self, actor: &Actor, key: UserKey, change: PersonChange) -> Result<Result<User, PersonRefusal>, ServiceError>;

    /// Deletes a person and revokes all credentials of the person. A tombstone with the person's ids remains.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Gone`], [`ServiceError::NotFound`], [`ServiceError::Store`].
    async fn delete(&self, actor: &Actor, key: UserKey) -> Result<(), ServiceError>;
}
