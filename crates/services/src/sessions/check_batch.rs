//! Tells the outcome of a batch of sessions without carrying it out.

use std::collections::HashMap;

use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::session::{Batch, BatchOutcome, Creator};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::Sessions;

pub(super) async fn run<U: UnitOfWork>(service: &Sessions<U>, actor: &Actor, batch: Batch) -> Result<BatchOutcome, ServiceError> {
    authorize(actor, Action::WriteSessions)?;
    let account = actor.account_id();
    let targets: Vec<_> = batch.targets().into_iter().collect();
    let existing = if targets.is_empty() {
        HashMap::new()
    } else {
        service.uow.read(account, move |stores| Ok::<_, ServiceError>(stores.sessions().find_many(account, &targets)?)).await?
    };
    let creator = Creator { principal: actor.principal.id, settings: &actor.account.settings, now: service.clock.now_of(account) };
    Ok(batch.check(existing, &creator))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::form::Field;
    use derslik_domain::session::{BatchItem, SessionForm, Target, Verdict};
    use derslik_ports::inbound::SessionService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{account, actor_of, guid, now, session, session_form};

    use super::*;

    fn service(stores: MockStores) -> (Sessions<FakeUnitOfWork>, FakeUnitOfWork) {
        let uow = FakeUnitOfWork::new(stores);
        (Sessions::new(uow.clone(), Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99)))), uow)
    }

    #[tokio::test]
    async fn decides_as_a_real_batch_and_writes_nothing() {
        let mut stores = MockStores::default();
        stores.sessions.expect_find_many().once().returning(|of, guids| {
            assert_eq!((of, guids), (account().id, [guid(1), guid(2)].as_slice()));
            Ok(HashMap::from([(guid(1), session(guid(1)))]))
        });
        let (service, uow) = service(stores);
        let change = |number| {
            let form = SessionForm { duration: Field::Given(100), ..SessionForm::default() };
            BatchItem::Session(Target::Existing(guid(number)), Box::new(form))
        };
        let new = |form| BatchItem::Session(Target::New, Box::new(form));
        let batch = Batch::new(vec![new(session_form()), change(1), change(2), new(SessionForm::default())]);

        let outcome = service.check_batch(&actor_of(account()), batch).await.unwrap();

        let [Verdict::Created(created), Verdict::Updated(changed), Verdict::NotFound, Verdict::Refused(_)] = outcome.verdicts() else {
            panic!("other verdicts: {outcome:?}");
        };
        assert!(created.guid.get().is_nil());
        assert_eq!((changed.guid, changed.duration.minutes()), (guid(1), 100));
        assert_eq!((uow.commits(), uow.single_statement_writes()), (0, 0));
    }

    #[tokio::test]
    async fn a_batch_of_new_sessions_needs_no_read() {
        // No call of the stores is expected, so any call fails the test.
        let (service, _) = service(MockStores::default());
        let batch = Batch::new(vec![BatchItem::Session(Target::New, Box::new(session_form()))]);
        let outcome = service.check_batch(&actor_of(account()), batch).await.unwrap();
        assert!(matches!(outcome.verdicts(), [Verdict::Created(_)]));
    }
}
