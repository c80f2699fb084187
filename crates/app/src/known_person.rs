//! A person with a publicly known password, beside the known keys: for clients that log in with a name and a password.

use std::sync::Arc;

use anyhow::Context;
use async_trait::async_trait;
use derslik_domain::form::Field;
use derslik_domain::id::Id;
use derslik_domain::identity::{
    Account, Actor, CredentialKind, CredentialRoot, Password, PasswordHash, PersonForm, Principal, PrincipalKind, Role, UserKey, Username,
};
use derslik_ports::inbound::operators::{AccountPlan, KnownPerson};
use derslik_ports::inbound::{PeopleService, ServiceError};
use derslik_ports::outbound::{Passwords, Reason, StoreError};

const USERNAME: &str = "demo-user";
const PASSWORD: &str = "demo-password";

/// The hash that [`Argon2Passwords`](crate::passwords::Argon2Passwords) would make of the password. Hashing at each first start
/// would take 19 MiB, which the allocator keeps, and half of the time until the service is ready.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$ZGVyc2xpay1kZW1vLXVzcg$SFgw80EFxkHaZV/IBkLtZqipqwaUljIfCeBRildMTYA";

/// The name and the hash by which a store finds the person while the known password is unchanged.
///
/// # Errors
/// If the name breaks a rule.
pub fn known_person() -> anyhow::Result<KnownPerson> {
    Ok(KnownPerson { username: Username::parse(USERNAME)?, hash: PasswordHash::new(HASH.to_owned()) })
}

/// Knows the hash of the publicly known password and of no other.
#[derive(Debug, Clone, Copy)]
pub struct KnownPassword;

#[async_trait]
impl Passwords for KnownPassword {
    async fn hash(&self, password: Password) -> Result<PasswordHash, StoreError> {
        if password.reveal() == PASSWORD { Ok(PasswordHash::new(HASH.to_owned())) } else { Err(StoreError::from(Reason::Crowded)) }
    }

    async fn verify(&self, password: Password, known: Option<PasswordHash>) -> Result<bool, StoreError> {
        Ok(password.reveal() == PASSWORD && known.is_some_and(|known| known.as_str() == HASH))
    }
}

/// Adds the administrator `demo-user` with the password `demo-password`, unless that user name is taken in the account.
///
/// # Errors
/// If the store fails to find or to add the person.
pub async fn add_known_person(people: &dyn PeopleService, plan: &AccountPlan) -> anyhow::Result<()> {
    let account: Arc<Account> = Arc::new(plan.account.clone());
    let principal = Principal { id: plan.service, kind: PrincipalKind::Service, role: Role::Admin };
    let scopes = CredentialKind::AccessKey.scopes();
    let root = CredentialRoot::Credential(Id::new(0));
    let actor = Actor {
        shown_account: account.id,
        account,
        principal,
        scopes,
        credential: Id::new(0),
        root,
        project: None,
        trace: None,
        operator: None,
    };
    let key = UserKey::Username(Username::parse(USERNAME)?);
    match people.get(&actor, key).await {
        Err(ServiceError::NotFound) => {}
        found => return found.map(drop).context("the known person can't be looked for"),
    }
    let given = |text: &str| Field::Given(text.as_bytes().to_vec());
    let form = PersonForm {
        name: given("Demo"),
        surname: given("User"),
        email: given("demo-user@demo.example"),
        username: given(USERNAME),
        role: given("a"),
        password: given(PASSWORD),
        ..PersonForm::default()
    };
    let person = form.validate_new().map_err(|_| anyhow::anyhow!("the known person breaks a rule"))?;
    people.add(&actor, person, None).await.map(drop).context("the known person can't be added")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passwords::Argon2Passwords;

    #[tokio::test]
    async fn the_hash_is_the_one_of_the_known_password_with_the_costs_of_today() {
        let password = |text: &str| Password::new(text.as_bytes().to_vec()).unwrap();
        let passwords = Argon2Passwords::default();
        let known = KnownPassword.hash(password(PASSWORD)).await.unwrap();
        assert!(passwords.verify(password(PASSWORD), Some(known.clone())).await.unwrap());
        assert!(!passwords.verify(password("another"), Some(known.clone())).await.unwrap());
        let costs = |hash: &PasswordHash| hash.as_str().split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(costs(&known), costs(&passwords.hash(password("another")).await.unwrap()));
        assert!(KnownPassword.hash(password("another")).await.is_err());
    }
}
