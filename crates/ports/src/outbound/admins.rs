//! The store of admins.

use derslik_domain::id::AdminId;
use derslik_domain::identity::{Admin, AdminRole, PasswordHash, Username};
use derslik_domain::time::Timestamp;

use super::StoreError;

/// An admin to add.
#[derive(Debug, Clone)]
pub struct AdminToAdd {
    /// The name.
    pub name: Username,
    /// The role.
    pub role: AdminRole,
    /// The hash of the password.
    pub hash: PasswordHash,
    /// When the admin was added.
    pub at: Timestamp,
}

/// Stores the admins of the installation. They belong to no account, so no method takes one.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AdminRepository {
    /// Adds an admin under an id that no admin had before, and returns it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with [`Conflict::AdminName`](super::Conflict::AdminName) if another admin has the name.
    fn add(&mut self, admin: &AdminToAdd) -> Result<Admin, StoreError>;

    /// All admins, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&mut self) -> Result<Vec<Admin>, StoreError>;

    /// Removes the admin of that name, without regard to case. Returns the id; `None` if there was none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove(&mut self, name: &Username) -> Result<Option<AdminId>, StoreError>;
}
