//! Deletes a person. The tombstone keeps the ids, so that objects that the person created stay readable.

use derslik_domain::identity::{Action, Actor, UserKey, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::{People, lock};
use crate::author::{Author, write_as};

pub(super) async fn run<U: UnitOfWork>(service: &People<U>, actor: &Actor, key: UserKey) -> Result<(), ServiceError> {
    authorize(actor, Action::ManagePeople)?;
    let (account, now) = (actor.account_id(), service.clock.now());
    write_as(&service.uow, Author::of(actor), move |stores| {
        let user = lock(stores, account, &key)?.ok_or(ServiceError::NotFound)?;
        stores.identity().revoke_credentials_of(account, user.id, now)?;
        stores.users().delete(account, &user, now)?;
        Ok(())
    })
    .await
}
