//! Marks a session as deleted. Its row stays until it is pruned.

use std::collections::BTreeSet;

use derslik_domain::id::SessionGuid;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::Sessions;
use crate::author::{Author, write_as};

pub(super) async fn run<U: UnitOfWork>(service: &Sessions<U>, actor: &Actor, guid: SessionGuid) -> Result<(), ServiceError> {
    authorize(actor, Action::DeleteSessions)?;
    let (account, by, now) = (actor.account_id(), actor.principal.id, service.clock.now_of(actor.account_id()));
    write_as(&service.uow, Author::of(actor), move |stores| {
        let sessions = stores.sessions();
        let found = sessions.lock_many(account, &BTreeSet::from([guid]))?.remove(&guid);
        let deleted = found.and_then(|session| session.deleted(by, now).ok()).ok_or(ServiceError::NotFound)?;
        Ok(sessions.update_many(account, &[&deleted])?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use derslik_domain::session::SessionStatus;
    use derslik_ports::inbound::SessionService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{account, actor_of, guid, now, session};

    use super::*;

    fn service(stores: MockStores) -> Sessions<FakeUnitOfWork> {
        Sessions::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))))
    }

    #[tokio::test]
    async fn keeps_the_row_and_marks_it_deleted() {
        let mut stores = MockStores::default();
        stores.sessions.expect_lock_many().returning(|_, _| Ok(HashMap::from([(guid(1), session(guid(1)))])));
        stores.sessions.expect_update_many().once().returning(|_, sessions| {
            assert!(sessions.iter().all(|session| session.status == SessionStatus::Deleted && session.updated_at == now()));
            Ok(())
        });
        service(stores).delete(&actor_of(account()), guid(1)).await.unwrap();
    }

    #[tokio::test]
    async fn finds_nothing_to_delete_under_an_unknown_guid() {
        let mut stores = MockStores::default();
        stores.sessions.expect_lock_many().returning(|_, _| Ok(HashMap::new()));
        let error = service(stores).delete(&actor_of(account()), guid(1)).await.unwrap_err();
        assert!(matches!(error, ServiceError::NotFound));
    }
}
