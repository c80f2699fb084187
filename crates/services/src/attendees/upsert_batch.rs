//! Adds and changes attendees in one transaction: hold the session, let the domain decide, write what it decided.

use std::collections::HashMap;
use std::sync::Arc;

use derslik_domain::attendee::{AttendanceCode, AttendeeBatch, AttendeeOutcome};
use derslik_domain::id::{AccountId, SessionGuid};
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{Once, Performed, ServiceError};
use derslik_ports::outbound::{Ids, Stores, UnitOfWork};

use super::{Attendees, hold};
use crate::once::Guard;

pub(super) async fn run<U: UnitOfWork>(
    service: &Attendees<U>,
    actor: &Actor,
    session: SessionGuid,
    batch: AttendeeBatch,
    once: Option<Once<AttendeeOutcome>>,
) -> Result<Performed<AttendeeOutcome>, ServiceError> {
    authorize(actor, Action::WriteSessions)?;
    let (account, now, ids) = (actor.account_id(), service.clock.now(), Arc::clone(&service.ids));
    let guard = Guard::new(actor, once, now);
    let work = move |stores: &mut dyn Stores| {
        hold(stores, account, session)?;
        apply(stores, account, session, batch, ids.as_ref(), now)
    };
    service.uow.write(move |stores| guard.run(stores, work)).await
}

/// Decides a batch on a session that is held, and writes what was decided.
pub(super) fn apply(
    stores: &mut dyn Stores,
    account: AccountId,
    session: SessionGuid,
    batch: AttendeeBatch,
    ids: &dyn Ids,
    now: Timestamp,
) -> Result<AttendeeOutcome, ServiceError> {
    let named = batch.users();
    let users = if named.is_empty() { Vec::new() } else { stores.users().find_by_guids(account, &named)? };
    let users: HashMap<_, _> = users.into_iter().map(|user| (user.guid, user)).collect();
    let existing = stores.attendees().find_many(account, session, &batch.keys(&users))?;
    let outcome = batch.decide(session, existing, &users, now, || (ids.attendee_guid(), new_code(ids)));
    // First those that are there, so that an address that one of them gives up is free for a new one.
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
