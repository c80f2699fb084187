//! Lists people.

use derslik_domain::identity::{Action, Actor, PersonFilter, User, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::People;

pub(super) async fn run<U: UnitOfWork>(service: &People<U>, actor: &Actor, filter: PersonFilter) -> Result<Vec<User>, ServiceError> {
    authorize(actor, Action::ReadPeople)?;
    let account = actor.account_id();
    service.uow.read(account, move |stores| Ok(stores.users().list_people(account, &filter)?)).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::identity::{PasswordRules, PersonFilterForm};
    use derslik_ports::inbound::PeopleService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_ports::outbound::MockPasswords;
    use derslik_testkit::builders::{account, actor_of, guid, now, text, user};
    use mockall::predicate::eq;

    use super::*;

    #[tokio::test]
    async fn the_store_gets_the_filter_and_the_account_of_the_actor() {
        let filter = PersonFilterForm { name: text("ayşe"), ..PersonFilterForm::default() }.validate(20).unwrap();
        let mut stores = MockStores::default();
        stores.users.expect_list_people().with(eq(account().id), eq(filter.clone())).once().returning(|_, _| Ok(vec![user(7)]));
        let ids = Arc::new(FixedIds(guid(9)));
        let people = People::new(
            FakeUnitOfWork::new(stores),
            Arc::new(StoppedClock(now())),
            ids,
            Arc::new(MockPasswords::new()),
            PasswordRules::default(),
        );
        assert_eq!(people.list(&actor_of(account()), filter).await.unwrap(), [user(7)]);
    }
}
