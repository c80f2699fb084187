//! The store of service accounts and of grants.

use derslik_domain::course::CalendarDate;
use derslik_domain::id::{AccountId, CredentialId, GrantId, PrincipalId, ProjectId};
use derslik_domain::identity::{Grant, GrantKind, GrantProof, Principal, Scopes, ServiceAccount, ServiceName, StoredCredential};
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;

use super::{NewCredential, StoreError};

/// A grant to add.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// The principal to whom it belongs.
    pub principal: PrincipalId,
    /// The public part, which finds it.
    pub public_id: String,
    /// What proves it.
    pub proof: GrantProof,
    /// The scopes that its tokens can have.
    pub scopes: Scopes,
    /// The project to which its tokens belong, if any.
    pub project: Option<ProjectId>,
    /// When it expires; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it was added.
    pub at: Timestamp,
}

/// What an access token was issued for. It ends together with that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSource {
    /// A grant.
    Grant(GrantId),
    /// Another access token, and the grant of that one, if it has one.
    Token(CredentialId),
    /// A caller inside of the program.
    Program,
}

/// An access token that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldToken {
    /// The token.
    pub token: StoredCredential,
    /// The principal that got it: the owner of its grant, which may be a service account that acts for a person, or else its own.
    pub requester: PrincipalId,
}

/// Stores service accounts, grants, and the access tokens that are issued for them.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait GrantRepository {
    /// Adds a service account, whose principal the account already has. Returns whether the name was free.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_service_account(&mut self, service: &ServiceAccount) -> Result<bool, StoreError>;

    /// The service account of that name.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_service_account(&mut self, account: AccountId, name: &ServiceName) -> Result<Option<ServiceAccount>, StoreError>;

    /// A page of the service accounts, ordered by the ids of their principals.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_service_accounts(&mut self, account: AccountId, page: PageRequest<PrincipalId>) -> Result<Vec<ServiceAccount>, StoreError>;

    /// Adds a grant unless its public part is taken. Returns its id, or `None` if it was not added.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add(&mut self, account: AccountId, grant: &NewGrant) -> Result<Option<GrantId>, StoreError>;

    /// The grant of that kind and public part, also one that has ended.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, account: AccountId, kind: GrantKind, public_id: &str) -> Result<Option<Grant>, StoreError>;

    /// The grants of a principal that have not ended at `now`, ordered by id, at most [`Grant::MOST`] of them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn valid_of(&mut self, account: AccountId, principal: PrincipalId, kind: GrantKind, now: Timestamp) -> Result<Vec<Grant>, StoreError>;

    /// A page of the grants, also of those that have ended, ordered by id: those of one principal, or all.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&mut self, account: AccountId, principal: Option<PrincipalId>, page: PageRequest<GrantId>) -> Result<Vec<Grant>, StoreError>;

    /// One grant, also one that has ended, locked against other writers until the transaction ends.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock(&mut self, account: AccountId, grant: GrantId) -> Result<Option<Grant>, StoreError>;

    /// Records that a grant was exchanged on that day, unless a later day is recorded.
    ///
    /// # Errors
    /// [`StoreError`].
    fn touch(&mut self, account: AccountId, grant: GrantId, day: CalendarDate) -> Result<(), StoreError>;

    /// Revokes a grant for good, and with it the access tokens that were issued for it. Returns whether there was one to revoke.
    ///
    /// # Errors
    /// [`StoreError`].
    fn revoke(&mut self, account: AccountId, grant: GrantId, at: Timestamp) -> Result<bool, StoreError>;

    /// One access token, also one that has ended, held together with all that it was issued for until the transaction ends:
    /// another transaction that revokes or ends a part of that waits, and then finds the tokens that this one adds. `None` if there is no such token,
    /// or if what it was issued for was revoked. Others may hold the same token at the same time.
    ///
    /// # Errors
    /// [`StoreError`].
    fn hold_token(&mut self, account: AccountId, token: CredentialId) -> Result<Option<HeldToken>, StoreError>;

    /// Adds an access token of a principal unless its public part is taken. Returns its id, or `None` if it was not added.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_token(
        &mut self,
        account: AccountId,
        owner: Principal,
        token: &NewCredential,
        source: TokenSource,
    ) -> Result<Option<CredentialId>, StoreError>;
}
