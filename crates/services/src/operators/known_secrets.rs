//! Publicly known secrets, which are part of the program: checks whether a database accepts them, and revokes them.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::audit::{Change, Object};
use derslik_domain::id::AccountId;
use derslik_domain::identity::{CredentialKind, Password, PrincipalKind, User, UserKey};
use derslik_ports::inbound::operators::{KnownPerson, KnownSecretRevocation, KnownSecrets};
use derslik_ports::outbound::{StoreError, Stores, Tenant, UnitOfWork};

use super::UseCases;
use super::credentials::owner;
use crate::identity::secret::new_token;
use crate::record::record;

#[async_trait]
impl<U: UnitOfWork> KnownSecretRevocation for UseCases<U> {
    async fn in_use(&self, known: Vec<KnownSecrets>) -> Result<Vec<String>, StoreError> {
        self.uow
            .read(Tenant::Installation, move |stores| {
                let mut used = Vec::new();
                for KnownSecrets { account, credentials, person } in &known {
                    for credential in credentials {
                        used.extend(owner(stores, credential)?.map(|owner| owner.credential.public_id));
                    }
                    if let Some(person) = person {
                        used.extend(find(stores, *account, person)?.map(|_| label(person)));
                    }
                }
                Ok(used)
            })
            .await
    }

    async fn revoke(&self, known: Vec<KnownSecrets>) -> Result<Vec<String>, StoreError> {
        let password = Password::new(new_token(self.ids.as_ref()).into_bytes()).map_err(|error| StoreError::Other(Box::new(error)))?;
        let (fresh, clock) = (self.passwords.hash(password).await?, Arc::clone(&self.clock));
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let mut revoked = Vec::new();
                for KnownSecrets { account, credentials, person } in &known {
                    for credential in credentials {
                        let Some(owner) = owner(stores, credential)? else { continue };
                        let (account, credential) = (owner.account.id, owner.credential);
                        let at = clock.now_of(account);
                        stores.identity().revoke_credential(account, credential.id, at)?;
                        if credential.kind == CredentialKind::AccessKey && credential.principal.kind == PrincipalKind::Service {
                            stores.identity().revoke_tokens_of_key(account, credential.principal.id, credential.id, at)?;
                        }
                        record(stores, account, at, requester, Change::Revoked, Object::Credential(credential.id))?;
                        revoked.push(credential.public_id);
                    }
                    let Some(person) = person else { continue };
                    let Some(user) = find(stores, *account, person)? else { continue };
                    // An exchange of a token of the person holds the person, and has added the new token by then.
                    let Some(user) = stores.users().lock(*account, user.id)? else { continue };
                    let at = clock.now_of(*account);
                    stores.identity().set_password(*account, user.id, &fresh, at)?;
                    stores.identity().revoke_tokens_of(*account, user.id, at)?;
                    record(stores, *account, at, requester, Change::PasswordSet, Object::Principal(user.id))?;
                    revoked.push(label(person));
                }
                Ok(revoked)
            })
            .await
    }
}

/// The person, if the account has one with that name and the known password.
fn find(stores: &mut dyn Stores, account: AccountId, person: &KnownPerson) -> Result<Option<User>, StoreError> {
    let Some(user) = stores.users().find(account, &UserKey::Username(person.username.clone()))? else { return Ok(None) };
    let hash = stores.identity().find_password(account, user.id)?;
    Ok(hash.is_some_and(|hash| hash.as_str() == person.hash.as_str()).then_some(user))
}

fn label(person: &KnownPerson) -> String {
    format!("the password of {}", person.username.as_str())
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::{CredentialId, Id};
    use derslik_domain::identity::{Credential, CredentialRoot, PasswordHash, Principal, Scopes, Username};
    use derslik_ports::inbound::operators::{CredentialPlan, KeyPair};
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_ports::outbound::{CredentialOwner, MockPasswords, Reason};
    use derslik_testkit::builders::{account, now, service_principal, user};

    use super::*;
    use crate::identity::secret::digest;
    use crate::operators::testing::{expect_records, operators, operators_with};

    /// A credential of each kind, and a person with the password of the hash `known`.
    fn known() -> Vec<KnownSecrets> {
        let opaque = |kind, secret: &str| CredentialPlan::Opaque(kind, secret.to_owned());
        let keys = KeyPair { access_key: "access".to_owned(), secret_key: "secret".to_owned(), proof: [7; 32] };
        let keys = CredentialPlan::KeyPair(keys);
        let credentials = vec![keys, opaque(CredentialKind::AccountKey, "key"), opaque(CredentialKind::AccessToken, "token")];
        let person = KnownPerson { username: Username::parse("demo-user").unwrap(), hash: PasswordHash::new("known") };
        vec![KnownSecrets { account: account().id, credentials, person: Some(person) }]
    }

    fn stored(id: i64, kind: CredentialKind, principal: Principal) -> CredentialOwner {
        let credential = Credential {
            id: CredentialId::new(id),
            kind,
            public_id: format!("stored {}", kind.name()),
            digest: digest(b""),
            principal,
            scopes: Scopes::default(),
            expires_at: None,
            project: None,
        };
        CredentialOwner { account: account(), credential, last_used_on: None, root: CredentialRoot::Credential(Id::new(id)) }
    }

    /// Stores that accept these credentials, and hold the person with a password of that hash.
    fn stores(hash: &'static str) -> MockStores {
        let mut stores = MockStores::default();
        stores.identity.expect_find_credential().times(3).returning(|kind, _| {
            Ok(Some(match kind {
                CredentialKind::AccessKey => stored(1, kind, service_principal()),
                CredentialKind::AccountKey => stored(2, kind, service_principal()),
                CredentialKind::AccessToken => stored(3, kind, user(102).principal()),
            }))
        });
        stores.users.expect_find().once().returning(|_, _| Ok(Some(user(107))));
        stores.identity.expect_find_password().once().returning(move |_, _| Ok(Some(PasswordHash::new(hash))));
        stores
    }

    fn passwords() -> MockPasswords {
        let mut passwords = MockPasswords::new();
        passwords.expect_hash().once().returning(|password| {
            assert!(password.reveal().starts_with("derslik_at_"));
            Ok(PasswordHash::new("fresh"))
        });
        passwords
    }

    #[tokio::test]
    async fn secrets_in_use_are_named_by_their_public_parts() {
        let used = operators(stores("known")).in_use(known()).await.unwrap();
        assert_eq!(used, ["stored access key", "stored account key", "stored access token", "the password of demo-user"]);
        let used = operators(stores("private")).in_use(known()).await.unwrap();
        assert_eq!(used, ["stored access key", "stored account key", "stored access token"], "a password that was changed is private");
    }

    #[tokio::test]
    async fn known_secrets_are_revoked_together_with_the_tokens_that_they_issued() {
        let mut stores = stores("known");
        stores.identity.expect_revoke_credential().times(3).returning(|of, id, at| {
            assert!(of == account().id && [1, 2, 3].contains(&id.get()) && at == now());
            Ok(true)
        });
        stores.identity.expect_revoke_tokens_of_key().once().returning(|of, owner, access_key, at| {
            assert_eq!((of, owner, access_key, at), (account().id, service_principal().id, Id::new(1), now()));
            Ok(())
        });
        stores.users.expect_lock().once().returning(|_, id| Ok(Some(user(id.get()))));
        stores.identity.expect_revoke_tokens_of().once().returning(|_, owner, _| {
            assert_eq!(owner, Id::new(107), "the tokens of others stay");
            Ok(())
        });
        stores.identity.expect_set_password().once().returning(|_, owner, hash, _| {
            assert_eq!((owner, hash.as_str()), (Id::new(107), "fresh"));
            Ok(())
        });
        let revoked = [1, 2, 3].map(|id| (Change::Revoked, Object::Credential(Id::new(id))));
        let changes = [revoked.as_slice(), &[(Change::PasswordSet, Object::Principal(Id::new(107)))]].concat();
        expect_records(&mut stores, account().id, &changes);
        let uow = FakeUnitOfWork::new(stores);
        let revoked = operators_with(uow.clone(), passwords()).revoke(known()).await.unwrap();
        assert_eq!(revoked, ["stored access key", "stored account key", "stored access token", "the password of demo-user"]);
        assert_eq!(uow.commits(), 1);
    }

    #[tokio::test]
    async fn nothing_is_written_where_no_known_secret_is_accepted() {
        let mut stores = MockStores::default();
        stores.identity.expect_find_credential().times(3).returning(|_, _| Ok(None));
        stores.users.expect_find().once().returning(|_, _| Ok(None));
        let revoked = operators_with(FakeUnitOfWork::new(stores), passwords()).revoke(known()).await.unwrap();
        assert!(revoked.is_empty(), "{revoked:?}");
    }

    #[tokio::test]
    async fn nothing_is_revoked_without_a_fresh_password() {
        let mut passwords = MockPasswords::new();
        passwords.expect_hash().once().returning(|_| Err(StoreError::from(Reason::Crowded)));
        let uow = FakeUnitOfWork::new(MockStores::default());
        assert!(operators_with(uow.clone(), passwords).revoke(known()).await.is_err());
        assert_eq!(uow.commits(), 0);
    }
}
