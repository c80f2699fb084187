//! Seeds: documents with the content of an account, which people can read in a review.

use async_trait::async_trait;

use super::{ControlError, PublicAccountId};

/// How many objects a seed has brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeedCounts {
    /// People.
    pub people: usize,
    /// Courses.
    pub courses: usize,
    /// Sessions.
    pub sessions: usize,
    /// Jobs.
    pub jobs: usize,
}

/// Brings seeds into accounts, and writes them.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SeedControl: Send + Sync {
    /// Adds the content of a document, in YAML or JSON, to an account, in one transaction.
    ///
    /// # Errors
    /// [`ControlError::Invalid`] with the line of the document, [`ControlError::NotFound`], [`ControlError::Store`].
    async fn add(&self, account: PublicAccountId, document: String) -> Result<SeedCounts, ControlError>;

    /// The content of an account as a document in YAML. Dates are relative to the time of the account.
    ///
    /// # Errors
    /// [`ControlError::NotFound`], [`ControlError::Store`].
    async fn export(&self, account: PublicAccountId) -> Result<String, ControlError>;
}
