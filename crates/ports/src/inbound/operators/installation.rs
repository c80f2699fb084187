//! The keys that the processes of an installation share.

use async_trait::async_trait;

use crate::StoreError;

/// Reads the keys of the installation. The first process that needs a key stores a random one.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait InstallationKeys: Send + Sync {
    /// The key that seals page tokens, so that each process reads the tokens of the others.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn page_tokens(&self) -> Result<[u8; 32], StoreError>;
}
