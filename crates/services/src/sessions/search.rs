//! Searches sessions.

use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::session::{Session, SessionFilter};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::Sessions;

pub(super) async fn run<U: UnitOfWork>(service: &Sessions<U>, actor: &Actor, filter: SessionFilter) -> Result<Vec<Session>, ServiceError> {
    authorize(actor, Action::ReadSessions)?;
    if filter.guid == Some(None) {
        return Ok(Vec::new());
    }
    let account = actor.account_id();
    service.uow.read(move |stores| Ok(stores.sessions().search(account, &filter)?)).await
}
