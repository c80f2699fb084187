//! Adds a person to the account.

use std::sync::Arc;

use derslik_domain::audit::{Change, Object, Requester};
use derslik_domain::identity::{Action, Actor, NewPerson, PersonRefusal, User, authorize};
use derslik_ports::inbound::{IdempotentOutcome, IdempotentRequest, ServiceError};
use derslik_ports::outbound::{Conflict, StoreError, Stores, UnitOfWork};

use super::{People, taken};
use crate::author::{Author, write_as};
use crate::idempotency::IdempotencyGuard;
use crate::record::record;

/// How many ids are tried if other transactions take them meanwhile.
const TRIES: usize = 5;

pub(super) async fn run<U: UnitOfWork>(
    service: &People<U>,
    actor: &Actor,
    person: NewPerson,
    idempotent: Option<IdempotentRequest<Result<User, PersonRefusal>>>,
) -> Result<IdempotentOutcome<Result<User, PersonRefusal>>, ServiceError> {
    authorize(actor, Action::ManagePeople)?;
    let too_short = service.rules.violation(person.password());
    let hash = match person.password().filter(|_| too_short.is_none()) {
        Some(password) => Some(service.passwords.hash(password.clone()).await?),
        None => None,
    };
    let (account, now, ids) = (actor.account_id(), service.clock.now_of(actor.account_id()), Arc::clone(&service.ids));
    let requester = Requester::from(actor);
    let guard = IdempotencyGuard::new(actor, idempotent, now);
    let work = move |stores: &mut dyn Stores| {
        if let Some(violation) = too_short {
            return Ok(Err(PersonRefusal::Invalid(vec![violation])));
        }
        for _ in 0..TRIES {
            let user = person.clone().into_user(stores.users().next_id(account)?, ids.user_guid_of(account), now);
            if let Some(refusal) = taken(stores, account, &user)? {
                return Ok(Err(refusal));
            }
            if stores.users().add(account, &user)? {
                if let Some(hash) = &hash {
                    stores.identity().set_password(account, user.id, hash, now)?;
                }
                record(stores, account, now, requester, Change::Created, Object::Principal(user.id))?;
                return Ok(Ok(user));
            }
        }
        Err(StoreError::Conflict(Conflict::User).into())
    };
    write_as(&service.uow, Author::of(actor), move |stores| guard.run(stores, work)).await
}

#[cfg(test)]
mod tests {
    use derslik_domain::audit::AuditEvent;
    use derslik_domain::form::{Problem, Violation};
    use derslik_domain::id::Id;
    use derslik_domain::identity::{PasswordHash, PasswordRules, PersonField, PersonForm, UserKey};
    use derslik_ports::inbound::PeopleService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_ports::outbound::{MockPasswords, Reason};
    use derslik_testkit::builders::{account, actor_of, guid, now, text, user};
    use mockall::Sequence;

    use super::*;

    type Added = Result<IdempotentOutcome<Result<User, PersonRefusal>>, ServiceError>;

    fn form() -> PersonForm {
        PersonForm { name: text("Ayşe"), surname: text("Yılmaz"), email: text("a@b.c"), username: text("ayse"), ..PersonForm::default() }
    }

    async fn add(stores: MockStores, passwords: MockPasswords, form: PersonForm) -> (Added, usize) {
        let uow = FakeUnitOfWork::new(stores);
        let ids = Arc::new(FixedIds(guid(9)));
        let people = People::new(uow.clone(), Arc::new(StoppedClock(now())), ids, Arc::new(passwords), PasswordRules::default());
        let added = people.add(&actor_of(account()), form.validate_new().unwrap(), None).await;
        (added, uow.commits())
    }

    #[tokio::test]
    async fn adds_a_person_under_a_free_id_with_the_hash_of_the_password() {
        let (mut stores, mut order, mut passwords) = (MockStores::default(), Sequence::new(), MockPasswords::new());
        let hash = passwords.expect_hash().once().in_sequence(&mut order);
        hash.returning(|password| Ok(PasswordHash::new(format!("hash of {}", password.reveal()))));
        stores.users.expect_next_id().once().in_sequence(&mut order).returning(|_| Ok(Id::new(100)));
        stores.users.expect_find().times(2).in_sequence(&mut order).returning(|_, _| Ok(None));
        stores.users.expect_add().once().in_sequence(&mut order).returning(|of, person| {
            assert_eq!((of, person.id, person.guid.get()), (account().id, Id::new(100), guid(9).get()));
            Ok(true)
        });
        stores.identity.expect_set_password().once().in_sequence(&mut order).returning(|of, owner, hash, at| {
            assert_eq!((of, owner, hash.as_str(), at), (account().id, Id::new(100), "hash of secret", now()));
            Ok(())
        });
        stores.audit.expect_add().once().in_sequence(&mut order).returning(|of, record| {
            let event = AuditEvent::Change(Requester::from(&actor_of(account())), Change::Created, Object::Principal(Id::new(100)));
            assert_eq!((of, record.at, &record.event), (account().id, now(), &event));
            Ok(())
        });
        let (added, commits) = add(stores, passwords, PersonForm { password: text("secret"), ..form() }).await;
        assert!(matches!(added, Ok(IdempotentOutcome::Unkeyed(Ok(person))) if person.id == Id::new(100)));
        assert_eq!(commits, 1);
    }

    #[tokio::test]
    async fn a_taken_user_name_or_address_is_refused_and_nothing_is_written() {
        for (key, refusal) in [("ayse", PersonRefusal::UsernameTaken), ("a@b.c", PersonRefusal::EmailTaken)] {
            let mut stores = MockStores::default();
            stores.users.expect_next_id().returning(|_| Ok(Id::new(100)));
            stores.users.expect_find().returning(move |_, found_by| {
                let is_taken = match found_by {
                    UserKey::Username(username) => username.as_str() == key,
                    UserKey::Email(email) => email.as_str() == key,
                    UserKey::Id(_) | UserKey::Guid(_) => false,
                };
                Ok(is_taken.then(|| user(7)))
            });
            let (refused, _) = add(stores, MockPasswords::new(), form()).await;
            assert!(matches!(&refused, Ok(IdempotentOutcome::Unkeyed(Err(reason))) if *reason == refusal), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn an_id_that_was_taken_meanwhile_is_replaced_and_the_number_of_tries_is_bounded() {
        let mut stores = MockStores::default();
        stores.users.expect_find().returning(|_, _| Ok(None));
        let mut order = Sequence::new();
        for (id, is_added) in [(100, false), (101, true)] {
            stores.users.expect_next_id().once().in_sequence(&mut order).returning(move |_| Ok(Id::new(id)));
            stores.users.expect_add().once().in_sequence(&mut order).returning(move |_, _| Ok(is_added));
        }
        stores.audit.expect_add().once().returning(|_, _| Ok(()));
        let (added, _) = add(stores, MockPasswords::new(), form()).await;
        assert!(matches!(added, Ok(IdempotentOutcome::Unkeyed(Ok(person))) if person.id == Id::new(101)));

        let mut stores = MockStores::default();
        stores.users.expect_find().returning(|_, _| Ok(None));
        stores.users.expect_next_id().times(TRIES).returning(|_| Ok(Id::new(100)));
        stores.users.expect_add().times(TRIES).returning(|_, _| Ok(false));
        let (failed, commits) = add(stores, MockPasswords::new(), form()).await;
        assert!(matches!(failed, Err(ServiceError::Store(StoreError::Conflict(Conflict::User)))), "{failed:?}");
        assert_eq!(commits, 0);
    }

    #[tokio::test]
    async fn no_transaction_begins_if_the_password_can_not_be_hashed() {
        let mut passwords = MockPasswords::new();
        passwords.expect_hash().once().returning(|_| Err(StoreError::from(Reason::Crowded)));
        let form = PersonForm { password: text("secret"), ..form() };
        let (failed, commits) = add(MockStores::without_principals(), passwords, form).await;
        assert!(matches!(failed, Err(ServiceError::Store(StoreError::Unavailable(_)))), "{failed:?}");
        assert_eq!(commits, 0);
    }

    #[tokio::test]
    async fn a_password_that_is_too_short_is_refused_as_the_outcome_of_the_request() {
        let uow = FakeUnitOfWork::new(MockStores::default());
        let (clock, ids, rules) = (Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(9))), PasswordRules { min_chars: 8 });
        let people = People::new(uow, clock, ids, Arc::new(MockPasswords::new()), rules);
        let form = PersonForm { password: text("1234567"), ..form() };
        let refused = people.add(&actor_of(account()), form.validate_new().unwrap(), None).await;
        let too_short = Violation { field: PersonField::Password, problem: Problem::TooShort { min: 8 } };
        let wanted = PersonRefusal::Invalid(vec![too_short]);
        assert!(matches!(&refused, Ok(IdempotentOutcome::Unkeyed(Err(refusal))) if *refusal == wanted), "{refused:?}");
    }
}
