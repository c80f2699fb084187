//! Reads one session.

use derslik_domain::id::SessionGuid;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::session::Session;
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::SessionReader;

use super::Sessions;

pub(super) async fn run<U: SessionReader>(service: &Sessions<U>, actor: &Actor, guid: SessionGuid) -> Result<Session, ServiceError> {
    authorize(actor, Action::ReadSessions)?;
    service.uow.read_session(actor.account_id(), guid).await?.ok_or(ServiceError::NotFound)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_ports::inbound::SessionService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{actor_of, guid, now, other_account, session};
    use mockall::predicate::eq;

    use super::*;

    #[tokio::test]
    async fn reads_only_the_account_of_the_actor() {
        let mut stores = MockStores::default();
        stores.sessions.expect_find().with(eq(other_account().id), eq(guid(1))).once().returning(|_, guid| Ok(Some(session(guid))));
        stores.sessions.expect_find().returning(|_, _| Ok(None));
        let service = Sessions::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))));
        let actor = actor_of(other_account());
        assert_eq!(service.get(&actor, guid(1)).await.unwrap().guid, guid(1));
        assert!(matches!(service.get(&actor, guid(2)).await, Err(ServiceError::NotFound)));
    }
}
