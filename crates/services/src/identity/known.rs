//! Publicly known secrets, which are part of the program: checks whether a database accepts them, and removes them.

use derslik_domain::id::AccountId;
use derslik_domain::identity::{PasswordHash, PrincipalKind, User, UserKey, Username};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{StoreError, Stores, Tenant, UnitOfWork};

use super::provision::CredentialPlan;

/// The publicly known secrets of one account.
#[derive(Debug, Clone)]
pub struct KnownSecrets {
    /// The account.
    pub account: AccountId,
    /// The keys and tokens.
    pub credentials: Vec<CredentialPlan>,
    /// The person whose password is known.
    pub person: Option<KnownPerson>,
}

/// A person whose password is publicly known.
#[derive(Debug, Clone)]
pub struct KnownPerson {
    /// The name for the log-in.
    pub username: Username,
    /// The hash of the known password. Any other stored hash belongs to a private password.
    pub hash: PasswordHash,
}

impl KnownPerson {
    /// The person, if the account has one with that name and the known password.
    fn find(&self, stores: &mut dyn Stores, account: AccountId) -> Result<Option<User>, StoreError> {
        let Some(user) = stores.users().find(account, &UserKey::Username(self.username.clone()))? else { return Ok(None) };
        let hash = stores.identity().find_password(account, user.id)?;
        Ok(hash.is_some_and(|hash| hash.as_str() == self.hash.as_str()).then_some(user))
    }

    fn label(&self) -> String {
        format!("the password of {}", self.username.as_str())
    }
}

/// The secrets that the database accepts: keys and tokens by their public parts, and passwords by the names of their people.
///
/// # Errors
/// [`StoreError`].
pub async fn known_secrets_in_use<U: UnitOfWork>(uow: &U, known: Vec<KnownSecrets>) -> Result<Vec<String>, StoreError> {
    uow.read(Tenant::Installation, move |stores| {
        let mut used = Vec::new();
        for secrets in &known {
            for credential in &secrets.credentials {
                used.extend(credential.owner(stores)?.map(|owner| owner.credential.public_id));
            }
            if let Some(person) = &secrets.person {
                used.extend(person.find(stores, secrets.account)?.map(|_| person.label()));
            }
        }
        Ok(used)
    })
    .await
}

/// Revokes these keys and tokens, and replaces each known password by the one of the hash `fresh`. Tokens that a log-in with
/// one of them issued are revoked as well. All other credentials stay. Returns the removed secrets, as [`known_secrets_in_use`]
/// names them.
///
/// # Errors
/// [`StoreError`]; nothing was changed.
pub async fn remove_known_secrets<U: UnitOfWork>(
    uow: &U,
    known: Vec<KnownSecrets>,
    fresh: PasswordHash,
    at: Timestamp,
) -> Result<Vec<String>, StoreError> {
    uow.write(Tenant::Installation, move |stores| {
        let mut removed = Vec::new();
        for secrets in &known {
            for credential in &secrets.credentials {
                let Some(owner) = credential.owner(stores)? else { continue };
                let (account, credential) = (owner.account.id, owner.credential);
                stores.identity().revoke_credential(account, credential.id, at)?;
                if credential.principal.kind == PrincipalKind::Service {
                    stores.identity().revoke_tokens_of(account, credential.principal.id, at)?;
                }
                removed.push(credential.public_id);
            }
            let Some(person) = &secrets.person else { continue };
            let Some(user) = person.find(stores, secrets.account)? else { continue };
            stores.identity().set_password(secrets.account, user.id, &fresh, at)?;
            stores.identity().revoke_tokens_of(secrets.account, user.id, at)?;
            removed.push(person.label());
        }
        Ok(removed)
    })
    .await
}
