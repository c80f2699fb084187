//! What can be done with jobs.

mod cancel;
mod erase_user;
mod get;
mod list;
mod operate;

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::id::{AccountId, JobId, ProjectId};
use derslik_domain::identity::Actor;
use derslik_domain::job::{Job, ProjectKey, ReferenceId};
use derslik_ports::inbound::{JobError, JobService, ListPart};
use derslik_ports::outbound::{Clock, Stores, UnitOfWork};

pub use operate::{OperateError, Operation, operate};

/// The use cases of jobs over a unit of work.
#[derive(Debug, Clone)]
pub struct Jobs<U> {
    uow: U,
    clock: Arc<dyn Clock>,
}

impl<U: UnitOfWork> Jobs<U> {
    /// The use cases over these.
    pub fn new(uow: U, clock: Arc<dyn Clock>) -> Self {
        Self { uow, clock }
    }
}

#[async_trait]
impl<U: UnitOfWork> JobService for Jobs<U> {
    async fn list(&self, actor: &Actor, project: &ProjectKey, part: ListPart) -> Result<Vec<Job>, JobError> {
        list::run(self, actor, project, part).await
    }

    async fn get(&self, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<Job, JobError> {
        get::run(self, actor, project, id).await
    }

    async fn cancel(&self, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<Job, JobError> {
        cancel::run(self, actor, project, id).await
    }

    async fn erase_user(&self, actor: &Actor, project: &ProjectKey, user: ReferenceId) -> Result<Job, JobError> {
        erase_user::run(self, actor, project, user).await
    }
}

/// The id of the project that a client names by its key.
fn project_id(stores: &mut dyn Stores, account: AccountId, key: &ProjectKey) -> Result<ProjectId, JobError> {
    Ok(stores.projects().find_by_key(account, key)?.ok_or(JobError::ProjectNotFound)?.id)
}
