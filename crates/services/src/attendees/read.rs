//! Reads the attendees of a session.

use derslik_domain::attendee::{Attendee, AttendeeKey};
use derslik_domain::id::SessionGuid;
use derslik_domain::identity::{Action, Actor, PersonFilter, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::Attendees;

pub(super) async fn list<U: UnitOfWork>(
    service: &Attendees<U>,
    actor: &Actor,
    session: SessionGuid,
    filter: PersonFilter,
) -> Result<Vec<Attendee>, ServiceError> {
    authorize(actor, Action::ReadSessions)?;
    let account = actor.account_id();
    service
        .uow
        .read(account, move |stores| {
            stores.sessions().find(account, session)?.ok_or(ServiceError::NotFound)?;
            Ok(stores.attendees().list(account, session, &filter)?)
        })
        .await
}

pub(super) async fn get<U: UnitOfWork>(
    service: &Attendees<U>,
    actor: &Actor,
    session: SessionGuid,
    key: AttendeeKey,
) -> Result<Option<Attendee>, ServiceError> {
    authorize(actor, Action::ReadSessions)?;
    let account = actor.account_id();
    service
        .uow
        .read(account, move |stores| {
            stores.sessions().find(account, session)?.ok_or(ServiceError::NotFound)?;
            Ok(stores.attendees().find(account, session, &key)?)
        })
        .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::identity::PersonFilterForm;
    use derslik_ports::inbound::AttendeeService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{account, actor_of, attendee, guid, now, session, text};
    use mockall::{Sequence, predicate::eq};

    use super::*;

    fn service(stores: MockStores) -> Attendees<FakeUnitOfWork> {
        Attendees::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))))
    }

    /// Stores that find the session 1, or not.
    fn stores(order: &mut Sequence, is_there: bool) -> MockStores {
        let mut stores = MockStores::default();
        let found = is_there.then(|| session(guid(1)));
        let find = stores.sessions.expect_find().with(eq(account().id), eq(guid(1))).once().in_sequence(order);
        find.returning(move |_, _| Ok(found.clone()));
        stores
    }

    fn filter() -> PersonFilter {
        PersonFilterForm { name: text("ayşe"), ..PersonFilterForm::default() }.validate(100).unwrap()
    }

    fn code() -> AttendeeKey {
        AttendeeKey::Code(attendee(1, 1).code)
    }

    #[tokio::test]
    async fn the_session_is_found_before_its_attendees_are_listed() {
        let mut order = Sequence::new();
        let mut stores = stores(&mut order, true);
        let list = stores.attendees.expect_list().with(eq(account().id), eq(guid(1)), eq(filter())).once().in_sequence(&mut order);
        list.returning(|_, _, _| Ok(vec![attendee(1, 1)]));
        assert_eq!(service(stores).list(&actor_of(account()), guid(1), filter()).await.unwrap(), [attendee(1, 1)]);
    }

    #[tokio::test]
    async fn an_attendee_is_found_by_its_key_or_is_absent() {
        for found in [Some(attendee(1, 1)), None] {
            let (mut order, expected) = (Sequence::new(), found.clone());
            let mut stores = stores(&mut order, true);
            let find = stores.attendees.expect_find().with(eq(account().id), eq(guid(1)), eq(code())).once().in_sequence(&mut order);
            find.returning(move |_, _, _| Ok(found.clone()));
            assert_eq!(service(stores).get(&actor_of(account()), guid(1), code()).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn the_attendees_of_a_missing_session_are_not_read() {
        let listed = service(stores(&mut Sequence::new(), false)).list(&actor_of(account()), guid(1), filter()).await;
        assert!(matches!(listed, Err(ServiceError::NotFound)), "{listed:?}");
        let found = service(stores(&mut Sequence::new(), false)).get(&actor_of(account()), guid(1), code()).await;
        assert!(matches!(found, Err(ServiceError::NotFound)), "{found:?}");
    }
}
