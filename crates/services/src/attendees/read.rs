//! Reads the attendees of a session.

use derslik_domain::attendee::{Attendee, AttendeeKey};
use derslik_domain::id::SessionGuid;
use derslik_domain::identity::{Action, Actor, PersonFilter, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::Attendees;

pub(super) async fn list<U: UnitOfWork>(
    service: &Attendees<U>,
    actor: &Actor,
    session: SessionGuid,
    filter: PersonFilter,
) -> Result<Vec<Attendee>, ServiceError> {
    authorize(actor, Action::ReadSessions)?;
    let account = actor.account_id();
    service
        .uow
        .read(account, move |stores| {
            stores.sessions().find(account, session)?.ok_or(ServiceError::NotFound)?;
            Ok(stores.attendees().list(account, session, &filter)?)
        })
        .await
}

pub(super) async fn get<U: UnitOfWork>(
    service: &Attendees<U>,
    actor: &Actor,
    session: SessionGuid,
    key: AttendeeKey,
) -> Result<Option<Attendee>, ServiceError> {
    authorize(actor, Action::ReadSessions)?;
    let account = actor.account_id();
    service
        .uow
        .read(account, move |stores| {
            stores.sessions().find(account, session)?.ok_or(ServiceError::NotFound)?;
            Ok(stores.attendees().find(account, session, &key)?)
        })
        .await
}
