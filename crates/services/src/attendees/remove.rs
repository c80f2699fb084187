//! Removes one attendee for good.

use derslik_domain::attendee::AttendeeKey;
use derslik_domain::id::SessionGuid;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::{Attendees, hold};
use crate::author::{Author, write_as};

pub(super) async fn run<U: UnitOfWork>(
    service: &Attendees<U>,
    actor: &Actor,
    session: SessionGuid,
    key: AttendeeKey,
) -> Result<bool, ServiceError> {
    authorize(actor, Action::WriteSessions)?;
    let account = actor.account_id();
    write_as(&service.uow, Author::of(actor), move |stores| {
        hold(stores, account, session)?;
        Ok(stores.attendees().remove(account, session, &key)?)
    })
    .await
}
