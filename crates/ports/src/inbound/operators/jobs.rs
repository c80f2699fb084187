//! Operations on jobs.

use async_trait::async_trait;
use derslik_domain::id::{AccountId, JobId};
use derslik_domain::job::{Job, JobCounts, JobFilter, TransitionError, UnknownJob};
use derslik_domain::page::{Page, PageRequest};

use crate::{Conflict, StoreError};

/// A stored job, whether or not this program knows its action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredJob {
    /// A job of an action that this program knows.
    Known(Job),
    /// A job that a newer program created.
    Unknown(UnknownJob),
}

impl StoredJob {
    /// The id of the job within its account.
    pub const fn id(&self) -> JobId {
        match self {
            Self::Known(job) => job.id,
            Self::Unknown(job) => job.id,
        }
    }
}

/// What an operator can do to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOperation {
    /// Cancel it.
    Cancel,
    /// Give a failed job a new set of attempts.
    Retry,
    /// Start it now.
    RunNow,
}

/// Why an operation on a job failed.
#[derive(Debug, thiserror::Error)]
pub enum JobOperationError {
    /// The account has no such job.
    #[error("there is no such job")]
    NotFound,
    /// The job is of an action that this program does not know.
    #[error("this version does not know what the job does, and leaves it alone")]
    Unknown,
    /// The operation is not possible in the present state of the job.
    #[error(transparent)]
    Refused(#[from] TransitionError),
    /// There is another live job of the same project, action and reference.
    #[error("another job for the same is live")]
    AnotherIsLive,
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for JobOperationError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(Conflict::LiveJob) => Self::AnotherIsLive,
            error => Self::Store(error),
        }
    }
}

/// Reads and changes all jobs of an account, those of sweeps and of newer programs included.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait JobOperations: Send + Sync {
    /// A page of the jobs of an account, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self, account: AccountId, page: PageRequest<JobId>) -> Result<Vec<StoredJob>, StoreError>;

    /// A page of the jobs of an account that match the filter, the newest first: at most `size` of those with ids below `before`. Jobs
    /// of newer programs are left out. Its cost does not grow with the number of jobs, since at most [`JobFilter::LOOKED_AT`] of them are
    /// looked at. Running jobs may be sought among as many live jobs of each action, those that are due first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn search(&self, account: AccountId, filter: JobFilter, before: Option<JobId>, size: u32) -> Result<Page<StoredJob>, StoreError>;

    /// The counts of the jobs of an account by their state, without those of newer programs. Of completed jobs, only those among the
    /// newest [`JobFilter::LOOKED_AT`] jobs are counted, and so are cancelled and failed ones among the newest of them.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn counts(&self, account: AccountId) -> Result<JobCounts, StoreError>;

    /// One job.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn find(&self, account: AccountId, id: JobId) -> Result<Option<StoredJob>, StoreError>;

    /// Carries out an operation on a job, and returns the job.
    ///
    /// # Errors
    /// [`JobOperationError`].
    async fn operate(&self, account: AccountId, id: JobId, operation: JobOperation) -> Result<Job, JobOperationError>;
}
