//! The use cases of the attendees of a session.

mod change;
mod read;
mod remove;
mod upsert_batch;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::attendee::{Attendee, AttendeeBatch, AttendeeForm, AttendeeKey, AttendeeOutcome, AttendeeVerdict};
use derslik_domain::id::{AccountId, SessionGuid};
use derslik_domain::identity::{Actor, PersonFilter};
use derslik_ports::inbound::{AttendeeService, IdempotentOutcome, IdempotentRequest, ServiceError};
use derslik_ports::outbound::{Clock, Ids, Stores, UnitOfWork};

pub(crate) use upsert_batch::apply;

/// The use cases of attendees over a unit of work.
#[derive(Debug, Clone)]
pub struct Attendees<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl<U: UnitOfWork> Attendees<U> {
    /// The use cases over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { uow, clock, ids }
    }
}

/// Locks a session, so that no other transaction changes its attendees.
fn hold(stores: &mut dyn Stores, account: AccountId, session: SessionGuid) -> Result<(), ServiceError> {
    let found = stores.sessions().lock_many(account, &BTreeSet::from([session]))?;
    if found.is_empty() { Err(ServiceError::NotFound) } else { Ok(()) }
}

#[async_trait]
impl<U: UnitOfWork> AttendeeService for Attendees<U> {
    async fn upsert_batch(
        &self,
        actor: &Actor,
        session: SessionGuid,
        batch: AttendeeBatch,
        idempotent: Option<IdempotentRequest<AttendeeOutcome>>,
    ) -> Result<IdempotentOutcome<AttendeeOutcome>, ServiceError> {
        upsert_batch::run(self, actor, session, batch, idempotent).await
    }

    async fn list(&self, actor: &Actor, session: SessionGuid, filter: PersonFilter) -> Result<Vec<Attendee>, ServiceError> {
        read::list(self, actor, session, filter).await
    }

    async fn get(&self, actor: &Actor, session: SessionGuid, key: AttendeeKey) -> Result<Option<Attendee>, ServiceError> {
        read::get(self, actor, session, key).await
    }

    async fn change(
        &self,
        actor: &Actor,
        session: SessionGuid,
        key: AttendeeKey,
        change: AttendeeForm,
    ) -> Result<Option<AttendeeVerdict>, ServiceError> {
        change::run(self, actor, session, key, change).await
    }

    async fn remove(&self, actor: &Actor, session: SessionGuid, key: AttendeeKey) -> Result<bool, ServiceError> {
        remove::run(self, actor, session, key).await
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::identity::PersonFilterForm;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{attendee, denied_actors, guid, now};

    use super::*;

    #[tokio::test]
    async fn a_denied_actor_reads_and_writes_no_attendee() {
        // No call of the stores is expected, so any call fails the test.
        let uow = FakeUnitOfWork::new(MockStores::without_principals());
        let attendees = Attendees::new(uow, Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))));
        let key = || AttendeeKey::Code(attendee(1, 1).code);
        for actor in denied_actors() {
            let denied = attendees.upsert_batch(&actor, guid(1), AttendeeBatch::default(), None).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
            let denied = attendees.list(&actor, guid(1), PersonFilterForm::default().validate(100).unwrap()).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
            let denied = attendees.get(&actor, guid(1), key()).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
            let denied = attendees.change(&actor, guid(1), key(), AttendeeForm::default()).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
            let denied = attendees.remove(&actor, guid(1), key()).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
        }
    }
}
