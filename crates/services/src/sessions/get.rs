//! Reads one session.

use derslik_domain::id::SessionGuid;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::session::Session;
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::Sessions;

pub(super) async fn run<U: UnitOfWork>(service: &Sessions<U>, actor: &Actor, guid: SessionGuid) -> Result<Session, ServiceError> {
    authorize(actor, Action::ReadSessions)?;
    let account = actor.account_id();
    service.uow.read(move |stores| stores.sessions().find(account, guid)?.ok_or(ServiceError::NotFound)).await
}
