//! People of an account, created by the operator.

use async_trait::async_trait;
use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::identity::{Email, PersonName, Role};

use crate::{Conflict, StoreError};

/// A person to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The e-mail address.
    pub email: Email,
    /// The role of the person in the account.
    pub role: Role,
    /// The given name.
    pub name: PersonName,
    /// The family name.
    pub surname: PersonName,
}

/// Why a person was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// Another user of the account has this value.
    #[error("the {0} is taken")]
    Taken(Conflict),
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for CreateUserError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(taken) => Self::Taken(taken),
            error => Self::Store(error),
        }
    }
}

/// Creates people.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait UserAdministration: Send + Sync {
    /// Creates a person in an account, and returns the id.
    ///
    /// # Errors
    /// [`CreateUserError`].
    async fn create(&self, account: AccountId, new: NewUser) -> Result<PrincipalId, CreateUserError>;
}
