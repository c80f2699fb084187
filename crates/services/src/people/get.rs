//! Reads one person.

use derslik_domain::identity::{Action, Actor, User, UserKey, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::{People, find};

pub(super) async fn run<U: UnitOfWork>(service: &People<U>, actor: &Actor, key: UserKey) -> Result<User, ServiceError> {
    authorize(actor, Action::ReadPeople)?;
    let account = actor.account_id();
    service.uow.read(account, move |stores| find(stores, account, &key)?.ok_or(ServiceError::NotFound)).await
}
