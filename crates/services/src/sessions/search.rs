//! Searches sessions.

use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::page::Page;
use derslik_domain::session::{Session, SessionFilter};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::Sessions;

pub(super) async fn run<U: UnitOfWork>(service: &Sessions<U>, actor: &Actor, filter: SessionFilter) -> Result<Page<Session>, ServiceError> {
    authorize(actor, Action::ReadSessions)?;
    if filter.guid == Some(None) {
        return Ok(Page { entries: Vec::new(), more: false });
    }
    let account = actor.account_id();
    service.uow.read(account, move |stores| Ok(stores.sessions().search(account, &filter)?)).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::form::Field;
    use derslik_domain::session::FilterForm;
    use derslik_ports::inbound::SessionService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{account, actor_of, guid, now, text};

    use super::*;

    fn service(stores: MockStores) -> Sessions<FakeUnitOfWork> {
        Sessions::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))))
    }

    #[tokio::test]
    async fn an_id_that_no_session_can_have_needs_no_read() {
        let filter = FilterForm { guid: text("nonsense"), ..FilterForm::default() }.validate().unwrap();
        assert!(service(MockStores::default()).search(&actor_of(account()), filter).await.unwrap().entries.is_empty());
    }

    #[tokio::test]
    async fn the_store_gets_the_filter_and_the_account_of_the_actor() {
        let filter = FilterForm { page_size: Field::Given(7), ..FilterForm::default() }.validate().unwrap();
        let wanted = filter.clone();
        let mut stores = MockStores::default();
        stores
            .sessions
            .expect_search()
            .once()
            .withf(move |id, filter| *id == account().id && *filter == wanted)
            .returning(|_, _| Ok(Page { entries: Vec::new(), more: false }));
        service(stores).search(&actor_of(account()), filter).await.unwrap();
    }
}
