//! Admins: the people who run the installation.

use async_trait::async_trait;
use derslik_domain::identity::{Admin, AdminRole, Password, Username};

use crate::{Conflict, StoreError};

/// An admin to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAdmin {
    /// The name to sign in by, which no other admin may have.
    pub name: Username,
    /// The role.
    pub role: AdminRole,
    /// The password; `None` for a random one.
    pub password: Option<Password>,
}

/// Why an admin was not created.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Another admin has the name, or one that differs only in case or in the encoding of its accents.
    #[error("the admin name is taken")]
    NameTaken,
    /// The password has fewer characters than the installation demands.
    #[error("the password is too short: it needs at least {min} characters")]
    PasswordTooShort {
        /// The fewest characters of a password.
        min: usize,
    },
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(Conflict::AdminName) => Self::NameTaken,
            error => Self::Store(error),
        }
    }
}

/// Lists, creates and removes admins. They belong to no account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AdminAdministration: Send + Sync {
    /// All admins, ordered by id. An installation has a few of them.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self) -> Result<Vec<Admin>, StoreError>;

    /// Creates an admin. Returns it with the random password, if none was given. Only the hash of a password is stored, so it
    /// can't be shown again.
    ///
    /// # Errors
    /// [`AdminError`].
    async fn create(&self, new: NewAdmin) -> Result<(Admin, Option<String>), AdminError>;

    /// Removes the admin of that name, without regard to case. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn remove(&self, name: &Username) -> Result<bool, StoreError>;
}
