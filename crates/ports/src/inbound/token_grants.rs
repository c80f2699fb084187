//! Grants: proofs that a client exchanges for an access token of an hour.

use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{CredentialRoot, Scopes, ServiceAccount, ServiceAddress, SignatureAlgorithm};
use derslik_domain::time::Timestamp;

use crate::StoreError;

/// The scopes that a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestedScopes {
    /// Those that exist.
    pub known: Scopes,
    /// Whether the client also asks for a scope that does not exist.
    pub has_unknown: bool,
}

/// What a service account states, with its signature. Nothing of it is proved before the signature is verified.
#[derive(Clone)]
pub struct Assertion {
    /// The key that the client says it signed with; `None` if it names none.
    pub key: Option<String>,
    /// The algorithm that the client says it signed by.
    pub algorithm: SignatureAlgorithm,
    /// The service account that signed it.
    pub issuer: String,
    /// The user for whom the service account wants to act; `None` if it acts as itself.
    pub subject: Option<String>,
    /// The scopes of the token; `None` for all that the service account may have.
    pub scopes: Option<RequestedScopes>,
    /// From when on it is valid.
    pub issued_at: Timestamp,
    /// The instant at which it expires.
    pub expires_at: Timestamp,
    /// The bytes that were signed.
    pub message: Vec<u8>,
    /// The signature of them.
    pub signature: Vec<u8>,
}

impl std::fmt::Debug for Assertion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assertion").finish_non_exhaustive()
    }
}

/// A program that holds refresh tokens.
#[derive(Clone)]
pub struct Client {
    /// Its id, which is public.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A grant that is exchanged for an access token.
#[derive(Clone)]
pub enum TokenRequest {
    /// The assertion of a service account.
    Assertion(Assertion),
    /// A refresh token.
    Refresh {
        /// The client that holds it.
        client: Client,
        /// The refresh token.
        token: String,
        /// The scopes of the new token; `None` for all of the refresh token.
        scopes: Option<RequestedScopes>,
    },
    /// An access token of this installation.
    Exchange {
        /// The access token.
        token: String,
        /// The scopes of the new token; `None` for all of the old one.
        scopes: Option<RequestedScopes>,
    },
}

impl std::fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let grant = match self {
            Self::Assertion(_) => "Assertion",
            Self::Refresh { .. } => "Refresh",
            Self::Exchange { .. } => "Exchange",
        };
        f.debug_struct(grant).finish_non_exhaustive()
    }
}

/// An access token that was issued for a grant.
#[derive(Clone)]
pub struct GrantedToken {
    /// The token. Only its digest is stored, so it can't be shown again.
    pub token: String,
    /// Its lifetime in seconds.
    pub seconds: u32,
    /// Its scopes.
    pub scopes: Scopes,
}

impl std::fmt::Debug for GrantedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GrantedToken").field("seconds", &self.seconds).field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// What a quota is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaKind {
    /// The verification of signatures, right or wrong.
    Signatures,
    /// Requests with a valid credential, and tokens for a valid grant.
    Credential,
}

/// A request is above a quota. It was not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests; try again later")]
pub struct QuotaExceeded {
    /// What the quota is for.
    pub kind: QuotaKind,
    /// How many requests it allows in a minute.
    pub per_minute: NonZeroU32,
    /// After how many seconds another request is taken: at least 1.
    pub retry_after_seconds: u64,
}

/// How often a client may ask. The caller of a use case knows the client; the use case knows what a request shows, and asks before it does
/// the work.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait TokenQuota: Send + Sync {
    /// Takes the verification of a signature that the client shows.
    ///
    /// # Errors
    /// [`QuotaExceeded`]: the signature is not verified.
    fn take_signature(&self) -> Result<(), QuotaExceeded>;

    /// Takes a token for a proof that was found right.
    ///
    /// # Errors
    /// [`QuotaExceeded`]: no token is issued.
    fn take_token(&self, account: AccountId, root: CredentialRoot) -> Result<(), QuotaExceeded>;
}

/// A client that may ask as often as it likes.
#[derive(Debug, Clone, Copy)]
pub struct Unlimited;

impl TokenQuota for Unlimited {
    fn take_signature(&self) -> Result<(), QuotaExceeded> {
        Ok(())
    }

    fn take_token(&self, _: AccountId, _: CredentialRoot) -> Result<(), QuotaExceeded> {
        Ok(())
    }
}

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// There is no such client, or its secret is wrong. Clients don't learn which, so that they can't probe for clients.
    #[error("the client is not valid")]
    Client,
    /// The grant is unknown, revoked or expired, its signature is wrong, or it belongs to another client. Clients don't learn which, so
    /// that they can't probe for grants.
    #[error("the grant is not valid")]
    Invalid,
    /// The assertion is valid for more than an hour, not yet, or no longer.
    #[error("the assertion is not valid at this time: it lives for an hour at the most, and the clocks must agree")]
    Time,
    /// The service account may not act for this user, or the user may not act.
    #[error("the service account may not act for this user")]
    Subject,
    /// These scopes are refused: the grant does not have them, or they do not exist. The grant itself was proved.
    #[error("a scope is unknown, or the grant does not have it")]
    Scope(RequestedScopes),
    /// The client asks too often.
    #[error(transparent)]
    TooMany(#[from] QuotaExceeded),
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Issues access tokens of an hour for grants.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait TokenGrants: Send + Sync {
    /// Issues a token for a grant, if the client may ask once more. The token does not outlive the grant.
    ///
    /// # Errors
    /// Any [`GrantError`].
    async fn grant(&self, request: TokenRequest, quota: Arc<dyn TokenQuota>) -> Result<GrantedToken, GrantError>;

    /// The service account of that address, if it exists and may act.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn find_service_account(&self, address: ServiceAddress) -> Result<Option<ServiceAccount>, StoreError>;

    /// A token of a service account without a proof: only for callers inside of this process, which decide who asks. Without scopes,
    /// the token has all that the service account may have. A token of the same scopes that was issued in this way before is given
    /// again, as long as it is valid and at least half of its life is left.
    ///
    /// # Errors
    /// [`GrantError::Invalid`] if there is no such service account, or it may not act; [`GrantError::Scope`]; [`GrantError::Store`].
    async fn grant_to(&self, address: ServiceAddress, scopes: Option<RequestedScopes>) -> Result<GrantedToken, GrantError>;
}
