//! Creates people.

use async_trait::async_trait;
use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::identity::{PrincipalKind, User, UserProfile, UserState};
use derslik_ports::inbound::operators::{CreateUserError, NewUser, UserAdministration};
use derslik_ports::outbound::{Reason, StoreError, Tenant, UnitOfWork};

use super::UseCases;

#[async_trait]
impl<U: UnitOfWork> UserAdministration for UseCases<U> {
    async fn create(&self, account: AccountId, new: NewUser) -> Result<PrincipalId, CreateUserError> {
        let (guid, at) = (self.ids.user_guid(), self.clock.now());
        let NewUser { email, role, name, surname } = new;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let id = stores.users().next_id(account)?;
                let user = User {
                    id,
                    guid,
                    kind: PrincipalKind::User,
                    role,
                    username: None,
                    email: Some(email),
                    name,
                    surname,
                    status: UserState::Active,
                    created_at: at,
                    updated_at: at,
                    profile: UserProfile::default(),
                };
                // Another transaction may have taken the id that was free a moment ago.
                if stores.users().add(account, &user)? { Ok(id) } else { Err(StoreError::from(Reason::Conflict).into()) }
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_domain::identity::{Email, PersonName, Role};
    use derslik_ports::mocks::MockStores;
    use derslik_ports::outbound::Conflict;
    use derslik_testkit::builders::{account, now};

    use super::*;
    use crate::operators::testing::operators;

    fn ayse() -> NewUser {
        let (email, name) = (Email::parse("ayse@demo.example").unwrap(), PersonName::new("Ayşe").unwrap());
        NewUser { email, role: Role::Admin, name, surname: PersonName::default() }
    }

    fn stores(added: fn() -> Result<bool, StoreError>) -> MockStores {
        let mut stores = MockStores::default();
        stores.users.expect_next_id().once().returning(|_| Ok(Id::new(106)));
        stores.users.expect_add().once().returning(move |of, user| {
            let email = user.email.as_ref().map(Email::as_str);
            assert_eq!((of, user.id, user.role, email), (account().id, Id::new(106), Role::Admin, Some("ayse@demo.example")));
            assert_eq!((user.kind, user.status, user.created_at), (PrincipalKind::User, UserState::Active, now()));
            added()
        });
        stores
    }

    #[tokio::test]
    async fn a_person_gets_an_id_of_the_account() {
        assert_eq!(operators(stores(|| Ok(true))).create(account().id, ayse()).await.unwrap(), Id::new(106));
    }

    #[tokio::test]
    async fn a_taken_address_is_named() {
        let refused = operators(stores(|| Err(StoreError::Conflict(Conflict::UserEmail)))).create(account().id, ayse()).await;
        let error = refused.unwrap_err();
        assert!(matches!(error, CreateUserError::Taken(Conflict::UserEmail)), "{error:?}");
        assert_eq!(error.to_string(), "the e-mail address is taken");
    }

    #[tokio::test]
    async fn an_id_that_was_taken_meanwhile_is_not_returned() {
        let failed = operators(stores(|| Ok(false))).create(account().id, ayse()).await;
        assert!(matches!(failed, Err(CreateUserError::Store(StoreError::Unavailable(_)))), "{failed:?}");
    }
}
