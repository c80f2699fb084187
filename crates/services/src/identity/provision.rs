//! Sets up an account with its service principal and credentials, in one transaction and as often as one likes: what is
//! already there stays as it is.

use derslik_domain::id::{AccountId, Id, PrincipalId};
use derslik_domain::identity::{Account, AccountSettings, CredentialKind, Principal, PrincipalKind, Role, SecretDigest};
use derslik_domain::job::Project;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{NewCredential, NewPrincipal, StoreError, Stores, UnitOfWork};
use sha2::{Digest, Sha256};

/// The service principal of an account that is created by name, and the first of its principals.
const FIRST_PRINCIPAL: i64 = 1;

/// An account to set up.
#[derive(Debug, Clone)]
pub struct AccountPlan {
    /// The account.
    pub account: Account,
    /// The id of its service principal, which stands for the account itself.
    pub service: PrincipalId,
    /// The credentials of that principal.
    pub credentials: Vec<CredentialPlan>,
    /// The projects of the account.
    pub projects: Vec<Project>,
}

/// A credential to set up.
#[derive(Clone)]
pub struct CredentialPlan {
    /// What sort of secret it goes by.
    pub kind: CredentialKind,
    /// The part that finds it.
    pub public_id: String,
    /// The part that proves it; only its digest is stored.
    pub secret: Vec<u8>,
}

impl CredentialPlan {
    /// A credential that is a single secret, without a public part of its own.
    pub fn of_secret(kind: CredentialKind, secret: &str) -> Self {
        let digest = SecretDigest::new(Sha256::digest(secret).into());
        Self { kind, public_id: digest.public_id(), secret: secret.as_bytes().to_vec() }
    }
}

impl std::fmt::Debug for CredentialPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialPlan").field("kind", &self.kind).field("public_id", &self.public_id).finish_non_exhaustive()
    }
}

/// What was not there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provisioned {
    /// Whether the account is new.
    pub account: bool,
    /// How many credentials are new.
    pub credentials: usize,
}

/// Creates an account under a name that no other has, with credentials of its service principal.
///
/// # Errors
/// [`StoreError::Conflict`] if the name is taken, and any other [`StoreError`]; then nothing was changed.
pub async fn create_account<U: UnitOfWork>(
    uow: &U,
    name: String,
    settings: AccountSettings,
    credentials: Vec<CredentialPlan>,
    at: Timestamp,
) -> Result<AccountId, StoreError> {
    uow.write(move |stores| {
        let id = stores.identity().next_account_id()?;
        let account = Account { id, name, settings };
        let plan = AccountPlan { account, service: Id::new(FIRST_PRINCIPAL), credentials, projects: Vec::new() };
        set_up(stores, plan, at)?;
        Ok(id)
    })
    .await
}

/// Sets up an account.
///
/// # Errors
/// [`StoreError`], and then nothing was changed.
pub async fn provision<U: UnitOfWork>(uow: &U, plan: AccountPlan, at: Timestamp) -> Result<Provisioned, StoreError> {
    uow.write(move |stores| set_up(stores, plan, at)).await
}

fn set_up(stores: &mut dyn Stores, plan: AccountPlan, at: Timestamp) -> Result<Provisioned, StoreError> {
    let identity = stores.identity();
    let account = identity.add_account(&plan.account, at)?;
    let principal = Principal { id: plan.service, kind: PrincipalKind::Service, role: Role::Admin };
    let name = format!("{} service", plan.account.name);
    identity.add_principal(plan.account.id, &NewPrincipal { principal, name, at })?;
    let mut credentials = 0;
    for credential in plan.credentials {
        let credential = NewCredential {
            kind: credential.kind,
            digest: SecretDigest::new(Sha256::digest(&credential.secret).into()),
            public_id: credential.public_id,
            scopes: credential.kind.scopes(),
            expires_at: None,
            at,
        };
        credentials += usize::from(identity.add_credential(plan.account.id, principal, &credential)?);
    }
    for project in &plan.projects {
        stores.projects().add(plan.account.id, project)?;
    }
    Ok(Provisioned { account, credentials })
}
