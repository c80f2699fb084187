//! Changes a person.

use derslik_domain::identity::{Action, Actor, PersonChange, PersonRefusal, User, UserKey, authorize};
use derslik_ports::inbound::ServiceError;
use derslik_ports::outbound::UnitOfWork;

use super::{People, find, taken};

pub(super) async fn run<U: UnitOfWork>(
    service: &People<U>,
    actor: &Actor,
    key: UserKey,
    change: PersonChange,
) -> Result<Result<User, PersonRefusal>, ServiceError> {
    authorize(actor, Action::ManagePeople)?;
    let hash = match change.password() {
        Some(password) => Some(service.passwords.hash(password.clone()).await?),
        None => None,
    };
    let (account, now) = (actor.account_id(), service.clock.now());
    service
        .uow
        .write(move |stores| {
            let user = find(stores, account, &key)?.ok_or(ServiceError::NotFound)?;
            let changed = change.apply_to(&user, now);
            if let Some(refusal) = taken(stores, account, &changed)? {
                return Ok(Err(refusal));
            }
            stores.users().update(account, &changed)?;
            if let Some(hash) = &hash {
                stores.identity().set_password(account, changed.id, hash, now)?;
            }
            if hash.is_some() || !changed.may_log_in(now) {
                stores.identity().revoke_credentials_of(account, changed.id, now)?;
            }
            Ok(Ok(changed))
        })
        .await
}
