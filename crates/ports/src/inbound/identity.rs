//! Who asks.

use async_trait::async_trait;
use derslik_domain::identity::{Actor, CredentialKind};

use crate::outbound::StoreError;

/// What a client showed to prove who it is.
#[derive(Clone)]
pub struct PresentedCredential {
    /// What sort of secret it goes by.
    pub kind: CredentialKind,
    /// The part that finds the credential; of no account where the kind [is opaque](CredentialKind::is_opaque).
    pub public_id: String,
    /// The part that proves it.
    pub secret: Vec<u8>,
}

impl std::fmt::Debug for PresentedCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PresentedCredential").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Why nobody was recognised.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// There is no such credential, or the secret is wrong: which of the two is nobody's business.
    #[error("the credential is not valid")]
    Invalid,
    /// The credential is past its time.
    #[error("the credential has expired")]
    Expired,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The principal of a request may not act any more: it was deleted or disabled after its credential was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the principal may not act any more")]
pub struct ActorGone;

/// Tells who makes a request.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait IdentityService: Send + Sync {
    /// The actor whose credential was shown. A credential that was revoked is refused within a second;
    /// until then it reads, but what it writes is refused once its principal was deleted ([`ActorGone`]).
    ///
    /// # Errors
    /// Any [`AuthenticationError`].
    async fn authenticate(&self, presented: PresentedCredential) -> Result<Actor, AuthenticationError>;
}
