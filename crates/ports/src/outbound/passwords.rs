//! Slow hashes of passwords.

use async_trait::async_trait;
use derslik_domain::identity::{Password, PasswordHash};

use super::StoreError;

/// Hashes passwords, few at a time, so that log-in attempts leave processors for other requests.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Passwords: Send + Sync {
    /// The salted hash of a password: a different one each time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if too many callers wait.
    async fn hash(&self, password: Password) -> Result<PasswordHash, StoreError>;

    /// Whether the password has that hash. Without a hash the result is `false`, after the same time, so that timing does not
    /// reveal which names exist.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if too many callers wait.
    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool, StoreError>;
}
