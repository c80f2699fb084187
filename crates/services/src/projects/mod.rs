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

#[cfg(test)]
mod tests {
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{denied_actors, guid, now, project};

    use super::*;

    #[tokio::test]
    async fn a_denied_actor_reads_and_writes_no_project() {
        // No call of the stores is expected, so any call fails the test.
        let uow = FakeUnitOfWork::new(MockStores::without_principals());
        let projects = Projects::new(uow, Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))));
        let Project { key, name, platform, .. } = project();
        for actor in denied_actors() {
            let denied = projects.list(&actor, PageRequest { size: 1, after: None }).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
            let denied = projects.get(&actor, &key).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
            let denied = projects.create(&actor, NewProject { name: name.clone(), platform }).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
        }
    }
}
