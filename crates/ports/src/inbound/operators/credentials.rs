//! The life of credentials: listing, creating, rotating and revoking them.

use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::id::{AccountId, CredentialId};
use derslik_domain::identity::{CredentialFilter, CredentialKind, StoredCredential, TokenLifetime};
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;

use super::KeyPair;
use crate::StoreError;

/// A key to create for the service principal of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewKey {
    /// [`CredentialKind::AccessKey`] or [`CredentialKind::AccountKey`].
    pub kind: CredentialKind,
    /// Its lifetime in days; `None` for a key that never expires.
    pub days: Option<u32>,
}

/// The secret of a new credential, as a client gets it. Only its digest is stored, so it can't be shown again.
#[derive(Clone)]
pub enum CreatedSecret {
    /// A pair of keys of the sessions API.
    KeyPair(KeyPair),
    /// A text of this kind that is secret as a whole.
    Opaque(CredentialKind, String),
}

impl std::fmt::Debug for CreatedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeyPair(keys) => f.debug_tuple("KeyPair").field(keys).finish(),
            Self::Opaque(kind, _) => f.debug_tuple("Opaque").field(kind).finish_non_exhaustive(),
        }
    }
}

/// A new credential with its secret.
#[derive(Debug, Clone)]
pub struct CreatedKey {
    /// Its id within the account.
    pub id: CredentialId,
    /// Its secret.
    pub secret: CreatedSecret,
    /// When it expires; `None` for never.
    pub expires_at: Option<Timestamp>,
}

/// Why a credential was neither created nor changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no such credential, or no such account.
    #[error("there is no such credential in the account")]
    NotFound,
    /// It was revoked, has expired, or belongs to a principal that may not act: there is nothing to rotate.
    #[error("the credential has ended: it was revoked, has expired, or its owner may not act")]
    Ended,
    /// It is a token that was issued for a grant or for another token, and ends with that. A replacement would not.
    #[error("the token was issued for a grant or for another token, and is not rotated: ask for a new one with that")]
    Issued,
    /// Access tokens are not created as keys are: they are [issued](super::TokenIssuing).
    #[error("an access token is issued to a person, and not created as a key")]
    TokensAreIssued,
    /// The account has no service principal that may act.
    #[error("the account has no service principal to own a key")]
    NoService,
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Lists, creates, rotates and revokes the credentials of an account: access keys, account keys and access tokens.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait CredentialAdministration: Send + Sync {
    /// A page of the credentials that the filter matches, ordered by id. An unknown account has none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(
        &self,
        account: AccountId,
        filter: CredentialFilter,
        page: PageRequest<CredentialId>,
    ) -> Result<Vec<StoredCredential>, StoreError>;

    /// Creates a key of the service principal of an account, with the scopes of its kind.
    ///
    /// # Errors
    /// [`KeyError::TokensAreIssued`], [`KeyError::NoService`], [`KeyError::Store`].
    async fn create(&self, account: AccountId, new: NewKey) -> Result<CreatedKey, KeyError>;

    /// Replaces a credential. The new one has the same kind, principal, scopes and project. Without a lifetime it lives as long as the
    /// old one does from its creation to its end, which an earlier rotation may have shortened. The old one is accepted until
    /// `overlap` after now, at most [`MAX_OVERLAP`], but never longer than before. No secret of the old one is needed, so a lost one
    /// is replaced in this way. Tokens that log-ins with an access key of a service got end with it at the latest, and so do tokens
    /// of the service without a recorded access key.
    ///
    /// # Errors
    /// [`KeyError::NotFound`], [`KeyError::Ended`], [`KeyError::Issued`], [`KeyError::Store`].
    async fn rotate(
        &self,
        account: AccountId,
        credential: CredentialId,
        overlap: Duration,
        lifetime: Option<TokenLifetime>,
    ) -> Result<CreatedKey, KeyError>;

    /// Revokes a credential for good. One that was revoked before stays as it is. With an access key of a service go the tokens
    /// that log-ins with it got, and those without a recorded access key.
    ///
    /// # Errors
    /// [`KeyError::NotFound`], [`KeyError::Store`].
    async fn revoke(&self, account: AccountId, credential: CredentialId) -> Result<(), KeyError>;
}

/// The longest overlap of a rotation: 366 days. A longer one is cut to it.
pub const MAX_OVERLAP: Duration = Duration::from_secs(366 * 24 * 60 * 60);
