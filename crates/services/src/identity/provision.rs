//! Sets up an account with its service principal and credentials, in one transaction and as often as one likes: what is
//! already there stays as it is.

use derslik_domain::id::{AccountId, Id, PrincipalId, UserGuid};
use derslik_domain::identity::{Account, AccountSettings, CredentialKind, PersonName, PrincipalKind, Role, User, UserState};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{NewCredential, StoreError, Stores, UnitOfWork};

use super::secret::{digest, public_id};
use super::token::TokenPlan;

/// The service principal of an account that is created by name, and the first of its principals.
const FIRST_PRINCIPAL: i64 = 1;

/// An account to set up.
#[derive(Debug, Clone)]
pub struct AccountPlan {
    /// The account.
    pub account: Account,
    /// The id of its service principal, which stands for the account itself.
    pub service: PrincipalId,
    /// The GUID of that principal.
    pub service_guid: UserGuid,
    /// The credentials of that principal.
    pub credentials: Vec<CredentialPlan>,
    /// Its people.
    pub users: Vec<UserPlan>,
}

/// A person to set up.
#[derive(Debug, Clone)]
pub struct UserPlan {
    /// The person.
    pub user: User,
    /// Access tokens of that person.
    pub tokens: Vec<TokenPlan>,
}

/// An account to create under a name.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The name, which no other account may have.
    pub name: String,
    /// What its members chose.
    pub settings: AccountSettings,
    /// The GUID of its service principal.
    pub service_guid: UserGuid,
    /// The first credential of that principal.
    pub credential: CredentialPlan,
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

/// Creates an account under a name that no other has, with one credential of its service principal.
///
/// # Errors
/// [`StoreError::Conflict`] if the name is taken, and any other [`StoreError`]; then nothing was changed.
pub async fn create_account<U: UnitOfWork>(uow: &U, new: NewAccount, at: Timestamp) -> Result<AccountId, StoreError> {
    uow.write(move |stores| {
        let id = stores.identity().next_account_id()?;
        let account = Account { id, name: new.name, settings: new.settings };
        let credentials = vec![new.credential];
        let users = Vec::new();
        let plan = AccountPlan { account, service: Id::new(FIRST_PRINCIPAL), service_guid: new.service_guid, credentials, users };
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
    let account = stores.identity().add_account(&plan.account, at)?;
    let service = User {
        id: plan.service,
        guid: plan.service_guid,
        kind: PrincipalKind::Service,
        role: Role::Admin,
        username: None,
        email: None,
        name: PersonName::new("service").unwrap_or_default(),
        surname: PersonName::default(),
        status: UserState::Active,
        created_at: at,
        updated_at: at,
    };
    stores.users().add(plan.account.id, &service)?;
    let mut credentials = 0;
    for credential in plan.credentials {
        let credential = NewCredential {
            kind: credential.kind,
            digest: digest(&credential.secret),
            public_id: public_id(credential.kind, &credential.public_id, &credential.secret),
            scopes: credential.kind.scopes(),
            expires_at: None,
            project: None,
            at,
        };
        credentials += usize::from(stores.identity().add_credential(plan.account.id, service.principal(), &credential)?);
    }
    for UserPlan { user, tokens } in plan.users {
        stores.users().add(plan.account.id, &user)?;
        for token in tokens {
            credentials += usize::from(stores.identity().add_credential(plan.account.id, user.principal(), &token.credential(at))?);
        }
    }
    Ok(Provisioned { account, credentials })
}
