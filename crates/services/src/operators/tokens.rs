//! Issues access tokens of people.

use async_trait::async_trait;
use derslik_domain::audit::{Change, Object};
use derslik_domain::id::{AccountId, Id, ProjectId};
use derslik_domain::identity::{UserKey, UserState};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::operators::{CreatedToken, IssueTokenError, NewToken, TokenIssuing, TokenPlan};
use derslik_ports::outbound::{Conflict, StoreError, Stores, Tenant, UnitOfWork};

use super::UseCases;
use super::credentials::of_token;
use crate::identity::secret::new_token;
use crate::record::record;

#[async_trait]
impl<U: UnitOfWork> TokenIssuing for UseCases<U> {
    async fn issue(&self, account: AccountId, user: UserKey, token: NewToken) -> Result<CreatedToken, IssueTokenError> {
        let (secret, at) = (new_token(self.ids.as_ref()), self.clock.now_of(account));
        let NewToken { scopes, project, lifetime } = token;
        let plan = TokenPlan { secret: secret.clone(), scopes, project, expires_at: lifetime.end(at) };
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let project = project_of(stores, account, project)?;
                let user = stores.users().find(account, &user)?.ok_or(IssueTokenError::UnknownUser)?;
                // Read again with a lock, against a concurrent erasure.
                let user = stores.users().lock(account, user.id)?.filter(|user| user.status != UserState::Deleted);
                let user = user.ok_or(IssueTokenError::UnknownUser)?;
                if user.status == UserState::Passive {
                    return Err(IssueTokenError::PassiveUser);
                }
                let new = of_token(&TokenPlan { project, ..plan }, at);
                let id = stores.identity().add_credential(account, user.principal(), &new)?;
                let id = id.ok_or(StoreError::Conflict(Conflict::Credential))?;
                record(stores, account, at, requester, Change::Created, Object::Credential(id))?;
                Ok(CreatedToken { id, token: secret })
            })
            .await
    }
}

/// The requested project of the account, or else its first one.
pub(super) fn project_of(
    stores: &mut dyn Stores,
    account: AccountId,
    named: Option<ProjectId>,
) -> Result<Option<ProjectId>, IssueTokenError> {
    /// The most projects that the error lists.
    const SHOWN: u32 = 20;
    let mut list = |size, after| stores.projects().list(account, PageRequest { size, after });
    let Some(wanted) = named else {
        return Ok(list(1, None)?.first().map(|project| project.id));
    };
    let from_wanted = list(1, wanted.get().checked_sub(1).map(Id::new))?;
    if from_wanted.first().is_some_and(|project| project.id == wanted) {
        return Ok(named);
    }
    Err(IssueTokenError::UnknownProject { wanted, known: list(SHOWN, None)? })
}

#[cfg(test)]
mod tests {
    use derslik_domain::identity::{CredentialKind, Email, Scope, Scopes, TokenLifetime, User};
    use derslik_domain::job::{Platform, Project, ProjectKey, ProjectName};
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_ports::outbound::MockPasswords;
    use derslik_testkit::builders::{account, now, user};

    use super::*;
    use crate::operators::testing::{expect_records, operators, operators_with};

    fn ayse() -> UserKey {
        UserKey::Email(Email::parse("ayse@demo.example").unwrap())
    }

    fn scopes() -> Scopes {
        [Scope::Sessions].into_iter().collect()
    }

    fn token(project: Option<i64>, lifetime: TokenLifetime) -> NewToken {
        NewToken { scopes: scopes(), project: project.map(Id::new), lifetime }
    }

    /// Stores with the projects 3 and 5.
    fn stores() -> MockStores {
        let mut stores = MockStores::default();
        stores.projects.expect_list().returning(|_, page| {
            let after = page.after.map_or(0, Id::get);
            let projects = [3, 5].into_iter().filter(|id| *id > after).map(|id| Project {
                id: Id::new(id),
                key: ProjectKey::from_random(1),
                name: ProjectName::new(format!("Project {id}")).unwrap(),
                platform: Platform::Web,
                created_at: now(),
            });
            Ok(projects.take(usize::try_from(page.size).unwrap()).collect())
        });
        stores
    }

    /// Those stores, with a user who is found and then locked in this state.
    fn stores_with(locked: Option<User>) -> MockStores {
        let mut stores = stores();
        stores.users.expect_find().once().returning(|_, key| {
            assert_eq!(*key, ayse());
            Ok(Some(user(106)))
        });
        stores.users.expect_lock().once().returning(move |_, id| {
            assert_eq!(id, Id::new(106));
            Ok(locked.clone())
        });
        stores
    }

    #[tokio::test]
    async fn a_token_belongs_to_the_named_project_or_the_first_one() {
        for (named, project) in [(None, 3), (Some(5), 5)] {
            let mut stores = stores_with(Some(user(106)));
            stores.identity.expect_add_credential().once().returning(move |of, owner, credential| {
                assert_eq!((of, owner.id, credential.kind), (account().id, Id::new(106), CredentialKind::AccessToken));
                assert_eq!((credential.project, credential.scopes, credential.expires_at), (Some(Id::new(project)), scopes(), None));
                Ok(Some(Id::new(9)))
            });
            expect_records(&mut stores, account().id, &[(Change::Created, Object::Credential(Id::new(9)))]);
            let issued = operators(stores).issue(account().id, ayse(), token(named, TokenLifetime::Never)).await.unwrap();
            assert!(issued.id == Id::new(9) && issued.token.starts_with("derslik_at_07"), "{issued:?}");
        }
    }

    #[tokio::test]
    async fn the_lifetime_of_a_token_begins_now_and_has_90_days_unless_told_otherwise() {
        const DAY: i64 = 24 * 60;
        let lifetimes = [(TokenLifetime::Default, Some(90)), (TokenLifetime::Days(2), Some(2)), (TokenLifetime::Never, None)];
        for (lifetime, days) in lifetimes {
            let mut stores = stores_with(Some(user(106)));
            stores.identity.expect_add_credential().once().returning(move |_, _, credential| {
                assert_eq!(credential.expires_at, days.map(|days: i64| now().minutes_before(-days * DAY)));
                Ok(Some(Id::new(9)))
            });
            stores.audit.expect_add().once().returning(|_, _| Ok(()));
            assert!(operators(stores).issue(account().id, ayse(), token(None, lifetime)).await.is_ok());
        }
    }

    #[tokio::test]
    async fn an_unknown_project_is_refused_with_those_that_exist() {
        let refused = operators(stores()).issue(account().id, ayse(), token(Some(4), TokenLifetime::Default)).await.unwrap_err();
        assert_eq!(refused.to_string(), "there is no project 4 in the account; it has 3 (Project 3), 5 (Project 5)");
    }

    #[tokio::test]
    async fn a_person_who_is_missing_or_deleted_meanwhile_gets_no_token() {
        let mut missing = stores();
        missing.users.expect_find().once().returning(|_, _| Ok(None));
        let deleted = User { status: UserState::Deleted, ..user(106) };
        for stores in [missing, stores_with(None), stores_with(Some(deleted))] {
            let uow = FakeUnitOfWork::new(stores);
            let refused =
                operators_with(uow.clone(), MockPasswords::new()).issue(account().id, ayse(), token(None, TokenLifetime::Default)).await;
            assert!(matches!(refused, Err(IssueTokenError::UnknownUser)), "{refused:?}");
            assert_eq!(uow.commits(), 0);
        }
    }

    #[tokio::test]
    async fn a_passive_person_gets_no_token_that_would_work_later() {
        let uow = FakeUnitOfWork::new(stores_with(Some(User { status: UserState::Passive, ..user(106) })));
        let refused =
            operators_with(uow.clone(), MockPasswords::new()).issue(account().id, ayse(), token(None, TokenLifetime::Default)).await;
        assert!(matches!(refused, Err(IssueTokenError::PassiveUser)), "{refused:?}");
        assert_eq!(uow.commits(), 0);
    }
}
