//! Projects, and the jobs in their lists.

use async_trait::async_trait;
use derslik_domain::id::{JobId, ProjectId};
use derslik_domain::identity::{Actor, Denial};
use derslik_domain::job::{
    ErasedUser, ErasureCounts, ErasureUsers, Job, JobStatus, NewProject, Project, ProjectKey, ReferenceId, ShownJob, UserPlace,
};
use derslik_domain::page::{OffsetPage, Page, PageRequest};

use super::ActorGone;
use crate::StoreError;

/// Why a use case of jobs failed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The actor may not do this.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The principal was deleted or disabled.
    #[error(transparent)]
    Gone(#[from] ActorGone),
    /// The actor's account has no such project.
    #[error("project not found")]
    ProjectNotFound,
    /// The project has no such job.
    #[error("job not found")]
    JobNotFound,
    /// A job in this status can't be cancelled.
    #[error("a {0} job can't be cancelled")]
    NotCancellable(JobStatus),
    /// Another project of the account has the name.
    #[error("the name of the project is taken")]
    NameTaken,
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The outcome of the request for an erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedErasure {
    /// The job was created.
    Created(Job),
    /// This live job for the same was there before, also if another request created it at the same time.
    Live(Job),
}

impl RequestedErasure {
    /// The job, new or existing.
    pub fn into_job(self) -> Job {
        match self {
            Self::Created(job) | Self::Live(job) => job,
        }
    }
}

/// Reads, cancels and creates the jobs of a project of the actor's account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait JobService: Send + Sync {
    /// A page of all jobs of the project, ended ones included, ordered by id. A page of long texts ends early.
    ///
    /// # Errors
    /// [`JobError`].
    async fn list(&self, actor: &Actor, project: &ProjectKey, page: PageRequest<JobId>) -> Result<Page<ShownJob>, JobError>;

    /// A page of all jobs of the project, ended ones included, the newest first.
    ///
    /// # Errors
    /// [`JobError`].
    async fn list_newest(&self, actor: &Actor, project: &ProjectKey, page: OffsetPage) -> Result<Vec<ShownJob>, JobError>;

    /// One job of the project.
    ///
    /// # Errors
    /// [`JobError`].
    async fn get(&self, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<ShownJob, JobError>;

    /// Cancels a job, before its start or during its run.
    ///
    /// # Errors
    /// [`JobError::NotCancellable`] if it has ended, and any other [`JobError`].
    async fn cancel(&self, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<Job, JobError>;

    /// Creates an erasure job for a user, or returns the live one that exists. The user need not exist.
    ///
    /// # Errors
    /// [`JobError`].
    async fn erase_user(&self, actor: &Actor, project: &ProjectKey, user: ReferenceId) -> Result<RequestedErasure, JobError>;

    /// Creates one erasure job for many users, or returns the live one that exists for the same users in any order. The users need
    /// not exist. A live job for one of the users alone makes no difference.
    ///
    /// # Errors
    /// [`JobError`].
    async fn erase_users(&self, actor: &Actor, project: &ProjectKey, users: ErasureUsers) -> Result<RequestedErasure, JobError>;

    /// What an erasure of the user would remove now. Nothing is changed, and nothing is recorded in the audit log.
    ///
    /// # Errors
    /// [`JobError`].
    async fn preview_erasure(&self, actor: &Actor, project: &ProjectKey, user: ReferenceId) -> Result<ErasureCounts, JobError>;

    /// A page of the users of an erasure, with the rows that were erased so far. The erasure of one user has one; any other job has
    /// none. The users of an erasure of many are at the places of their list.
    ///
    /// # Errors
    /// [`JobError`].
    async fn erased_users(
        &self,
        actor: &Actor,
        project: &ProjectKey,
        id: JobId,
        page: PageRequest<UserPlace>,
    ) -> Result<Vec<ErasedUser>, JobError>;
}

/// Reads and creates the projects of the actor's account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ProjectService: Send + Sync {
    /// A page of the projects, ordered by id.
    ///
    /// # Errors
    /// [`JobError`].
    async fn list(&self, actor: &Actor, page: PageRequest<ProjectId>) -> Result<Vec<Project>, JobError>;

    /// One project.
    ///
    /// # Errors
    /// [`JobError`].
    async fn get(&self, actor: &Actor, key: &ProjectKey) -> Result<Project, JobError>;

    /// Creates a project under a new key.
    ///
    /// # Errors
    /// [`JobError::NameTaken`], and any other [`JobError`].
    async fn create(&self, actor: &Actor, project: NewProject) -> Result<Project, JobError>;
}
