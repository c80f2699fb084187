//! The use cases of sessions.

mod check_batch;
mod delete;
mod get;
mod search;
mod upsert_batch;

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::id::SessionGuid;
use derslik_domain::identity::Actor;
use derslik_domain::page::Page;
use derslik_domain::session::{Batch, BatchOutcome, Session, SessionFilter};
use derslik_ports::inbound::{IdempotentOutcome, IdempotentRequest, ServiceError, SessionService};
use derslik_ports::outbound::{Clock, Ids, SessionReader, UnitOfWork};

/// The use cases of sessions over a unit of work.
#[derive(Debug, Clone)]
pub struct Sessions<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl<U: UnitOfWork> Sessions<U> {
    /// The use cases over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { uow, clock, ids }
    }
}

#[async_trait]
impl<U: UnitOfWork + SessionReader> SessionService for Sessions<U> {
    async fn upsert_batch(
        &self,
        actor: &Actor,
        batch: Batch,
        idempotent: Option<IdempotentRequest<BatchOutcome>>,
    ) -> Result<IdempotentOutcome<BatchOutcome>, ServiceError> {
        upsert_batch::run(self, actor, batch, idempotent).await
    }

    async fn check_batch(&self, actor: &Actor, batch: Batch) -> Result<BatchOutcome, ServiceError> {
        check_batch::run(self, actor, batch).await
    }

    async fn search(&self, actor: &Actor, filter: SessionFilter) -> Result<Page<Session>, ServiceError> {
        search::run(self, actor, filter).await
    }

    async fn get(&self, actor: &Actor, guid: SessionGuid) -> Result<Session, ServiceError> {
        get::run(self, actor, guid).await
    }

    async fn delete(&self, actor: &Actor, guid: SessionGuid) -> Result<(), ServiceError> {
        delete::run(self, actor, guid).await
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::session::FilterForm;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{denied_actors, guid, now};

    use super::*;

    #[tokio::test]
    async fn a_denied_actor_reads_and_writes_no_session() {
        // No call of the stores is expected, so any call fails the test.
        let uow = FakeUnitOfWork::new(MockStores::without_principals());
        let sessions = Sessions::new(uow, Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))));
        for actor in denied_actors() {
            let denied = sessions.upsert_batch(&actor, Batch::default(), None).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
            let denied = sessions.check_batch(&actor, Batch::default()).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
            let denied = sessions.search(&actor, FilterForm::default().validate().unwrap()).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
            let denied = sessions.get(&actor, guid(1)).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
            let denied = sessions.delete(&actor, guid(1)).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
        }
    }
}
