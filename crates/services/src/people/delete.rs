//! Deletes a person. The tombstone keeps the ids, so that objects that the person created stay readable.

use derslik_domain::audit::{Change, Object, Requester};
use derslik_domain::identity::{Action, Actor, UserKey, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::{People, lock};
use crate::author::{Author, write_as};
use crate::record::record;

pub(super) async fn run<U: UnitOfWork>(service: &People<U>, actor: &Actor, key: UserKey) -> Result<(), ServiceError> {
    authorize(actor, Action::ManagePeople)?;
    let (account, now, requester) = (actor.account_id(), service.clock.now_of(actor.account_id()), Requester::from(actor));
    write_as(&service.uow, Author::of(actor), move |stores| {
        let user = lock(stores, account, &key)?.ok_or(ServiceError::NotFound)?;
        stores.identity().revoke_credentials_of(account, user.id, now)?;
        stores.users().delete(account, &user, now)?;
        Ok(record(stores, account, now, requester, Change::Deleted, Object::Principal(user.id))?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::audit::AuditEvent;
    use derslik_domain::identity::{PasswordRules, User};
    use derslik_ports::inbound::PeopleService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_ports::outbound::MockPasswords;
    use derslik_testkit::builders::{account, actor_of, guid, now, user};
    use mockall::{Sequence, predicate::eq};

    use super::*;

    async fn delete(stores: MockStores) -> Result<(), ServiceError> {
        let ids = Arc::new(FixedIds(guid(9)));
        let people = People::new(
            FakeUnitOfWork::new(stores),
            Arc::new(StoppedClock(now())),
            ids,
            Arc::new(MockPasswords::new()),
            PasswordRules::default(),
        );
        people.delete(&actor_of(account()), UserKey::Id(user(7).id)).await
    }

    fn finding(order: &mut Sequence, locked: Option<User>) -> MockStores {
        let mut stores = MockStores::default();
        stores.users.expect_find().once().in_sequence(order).returning(|_, _| Ok(Some(user(7))));
        let lock = stores.users.expect_lock().with(eq(account().id), eq(user(7).id)).once().in_sequence(order);
        lock.returning(move |_, _| Ok(locked.clone()));
        stores
    }

    #[tokio::test]
    async fn locks_the_person_revokes_its_credentials_and_leaves_a_tombstone() {
        let mut order = Sequence::new();
        let mut stores = finding(&mut order, Some(user(7)));
        let revoke = stores.identity.expect_revoke_credentials_of().with(eq(account().id), eq(user(7).id), eq(now()));
        revoke.once().in_sequence(&mut order).returning(|_, _, _| Ok(()));
        let tombstone = stores.users.expect_delete().with(eq(account().id), eq(user(7)), eq(now()));
        tombstone.once().in_sequence(&mut order).returning(|_, _, _| Ok(true));
        stores.audit.expect_add().once().in_sequence(&mut order).returning(|of, record| {
            let event = AuditEvent::Change(Requester::from(&actor_of(account())), Change::Deleted, Object::Principal(user(7).id));
            assert_eq!((of, record.at, &record.event), (account().id, now(), &event));
            Ok(())
        });
        delete(stores).await.unwrap();
    }

    #[tokio::test]
    async fn nothing_is_written_for_a_missing_person_or_one_erased_meanwhile() {
        for locked in [None, Some(user(7).deleted(now()))] {
            let refused = delete(finding(&mut Sequence::new(), locked)).await;
            assert!(matches!(refused, Err(ServiceError::NotFound)), "{refused:?}");
        }
        let mut stores = MockStores::default();
        stores.users.expect_find().once().returning(|_, _| Ok(None));
        let refused = delete(stores).await;
        assert!(matches!(refused, Err(ServiceError::NotFound)), "{refused:?}");
    }
}
