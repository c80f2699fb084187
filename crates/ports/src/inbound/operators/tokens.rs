//! Access tokens, issued by the operator.

use async_trait::async_trait;
use derslik_domain::id::{AccountId, CredentialId, ProjectId};
use derslik_domain::identity::{Scopes, TokenLifetime, UserKey};
use derslik_domain::job::Project;

use crate::StoreError;

/// An access token to issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewToken {
    /// The scopes that it grants.
    pub scopes: Scopes,
    /// The project to which it belongs; `None` for the first one of the account.
    pub project: Option<ProjectId>,
    /// Its lifetime.
    pub lifetime: TokenLifetime,
}

/// An access token that was issued.
#[derive(Clone)]
pub struct CreatedToken {
    /// Its id within the account.
    pub id: CredentialId,
    /// Its text, which is secret.
    pub token: String,
}

impl std::fmt::Debug for CreatedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedToken").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a token was not issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueTokenError {
    /// There is no such user in the account.
    #[error("there is no such user in the account")]
    UnknownUser,
    /// The user is passive, so no token of theirs is accepted.
    #[error("the user is passive, and no token of theirs is accepted")]
    PassiveUser,
    /// There is no such project in the account.
    #[error("there is no project {wanted} in the account; it has {}", project_list(.known))]
    UnknownProject {
        /// The requested id.
        wanted: ProjectId,
        /// Some of the existing projects, for the message.
        known: Vec<Project>,
    },
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn project_list(projects: &[Project]) -> String {
    if projects.is_empty() {
        return "none".to_owned();
    }
    projects.iter().map(|project| format!("{} ({})", project.id, project.name)).collect::<Vec<_>>().join(", ")
}

/// Issues access tokens.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait TokenIssuing: Send + Sync {
    /// Issues an access token of a person in an account, and returns it. Only its digest is stored, so it can't be shown again.
    ///
    /// # Errors
    /// [`IssueTokenError`].
    async fn issue(&self, account: AccountId, user: UserKey, token: NewToken) -> Result<CreatedToken, IssueTokenError>;
}
