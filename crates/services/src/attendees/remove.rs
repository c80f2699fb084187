//! Removes one attendee for good.

use derslik_domain::attendee::AttendeeKey;
use derslik_domain::id::SessionGuid;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::{Attendees, hold};
use crate::author::{Author, write_as};

pub(super) async fn run<U: UnitOfWork>(
    service: &Attendees<U>,
    actor: &Actor,
    session: SessionGuid,
    key: AttendeeKey,
) -> Result<bool, ServiceError> {
    authorize(actor, Action::WriteSessions)?;
    let account = actor.account_id();
    write_as(&service.uow, Author::of(actor), move |stores| {
        hold(stores, account, session)?;
        Ok(stores.attendees().remove(account, session, &key)?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};
    use std::sync::Arc;

    use derslik_ports::inbound::AttendeeService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{account, actor_of, attendee, guid, now, session};
    use mockall::{Sequence, predicate::eq};

    use super::*;

    fn code() -> AttendeeKey {
        AttendeeKey::Code(attendee(1, 1).code)
    }

    async fn remove(stores: MockStores) -> Result<bool, ServiceError> {
        let service = Attendees::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))));
        service.remove(&actor_of(account()), guid(1), code()).await
    }

    #[tokio::test]
    async fn the_session_is_locked_before_the_attendee_is_removed() {
        for was_there in [true, false] {
            let (mut stores, mut order) = (MockStores::default(), Sequence::new());
            let wanted = BTreeSet::from([guid(1)]);
            let lock = stores.sessions.expect_lock_many().with(eq(account().id), eq(wanted)).once().in_sequence(&mut order);
            lock.returning(|_, _| Ok(HashMap::from([(guid(1), session(guid(1)))])));
            let remove_one = stores.attendees.expect_remove().with(eq(account().id), eq(guid(1)), eq(code()));
            remove_one.once().in_sequence(&mut order).returning(move |_, _, _| Ok(was_there));
            assert_eq!(remove(stores).await.unwrap(), was_there);
        }
    }

    #[tokio::test]
    async fn nothing_is_removed_from_a_missing_session() {
        let mut stores = MockStores::default();
        stores.sessions.expect_lock_many().once().returning(|_, _| Ok(HashMap::new()));
        let refused = remove(stores).await;
        assert!(matches!(refused, Err(ServiceError::NotFound)), "{refused:?}");
    }
}
