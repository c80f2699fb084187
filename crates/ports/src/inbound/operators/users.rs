//! People of an account, created, listed and changed by the operator.

use async_trait::async_trait;
use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::identity::{Email, Password, PersonName, Role, User, UserKey, Username};
use derslik_domain::page::PageRequest;

use crate::{Conflict, StoreError};

/// A person to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The e-mail address.
    pub email: Email,
    /// The name that the person logs in with; without one they can't log in.
    pub username: Option<Username>,
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

/// Why a person was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// There is no such user in the account, or it was deleted.
    #[error("there is no such user in the account")]
    NotFound,
    /// The user is a service, which has keys and no password.
    #[error("the user is a service and not a person")]
    NotAPerson,
    /// The password has fewer characters than the installation demands.
    #[error("the password is too short: it needs at least {min} characters")]
    PasswordTooShort {
        /// The fewest characters of a password.
        min: usize,
    },
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creates, lists and changes people.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait UserAdministration: Send + Sync {
    /// Creates a person in an account, and returns the id.
    ///
    /// # Errors
    /// [`CreateUserError`].
    async fn create(&self, account: AccountId, new: NewUser) -> Result<PrincipalId, CreateUserError>;

    /// A page of the people of an account without deleted ones, ordered by id. An unknown account has none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self, account: AccountId, page: PageRequest<PrincipalId>) -> Result<Vec<User>, StoreError>;

    /// Lets a person act, or stops it. Returns the person as it is stored then. A person who is stopped is refused from one second
    /// later on by every process, and all credentials of the person are revoked for good, as the sessions API does it.
    ///
    /// # Errors
    /// [`UserError::NotFound`], [`UserError::NotAPerson`], [`UserError::Store`].
    async fn set_active(&self, account: AccountId, user: UserKey, active: bool) -> Result<User, UserError>;

    /// Replaces the password of a person by the given one, or by a random one, and revokes the person's access tokens for good,
    /// also those that log-ins got. Returns the random password. Only its hash is stored, so it can't be shown again.
    ///
    /// # Errors
    /// [`UserError`].
    async fn set_password(&self, account: AccountId, user: UserKey, password: Option<Password>) -> Result<Option<String>, UserError>;
}
