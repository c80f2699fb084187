//! Erasures that the operator asks for.

use async_trait::async_trait;
use derslik_domain::id::{AccountId, JobId, ProjectId};
use derslik_domain::job::ReferenceId;

use crate::StoreError;

/// When an erasure begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureStart {
    /// At once.
    Now,
    /// At the next midnight UTC, as the jobs API asks for it. Until then it can be cancelled.
    Midnight,
}

/// Asks for erasures.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ErasureRequests: Send + Sync {
    /// Asks for the erasure of everything about a user, and returns the job that carries it out: a new one, or one that waits for the
    /// same already. The job is listed under the project, or under the first one of the account.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn request(
        &self,
        account: AccountId,
        project: Option<ProjectId>,
        user: ReferenceId,
        start: ErasureStart,
    ) -> Result<JobId, StoreError>;
}
