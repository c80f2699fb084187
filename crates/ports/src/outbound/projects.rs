//! The store of projects.

use derslik_domain::id::{AccountId, ProjectId};
use derslik_domain::job::{Project, ProjectKey};
use derslik_domain::page::PageRequest;

use super::StoreError;

/// Stores the projects of every account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait ProjectRepository {
    /// An id for a new project. Another project has it only if an operator chose the same id, or a concurrent transaction got it;
    /// then [`add`](Self::add) finds it taken.
    ///
    /// # Errors
    /// [`StoreError`].
    fn next_id(&mut self, account: AccountId) -> Result<ProjectId, StoreError>;

    /// Adds a project unless one of that id exists. Returns whether it was added.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if another project of the account has the key or the name.
    fn add(&mut self, account: AccountId, project: &Project) -> Result<bool, StoreError>;

    /// The project of that key.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_by_key(&mut self, account: AccountId, key: &ProjectKey) -> Result<Option<Project>, StoreError>;

    /// A page of the projects of the account, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&mut self, account: AccountId, page: PageRequest<ProjectId>) -> Result<Vec<Project>, StoreError>;
}
