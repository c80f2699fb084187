//! Lists and creates the projects of an account.

use async_trait::async_trait;
use derslik_domain::audit::{Change, Object};
use derslik_domain::id::{AccountId, ProjectId};
use derslik_domain::job::{NewProject, Project, ProjectKey};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::operators::{CreateProjectError, ProjectAdministration};
use derslik_ports::outbound::{Reason, StoreError, Tenant, UnitOfWork};

use super::UseCases;
use crate::record::record;

#[async_trait]
impl<U: UnitOfWork> ProjectAdministration for UseCases<U> {
    async fn list(&self, account: AccountId, page: PageRequest<ProjectId>) -> Result<Vec<Project>, StoreError> {
        self.uow.read(Tenant::Installation, move |stores| stores.projects().list(account, page)).await
    }

    async fn create(&self, account: AccountId, new: NewProject) -> Result<Project, CreateProjectError> {
        let (key, at) = (ProjectKey::from_random(self.ids.public_bits_of(account)), self.clock.now_of(account));
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let id = stores.projects().next_id(account)?;
                let project = Project { id, key, name: new.name, platform: new.platform, created_at: at };
                // Another transaction may have taken the id that was free a moment ago.
                if !stores.projects().add(account, &project)? {
                    return Err(StoreError::from(Reason::Conflict).into());
                }
                record(stores, account, at, requester, Change::Created, Object::Project(id))?;
                Ok(project)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_domain::job::{Platform, ProjectName};
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_ports::outbound::{Conflict, MockPasswords};
    use derslik_testkit::builders::{account, now, project};
    use mockall::predicate::eq;

    use super::*;
    use crate::operators::testing::{expect_records, operators, operators_with};

    fn new() -> NewProject {
        NewProject { name: ProjectName::new("Demo").unwrap(), platform: Platform::Ios }
    }

    fn stores(added: fn() -> Result<bool, StoreError>) -> MockStores {
        let mut stores = MockStores::default();
        stores.projects.expect_next_id().once().returning(|_| Ok(Id::new(1_000)));
        stores.projects.expect_add().once().returning(move |of, project| {
            assert_eq!((of, project.id, project.created_at), (account().id, Id::new(1_000), now()));
            added()
        });
        stores
    }

    #[tokio::test]
    async fn projects_are_listed_by_page() {
        let page = PageRequest { size: 2, after: Some(Id::new(3)) };
        let mut stores = MockStores::default();
        stores.projects.expect_list().once().with(eq(account().id), eq(page)).returning(|_, _| Ok(vec![project()]));
        assert_eq!(operators(stores).list(account().id, page).await.unwrap(), [project()]);
    }

    #[tokio::test]
    async fn a_new_project_gets_an_id_and_a_key() {
        let mut stores = stores(|| Ok(true));
        expect_records(&mut stores, account().id, &[(Change::Created, Object::Project(Id::new(1_000)))]);
        let created = operators(stores).create(account().id, new()).await.unwrap();
        assert_eq!((created.id, created.name.as_str(), created.platform), (Id::new(1_000), "Demo", Platform::Ios));
        assert_eq!(created.key.as_str().len(), ProjectKey::LENGTH);
    }

    #[tokio::test]
    async fn a_taken_name_or_id_changes_nothing() {
        let create = |added: fn() -> Result<bool, StoreError>| async move {
            let uow = FakeUnitOfWork::new(stores(added));
            let refused = operators_with(uow.clone(), MockPasswords::new()).create(account().id, new()).await.unwrap_err();
            assert_eq!(uow.commits(), 0);
            refused
        };
        let taken = create(|| Err(StoreError::Conflict(Conflict::ProjectName))).await;
        assert!(matches!(taken, CreateProjectError::NameTaken), "{taken:?}");
        let busy = create(|| Ok(false)).await;
        assert!(matches!(busy, CreateProjectError::Store(StoreError::Unavailable(_))), "{busy:?}");
    }
}
