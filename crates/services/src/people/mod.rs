//! The use cases of the people of an account.

mod add;
mod change;
mod delete;
mod get;
mod list;

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{
    Actor, NewPerson, PasswordRules, PersonChange, PersonFilter, PersonRefusal, PrincipalKind, User, UserKey, UserState,
};
use derslik_ports::inbound::{IdempotentOutcome, IdempotentRequest, PeopleService, ServiceError};
use derslik_ports::outbound::{Clock, Ids, Passwords, StoreError, Stores, UnitOfWork};

/// The use cases of people over a unit of work.
#[derive(Clone)]
pub struct People<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    passwords: Arc<dyn Passwords>,
    rules: PasswordRules,
}

impl<U> std::fmt::Debug for People<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("People").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> People<U> {
    /// The use cases over these ports. New passwords have to meet the rules.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, passwords: Arc<dyn Passwords>, rules: PasswordRules) -> Self {
        Self { uow, clock, ids, passwords, rules }
    }
}

/// The person of that key, unless it was deleted. The service principals of an account are not people.
fn find(stores: &mut dyn Stores, account: AccountId, key: &UserKey) -> Result<Option<User>, StoreError> {
    let user = stores.users().find(account, key)?;
    Ok(user.filter(|user| user.kind == PrincipalKind::User && user.status != UserState::Deleted))
}

/// As [`find`], with the person locked against other writers until the transaction ends. A change that is based on an earlier
/// read could otherwise write back the data of an erased person.
fn lock(stores: &mut dyn Stores, account: AccountId, key: &UserKey) -> Result<Option<User>, StoreError> {
    let Some(found) = find(stores, account, key)? else { return Ok(None) };
    let user = stores.users().lock(account, found.id)?;
    Ok(user.filter(|user| user.status != UserState::Deleted))
}

/// A unique value of `user` that another user of the account has. The constraints of the store enforce this too, but PostgreSQL
/// aborts a transaction that violates one.
fn taken(stores: &mut dyn Stores, account: AccountId, user: &User) -> Result<Option<PersonRefusal>, StoreError> {
    if let Some(username) = user.username.clone() {
        let owner = stores.users().find(account, &UserKey::Username(username))?;
        if owner.is_some_and(|owner| owner.id != user.id) {
            return Ok(Some(PersonRefusal::UsernameTaken));
        }
    }
    if let Some(email) = user.email.clone() {
        let owner = stores.users().find(account, &UserKey::Email(email))?;
        if owner.is_some_and(|owner| owner.id != user.id) {
            return Ok(Some(PersonRefusal::EmailTaken));
        }
    }
    Ok(None)
}

#[async_trait]
impl<U: UnitOfWork> PeopleService for People<U> {
    async fn add(
        &self,
        actor: &Actor,
        person: NewPerson,
        idempotent: Option<IdempotentRequest<Result<User, PersonRefusal>>>,
    ) -> Result<IdempotentOutcome<Result<User, PersonRefusal>>, ServiceError> {
        add::run(self, actor, person, idempotent).await
    }

    async fn get(&self, actor: &Actor, key: UserKey) -> Result<User, ServiceError> {
        get::run(self, actor, key).await
    }

    async fn list(&self, actor: &Actor, filter: PersonFilter) -> Result<Vec<User>, ServiceError> {
        list::run(self, actor, filter).await
    }

    async fn change(&self, actor: &Actor, key: UserKey, change: PersonChange) -> Result<Result<User, PersonRefusal>, ServiceError> {
        change::run(self, actor, key, change).await
    }

    async fn delete(&self, actor: &Actor, key: UserKey) -> Result<(), ServiceError> {
        delete::run(self, actor, key).await
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::identity::{PersonFilterForm, PersonForm};
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_ports::outbound::MockPasswords;
    use derslik_testkit::builders::{denied_actors, guid, now, text, user};

    use super::*;

    #[tokio::test]
    async fn a_denied_actor_hashes_reads_and_writes_nothing() {
        // No call of a port is expected, so any call fails the test.
        let uow = FakeUnitOfWork::new(MockStores::without_principals());
        let people = People::new(
            uow,
            Arc::new(StoppedClock(now())),
            Arc::new(FixedIds(guid(9))),
            Arc::new(MockPasswords::new()),
            PasswordRules::default(),
        );
        let key = || UserKey::Id(user(7).id);
        let form = PersonForm {
            name: text("Ayşe"),
            surname: text("Yılmaz"),
            email: text("a@b.c"),
            username: text("ayse"),
            password: text("secret"),
            ..PersonForm::default()
        };
        for actor in denied_actors() {
            let denied = people.add(&actor, form.clone().validate_new().unwrap(), None).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
            let denied = people.get(&actor, key()).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
            let denied = people.list(&actor, PersonFilterForm::default().validate(100).unwrap()).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
            let denied = people.change(&actor, key(), form.clone().validate().unwrap()).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
            let denied = people.delete(&actor, key()).await;
            assert!(matches!(denied, Err(ServiceError::Denied(_))), "{denied:?}");
        }
    }
}
