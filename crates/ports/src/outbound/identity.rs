//! The store of accounts, principals and credentials.

use derslik_domain::id::{AccountId, CredentialId, PrincipalId, ProjectId};
use derslik_domain::identity::{Account, Credential, CredentialKind, PasswordHash, Principal, Scopes, SecretDigest};
use derslik_domain::job::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;

use super::StoreError;

/// A credential with the account in which it opens something.
#[derive(Debug, Clone)]
pub struct CredentialOwner {
    /// The account.
    pub account: Account,
    /// The credential.
    pub credential: Credential,
}

/// A credential to add.
#[derive(Debug, Clone)]
pub struct NewCredential {
    /// What sort of secret it goes by.
    pub kind: CredentialKind,
    /// The part that finds it.
    pub public_id: String,
    /// The digest of its secret.
    pub digest: SecretDigest,
    /// What it opens.
    pub scopes: Scopes,
    /// From when on it opens nothing any more.
    pub expires_at: Option<Timestamp>,
    /// The project that it belongs to, if it belongs to one.
    pub project: Option<ProjectId>,
    /// When it was added.
    pub at: Timestamp,
}

/// Stores accounts and who may act in them.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait IdentityRepository {
    /// Adds an account unless one of that id is there. Tells whether it was added.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with the name if another account has it.
    fn add_account(&mut self, account: &Account, at: Timestamp) -> Result<bool, StoreError>;

    /// Accounts by their ids: at most `limit` of those after `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn accounts(&mut self, after: Option<AccountId>, limit: u16) -> Result<Vec<Account>, StoreError>;
    /// The account of that name.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_account(&mut self, name: &str) -> Result<Option<Account>, StoreError>;

    /// An id that no account has yet. Two transactions that ask at once may get the same, and then one of them finds it taken
    /// when it adds.
    ///
    /// # Errors
    /// [`StoreError`].
    fn next_account_id(&mut self) -> Result<AccountId, StoreError>;

    /// Whether a principal may act. If so, it is held until the transaction ends: whoever [locks](super::UserRepository::lock) or
    /// deletes it waits until then.
    ///
    /// # Errors
    /// [`StoreError`].
    fn hold_principal(&mut self, account: AccountId, principal: PrincipalId) -> Result<bool, StoreError>;

    /// Adds a credential of a principal unless its public part is taken. Tells whether it was added.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_credential(&mut self, account: AccountId, owner: Principal, credential: &NewCredential) -> Result<bool, StoreError>;

    /// The credential of that public part, unless it was revoked or its principal may not act, with its account. The one look-up without an account,
    /// since it is what finds the account of a request.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_credential(&mut self, kind: CredentialKind, public_id: &str) -> Result<Option<CredentialOwner>, StoreError>;

    /// Revokes a credential for good. Tells whether there was one to revoke.
    ///
    /// # Errors
    /// [`StoreError`].
    fn revoke_credential(&mut self, account: AccountId, credential: CredentialId, at: Timestamp) -> Result<bool, StoreError>;

    /// Removes credentials of a principal for good, and tells how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn erase_credentials(&mut self, account: AccountId, owner: PrincipalId, batch: BatchSize) -> Result<RowCount, StoreError>;
    /// Revokes all credentials of a principal for good.
    ///
    /// # Errors
    /// [`StoreError`].
    fn revoke_credentials_of(&mut self, account: AccountId, owner: PrincipalId, at: Timestamp) -> Result<(), StoreError>;

    /// Revokes the access tokens of a principal for good, and leaves its keys.
    ///
    /// # Errors
    /// [`StoreError`].
    fn revoke_tokens_of(&mut self, account: AccountId, owner: PrincipalId, at: Timestamp) -> Result<(), StoreError>;

    /// Writes the hash of a password over the one that the principal has, if any.
    ///
    /// # Errors
    /// [`StoreError`].
    fn set_password(&mut self, account: AccountId, owner: PrincipalId, hash: &PasswordHash, at: Timestamp) -> Result<(), StoreError>;

    /// The hash of the password of a principal.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_password(&mut self, account: AccountId, owner: PrincipalId) -> Result<Option<PasswordHash>, StoreError>;
}
