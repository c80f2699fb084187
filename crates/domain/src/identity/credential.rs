//! What proves who a principal is.

use crate::id::{CredentialId, ProjectId};
use crate::time::Timestamp;

use super::{Principal, Scope, Scopes};

/// What sort of secret a credential goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// An access key and a digest of its secret, as the sessions API wants it.
    PerculusKey,
    /// The one key of an account to its jobs.
    OrganizationKey,
    /// A secret that is sent as it is, by whoever logged in or was given it.
    AccessToken,
}

impl CredentialKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::PerculusKey, Self::OrganizationKey, Self::AccessToken];

    /// The name by which the kind is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PerculusKey => "perculus_key",
            Self::OrganizationKey => "organization_key",
            Self::AccessToken => "access_token",
        }
    }

    /// What a credential of this kind opens unless somebody says otherwise: its own API and no other.
    pub fn scopes(self) -> Scopes {
        match self {
            Self::PerculusKey => [Scope::Sessions].into_iter().collect(),
            Self::OrganizationKey => [Scope::Jobs].into_iter().collect(),
            Self::AccessToken => Scopes::default(),
        }
    }

    /// Whether all of what is shown is secret. The public part is then made of a digest of it.
    pub const fn is_opaque(self) -> bool {
        match self {
            Self::PerculusKey => false,
            Self::OrganizationKey | Self::AccessToken => true,
        }
    }

    /// The kind of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The SHA-256 of a secret. It has no `==`, which would tell by its speed how much of a guess was right.
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

/// A slow hash of a password, in a text that names its own algorithm and costs. It is nowhere printed.
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
    /// What sort of secret it goes by.
    pub kind: CredentialKind,
    /// The part that is no secret and finds it; unique within its kind.
    pub public_id: String,
    /// The digest of the part that is one.
    pub digest: SecretDigest,
    /// Who it stands for.
    pub principal: Principal,
    /// What it opens.
    pub scopes: Scopes,
    /// From when on it opens nothing any more.
    pub expires_at: Option<Timestamp>,
    /// The project that it belongs to, if it belongs to one.
    pub project: Option<ProjectId>,
}

impl Credential {
    /// Whether the credential is past its time.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expiry| expiry <= now)
    }
}
