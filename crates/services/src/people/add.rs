//! Adds a person to the account.

use std::sync::Arc;

use derslik_domain::identity::{Action, Actor, NewPerson, PersonRefusal, User, authorize};
use derslik_ports::inbound::{IdempotentOutcome, IdempotentRequest, ServiceError};
use derslik_ports::outbound::{Conflict, StoreError, Stores, UnitOfWork};

use super::{People, taken};
use crate::author::{Author, write_as};
use crate::idempotency::IdempotencyGuard;

/// How many ids are tried if other transactions take them meanwhile.
const TRIES: usize = 5;

pub(super) async fn run<U: UnitOfWork>(
    service: &People<U>,
    actor: &Actor,
    person: NewPerson,
    idempotent: Option<IdempotentRequest<Result<User, PersonRefusal>>>,
) -> Result<IdempotentOutcome<Result<User, PersonRefusal>>, ServiceError> {
    authorize(actor, Action::ManagePeople)?;
    let hash = match person.password() {
        Some(password) => Some(service.passwords.hash(password.clone()).await?),
        None => None,
    };
    let (account, now, ids) = (actor.account_id(), service.clock.now(), Arc::clone(&service.ids));
    let guard = IdempotencyGuard::new(actor, idempotent, now);
    let work = move |stores: &mut dyn Stores| {
        for _ in 0..TRIES {
            let user = person.clone().into_user(stores.users().next_id(account)?, ids.user_guid(), now);
            if let Some(refusal) = taken(stores, account, &user)? {
                return Ok(Err(refusal));
            }
            if stores.users().add(account, &user)? {
                if let Some(hash) = &hash {
                    stores.identity().set_password(account, user.id, hash, now)?;
                }
                return Ok(Ok(user));
            }
        }
        Err(StoreError::Conflict(Conflict::User).into())
    };
    write_as(&service.uow, Author::of(actor), move |stores| guard.run(stores, work)).await
}
