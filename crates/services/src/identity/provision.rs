//! Sets up an account with its service principal and credentials, in one transaction. It is idempotent: existing rows stay as
//! they are.

use derslik_domain::id::{AccountId, Id, PrincipalId, UserGuid};
use derslik_domain::identity::{
    Account, AccountName, AccountSettings, CredentialKind, PersonName, PrincipalKind, Role, User, UserProfile, UserState,
};
use derslik_domain::job::Project;
use derslik_domain::text::identity_key;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Conflict, CredentialOwner, NewCredential, StoreError, Stores, Tenant, UnitOfWork};

use super::secret::{digest, public_id};
use super::token::TokenPlan;

/// The id of the service principal of an account that is created by name: its first principal.
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
    /// The projects of the account.
    pub projects: Vec<Project>,
    /// Its people.
    pub users: Vec<UserPlan>,
}

impl AccountPlan {
    /// The credentials of the account itself and of its people.
    pub fn all_credentials(self) -> Vec<CredentialPlan> {
        let tokens = self.users.into_iter().flat_map(|user| user.tokens);
        let tokens =
            tokens.map(|token| CredentialPlan { kind: CredentialKind::AccessToken, public_id: String::new(), secret: token.secret });
        self.credentials.into_iter().chain(tokens).collect()
    }
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
    pub name: AccountName,
    /// The settings of the account.
    pub settings: AccountSettings,
    /// The GUID of its service principal.
    pub service_guid: UserGuid,
    /// The first credentials of that principal.
    pub credentials: Vec<CredentialPlan>,
    /// Its first project, since jobs need a project.
    pub project: Project,
}

/// A credential to set up.
#[derive(Clone)]
pub struct CredentialPlan {
    /// The kind of the credential.
    pub kind: CredentialKind,
    /// The public part, which finds it.
    pub public_id: String,
    /// The part that proves it; only its digest is stored.
    pub secret: Vec<u8>,
}

impl CredentialPlan {
    /// A credential whose whole text is secret.
    pub fn opaque(kind: CredentialKind, secret: &str) -> Self {
        Self { kind, public_id: String::new(), secret: secret.as_bytes().to_vec() }
    }

    /// The public part by which the store finds the credential.
    pub(super) fn public_id(&self) -> String {
        public_id(self.kind, &self.public_id, &self.secret)
    }

    /// The stored credential, if it is valid.
    pub(super) fn owner(&self, stores: &mut dyn Stores) -> Result<Option<CredentialOwner>, StoreError> {
        stores.identity().find_credential(self.kind, &self.public_id())
    }
}

impl std::fmt::Debug for CredentialPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialPlan").field("kind", &self.kind).field("public_id", &self.public_id).finish_non_exhaustive()
    }
}

/// The new rows of a set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provisioned {
    /// Whether the account is new.
    pub account: bool,
    /// How many credentials are new.
    pub credentials: usize,
}

/// The credentials of a plan that are set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// All of them, also for an existing account.
    Always,
    /// None for an existing account: another operator may hold its keys.
    OfNewAccount,
}

/// Creates an account under a name that no other has, with credentials of its service principal.
///
/// # Errors
/// [`StoreError::Conflict`] if the name is taken, and any other [`StoreError`]. After any of them, nothing was changed.
pub async fn create_account<U: UnitOfWork>(uow: &U, new: NewAccount, at: Timestamp) -> Result<AccountId, StoreError> {
    // Another transaction may take the id that was free a moment ago.
    const TRIES: usize = 20;
    let mut tries = 0;
    loop {
        let new = new.clone();
        let created = uow
            .write(Tenant::Installation, move |stores| {
                let id = stores.identity().next_account_id()?;
                // After the id is chosen: of two concurrent creations, the later one sees the other, or gets the same id and
                // tries again.
                refuse_like_name(stores, &new.name)?;
                let account = Account { id, name: new.name, settings: new.settings };
                let plan = AccountPlan {
                    account,
                    service: Id::new(FIRST_PRINCIPAL),
                    service_guid: new.service_guid,
                    credentials: new.credentials,
                    projects: vec![new.project],
                    users: Vec::new(),
                };
                let provisioned = set_up(stores, plan, Credentials::OfNewAccount, at)?;
                if provisioned.account { Ok(id) } else { Err(StoreError::Conflict(Conflict::Account)) }
            })
            .await;
        tries += 1;
        match created {
            Err(StoreError::Conflict(Conflict::Account)) if tries < TRIES => {}
            done => return done,
        }
    }
}

/// Refuses a name that differs from that of another account only in case or in the encoding of its accents.
fn refuse_like_name(stores: &mut dyn Stores, name: &AccountName) -> Result<(), StoreError> {
    const AT_ONCE: u16 = 1_000;
    let key = identity_key(name.as_str());
    let mut after = None;
    loop {
        let accounts = stores.identity().accounts(after, AT_ONCE)?;
        let Some(last) = accounts.last() else { return Ok(()) };
        after = Some(last.id);
        if accounts.iter().any(|account| identity_key(account.name.as_str()) == key) {
            return Err(StoreError::Conflict(Conflict::AccountName));
        }
    }
}

/// Sets up an account.
///
/// # Errors
/// [`StoreError`]; nothing was changed.
pub async fn provision<U: UnitOfWork>(
    uow: &U,
    plan: AccountPlan,
    credentials: Credentials,
    at: Timestamp,
) -> Result<Provisioned, StoreError> {
    uow.write(Tenant::Installation, move |stores| set_up(stores, plan, credentials, at)).await
}

/// Sets up accounts in a database that holds none, or that accepts one of their credentials already. A database that holds only
/// other accounts is left as it is; the result is `None`.
///
/// # Errors
/// [`StoreError`]; nothing was changed.
pub async fn provision_own_database<U: UnitOfWork>(
    uow: &U,
    plans: Vec<AccountPlan>,
    credentials: Credentials,
    at: Timestamp,
) -> Result<Option<Vec<Provisioned>>, StoreError> {
    uow.write(Tenant::Installation, move |stores| {
        let mut is_own = stores.identity().accounts(None, 1)?.is_empty();
        for credential in plans.iter().cloned().flat_map(AccountPlan::all_credentials) {
            is_own = is_own || credential.owner(stores)?.is_some();
        }
        if !is_own {
            return Ok(None);
        }
        plans.into_iter().map(|plan| set_up(stores, plan, credentials, at)).collect::<Result<_, _>>().map(Some)
    })
    .await
}

fn set_up(stores: &mut dyn Stores, plan: AccountPlan, which: Credentials, at: Timestamp) -> Result<Provisioned, StoreError> {
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
        profile: UserProfile::default(),
    };
    if !account && which == Credentials::OfNewAccount {
        return Ok(Provisioned { account, credentials: 0 });
    }
    stores.users().add(plan.account.id, &service)?;
    let mut credentials = 0;
    for credential in plan.credentials {
        let credential = NewCredential {
            kind: credential.kind,
            digest: digest(&credential.secret),
            public_id: credential.public_id(),
            scopes: credential.kind.scopes(),
            expires_at: None,
            project: None,
            at,
        };
        credentials += usize::from(stores.identity().add_credential(plan.account.id, service.principal(), &credential)?);
    }
    for project in &plan.projects {
        stores.projects().add(plan.account.id, project)?;
    }
    for UserPlan { user, tokens } in plan.users {
        stores.users().add(plan.account.id, &user)?;
        for token in tokens {
            credentials += usize::from(stores.identity().add_credential(plan.account.id, user.principal(), &token.credential(at))?);
        }
    }
    Ok(Provisioned { account, credentials })
}

#[cfg(test)]
mod tests {
    use derslik_domain::job::{Platform, ProjectKey, ProjectName};
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_testkit::builders::{account, now, settings};
    use mockall::Sequence;

    use super::*;

    fn new_account() -> NewAccount {
        NewAccount {
            name: AccountName::new("okul").unwrap(),
            settings: settings(),
            service_guid: UserGuid::new(uuid::Uuid::nil()),
            credentials: vec![CredentialPlan { kind: CredentialKind::AccessKey, public_id: "key".to_owned(), secret: vec![1] }],
            project: Project {
                id: Id::new(1),
                key: ProjectKey::from_random(1),
                name: ProjectName::new("Default").unwrap(),
                platform: Platform::Web,
                created_at: now(),
            },
        }
    }

    #[tokio::test]
    async fn an_id_that_somebody_took_meanwhile_gives_no_key_to_that_account() {
        let mut stores = MockStores::default();
        let mut order = Sequence::new();
        for (id, added) in [(7, false), (8, true)] {
            stores.identity.expect_next_account_id().once().in_sequence(&mut order).returning(move || Ok(Id::new(id)));
            stores.identity.expect_accounts().once().in_sequence(&mut order).returning(|_, _| Ok(Vec::new()));
            stores.identity.expect_add_account().once().in_sequence(&mut order).returning(move |_, _| Ok(added));
        }
        stores.users.expect_add().once().returning(|_, _| Ok(true));
        stores.projects.expect_add().once().withf(|account, _| account.get() == 8).returning(|_, _| Ok(true));
        stores.identity.expect_add_credential().once().withf(|account, _, _| account.get() == 8).returning(|_, _, _| Ok(true));
        let uow = FakeUnitOfWork::new(stores);
        assert_eq!(create_account(&uow, new_account(), now()).await.unwrap(), Id::new(8));
    }

    #[tokio::test]
    async fn a_name_that_is_taken_is_told() {
        let mut stores = MockStores::default();
        stores.identity.expect_next_account_id().returning(|| Ok(Id::new(7)));
        stores.identity.expect_accounts().returning(|_, _| Ok(Vec::new()));
        stores.identity.expect_add_account().returning(|_, _| Err(StoreError::Conflict(Conflict::AccountName)));
        let refused = create_account(&FakeUnitOfWork::new(stores), new_account(), now()).await;
        assert!(matches!(refused, Err(StoreError::Conflict(Conflict::AccountName))));
    }

    #[tokio::test]
    async fn a_name_that_differs_by_case_alone_is_taken() {
        for name in ["Okul", "OKUL", "okul"] {
            let mut stores = MockStores::default();
            stores.identity.expect_next_account_id().returning(|| Ok(Id::new(10_000)));
            let there = Account { name: AccountName::new(name).unwrap(), ..account() };
            stores.identity.expect_accounts().returning(move |_, _| Ok(vec![there.clone()]));
            let refused = create_account(&FakeUnitOfWork::new(stores), new_account(), now()).await;
            assert!(matches!(refused, Err(StoreError::Conflict(Conflict::AccountName))), "{name}");
        }
    }
}
