//! Authentication: the actor of a request.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::identity::{Actor, CredentialKind};

use super::{Assertion, QuotaExceeded, RequestedScopes, TokenQuota};
use crate::StoreError;

/// The credential that a request carries.
#[derive(Clone)]
pub struct PresentedCredential {
    /// The kind of the credential.
    pub kind: CredentialKind,
    /// The part that finds the credential; not used where the kind [is opaque](CredentialKind::is_opaque).
    pub public_id: String,
    /// The part that proves it.
    pub secret: Vec<u8>,
}

impl std::fmt::Debug for PresentedCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PresentedCredential").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Why a credential was refused.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// There is no such credential, or the secret is wrong. Clients don't learn which, so that they can't probe for
    /// credentials.
    #[error("the credential is not valid")]
    Invalid,
    /// The credential has expired.
    #[error("the credential has expired")]
    Expired,
    /// The credential is proved, and asks for these scopes, which its owner does not have or which do not exist.
    #[error("a scope is unknown, or the owner of the credential does not have it")]
    Scope(RequestedScopes),
    /// The client shows too many signatures. This one was not verified.
    #[error(transparent)]
    TooMany(#[from] QuotaExceeded),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The principal of a request was deleted or disabled after its credential was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the principal may not act any more")]
pub struct ActorGone;

/// Finds the actor of a request.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait IdentityService: Send + Sync {
    /// The actor of a presented credential. A revoked credential is refused within a second. Until then it can read; its writes
    /// fail with [`ActorGone`] once its principal was deleted.
    ///
    /// # Errors
    /// Any [`AuthenticationError`].
    async fn authenticate(&self, presented: PresentedCredential) -> Result<Actor, AuthenticationError>;

    /// The actor of a request that shows an assertion in place of an access token. `presented` is the text of the assertion, which is an
    /// access token from then on until it expires: its first request verifies it, and later ones find it as any other token. What was
    /// signed makes the token, not the spelling of the signature: a second spelling is the same token, and revoked with it. A service
    /// account makes such an assertion for itself alone.
    ///
    /// # Errors
    /// Any [`AuthenticationError`].
    async fn authenticate_signed(
        &self,
        presented: PresentedCredential,
        assertion: Assertion,
        quota: Arc<dyn TokenQuota>,
    ) -> Result<Actor, AuthenticationError>;
}
