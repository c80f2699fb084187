//! Slow hashes of passwords.

use async_trait::async_trait;
use derslik_domain::identity::{Password, PasswordHash};

use super::StoreError;

/// Hashes passwords, few at a time, so that guesses never take the processors from other requests.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Passwords: Send + Sync {
    /// The hash of a password, another one each time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when too many wait.
    async fn hash(&self, password: Password) -> Result<PasswordHash, StoreError>;

    /// Whether the password is the one that was hashed. Without a hash the answer is no, and takes as long.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when too many wait.
    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool, StoreError>;
}
