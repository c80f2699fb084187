//! Lists, creates and removes the admins of the installation.

use async_trait::async_trait;
use derslik_domain::audit::{Change, INSTALLATION, Object};
use derslik_domain::identity::{Admin, Username};
use derslik_ports::inbound::operators::{AdminAdministration, AdminError, NewAdmin};
use derslik_ports::outbound::{AdminToAdd, StoreError, Tenant, UnitOfWork};

use super::UseCases;
use super::passwords::NewPassword;
use crate::record::record;

#[async_trait]
impl<U: UnitOfWork> AdminAdministration for UseCases<U> {
    async fn list(&self) -> Result<Vec<Admin>, StoreError> {
        self.uow.read(Tenant::Installation, |stores| stores.admins().list()).await
    }

    async fn create(&self, new: NewAdmin) -> Result<(Admin, Option<String>), AdminError> {
        let NewAdmin { name, role, password } = new;
        let NewPassword { hash, random } = self.hash(password).await?;
        let at = self.clock.now();
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let admin = stores.admins().add(&AdminToAdd { name, role, hash, at })?;
                record(stores, INSTALLATION, at, requester, Change::Created, Object::Admin(admin.id))?;
                Ok((admin, random))
            })
            .await
    }

    async fn remove(&self, name: &Username) -> Result<bool, StoreError> {
        let (name, at) = (name.clone(), self.clock.now());
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let Some(id) = stores.admins().remove(&name)? else { return Ok(false) };
                record(stores, INSTALLATION, at, requester, Change::Deleted, Object::Admin(id))?;
                Ok(true)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::audit::{AuditEvent, Requester};
    use derslik_domain::id::{AdminId, Id};
    use derslik_domain::identity::{AdminRole, Password};
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_ports::outbound::{Conflict, MockPasswords};
    use derslik_testkit::builders::now;

    use super::*;
    use crate::operators::testing::{expect_records, one_hash, operators, operators_with};

    const ID: AdminId = Id::new(3);

    fn name() -> Username {
        Username::parse("Şule").unwrap()
    }

    fn admin() -> Admin {
        Admin { id: ID, name: name(), role: AdminRole::Viewer, created_at: now() }
    }

    fn new(password: Option<&str>) -> NewAdmin {
        let password = password.map(|text| Password::new(text.as_bytes().to_vec()).unwrap());
        NewAdmin { name: name(), role: AdminRole::Viewer, password }
    }

    #[tokio::test]
    async fn an_admin_has_the_given_or_a_random_password() {
        let cases = [(Some("12345678"), "12345678", None), (None, "07070707070707070707070707070707", Some("07".repeat(16)))];
        for (given, stored, shown) in cases {
            let mut stores = MockStores::default();
            stores.admins.expect_add().once().returning(move |added| {
                assert_eq!((added.hash.as_str(), added.role, added.at), (format!("hash of {stored}").as_str(), AdminRole::Viewer, now()));
                Ok(admin())
            });
            expect_records(&mut stores, INSTALLATION, &[(Change::Created, Object::Admin(ID))]);
            let created = operators_with(FakeUnitOfWork::new(stores), one_hash()).create(new(given)).await.unwrap();
            assert_eq!(created, (admin(), shown));
        }
    }

    #[tokio::test]
    async fn a_taken_name_and_a_short_password_are_refused() {
        let mut stores = MockStores::default();
        stores.admins.expect_add().once().returning(|_| Err(StoreError::Conflict(Conflict::AdminName)));
        let taken = operators_with(FakeUnitOfWork::new(stores), one_hash()).create(new(None)).await;
        assert!(matches!(taken, Err(AdminError::NameTaken)), "{taken:?}");
        let uow = FakeUnitOfWork::new(MockStores::without_principals());
        let short = operators_with(uow, MockPasswords::new()).create(new(Some("1234567"))).await;
        assert!(matches!(short, Err(AdminError::PasswordTooShort { min: 8 })), "{short:?}");
    }

    #[tokio::test]
    async fn a_removal_is_recorded_if_there_was_an_admin() {
        let mut stores = MockStores::default();
        stores.admins.expect_remove().once().returning(|removed| {
            assert_eq!(*removed, name());
            Ok(Some(ID))
        });
        expect_records(&mut stores, INSTALLATION, &[(Change::Deleted, Object::Admin(ID))]);
        assert!(operators(stores).remove(&name()).await.unwrap());
        let mut stores = MockStores::default();
        stores.admins.expect_remove().once().returning(|_| Ok(None));
        assert!(!operators(stores).remove(&name()).await.unwrap());
    }

    #[tokio::test]
    async fn a_change_is_recorded_in_the_name_of_the_requester() {
        let requester = Requester::Admin(AdminId::new(7));
        let mut stores = MockStores::default();
        stores.admins.expect_remove().once().returning(|_| Ok(Some(ID)));
        stores.audit.expect_add().once().returning(move |_, record| {
            assert_eq!(record.event, AuditEvent::Change(requester, Change::Deleted, Object::Admin(ID)));
            Ok(())
        });
        assert!(operators(stores).acting_for(requester).remove(&name()).await.unwrap());
    }

    #[tokio::test]
    async fn all_admins_are_listed() {
        let mut stores = MockStores::default();
        stores.admins.expect_list().once().returning(|| Ok(vec![admin()]));
        assert_eq!(operators(stores).list().await.unwrap(), [admin()]);
    }
}
