//! The store of accounts, principals and credentials.

use derslik_domain::course::CalendarDate;
use derslik_domain::id::{AccountId, CredentialId, PrincipalId, ProjectId};
use derslik_domain::identity::{
    Account, AccountState, Credential, CredentialFilter, CredentialKind, CredentialRoot, PasswordHash, Principal, Scopes, SecretDigest,
    StoredCredential,
};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;

use super::StoreError;

/// A credential with the account in which it is valid.
#[derive(Debug, Clone)]
pub struct CredentialOwner {
    /// The account.
    pub account: Account,
    /// The credential.
    pub credential: Credential,
    /// The last day, in UTC, on which it was accepted, as far as it is recorded.
    pub last_used_on: Option<CalendarDate>,
    /// What the credential goes back to.
    pub root: CredentialRoot,
}

/// A credential to add.
#[derive(Debug, Clone)]
pub struct NewCredential {
    /// The kind of the credential.
    pub kind: CredentialKind,
    /// The public part, which finds it.
    pub public_id: String,
    /// The digest of its secret.
    pub digest: SecretDigest,
    /// The scopes that it grants.
    pub scopes: Scopes,
    /// When it expires; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// The project to which it belongs, if any.
    pub project: Option<ProjectId>,
    /// The access key whose log-in got this token; `None` for every other credential.
    pub access_key: Option<CredentialId>,
    /// When it was added.
    pub at: Timestamp,
}

/// Stores accounts, principals and credentials.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait IdentityRepository {
    /// Adds an account unless one of that id exists. Returns whether it was added.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with [`Conflict::AccountName`](super::Conflict::AccountName) if another account has the name.
    fn add_account(&mut self, account: &Account, at: Timestamp) -> Result<bool, StoreError>;

    /// A page of the accounts, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn accounts(&mut self, page: PageRequest<AccountId>) -> Result<Vec<Account>, StoreError>;

    /// A page of the accounts with their states, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn account_states(&mut self, page: PageRequest<AccountId>) -> Result<Vec<AccountState>, StoreError>;

    /// One account with its state.
    ///
    /// # Errors
    /// [`StoreError`].
    fn account_state(&mut self, account: AccountId) -> Result<Option<AccountState>, StoreError>;

    /// Disables an account at that instant, or takes it into use again. Returns whether that changed it: an account that is
    /// disabled already keeps its instant.
    ///
    /// # Errors
    /// [`StoreError`].
    fn set_account_disabled(&mut self, account: AccountId, disabled_at: Option<Timestamp>) -> Result<bool, StoreError>;

    /// The account of exactly that name.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_account(&mut self, name: &str) -> Result<Option<Account>, StoreError>;

    /// An id that no account has yet. Two concurrent transactions may get the same one; then the second to add the account
    /// finds the id taken.
    ///
    /// # Errors
    /// [`StoreError`].
    fn next_account_id(&mut self) -> Result<AccountId, StoreError>;

    /// Whether a principal may act. If so, it is locked until the transaction ends: another transaction that
    /// [locks](super::UserRepository::lock) or deletes it waits until then.
    ///
    /// # Errors
    /// [`StoreError`].
    fn hold_principal(&mut self, account: AccountId, principal: PrincipalId) -> Result<bool, StoreError>;

    /// Adds a credential of a principal unless its public part is taken. Returns its id, or `None` if it was not added.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_credential(
        &mut self,
        account: AccountId,
        owner: Principal,
        credential: &NewCredential,
    ) -> Result<Option<CredentialId>, StoreError>;

    /// The credential of that public part with its account, unless it was revoked, its principal may not act, or its account is
    /// disabled. An expired credential is found. The method takes no account, because it finds the account of a request.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_credential(&mut self, kind: CredentialKind, public_id: &str) -> Result<Option<CredentialOwner>, StoreError>;

    /// A page of the credentials that the filter matches, ordered by id. Those that expire at `now` or before have ended.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_credentials(
        &mut self,
        account: AccountId,
        filter: &CredentialFilter,
        now: Timestamp,
        page: PageRequest<CredentialId>,
    ) -> Result<Vec<StoredCredential>, StoreError>;

    /// One credential, also one that has ended, locked against other writers until the transaction ends. What it was issued for is
    /// held before, from its grant on, so that nothing ends that and no token is issued for it meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock_credential(&mut self, account: AccountId, credential: CredentialId) -> Result<Option<StoredCredential>, StoreError>;

    /// Lets a credential expire at that instant, unless it expires before, and with it the tokens that were issued for it, and for
    /// those, and so on. Returns whether an end changed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn end_credential(&mut self, account: AccountId, credential: CredentialId, at: Timestamp) -> Result<bool, StoreError>;

    /// Records that a credential was accepted on that day, unless a later day is recorded. It is one statement.
    ///
    /// # Errors
    /// [`StoreError`].
    fn touch_credential(&mut self, account: AccountId, credential: CredentialId, day: CalendarDate) -> Result<(), StoreError>;

    /// Revokes a credential for good, and with it the tokens that were issued for it, and for those, and so on. Returns whether there
    /// was one to revoke.
    ///
    /// # Errors
    /// [`StoreError`].
    fn revoke_credential(&mut self, account: AccountId, credential: CredentialId, at: Timestamp) -> Result<bool, StoreError>;

    /// Removes credentials of a principal, at most a batch of them, its grants, its password hash, and the right of service accounts
    /// to act for it, for good. Returns how many rows that were.
    ///
    /// # Errors
    /// [`StoreError`].
    fn erase_credentials(&mut self, account: AccountId, owner: PrincipalId, batch: BatchSize) -> Result<RowCount, StoreError>;

    /// Revokes all credentials and grants of a principal for good, and the tokens that were issued for these grants.
    ///
    /// # Errors
    /// [`StoreError`].
    fn revoke_credentials_of(&mut self, account: AccountId, owner: PrincipalId, at: Timestamp) -> Result<(), StoreError>;

    /// Revokes the access tokens and the grants of a principal for good. Its access keys stay valid.
    ///
    /// # Errors
    /// [`StoreError`].
    fn revoke_tokens_of(&mut self, account: AccountId, owner: PrincipalId, at: Timestamp) -> Result<(), StoreError>;

    /// Revokes the access tokens of a principal that log-ins with that access key got, for good. Its tokens without a recorded
    /// access key are revoked as well, since an older program may have stored them. Tokens of its other access keys stay valid.
    ///
    /// # Errors
    /// [`StoreError`].
    fn revoke_tokens_of_key(
        &mut self,
        account: AccountId,
        owner: PrincipalId,
        access_key: CredentialId,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Lets the access tokens that [`revoke_tokens_of_key`](Self::revoke_tokens_of_key) would revoke expire at that instant, unless
    /// they expire before.
    ///
    /// # Errors
    /// [`StoreError`].
    fn end_tokens_of_key(
        &mut self,
        account: AccountId,
        owner: PrincipalId,
        access_key: CredentialId,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Removes access tokens that expired before `before`, and returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn prune_tokens(&mut self, account: AccountId, before: Timestamp, limit: u16) -> Result<RowCount, StoreError>;

    /// Sets the password hash of a principal, and replaces the old one, if any.
    ///
    /// # Errors
    /// [`StoreError`].
    fn set_password(&mut self, account: AccountId, owner: PrincipalId, hash: &PasswordHash, at: Timestamp) -> Result<(), StoreError>;

    /// The password hash of a principal.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_password(&mut self, account: AccountId, owner: PrincipalId) -> Result<Option<PasswordHash>, StoreError>;
}
