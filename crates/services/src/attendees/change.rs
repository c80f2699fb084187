//! Changes one attendee, found by any of its keys.

use std::sync::Arc;

use derslik_domain::attendee::{AttendeeBatch, AttendeeForm, AttendeeKey, AttendeeVerdict};
use derslik_domain::form::Field;
use derslik_domain::id::SessionGuid;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::upsert_batch::apply;
use super::{Attendees, hold};
use crate::author::{Author, write_as};

pub(super) async fn run<U: UnitOfWork>(
    service: &Attendees<U>,
    actor: &Actor,
    session: SessionGuid,
    key: AttendeeKey,
    change: AttendeeForm,
) -> Result<Option<AttendeeVerdict>, ServiceError> {
    authorize(actor, Action::WriteSessions)?;
    let (account, now, ids) = (actor.account_id(), service.clock.now_of(actor.account_id()), Arc::clone(&service.ids));
    write_as(&service.uow, Author::of(actor), move |stores| {
        hold(stores, account, session)?;
        let Some(attendee) = stores.attendees().find(account, session, &key)? else { return Ok(None) };
        // The key selects the attendee to change, so a user or a code in the form is ignored.
        let code = Field::Given(attendee.code.as_str().as_bytes().to_vec());
        let change = AttendeeForm { user: Field::Missing, code, ..change };
        let outcome = apply(stores, account, session, AttendeeBatch::new(vec![change.validate()]), ids.as_ref(), now)?;
        Ok(outcome.verdicts.into_iter().next())
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use derslik_domain::attendee::AttendeeRefusal;
    use derslik_ports::inbound::AttendeeService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{account, actor_of, attendee, guid, now, session, text, user};
    use mockall::{Sequence, predicate::eq};

    use super::*;

    fn email() -> AttendeeKey {
        AttendeeKey::Email(attendee(1, 1).email)
    }

    async fn change(stores: MockStores, form: AttendeeForm) -> Result<Option<AttendeeVerdict>, ServiceError> {
        let service = Attendees::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))));
        service.change(&actor_of(account()), guid(1), email(), form).await
    }

    /// Stores with the session 1, whose attendee 1 is found by its address.
    fn stores(order: &mut Sequence) -> MockStores {
        let mut stores = MockStores::default();
        let lock = stores.sessions.expect_lock_many().with(eq(account().id), eq(BTreeSet::from([guid(1)]))).once();
        lock.in_sequence(order).returning(|_, _| Ok(HashMap::from([(guid(1), session(guid(1)))])));
        let find = stores.attendees.expect_find().with(eq(account().id), eq(guid(1)), eq(email())).once();
        find.in_sequence(order).returning(|_, _, _| Ok(Some(attendee(1, 1))));
        stores
    }

    /// Expects that only the attendee 1 is read again, by its code.
    fn reading_again(stores: &mut MockStores, order: &mut Sequence) {
        stores.attendees.expect_find_many().once().in_sequence(order).returning(|_, _, keys| {
            assert_eq!(keys.codes, BTreeSet::from([attendee(1, 1).code]));
            assert!(keys.users.is_empty());
            Ok(vec![attendee(1, 1)])
        });
    }

    #[tokio::test]
    async fn the_key_selects_the_attendee_whatever_the_form_names() {
        let mut order = Sequence::new();
        let mut stores = stores(&mut order);
        reading_again(&mut stores, &mut order);
        stores.attendees.expect_update_many().once().in_sequence(&mut order).returning(|_, changed| {
            assert_eq!(changed.iter().map(|one| (one.guid, one.name.as_str())).collect::<Vec<_>>(), [(attendee(1, 1).guid, "Fatma")]);
            Ok(())
        });
        // A user of the form would be looked up in the store of users, where no call is expected.
        let form = AttendeeForm {
            user: text(&user(7).guid.to_string()),
            code: text(attendee(1, 2).code.as_str()),
            name: text("Fatma"),
            ..AttendeeForm::default()
        };
        let verdict = change(stores, form).await.unwrap();
        assert!(matches!(verdict, Some(AttendeeVerdict::Done(changed)) if changed.name.as_str() == "Fatma"));
    }

    #[tokio::test]
    async fn nothing_is_written_for_a_form_that_breaks_a_rule() {
        let mut order = Sequence::new();
        let mut stores = stores(&mut order);
        stores.attendees.expect_find_many().returning(|_, _, _| Ok(vec![attendee(1, 1)]));
        let verdict = change(stores, AttendeeForm { role: Field::Mistyped, ..AttendeeForm::default() }).await.unwrap();
        assert!(matches!(verdict, Some(AttendeeVerdict::Refused(AttendeeRefusal::Invalid(_)))), "{verdict:?}");
    }

    #[tokio::test]
    async fn a_missing_attendee_is_absent_and_a_missing_session_not_found() {
        let mut stores = MockStores::default();
        stores.sessions.expect_lock_many().once().returning(|_, _| Ok(HashMap::from([(guid(1), session(guid(1)))])));
        stores.attendees.expect_find().once().returning(|_, _, _| Ok(None));
        assert_eq!(change(stores, AttendeeForm::default()).await.unwrap(), None);
        let mut stores = MockStores::default();
        stores.sessions.expect_lock_many().once().returning(|_, _| Ok(HashMap::new()));
        let refused = change(stores, AttendeeForm::default()).await;
        assert!(matches!(refused, Err(ServiceError::NotFound)), "{refused:?}");
    }
}
