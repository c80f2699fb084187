//! Changes one attendee, found by any of its keys.

use std::sync::Arc;

use derslik_domain::attendee::{AttendeeBatch, AttendeeForm, AttendeeKey, AttendeeVerdict};
use derslik_domain::form::Field;
use derslik_domain::id::SessionGuid;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::upsert_batch::apply;
use super::{Attendees, hold};
use crate::author::{Author, write_as};

pub(super) async fn run<U: UnitOfWork>(
    service: &Attendees<U>,
    actor: &Actor,
    session: SessionGuid,
    key: AttendeeKey,
    change: AttendeeForm,
) -> Result<Option<AttendeeVerdict>, ServiceError> {
    authorize(actor, Action::WriteSessions)?;
    let (account, now, ids) = (actor.account_id(), service.clock.now(), Arc::clone(&service.ids));
    write_as(&service.uow, Author::of(actor), move |stores| {
        hold(stores, account, session)?;
        let Some(attendee) = stores.attendees().find(account, session, &key)? else { return Ok(None) };
        // The key selects the attendee to change, so a user or a code in the form is ignored.
        let code = Field::Given(attendee.code.as_str().as_bytes().to_vec());
        let change = AttendeeForm { user: Field::Missing, code, ..change };
        let outcome = apply(stores, account, session, AttendeeBatch::new(vec![change.validate()]), ids.as_ref(), now)?;
        Ok(outcome.verdicts.into_iter().next())
    })
    .await
}
