//! Credentials: keys, passwords and tokens that prove which principal sends a request.

use crate::id::{CredentialId, ProjectId};
use crate::time::Timestamp;

use super::{Principal, Scope, Scopes};

/// The kind of secret that a credential consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum CredentialKind {
    /// A public access key with a proof made of it and its secret. Programs use it for sessions.
    AccessKey,
    /// A secret key of an account, for its jobs.
    AccountKey,
    /// A secret that is sent as it is. A client gets it by logging in, or is given it.
    AccessToken,
}

impl CredentialKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::AccessKey, Self::AccountKey, Self::AccessToken];

    /// The name of the kind.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessKey => "access key",
            Self::AccountKey => "account key",
            Self::AccessToken => "access token",
        }
    }

    /// The default scopes of a credential of this kind: those of its own API and no other.
    pub fn scopes(self) -> Scopes {
        match self {
            Self::AccessKey => [Scope::Sessions].into_iter().collect(),
            Self::AccountKey => [Scope::Jobs].into_iter().collect(),
            Self::AccessToken => Scopes::default(),
        }
    }

    /// Whether the whole credential is secret. Its public part is then made of a digest of it.
    pub const fn is_opaque(self) -> bool {
        match self {
            Self::AccessKey => false,
            Self::AccountKey | Self::AccessToken => true,
        }
    }
}

/// The SHA-256 of a secret. It has no `==`: the time of a comparison would reveal how much of a guess is right.
#[derive(Clone, Copy)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// Wraps a digest.
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The 32 bytes, to be stored or to be compared in constant time.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretDigest(..)")
    }
}

/// A slow hash of a password, in a text that names its own algorithm and costs. It is never printed.
#[derive(Clone)]
pub struct PasswordHash(Box<str>);

impl PasswordHash {
    /// Wraps a hash.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// A stored credential of a principal.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Its id within the account.
    pub id: CredentialId,
    /// The kind of its secret.
    pub kind: CredentialKind,
    /// The public part, by which a store finds it; unique within its kind.
    pub public_id: String,
    /// The digest of the secret part.
    pub digest: SecretDigest,
    /// The principal that it proves.
    pub principal: Principal,
    /// Its scopes.
    pub scopes: Scopes,
    /// The instant at which it expires.
    pub expires_at: Option<Timestamp>,
    /// The project that it belongs to, if it belongs to one.
    pub project: Option<ProjectId>,
}

impl Credential {
    /// Whether the credential has expired at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expiry| expiry <= now)
    }
}
