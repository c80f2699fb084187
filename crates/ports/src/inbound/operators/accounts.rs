//! Accounts: finding, creating and setting them up.

use async_trait::async_trait;
use derslik_domain::id::{AccountId, PrincipalId, ProjectId, UserGuid};
use derslik_domain::identity::{Account, AccountName, AccountSettings, AccountState, CredentialKind, Scopes, User};
use derslik_domain::job::{Project, ProjectName};
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;

use super::KeyPair;
use crate::{Conflict, StoreError};

/// Why no account was found.
#[derive(Debug, thiserror::Error)]
pub enum FindAccountError {
    /// No account has that name or id.
    #[error("there is no account {0:?}")]
    Unknown(String),
    /// The name differs from those of several accounts only in case or in the encoding of its accents.
    #[error("several accounts are called {name:?}: name one by its id ({})", id_list(.ids))]
    Ambiguous {
        /// The name.
        name: String,
        /// The accounts.
        ids: Vec<AccountId>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn id_list(ids: &[AccountId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// An account to create under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The name, which no other account may have.
    pub name: AccountName,
    /// The settings of the account.
    pub settings: AccountSettings,
    /// The name of its first project, since jobs need a project.
    pub project: ProjectName,
}

/// A new account with the secrets of its service principal. Only their digests are stored, so they can't be shown again.
#[derive(Clone)]
pub struct CreatedAccount {
    /// The id of the account.
    pub id: AccountId,
    /// The keys of the sessions API.
    pub keys: KeyPair,
    /// The key of the jobs API.
    pub account_key: String,
    /// The first project.
    pub project: Project,
}

impl std::fmt::Debug for CreatedAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedAccount").field("id", &self.id).field("project", &self.project).finish_non_exhaustive()
    }
}

/// Why an account was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateAccountError {
    /// Another account has the name, or one that differs only in case or in the encoding of its accents.
    #[error("the account name is taken")]
    NameTaken,
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for CreateAccountError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(Conflict::AccountName) => Self::NameTaken,
            error => Self::Store(error),
        }
    }
}

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
        let tokens = tokens.map(|token| CredentialPlan::Opaque(CredentialKind::AccessToken, token.secret));
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

/// A credential to set up. Only digests of its secret parts are stored.
#[derive(Clone)]
pub enum CredentialPlan {
    /// A pair of keys of the sessions API.
    KeyPair(KeyPair),
    /// A text of this kind that is secret as a whole.
    Opaque(CredentialKind, String),
}

impl std::fmt::Debug for CredentialPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeyPair(keys) => f.debug_tuple("KeyPair").field(keys).finish(),
            Self::Opaque(kind, _) => f.debug_tuple("Opaque").field(kind).finish_non_exhaustive(),
        }
    }
}

/// An access token to set up.
#[derive(Clone)]
pub struct TokenPlan {
    /// The token; only its digest is stored.
    pub secret: String,
    /// The scopes that it grants.
    pub scopes: Scopes,
    /// The project to which it belongs, if any.
    pub project: Option<ProjectId>,
    /// When it expires; `None` for never.
    pub expires_at: Option<Timestamp>,
}

impl std::fmt::Debug for TokenPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenPlan").field("scopes", &self.scopes).field("project", &self.project).finish_non_exhaustive()
    }
}

/// The credentials of a plan that are set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// All of them, also for an existing account.
    Always,
    /// None for an existing account: another operator may hold its keys.
    OfNewAccount,
}

/// Finds, lists and disables accounts, creates them by name, and sets up the ones of a plan.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AccountAdministration: Send + Sync {
    /// The account with that name or id. The exact name comes first, then the id. A name that differs only in case or in the
    /// encoding of its accents comes last.
    ///
    /// # Errors
    /// [`FindAccountError`].
    async fn find(&self, named: &str) -> Result<AccountId, FindAccountError>;

    /// A page of the accounts, ordered by id, also of disabled ones.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self, page: PageRequest<AccountId>) -> Result<Vec<AccountState>, StoreError>;

    /// One account, also a disabled one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn show(&self, account: AccountId) -> Result<Option<AccountState>, StoreError>;

    /// Disables an account, or takes it into use again. Returns whether the account changed; an unknown one does not. None of
    /// the credentials of a disabled account are accepted, from one second later on by every process. Its jobs still run, and
    /// its credentials stay stored, so that they work again once it is in use.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn set_disabled(&self, account: AccountId, disabled: bool) -> Result<bool, StoreError>;

    /// Creates an account with new keys and a first project.
    ///
    /// # Errors
    /// [`CreateAccountError`].
    async fn create(&self, new: NewAccount) -> Result<CreatedAccount, CreateAccountError>;

    /// Sets up accounts in a database that holds none, or that accepts one of their credentials already. It is idempotent:
    /// existing rows stay as they are. For each plan, it returns whether the account is new. A database that holds only other
    /// accounts is left as it is; the result is `None`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn set_up(&self, plans: Vec<AccountPlan>, credentials: Credentials) -> Result<Option<Vec<bool>>, StoreError>;
}
