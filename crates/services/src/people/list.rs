//! Lists people.

use derslik_domain::identity::{Action, Actor, PersonFilter, User, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::People;

pub(super) async fn run<U: UnitOfWork>(service: &People<U>, actor: &Actor, filter: PersonFilter) -> Result<Vec<User>, ServiceError> {
    authorize(actor, Action::ReadPeople)?;
    let account = actor.account_id();
    service.uow.read(account, move |stores| Ok(stores.users().list_people(account, &filter)?)).await
}
