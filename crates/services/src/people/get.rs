//! Reads one person.

use derslik_domain::identity::{Action, Actor, User, UserKey, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::{People, find};

pub(super) async fn run<U: UnitOfWork>(service: &People<U>, actor: &Actor, key: UserKey) -> Result<User, ServiceError> {
    authorize(actor, Action::ReadPeople)?;
    let account = actor.account_id();
    service.uow.read(account, move |stores| find(stores, account, &key)?.ok_or(ServiceError::NotFound)).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::identity::PasswordRules;
    use derslik_ports::inbound::PeopleService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_ports::outbound::MockPasswords;
    use derslik_testkit::builders::{account, actor_of, guid, now, service_user, user};
    use mockall::predicate::eq;

    use super::*;

    async fn get(found: Option<User>) -> Result<User, ServiceError> {
        let mut stores = MockStores::default();
        let key = UserKey::Guid(user(7).guid);
        stores.users.expect_find().with(eq(account().id), eq(key.clone())).once().returning(move |_, _| Ok(found.clone()));
        let ids = Arc::new(FixedIds(guid(9)));
        let people = People::new(
            FakeUnitOfWork::new(stores),
            Arc::new(StoppedClock(now())),
            ids,
            Arc::new(MockPasswords::new()),
            PasswordRules::default(),
        );
        people.get(&actor_of(account()), key).await
    }

    #[tokio::test]
    async fn finds_living_people_and_neither_services_nor_deleted_people() {
        assert_eq!(get(Some(user(7))).await.unwrap(), user(7));
        for found in [None, Some(service_user()), Some(user(7).deleted(now()))] {
            let missing = get(found).await;
            assert!(matches!(missing, Err(ServiceError::NotFound)), "{missing:?}");
        }
    }
}
