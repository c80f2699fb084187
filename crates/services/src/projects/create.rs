//! Creates a project under a random key.

use derslik_domain::audit::{Change, Object, Requester};
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{NewProject, Project, ProjectKey};
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::{Conflict, Reason, StoreError, UnitOfWork};

use super::Projects;
use crate::author::{Author, write_as};
use crate::record::record;

pub(super) async fn run<U: UnitOfWork>(service: &Projects<U>, actor: &Actor, new: NewProject) -> Result<Project, JobError> {
    authorize(actor, Action::ManageProjects)?;
    let (account, created_at) = (actor.account_id(), service.clock.now_of(actor.account_id()));
    let requester = Requester::from(actor);
    let key = ProjectKey::from_random(service.ids.public_bits_of(account));
    let chosen = service.ids.project_of(account);
    write_as(&service.uow, Author::of(actor), move |stores| {
        let id = chosen.map_or_else(|| stores.projects().next_id(account), Ok)?;
        let project = Project { id, key, name: new.name, platform: new.platform, created_at };
        match stores.projects().add(account, &project) {
            Ok(true) => {
                record(stores, account, created_at, requester, Change::Created, Object::Project(id))?;
                Ok(project)
            }
            Ok(false) => Err(JobError::from(StoreError::from(Reason::Conflict))),
            Err(StoreError::Conflict(Conflict::ProjectName)) => Err(JobError::NameTaken),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::audit::AuditEvent;
    use derslik_domain::id::Id;
    use derslik_domain::job::{Platform, ProjectName};
    use derslik_ports::inbound::ProjectService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{account, actor_of, guid, now};

    use super::*;

    async fn create(stores: MockStores) -> Result<Project, JobError> {
        let service = Projects::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))));
        let new = NewProject { name: ProjectName::new("Demo").unwrap(), platform: Platform::Web };
        service.create(&actor_of(account()), new).await
    }

    #[tokio::test]
    async fn a_new_project_gets_an_id_and_a_key() {
        let mut stores = MockStores::default();
        stores.projects.expect_next_id().returning(|_| Ok(Id::new(1_000)));
        stores.projects.expect_add().once().returning(|_, _| Ok(true));
        stores.audit.expect_add().once().returning(|of, record| {
            let event = AuditEvent::Change(Requester::from(&actor_of(account())), Change::Created, Object::Project(Id::new(1_000)));
            assert_eq!((of, record.at, &record.event), (account().id, now(), &event));
            Ok(())
        });
        let project = create(stores).await.unwrap();
        assert_eq!((project.id, project.key.as_str().len()), (Id::new(1_000), ProjectKey::LENGTH));
    }

    #[tokio::test]
    async fn a_taken_name_is_refused() {
        let mut stores = MockStores::default();
        stores.projects.expect_next_id().returning(|_| Ok(Id::new(1_000)));
        stores.projects.expect_add().returning(|_, _| Err(StoreError::Conflict(Conflict::ProjectName)));
        assert!(matches!(create(stores).await.unwrap_err(), JobError::NameTaken));
    }
}
