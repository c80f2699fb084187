//! The store of admins.

use derslik_domain::id::AdminId;
use derslik_domain::identity::{Admin, AdminRole, PasswordHash, SecretDigest, Username};
use derslik_domain::rows::RowCount;
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

/// An admin with the hash of the password.
#[derive(Debug, Clone)]
pub struct AdminWithPassword {
    /// The admin.
    pub admin: Admin,
    /// The hash.
    pub hash: PasswordHash,
}

/// A sign-in to add.
#[derive(Debug, Clone)]
pub struct SignInToAdd {
    /// The digest of its token.
    pub digest: SecretDigest,
    /// The admin.
    pub admin: AdminId,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Stores the admins of the installation and their sign-ins. They belong to no account, so no method takes one.
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

    /// The admin of that name, without regard to case.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, name: &Username) -> Result<Option<AdminWithPassword>, StoreError>;

    /// Removes the admin of that name, without regard to case, and all sign-ins of that admin. Returns the id; `None` if there was
    /// none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove(&mut self, name: &Username) -> Result<Option<AdminId>, StoreError>;

    /// Adds a sign-in of an admin that exists.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_sign_in(&mut self, sign_in: &SignInToAdd) -> Result<(), StoreError>;

    /// The admin of the sign-in with that digest, unless it has ended at `now`. It is one statement.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_signed_in(&mut self, digest: &SecretDigest, now: Timestamp) -> Result<Option<Admin>, StoreError>;

    /// Removes the sign-in with that digest. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove_sign_in(&mut self, digest: &SecretDigest) -> Result<bool, StoreError>;

    /// Removes all sign-ins that have ended at `now`, and returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn prune_sign_ins(&mut self, now: Timestamp) -> Result<RowCount, StoreError>;
}
