//! Changes a person.

use derslik_domain::audit::{Change, Object, Requester};
use derslik_domain::identity::{Action, Actor, PersonChange, PersonRefusal, User, UserKey, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::{People, lock, taken};
use crate::author::{Author, write_as};
use crate::record::record;

pub(super) async fn run<U: UnitOfWork>(
    service: &People<U>,
    actor: &Actor,
    key: UserKey,
    change: PersonChange,
) -> Result<Result<User, PersonRefusal>, ServiceError> {
    authorize(actor, Action::ManagePeople)?;
    if let Some(violation) = service.rules.violation(change.password()) {
        return Ok(Err(PersonRefusal::Invalid(vec![violation])));
    }
    let hash = match change.password() {
        Some(password) => Some(service.passwords.hash(password.clone()).await?),
        None => None,
    };
    let (account, now, requester) = (actor.account_id(), service.clock.now_of(actor.account_id()), Requester::from(actor));
    write_as(&service.uow, Author::of(actor), move |stores| {
        let user = lock(stores, account, &key)?.ok_or(ServiceError::NotFound)?;
        let changed = change.apply_to(&user, now);
        if let Some(refusal) = taken(stores, account, &changed)? {
            return Ok(Err(refusal));
        }
        stores.users().update(account, &changed)?;
        if let Some(hash) = &hash {
            stores.identity().set_password(account, changed.id, hash, now)?;
            record(stores, account, now, requester, Change::PasswordSet, Object::Principal(changed.id))?;
        }
        if changed.role != user.role {
            record(stores, account, now, requester, Change::Changed, Object::Principal(changed.id))?;
        }
        match (user.may_log_in(now), changed.may_log_in(now)) {
            (true, false) => record(stores, account, now, requester, Change::Disabled, Object::Principal(changed.id))?,
            (false, true) => record(stores, account, now, requester, Change::Enabled, Object::Principal(changed.id))?,
            (true, true) | (false, false) => {}
        }
        if hash.is_some() || !changed.may_log_in(now) {
            stores.identity().revoke_credentials_of(account, changed.id, now)?;
        }
        Ok(Ok(changed))
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::audit::AuditEvent;
    use derslik_domain::form::Field;
    use derslik_domain::identity::{PasswordRules, PersonForm};
    use derslik_ports::inbound::PeopleService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_ports::outbound::MockPasswords;
    use derslik_testkit::builders::{account, actor_of, guid, now, service_user, text, user};

    use super::*;

    async fn change(mut stores: MockStores, form: PersonForm) -> Result<Result<User, PersonRefusal>, ServiceError> {
        stores.users.expect_find().returning(|_, key| {
            Ok(match key {
                UserKey::Guid(_) => Some(user(100)),
                UserKey::Username(name) if name.as_str() == "taken" => Some(user(101)),
                _ => None,
            })
        });
        stores.users.expect_lock().returning(|_, id| Ok(Some(user(id.get()))));
        let uow = FakeUnitOfWork::new(stores);
        let people = People::new(
            uow,
            Arc::new(StoppedClock(now())),
            Arc::new(FixedIds(guid(9))),
            Arc::new(MockPasswords::new()),
            PasswordRules::default(),
        );
        people.change(&actor_of(account()), UserKey::Guid(user(100).guid), form.validate().unwrap()).await
    }

    #[tokio::test]
    async fn revokes_the_credentials_of_a_person_that_may_not_log_in_any_more() {
        let mut stores = MockStores::default();
        stores.users.expect_update().once().returning(|_, _| Ok(true));
        stores.identity.expect_revoke_credentials_of().once().returning(|_, _, _| Ok(()));
        stores.audit.expect_add().once().returning(|of, record| {
            let event = AuditEvent::Change(Requester::from(&actor_of(account())), Change::Disabled, Object::Principal(user(100).id));
            assert_eq!((of, record.at, &record.event), (account().id, now(), &event));
            Ok(())
        });
        let changed = change(stores, PersonForm { active: Field::Given(false), ..PersonForm::default() }).await.unwrap();
        assert!(changed.is_ok_and(|user| !user.may_log_in(now())));
    }

    #[tokio::test]
    async fn a_change_of_the_rights_of_a_person_is_recorded() {
        let mut stores = MockStores::default();
        stores.users.expect_update().once().returning(|_, _| Ok(true));
        stores.audit.expect_add().once().returning(|of, record| {
            let event = AuditEvent::Change(Requester::from(&actor_of(account())), Change::Changed, Object::Principal(user(100).id));
            assert_eq!((of, record.at, &record.event), (account().id, now(), &event));
            Ok(())
        });
        let changed = change(stores, PersonForm { role: text("a"), ..PersonForm::default() }).await.unwrap();
        assert!(changed.is_ok_and(|changed| changed.role != user(100).role));
    }

    #[tokio::test]
    async fn a_change_that_concerns_neither_rights_nor_a_credential_is_not_recorded() {
        let mut stores = MockStores::default();
        stores.users.expect_update().once().returning(|_, _| Ok(true));
        let changed = change(stores, PersonForm { name: text("Ayşe"), ..PersonForm::default() }).await.unwrap();
        assert!(changed.is_ok_and(|user| user.may_log_in(now())));
    }

    #[tokio::test]
    async fn writes_nothing_when_the_name_is_taken() {
        let refused = change(MockStores::default(), PersonForm { username: text("taken"), ..PersonForm::default() }).await.unwrap();
        assert_eq!(refused, Err(PersonRefusal::UsernameTaken));
    }

    #[tokio::test]
    async fn a_person_erased_meanwhile_is_not_written_back() {
        let mut stores = MockStores::default();
        stores.users.expect_lock().returning(|_, id| Ok(Some(user(id.get()).deleted(now()))));
        let late = change(stores, PersonForm { active: Field::Given(true), ..PersonForm::default() }).await;
        assert!(matches!(late, Err(ServiceError::NotFound)), "{late:?}");
    }

    #[tokio::test]
    async fn the_service_principal_of_an_account_can_not_be_deleted_as_a_person() {
        let mut stores = MockStores::default();
        stores.users.expect_find().returning(|_, _| Ok(Some(service_user())));
        let passwords = Arc::new(MockPasswords::new());
        let uow = FakeUnitOfWork::new(stores);
        let people = People::new(uow, Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(9))), passwords, PasswordRules::default());
        let refused = people.delete(&actor_of(account()), UserKey::Id(service_user().id)).await;
        assert!(matches!(refused, Err(ServiceError::NotFound)));
    }

    #[tokio::test]
    async fn a_password_that_is_too_short_changes_nothing() {
        let uow = FakeUnitOfWork::new(MockStores::without_principals());
        let (clock, ids, rules) = (Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(9))), PasswordRules { min_chars: 8 });
        let people = People::new(uow, clock, ids, Arc::new(MockPasswords::new()), rules);
        let form = PersonForm { password: text("1234567"), ..PersonForm::default() };
        let refused = people.change(&actor_of(account()), UserKey::Id(user(100).id), form.validate().unwrap()).await.unwrap();
        assert!(matches!(refused, Err(PersonRefusal::Invalid(_))), "{refused:?}");
    }
}
