//! Service accounts, their keys, and the refresh tokens of people.

use async_trait::async_trait;
use derslik_domain::id::{AccountId, GrantId, PrincipalId, ProjectId};
use derslik_domain::identity::{
    Grant, Role, Scopes, ServiceAccount, ServiceAddress, ServiceName, SignatureAlgorithm, TokenLifetime, UserKey,
};
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;

use super::IssueTokenError;
use crate::StoreError;
use crate::inbound::Client;

/// The people for whom a new service account may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewDelegation {
    /// These people; none of them if the list is empty.
    People(Vec<UserKey>),
    /// All people of the account.
    Everyone,
}

/// A service account to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewServiceAccount {
    /// Its name within the account.
    pub name: ServiceName,
    /// Its role in the account.
    pub role: Role,
    /// The scopes that its tokens can have.
    pub scopes: Scopes,
    /// The people for whom it may act.
    pub delegation: NewDelegation,
}

/// Why a service account was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateServiceAccountError {
    /// The account has a service account of that name.
    #[error("the account has a service account of that name")]
    NameTaken,
    /// A person for whom it was to act does not exist.
    #[error("there is no such user in the account")]
    UnknownUser,
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a new grant allows, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantTerms {
    /// The scopes that its tokens can have.
    pub scopes: Scopes,
    /// The project to which its tokens belong; `None` for the first one of the account.
    pub project: Option<ProjectId>,
    /// Its lifetime.
    pub lifetime: TokenLifetime,
}

/// A new key of a service account. Only its public half is stored, so the other one can't be shown again.
#[derive(Clone)]
pub struct CreatedServiceKey {
    /// The id of the grant.
    pub id: GrantId,
    /// The service account.
    pub address: ServiceAddress,
    /// The principal of the service account.
    pub principal: PrincipalId,
    /// The public part, by which clients name the key.
    pub key: String,
    /// The private half: PKCS #8 in PEM.
    pub private_pem: String,
    /// When it expires; `None` for never.
    pub expires_at: Option<Timestamp>,
}

impl std::fmt::Debug for CreatedServiceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedServiceKey").field("id", &self.id).field("key", &self.key).finish_non_exhaustive()
    }
}

/// A new refresh token with the client that holds it. Only digests of its secrets are stored, so they can't be shown again.
#[derive(Clone)]
pub struct CreatedRefreshToken {
    /// The id of the grant.
    pub id: GrantId,
    /// The client.
    pub client: Client,
    /// The refresh token.
    pub token: String,
    /// When it expires; `None` for never.
    pub expires_at: Option<Timestamp>,
}

impl std::fmt::Debug for CreatedRefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedRefreshToken").field("id", &self.id).field("client", &self.client).finish_non_exhaustive()
    }
}

/// Why a grant was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateGrantError {
    /// The account has no service account of that name.
    #[error("there is no service account of that name in the account")]
    UnknownService,
    /// The service account may not have one of the scopes.
    #[error("the service account may not have all of these scopes")]
    ScopeOutside,
    /// The principal holds as many grants of this kind as it can.
    #[error("{} grants of this kind are in use, which is the most: revoke one before", Grant::MOST)]
    TooMany,
    /// The owner or the project is refused, as for an access token.
    #[error(transparent)]
    Token(#[from] IssueTokenError),
}

impl From<StoreError> for CreateGrantError {
    fn from(error: StoreError) -> Self {
        Self::Token(error.into())
    }
}

/// Why a grant was not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeGrantError {
    /// The account has no such grant, or no such service account.
    #[error("there is nothing of that name in the account")]
    NotFound,
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creates, lists and revokes service accounts and grants.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait GrantAdministration: Send + Sync {
    /// Creates a service account without keys.
    ///
    /// # Errors
    /// [`CreateServiceAccountError`].
    async fn create_service_account(&self, account: AccountId, new: NewServiceAccount)
    -> Result<ServiceAccount, CreateServiceAccountError>;

    /// A page of the service accounts of an account, ordered by the ids of their principals. An unknown account has none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_service_accounts(&self, account: AccountId, page: PageRequest<PrincipalId>) -> Result<Vec<ServiceAccount>, StoreError>;

    /// Revokes all keys of a service account for good, and all tokens that it got. It may not act at all until it gets a new key.
    ///
    /// # Errors
    /// [`RevokeGrantError`].
    async fn revoke_service_account(&self, account: AccountId, name: ServiceName) -> Result<(), RevokeGrantError>;

    /// Makes a key of a service account, which may act from then on, also if it was revoked before.
    ///
    /// # Errors
    /// [`CreateGrantError`].
    async fn create_key(
        &self,
        account: AccountId,
        service: ServiceName,
        algorithm: SignatureAlgorithm,
        terms: GrantTerms,
    ) -> Result<CreatedServiceKey, CreateGrantError>;

    /// Makes a refresh token of a person, with a client that holds it.
    ///
    /// # Errors
    /// [`CreateGrantError::TooMany`], [`CreateGrantError::Token`].
    async fn create_refresh_token(
        &self,
        account: AccountId,
        user: UserKey,
        terms: GrantTerms,
    ) -> Result<CreatedRefreshToken, CreateGrantError>;

    /// A page of the grants of an account, also of those that have ended, ordered by id. An unknown account has none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self, account: AccountId, principal: Option<PrincipalId>, page: PageRequest<GrantId>) -> Result<Vec<Grant>, StoreError>;

    /// Revokes a grant for good, and all tokens that were issued for it. One that was revoked before stays as it is.
    ///
    /// # Errors
    /// [`RevokeGrantError`].
    async fn revoke(&self, account: AccountId, grant: GrantId) -> Result<(), RevokeGrantError>;
}
