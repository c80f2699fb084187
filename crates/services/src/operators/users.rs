//! Creates, lists and changes people.

use async_trait::async_trait;
use derslik_domain::audit::{Change, Object};
use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::identity::{Password, PrincipalKind, User, UserKey, UserProfile, UserState};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::operators::{CreateUserError, NewUser, UserAdministration, UserError};
use derslik_ports::outbound::{Reason, StoreError, Stores, Tenant, UnitOfWork};

use super::UseCases;
use super::passwords::NewPassword;
use crate::record::record;

#[async_trait]
impl<U: UnitOfWork> UserAdministration for UseCases<U> {
    async fn create(&self, account: AccountId, new: NewUser) -> Result<PrincipalId, CreateUserError> {
        let (guid, at) = (self.ids.user_guid_of(account), self.clock.now_of(account));
        let NewUser { email, username, role, name, surname } = new;
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let id = stores.users().next_id(account)?;
                let user = User {
                    id,
                    guid,
                    kind: PrincipalKind::User,
                    role,
                    username,
                    email: Some(email),
                    name,
                    surname,
                    status: UserState::Active,
                    created_at: at,
                    updated_at: at,
                    profile: UserProfile::default(),
                };
                // Another transaction may have taken the id that was free a moment ago.
                if !stores.users().add(account, &user)? {
                    return Err(StoreError::from(Reason::Conflict).into());
                }
                record(stores, account, at, requester, Change::Created, Object::Principal(id))?;
                Ok(id)
            })
            .await
    }

    async fn list(&self, account: AccountId, page: PageRequest<PrincipalId>) -> Result<Vec<User>, StoreError> {
        self.uow.read(Tenant::Installation, move |stores| stores.users().page_of_people(account, page)).await
    }

    async fn set_active(&self, account: AccountId, user: UserKey, active: bool) -> Result<User, UserError> {
        let at = self.clock.now_of(account);
        let (status, change) = if active { (UserState::Active, Change::Enabled) } else { (UserState::Passive, Change::Disabled) };
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let user = lock_person(stores, account, &user)?;
                if user.status == status {
                    return Ok(user);
                }
                let changed = User { status, updated_at: at, ..user };
                stores.users().update(account, &changed)?;
                if !active {
                    stores.identity().revoke_credentials_of(account, changed.id, at)?;
                }
                record(stores, account, at, requester, change, Object::Principal(changed.id))?;
                Ok(changed)
            })
            .await
    }

    async fn set_password(&self, account: AccountId, user: UserKey, password: Option<Password>) -> Result<Option<String>, UserError> {
        let NewPassword { hash, random } = self.hash(password).await?;
        let at = self.clock.now_of(account);
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let user = lock_person(stores, account, &user)?;
                stores.identity().set_password(account, user.id, &hash, at)?;
                stores.identity().revoke_tokens_of(account, user.id, at)?;
                record(stores, account, at, requester, Change::PasswordSet, Object::Principal(user.id))?;
                Ok(random)
            })
            .await
    }
}

/// The person, locked against a concurrent erasure.
fn lock_person(stores: &mut dyn Stores, account: AccountId, key: &UserKey) -> Result<User, UserError> {
    let found = stores.users().find(account, key)?.ok_or(UserError::NotFound)?;
    if found.kind != PrincipalKind::User {
        return Err(UserError::NotAPerson);
    }
    let locked = stores.users().lock(account, found.id)?;
    locked.filter(|user| user.status != UserState::Deleted).ok_or(UserError::NotFound)
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_domain::identity::{Email, PersonName, Role};
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_ports::outbound::{Conflict, MockPasswords};
    use derslik_testkit::builders::{account, now, service_user, user};
    use mockall::predicate::eq;

    use super::*;
    use crate::operators::testing::{expect_records, one_hash, operators, operators_with};

    fn ayse() -> NewUser {
        let (email, name) = (Email::parse("ayse@demo.example").unwrap(), PersonName::new("Ayşe").unwrap());
        NewUser { email, username: None, role: Role::Admin, name, surname: PersonName::default() }
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
        let mut stores = stores(|| Ok(true));
        expect_records(&mut stores, account().id, &[(Change::Created, Object::Principal(Id::new(106)))]);
        assert_eq!(operators(stores).create(account().id, ayse()).await.unwrap(), Id::new(106));
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

    #[tokio::test]
    async fn people_are_listed_by_page() {
        let page = PageRequest { size: 2, after: Some(Id::new(100)) };
        let mut stores = MockStores::default();
        stores.users.expect_page_of_people().once().with(eq(account().id), eq(page)).returning(|_, _| Ok(vec![user(101)]));
        assert_eq!(operators(stores).list(account().id, page).await.unwrap(), [user(101)]);
    }

    fn key() -> UserKey {
        UserKey::Id(Id::new(100))
    }

    /// Stores in which the key finds one user, who is then locked in another state.
    fn holding(found: Option<User>, locked: Option<User>) -> MockStores {
        let mut stores = MockStores::default();
        stores.users.expect_find().once().with(eq(account().id), eq(key())).returning(move |_, _| Ok(found.clone()));
        stores.users.expect_lock().returning(move |_, _| Ok(locked.clone()));
        stores
    }

    fn with_status(status: UserState) -> User {
        User { status, ..user(100) }
    }

    #[tokio::test]
    async fn a_person_who_is_made_passive_loses_all_credentials() {
        let mut stores = holding(Some(user(100)), Some(user(100)));
        stores.users.expect_update().once().returning(|_, written| {
            assert_eq!(*written, with_status(UserState::Passive));
            Ok(true)
        });
        stores.identity.expect_revoke_credentials_of().once().returning(|of, owner, at| {
            assert_eq!((of, owner, at), (account().id, Id::new(100), now()));
            Ok(())
        });
        expect_records(&mut stores, account().id, &[(Change::Disabled, Object::Principal(Id::new(100)))]);
        assert_eq!(operators(stores).set_active(account().id, key(), false).await.unwrap(), with_status(UserState::Passive));
    }

    #[tokio::test]
    async fn a_person_who_is_made_active_again_gets_no_credential_back() {
        let mut stores = holding(Some(user(100)), Some(with_status(UserState::Passive)));
        stores.users.expect_update().once().returning(|_, _| Ok(true));
        expect_records(&mut stores, account().id, &[(Change::Enabled, Object::Principal(Id::new(100)))]);
        assert_eq!(operators(stores).set_active(account().id, key(), true).await.unwrap(), user(100));
    }

    #[tokio::test]
    async fn a_person_who_is_in_the_wanted_state_is_not_written() {
        for (status, active) in [(UserState::Active, true), (UserState::Passive, false)] {
            let stores = holding(Some(user(100)), Some(with_status(status)));
            assert_eq!(operators(stores).set_active(account().id, key(), active).await.unwrap().status, status);
        }
    }

    #[tokio::test]
    async fn only_living_people_are_changed() {
        let deleted = || Some(user(100).deleted(now()));
        for stores in [holding(None, None), holding(deleted(), deleted()), holding(Some(user(100)), deleted())] {
            let refused = operators(stores).set_active(account().id, key(), false).await;
            assert!(matches!(refused, Err(UserError::NotFound)), "{refused:?}");
        }
        let stores = holding(Some(service_user()), None);
        let refused = operators_with(FakeUnitOfWork::new(stores), one_hash()).set_password(account().id, key(), None).await;
        assert!(matches!(refused, Err(UserError::NotAPerson)), "{refused:?}");
    }

    /// Stores that expect the hash of this password for the person.
    fn expecting(wanted: &'static str) -> MockStores {
        let mut stores = holding(Some(user(100)), Some(user(100)));
        stores.identity.expect_set_password().once().returning(move |of, owner, hash, at| {
            assert_eq!((of, owner, hash.as_str(), at), (account().id, Id::new(100), wanted, now()));
            Ok(())
        });
        stores.identity.expect_revoke_tokens_of().once().returning(|of, owner, _| {
            assert_eq!((of, owner), (account().id, Id::new(100)));
            Ok(())
        });
        expect_records(&mut stores, account().id, &[(Change::PasswordSet, Object::Principal(Id::new(100)))]);
        stores
    }

    async fn set_password(stores: MockStores, passwords: MockPasswords, password: Option<&str>) -> Result<Option<String>, UserError> {
        let password = password.map(|text| Password::new(text.as_bytes().to_vec()).unwrap());
        operators_with(FakeUnitOfWork::new(stores), passwords).set_password(account().id, key(), password).await
    }

    #[tokio::test]
    async fn a_password_is_replaced_by_the_given_or_a_random_one_and_ends_the_tokens() {
        assert_eq!(set_password(expecting("hash of 12345678"), one_hash(), Some("12345678")).await.unwrap(), None);
        let random = set_password(expecting("hash of 07070707070707070707070707070707"), one_hash(), None).await.unwrap();
        assert_eq!(random, Some("07".repeat(16)));
    }

    #[tokio::test]
    async fn a_short_password_is_neither_hashed_nor_stored() {
        let refused = set_password(MockStores::without_principals(), MockPasswords::new(), Some("1234567")).await.unwrap_err();
        assert!(matches!(refused, UserError::PasswordTooShort { min: 8 }), "{refused:?}");
        assert_eq!(refused.to_string(), "the password is too short: it needs at least 8 characters");
    }
}
