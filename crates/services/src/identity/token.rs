//! Creates people and their access tokens, one at a time.

use derslik_domain::id::{AccountId, Id, PrincipalId, ProjectId, UserGuid};
use derslik_domain::identity::{CredentialKind, Email, PersonName, PrincipalKind, Role, Scopes, User, UserKey, UserProfile, UserState};
use derslik_domain::job::Project;
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{NewCredential, StoreError, Stores, Tenant, UnitOfWork};

use super::secret::{digest, public_id};

/// An access token to set up.
#[derive(Clone)]
pub struct TokenPlan {
    /// The token; only its digest is stored.
    pub secret: Vec<u8>,
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

impl TokenPlan {
    pub(super) fn credential(&self, at: Timestamp) -> NewCredential {
        let kind = CredentialKind::AccessToken;
        NewCredential {
            kind,
            public_id: public_id(kind, "", &self.secret),
            digest: digest(&self.secret),
            scopes: self.scopes,
            expires_at: self.expires_at,
            project: self.project,
            at,
        }
    }
}

/// A person to create.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The account.
    pub account: AccountId,
    /// The GUID.
    pub guid: UserGuid,
    /// The e-mail address.
    pub email: Email,
    /// The role of the person in the account.
    pub role: Role,
    /// The given name.
    pub name: PersonName,
    /// The family name.
    pub surname: PersonName,
}

/// Why a user or a token was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// There is no such user in the account.
    #[error("there is no such user in the account")]
    UnknownUser,
    /// There is no such project in the account.
    #[error("there is no project {wanted} in the account; it has {}", project_list(.known))]
    UnknownProject {
        /// The requested id.
        wanted: ProjectId,
        /// Some of the existing projects, for the message.
        known: Vec<Project>,
    },
    /// The store failed; a conflict names the taken value.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn project_list(projects: &[Project]) -> String {
    if projects.is_empty() {
        return "none".to_owned();
    }
    projects.iter().map(|project| format!("{} ({})", project.id, project.name)).collect::<Vec<_>>().join(", ")
}

/// Creates a person in an account.
///
/// # Errors
/// [`CreateUserError`]. After any of them, nothing was changed.
pub async fn create_user<U: UnitOfWork>(uow: &U, new: NewUser, at: Timestamp) -> Result<PrincipalId, CreateUserError> {
    uow.write(Tenant::Installation, move |stores| {
        let account = new.account;
        let id = stores.users().next_id(account)?;
        let user = User {
            id,
            guid: new.guid,
            kind: PrincipalKind::User,
            role: new.role,
            username: None,
            email: Some(new.email),
            name: new.name,
            surname: new.surname,
            status: UserState::Active,
            created_at: at,
            updated_at: at,
            profile: UserProfile::default(),
        };
        stores.users().add(account, &user)?;
        Ok(id)
    })
    .await
}

/// The requested project of the account, or else its first one.
fn project_of(stores: &mut dyn Stores, account: AccountId, named: Option<ProjectId>) -> Result<Option<ProjectId>, CreateUserError> {
    /// The most projects that the error lists.
    const SHOWN: u32 = 20;
    let mut list = |size, after| stores.projects().list(account, PageRequest { size, after });
    let Some(wanted) = named else {
        return Ok(list(1, None)?.first().map(|project| project.id));
    };
    let from_wanted = list(1, wanted.get().checked_sub(1).map(Id::new))?;
    if from_wanted.first().is_some_and(|project| project.id == wanted) {
        return Ok(named);
    }
    Err(CreateUserError::UnknownProject { wanted, known: list(SHOWN, None)? })
}

/// Creates an access token of a person in an account. If the plan names no project, it is the first one of the account.
///
/// # Errors
/// [`CreateUserError`]. After any of them, nothing was changed.
pub async fn create_token<U: UnitOfWork>(
    uow: &U,
    account: AccountId,
    user: UserKey,
    token: TokenPlan,
    at: Timestamp,
) -> Result<(), CreateUserError> {
    uow.write(Tenant::Installation, move |stores| {
        let project = project_of(stores, account, token.project)?;
        let token = TokenPlan { project, ..token };
        let user = stores.users().find(account, &user)?.ok_or(CreateUserError::UnknownUser)?;
        // Read again with a lock, against a concurrent erasure.
        let user = stores.users().lock(account, user.id)?.filter(|user| user.status != UserState::Deleted);
        let user = user.ok_or(CreateUserError::UnknownUser)?;
        stores.identity().add_credential(account, user.principal(), &token.credential(at))?;
        Ok(())
    })
    .await
}
