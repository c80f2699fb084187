//! The store of the keys that the processes of an installation share.

use super::StoreError;

/// Stores the random keys that every process of the installation shares.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait KeyRepository {
    /// The key of that name. If there is none yet, `fresh` is stored under the name and returned.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get_or_add(&mut self, name: &'static str, fresh: [u8; 32]) -> Result<[u8; 32], StoreError>;
}
