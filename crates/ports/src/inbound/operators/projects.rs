//! Projects, listed and created by the operator.

use async_trait::async_trait;
use derslik_domain::id::{AccountId, ProjectId};
use derslik_domain::job::{NewProject, Project};
use derslik_domain::page::PageRequest;

use crate::{Conflict, StoreError};

/// Why a project was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateProjectError {
    /// Another project of the account has the name, or one that differs only in case or in the encoding of its accents.
    #[error("the project name is taken")]
    NameTaken,
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for CreateProjectError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(Conflict::ProjectName) => Self::NameTaken,
            error => Self::Store(error),
        }
    }
}

/// Lists and creates the projects of an account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ProjectAdministration: Send + Sync {
    /// A page of the projects of an account, ordered by id. An unknown account has none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self, account: AccountId, page: PageRequest<ProjectId>) -> Result<Vec<Project>, StoreError>;

    /// Creates a project under a random key in an account, which must exist.
    ///
    /// # Errors
    /// [`CreateProjectError`].
    async fn create(&self, account: AccountId, new: NewProject) -> Result<Project, CreateProjectError>;
}
