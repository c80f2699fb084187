//! The use cases of projects.

mod create;
mod get;
mod list;

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::id::ProjectId;
use derslik_domain::identity::Actor;
use derslik_domain::job::{NewProject, Project, ProjectKey};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::{JobError, ProjectService};
use derslik_ports::outbound::{Clock, Ids, UnitOfWork};

/// The use cases of projects over a unit of work.
#[derive(Debug, Clone)]
pub struct Projects<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl<U: UnitOfWork> Projects<U> {
    /// The use cases over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { uow, clock, ids }
    }
}

#[async_trait]
impl<U: UnitOfWork> ProjectService for Projects<U> {
    async fn list(&self, actor: &Actor, page: PageRequest<ProjectId>) -> Result<Vec<Project>, JobError> {
        list::run(self, actor, page).await
    }

    async fn get(&self, actor: &Actor, key: &ProjectKey) -> Result<Project, JobError> {
        get::run(self, actor, key).await
    }

    async fn create(&self, actor: &Actor, project: NewProject) -> Result<Project, JobError> {
        create::run(self, actor, project).await
    }
}
