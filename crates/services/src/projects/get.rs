//! Reads one project.

use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{Project, ProjectKey};
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::UnitOfWork;

use super::Projects;

pub(super) async fn run<U: UnitOfWork>(service: &Projects<U>, actor: &Actor, key: &ProjectKey) -> Result<Project, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let (account, key) = (actor.account_id(), key.clone());
    service.uow.read(account, move |stores| stores.projects().find_by_key(account, &key)?.ok_or(JobError::ProjectNotFound)).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_ports::inbound::ProjectService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{account, actor_of, guid, now, project};
    use mockall::predicate::eq;

    use super::*;

    async fn get(found: Option<Project>) -> Result<Project, JobError> {
        let mut stores = MockStores::default();
        let key = project().key;
        stores.projects.expect_find_by_key().with(eq(account().id), eq(key.clone())).once().returning(move |_, _| Ok(found.clone()));
        let service = Projects::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))));
        service.get(&actor_of(account()), &key).await
    }

    #[tokio::test]
    async fn finds_a_project_by_its_key_and_reports_an_unknown_one() {
        assert_eq!(get(Some(project())).await.unwrap(), project());
        let missing = get(None).await;
        assert!(matches!(missing, Err(JobError::ProjectNotFound)), "{missing:?}");
    }
}
