//! Projects, and the jobs in their lists.

use async_trait::async_trait;
use derslik_domain::id::{JobId, ProjectId};
use derslik_domain::identity::{Actor, Denial};
use derslik_domain::job::{Job, JobStatus, NewProject, Project, ProjectKey, ReferenceId, ShownJob};

use super::ActorGone;
use crate::outbound::{Slice, StoreError};

/// Why a use case of jobs failed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The actor may not do this.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The principal may not act any more.
    #[error(transparent)]
    Gone(#[from] ActorGone),
    /// The actor's account has no such project.
    #[error("project not found")]
    ProjectNotFound,
    /// The project has no such job.
    #[error("job not found")]
    JobNotFound,
    /// The job stands where it can't be called off.
    #[error("a {0} job can't be cancelled")]
    NotCancellable(JobStatus),
    /// Another project of the account has the name.
    #[error("the name of the project is taken")]
    NameTaken,
    /// The store failed. Nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where a part of a list begins and how long it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListPart {
    /// The job after which it begins.
    pub after: Option<JobId>,
    /// The most jobs.
    pub limit: u32,
}

/// What can be done with the jobs of a project of the actor's account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait JobService: Send + Sync {
    /// A part of the list of all jobs of the project, ended ones included, the oldest first.
    ///
    /// # Errors
    /// [`JobError`].
    async fn list(&self, actor: &Actor, project: &ProjectKey, part: ListPart) -> Result<Vec<ShownJob>, JobError>;

    /// One job of the project.
    ///
    /// # Errors
    /// [`JobError`].
    async fn get(&self, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<ShownJob, JobError>;

    /// Calls a job off, before its start or during its run.
    ///
    /// # Errors
    /// [`JobError::NotCancellable`] if it has ended, and any other [`JobError`].
    async fn cancel(&self, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<Job, JobError>;

    /// Makes a job that erases everything of a user, or finds the one that is going to. The user need not exist.
    ///
    /// # Errors
    /// [`JobError`].
    async fn erase_user(&self, actor: &Actor, project: &ProjectKey, user: ReferenceId) -> Result<Job, JobError>;
}

/// What can be done with the projects of the actor's account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ProjectService: Send + Sync {
    /// The projects after one of them, by their ids: as many as the slice has, at the most.
    ///
    /// # Errors
    /// [`JobError`].
    async fn list(&self, actor: &Actor, slice: Slice<ProjectId>) -> Result<Vec<Project>, JobError>;

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
