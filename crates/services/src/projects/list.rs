//! Lists the projects of an account.

use derslik_domain::id::ProjectId;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::Project;
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::UnitOfWork;

use super::Projects;

pub(super) async fn run<U: UnitOfWork>(
    service: &Projects<U>,
    actor: &Actor,
    page: PageRequest<ProjectId>,
) -> Result<Vec<Project>, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let account = actor.account_id();
    service.uow.read(account, move |stores| Ok(stores.projects().list(account, page)?)).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::id::Id;
    use derslik_ports::inbound::ProjectService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{account, actor_of, guid, now, project};
    use mockall::predicate::eq;

    use super::*;

    #[tokio::test]
    async fn lists_the_requested_page_of_the_account() {
        let page = PageRequest { size: 5, after: Some(Id::new(3)) };
        let mut stores = MockStores::default();
        stores.projects.expect_list().with(eq(account().id), eq(page)).once().returning(|_, _| Ok(vec![project()]));
        let service = Projects::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))));
        assert_eq!(service.list(&actor_of(account()), page).await.unwrap(), [project()]);
    }
}
