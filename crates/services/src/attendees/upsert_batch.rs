//! Adds and changes attendees in one transaction: it locks the session, lets the domain decide, and writes the result.

use std::collections::HashMap;
use std::sync::Arc;

use derslik_domain::attendee::{AttendanceCode, AttendeeBatch, AttendeeOutcome};
use derslik_domain::id::{AccountId, SessionGuid};
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{IdempotentOutcome, IdempotentRequest, ServiceError};
use derslik_ports::outbound::{Ids, Stores, UnitOfWork};

use super::{Attendees, hold};
use crate::author::{Author, write_as};
use crate::idempotency::IdempotencyGuard;

pub(super) async fn run<U: UnitOfWork>(
    service: &Attendees<U>,
    actor: &Actor,
    session: SessionGuid,
    batch: AttendeeBatch,
    idempotent: Option<IdempotentRequest<AttendeeOutcome>>,
) -> Result<IdempotentOutcome<AttendeeOutcome>, ServiceError> {
    authorize(actor, Action::WriteSessions)?;
    let (account, now, ids) = (actor.account_id(), service.clock.now(), Arc::clone(&service.ids));
    let guard = IdempotencyGuard::new(actor, idempotent, now);
    let work = move |stores: &mut dyn Stores| {
        hold(stores, account, session)?;
        apply(stores, account, session, batch, ids.as_ref(), now)
    };
    write_as(&service.uow, Author::of(actor), move |stores| guard.run(stores, work)).await
}

/// Decides a batch on a locked session, and writes the result.
pub(crate) fn apply(
    stores: &mut dyn Stores,
    account: AccountId,
    session: SessionGuid,
    batch: AttendeeBatch,
    ids: &dyn Ids,
    now: Timestamp,
) -> Result<AttendeeOutcome, ServiceError> {
    let (guids, names) = (batch.users(), batch.usernames());
    let mut users = if guids.is_empty() { Vec::new() } else { stores.users().hold_by_guids(account, &guids)? };
    if !names.is_empty() {
        users.extend(stores.users().hold_by_usernames(account, &names)?);
    }
    let users: HashMap<_, _> = users.into_iter().map(|user| (user.guid, user)).collect();
    let existing = stores.attendees().find_many(account, session, &batch.keys(&users))?;
    let outcome = batch.decide(session, existing, &users, now, || (ids.attendee_guid(), new_code(ids)));
    // Existing attendees first, so that an address that one of them gives up is free for a new one.
    if !outcome.updates.is_empty() {
        stores.attendees().update_many(account, &outcome.updates)?;
    }
    if !outcome.inserts.is_empty() {
        stores.attendees().insert_many(account, &outcome.inserts)?;
    }
    Ok(outcome)
}

fn new_code(ids: &dyn Ids) -> AttendanceCode {
    let mut bytes = [0; AttendanceCode::RANDOM_BYTES];
    bytes.iter_mut().zip(ids.random()).for_each(|(byte, random)| *byte = random);
    AttendanceCode::from_random(bytes)
}

#[cfg(test)]
mod tests {
    use derslik_domain::attendee::{AttendeeForm, AttendeeVerdict};
    use derslik_domain::form::Field;
    use derslik_domain::id::SessionGuid;
    use derslik_ports::inbound::AttendeeService;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_testkit::builders::{account, actor_of, guid, now, session, text};

    use super::*;

    fn service(stores: MockStores) -> Attendees<FakeUnitOfWork> {
        Attendees::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))))
    }

    fn guest(number: u32) -> AttendeeForm {
        AttendeeForm { email: text(&format!("{number}@b.c")), name: text("A"), surname: text("B"), ..AttendeeForm::default() }
    }

    async fn upsert(stores: MockStores, session: SessionGuid, forms: Vec<AttendeeForm>) -> Result<AttendeeOutcome, ServiceError> {
        let batch = AttendeeBatch::new(forms.into_iter().map(AttendeeForm::validate).collect());
        match service(stores).upsert_batch(&actor_of(account()), session, batch, None).await? {
            IdempotentOutcome::Unkeyed(outcome) => Ok(outcome),
            other => panic!("done under a key: {other:?}"),
        }
    }

    #[tokio::test]
    async fn holds_the_session_and_writes_any_number_at_once() {
        let mut stores = MockStores::default();
        stores.sessions.expect_lock_many().once().returning(|_, _| Ok(HashMap::from([(guid(1), session(guid(1)))])));
        stores.attendees.expect_find_many().once().returning(|_, _, _| Ok(Vec::new()));
        stores.attendees.expect_insert_many().once().returning(|_, _| Ok(()));
        let outcome = upsert(stores, guid(1), vec![guest(1), guest(2), AttendeeForm { role: Field::Mistyped, ..guest(3) }]).await.unwrap();
        assert!(matches!(outcome.verdicts.as_slice(), [AttendeeVerdict::Done(_), AttendeeVerdict::Done(_), AttendeeVerdict::Refused(_)]));
    }

    #[tokio::test]
    async fn adds_no_attendee_to_a_missing_session() {
        let mut stores = MockStores::default();
        stores.sessions.expect_lock_many().returning(|_, _| Ok(HashMap::new()));
        assert!(matches!(upsert(stores, guid(1), vec![guest(1)]).await, Err(ServiceError::NotFound)));
    }
}
