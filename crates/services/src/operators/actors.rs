//! Gives the operator an actor in an account, by which the use cases of clients are called.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::audit::Requester;
use derslik_domain::id::{AccountId, Id};
use derslik_domain::identity::{Actor, CredentialRoot, Operator, Principal, Role, Scope};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::operators::OperatorActors;
use derslik_ports::outbound::{StoreError, Tenant, UnitOfWork};

use super::UseCases;

#[async_trait]
impl<U: UnitOfWork> OperatorActors for UseCases<U> {
    async fn actor(&self, account: AccountId) -> Result<Option<Actor>, StoreError> {
        let found = self.uow.read(Tenant::Installation, move |stores| {
            let Some(state) = stores.identity().account_state(account)? else { return Ok::<_, StoreError>(None) };
            let Some(service) = stores.users().find_service(account)? else { return Ok(None) };
            let projects = stores.projects().list(account, PageRequest { size: 1, after: None })?;
            Ok(Some((state.account, service, projects.first().map(|project| project.id))))
        });
        let Some((account, service, project)) = found.await? else { return Ok(None) };
        Ok(Some(Actor {
            shown_account: self.account_ids.shown(account.id),
            account: Arc::new(account),
            principal: Principal { role: Role::Admin, ..service.principal() },
            scopes: Scope::ALL.into_iter().collect(),
            // The operator shows no credential of the account. The audit log names the operator in its place.
            credential: Id::new(0),
            root: CredentialRoot::Credential(Id::new(0)),
            project,
            trace: None,
            operator: Some(operator_of(self.requester)),
        }))
    }
}

/// The operator as which a requester acts. A principal is not one.
const fn operator_of(requester: Requester) -> Operator {
    match requester {
        Requester::Admin(admin) => Operator::Admin(admin),
        Requester::Operator | Requester::Principal(..) => Operator::Installation,
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::AdminId;
    use derslik_domain::identity::{AccountState, Action, User, authorize};
    use derslik_ports::inbound::control::PublicAccountId;
    use derslik_ports::mocks::MockStores;
    use derslik_testkit::builders::{account, now, service_principal, service_user};

    use super::*;
    use crate::operators::testing::operators;

    /// Stores with an account that has that service, and no project.
    fn with_service(service: Option<User>) -> MockStores {
        let mut stores = MockStores::default();
        stores.identity.expect_account_state().returning(|of| {
            let state = AccountState { account: account(), created_at: now(), disabled_at: Some(now()) };
            Ok((of == account().id).then_some(state))
        });
        stores.users.expect_find_service().returning(move |_| Ok(service.clone()));
        stores.projects.expect_list().returning(|_, _| Ok(Vec::new()));
        stores
    }

    #[tokio::test]
    async fn an_actor_of_the_operator_may_do_everything_and_is_recorded_as_the_operator() {
        let admin = Requester::Admin(AdminId::new(3));
        for requester in [Requester::Operator, admin] {
            let service = User { role: Role::Member, ..service_user() };
            let operators = operators(with_service(Some(service))).acting_for(requester);
            let actor = operators.actor(account().id).await.unwrap().unwrap();
            assert_eq!((actor.account_id(), actor.principal), (account().id, service_principal()));
            assert!(Action::ALL.into_iter().all(|action| authorize(&actor, action).is_ok()));
            assert_eq!(Requester::from(&actor), requester);
        }
    }

    #[tokio::test]
    async fn an_actor_of_a_fresh_account_shows_the_public_id() {
        let operators = operators(with_service(Some(service_user())));
        operators.account_ids.replace(PublicAccountId::new(7), account().id);
        let actor = operators.actor(account().id).await.unwrap().unwrap();
        assert_eq!((actor.account_id(), actor.shown_account), (account().id, AccountId::new(7)));
    }

    #[tokio::test]
    async fn an_unknown_account_and_one_without_a_service_give_no_actor() {
        assert!(operators(with_service(Some(service_user()))).actor(AccountId::new(7)).await.unwrap().is_none());
        assert!(operators(with_service(None)).actor(account().id).await.unwrap().is_none());
    }
}
