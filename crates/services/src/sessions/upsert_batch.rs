//! Creates and changes sessions in one transaction: it locks the sessions to change, lets the domain decide, and writes the
//! result. A batch that only creates sessions is decided before, and written in one statement.

use std::collections::HashMap;
use std::sync::Arc;

use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::session::{Batch, BatchOutcome, Creator};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{ActorGone, IdempotentOutcome, IdempotentRequest, ServiceError};
use derslik_ports::outbound::{Stores, UnitOfWork};

use super::Sessions;
use crate::author::{Author, write_as};
use crate::idempotency::IdempotencyGuard;

pub(super) async fn run<U: UnitOfWork>(
    service: &Sessions<U>,
    actor: &Actor,
    batch: Batch,
    idempotent: Option<IdempotentRequest<BatchOutcome>>,
) -> Result<IdempotentOutcome<BatchOutcome>, ServiceError> {
    authorize(actor, Action::WriteSessions)?;
    let now = service.clock.now_of(actor.account_id());
    let targets = batch.targets();
    if idempotent.is_none() && targets.is_empty() {
        return create_all(service, actor, batch, now).await.map(IdempotentOutcome::Unkeyed);
    }
    let account = Arc::clone(&actor.account);
    let principal = actor.principal.id;
    let ids = Arc::clone(&service.ids);
    let guard = IdempotencyGuard::new(actor, idempotent, now);
    let work = move |stores: &mut dyn Stores| {
        let existing = if targets.is_empty() { HashMap::new() } else { stores.sessions().lock_many(account.id, &targets)? };
        let creator = Creator { principal, settings: &account.settings, now };
        let outcome = batch.decide(existing, &creator, || ids.session_guid_of(account.id));
        let (inserts, updates) = (outcome.inserts(), outcome.updates());
        if !inserts.is_empty() {
            stores.sessions().insert_many(account.id, &inserts)?;
        }
        if !updates.is_empty() {
            stores.sessions().update_many(account.id, &updates)?;
        }
        Ok(outcome)
    };
    write_as(&service.uow, Author::of(actor), move |stores| guard.run(stores, work)).await
}

/// Carries out a batch that only creates sessions. Its only statement checks the principal as well.
///
/// The batch is decided on the thread that has read it and that shows the outcome. Each of the many texts is then freed by the thread that
/// has allocated it, which takes the allocator a fraction of the time.
async fn create_all<U: UnitOfWork>(
    service: &Sessions<U>,
    actor: &Actor,
    batch: Batch,
    now: Timestamp,
) -> Result<BatchOutcome, ServiceError> {
    let (account, principal) = (actor.account_id(), actor.principal.id);
    let creator = Creator { principal, settings: &actor.account.settings, now };
    let outcome = batch.decide(HashMap::new(), &creator, || service.ids.session_guid_of(account));
    let insert = move |stores: &mut dyn Stores| {
        let sessions = outcome.inserts();
        let may_act = sessions.is_empty() || stores.sessions().insert_many_by(account, principal, &sessions)?;
        if may_act { Ok(outcome) } else { Err(ActorGone.into()) }
    };
    service.uow.write_single_statement(account, insert).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use derslik_domain::form::Field;
    use derslik_domain::idempotency::{Answer, AnswerCode, IdempotencyKey, RequestDigest};
    use derslik_domain::identity::Scopes;
    use derslik_domain::session::{BatchItem, SessionForm, Target, Verdict};
    use derslik_ports::inbound::SessionService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_ports::outbound::{KeyState, Reason, StoreError};
    use derslik_testkit::builders::{account, actor_of, guid, now, session, session_form};
    use mockall::{Sequence, predicate::eq};

    use super::*;

    fn service(stores: MockStores) -> (Sessions<FakeUnitOfWork>, FakeUnitOfWork) {
        let uow = FakeUnitOfWork::new(stores);
        (Sessions::new(uow.clone(), Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99)))), uow)
    }

    fn create(form: SessionForm) -> BatchItem {
        BatchItem::Session(Target::New, Box::new(form))
    }

    fn update(number: u128, form: SessionForm) -> BatchItem {
        BatchItem::Session(Target::Existing(guid(number)), Box::new(form))
    }

    fn verdicts(performed: &IdempotentOutcome<BatchOutcome>) -> &[Verdict] {
        match performed {
            IdempotentOutcome::Unkeyed(outcome) => outcome.verdicts(),
            other => panic!("done under a key: {other:?}"),
        }
    }

    #[tokio::test]
    async fn locks_decides_inserts_and_updates_in_this_order() {
        let mut stores = MockStores::default();
        let mut order = Sequence::new();
        let wanted = BTreeSet::from([guid(1), guid(2)]);
        stores
            .sessions
            .expect_lock_many()
            .with(eq(account().id), eq(wanted))
            .once()
            .in_sequence(&mut order)
            .returning(|_, _| Ok(HashMap::from([(guid(1), session(guid(1)))])));
        stores.sessions.expect_insert_many().once().in_sequence(&mut order).returning(|_, sessions| {
            assert_eq!(sessions.iter().map(|session| session.guid).collect::<Vec<_>>(), [guid(99)]);
            Ok(())
        });
        stores.sessions.expect_update_many().once().in_sequence(&mut order).returning(|_, sessions| {
            assert_eq!(sessions.iter().map(|session| (session.guid, session.duration.minutes())).collect::<Vec<_>>(), [(guid(1), 100)]);
            Ok(())
        });
        let (service, uow) = service(stores);
        let change = SessionForm { duration: Field::Given(100), ..SessionForm::default() };

        let batch = Batch::new(vec![create(session_form()), update(1, change.clone()), update(2, change)]);
        let performed = service.upsert_batch(&actor_of(account()), batch, None).await.unwrap();

        assert!(matches!(verdicts(&performed), [Verdict::Created(_), Verdict::Updated(_), Verdict::NotFound]));
        assert_eq!((uow.commits(), uow.single_statement_writes()), (1, 0));
    }

    #[tokio::test]
    async fn creates_in_a_single_statement_unless_the_answer_is_stored_with_it() {
        let (batch, request) = (|| Batch::new(vec![create(session_form()), create(session_form())]), RequestDigest::new([1; 32]));
        let mut stores = MockStores::default();
        stores.sessions.expect_insert_many_by().once().returning(|of, author, sessions| {
            assert_eq!((of, author, sessions.len()), (account().id, actor_of(account()).principal.id, 2));
            Ok(true)
        });
        stores.sessions.expect_insert_many().once().returning(|_, sessions| {
            assert_eq!(sessions.len(), 2);
            Ok(())
        });
        stores.idempotency.expect_hold().once().returning(|_, _| Ok(KeyState::Free));
        stores.idempotency.expect_keep().once().returning(|_, _, _| Ok(()));
        let (service, uow) = service(stores);

        service.upsert_batch(&actor_of(account()), batch(), None).await.unwrap();
        assert_eq!((uow.commits(), uow.single_statement_writes()), (1, 1));
        let render = Box::new(|_: &BatchOutcome| Answer { code: AnswerCode::new(7), body: Vec::new() });
        let idempotent = IdempotentRequest { key: IdempotencyKey::parse("a").unwrap(), request, render };
        service.upsert_batch(&actor_of(account()), batch(), Some(idempotent)).await.unwrap();
        assert_eq!((uow.commits(), uow.single_statement_writes()), (2, 1));
    }

    #[tokio::test]
    async fn writes_nothing_when_everything_is_refused() {
        // No call of the stores is expected, so any call fails the test.
        let (service, _) = service(MockStores::default());
        let batch = Batch::new(vec![create(SessionForm::default()), BatchItem::Session(Target::Impossible, Box::default())]);
        let performed = service.upsert_batch(&actor_of(account()), batch, None).await.unwrap();
        assert!(matches!(verdicts(&performed), [Verdict::Refused(_), Verdict::NotFound]));
    }

    #[tokio::test]
    async fn fails_as_a_whole_when_the_store_fails() {
        let mut stores = MockStores::default();
        stores.sessions.expect_insert_many_by().returning(|_, _, _| Err(StoreError::from(Reason::Unreachable)));
        let (service, uow) = service(stores);
        let error = service.upsert_batch(&actor_of(account()), Batch::new(vec![create(session_form())]), None).await.unwrap_err();
        assert!(matches!(error, ServiceError::Store(StoreError::Unavailable(_))));
        assert_eq!(uow.commits(), 0);
    }

    #[tokio::test]
    async fn creates_nothing_for_a_principal_that_may_not_act_any_more() {
        let mut stores = MockStores::default();
        stores.sessions.expect_insert_many_by().once().returning(|_, _, _| Ok(false));
        let (service, uow) = service(stores);
        let gone = service.upsert_batch(&actor_of(account()), Batch::new(vec![create(session_form())]), None).await;
        assert!(matches!(gone, Err(ServiceError::Gone(ActorGone))), "{gone:?}");
        assert_eq!(uow.commits(), 0);
    }

    #[tokio::test]
    async fn an_actor_without_the_scope_is_denied_before_any_read() {
        let (service, _) = service(MockStores::default());
        let actor = Actor { scopes: Scopes::default(), ..actor_of(account()) };
        let error = service.upsert_batch(&actor, Batch::new(vec![create(session_form())]), None).await.unwrap_err();
        assert!(matches!(error, ServiceError::Denied(_)));
    }
}
