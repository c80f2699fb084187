//! Writes in the name of an actor. The actor was found before the request was read, perhaps in the cache of this process. So
//! the transaction checks again that the principal may act, and locks the principal until its end.
//!
//! An erasure of the principal waits for transactions that hold this lock, and then finds the rows that they wrote. Later
//! transactions of any process fail, because the principal may not act any more.

use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::identity::Actor;
use derslik_ports::inbound::ActorGone;
use derslik_ports::outbound::{StoreError, Stores, UnitOfWork};

/// The principal that writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Author {
    account: AccountId,
    principal: PrincipalId,
}

impl Author {
    /// The principal of that actor.
    pub(crate) fn of(actor: &Actor) -> Self {
        Self { account: actor.account_id(), principal: actor.principal.id }
    }
}

/// Runs `work` in a transaction in which the author may act.
///
/// # Errors
/// [`ActorGone`], the error of `work`, and [`StoreError`]. After any of them, nothing was changed.
pub(crate) async fn write_as<U, T, E, F>(uow: &U, author: Author, work: F) -> Result<T, E>
where
    U: UnitOfWork,
    T: Send + 'static,
    E: From<StoreError> + From<ActorGone> + Send + 'static,
    F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
{
    let Author { account, principal } = author;
    uow.write(
        account,
        move |stores| {
            if stores.identity().hold_principal(account, principal)? { work(stores) } else { Err(ActorGone.into()) }
        },
    )
    .await
}

#[cfg(test)]
mod tests {
    use derslik_ports::inbound::ServiceError;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_testkit::builders::{account, actor_of};

    use super::*;

    #[tokio::test]
    async fn a_principal_that_may_not_act_any_more_writes_nothing() {
        let mut stores = MockStores::without_principals();
        stores.identity.expect_hold_principal().once().returning(|of, principal| {
            assert_eq!((of, principal), (account().id, actor_of(account()).principal.id));
            Ok(false)
        });
        let uow = FakeUnitOfWork::new(stores);
        let refused: Result<(), _> = write_as(&uow, Author::of(&actor_of(account())), |_| panic!("done")).await;
        assert!(matches!(refused, Err(ServiceError::Gone(ActorGone))), "{refused:?}");
        assert_eq!(uow.commits(), 0);
    }
}
