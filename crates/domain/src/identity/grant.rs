//! Grants: proofs that live long and are exchanged for access tokens of an hour. How signatures and digests are made is decided
//! elsewhere.

use std::fmt;
use std::str::FromStr;

use crate::course::CalendarDate;
use crate::id::{AccountId, GrantId, PrincipalId, ProjectId};
use crate::time::Timestamp;

use super::{Scopes, SecretDigest};

/// What follows the public part in the id of every client. The top-level domain is reserved for private use.
const CLIENTS: &str = "apps.derslik.internal";

/// The algorithm of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum SignatureAlgorithm {
    /// RSA of 2048 bits with SHA-256 (RFC 7518: `RS256`). All client libraries know it.
    Rs256,
    /// ECDSA on P-256 with SHA-256 (RFC 7518: `ES256`).
    Es256,
}

impl SignatureAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 2] = [Self::Rs256, Self::Es256];

    /// The name of RFC 7518.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }

    /// The algorithm of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// The public half of a key: a `SubjectPublicKeyInfo` in DER.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PublicKey(Box<[u8]>);

impl PublicKey {
    /// Wraps the DER of a key.
    pub fn new(der: impl Into<Box<[u8]>>) -> Self {
        Self(der.into())
    }

    /// The DER.
    pub const fn der(&self) -> &[u8] {
        &self.0
    }
}

/// What proves a grant.
#[derive(Debug, Clone)]
pub enum GrantProof {
    /// Signatures of a service account. They are verified by the algorithm of the key, whatever a client says.
    Key {
        /// The algorithm.
        algorithm: SignatureAlgorithm,
        /// The half of the key that is stored.
        key: PublicKey,
    },
    /// A refresh token, shown by the one client that holds it.
    Refresh {
        /// The digest of the secret of the client.
        client: SecretDigest,
        /// The digest of the token.
        token: SecretDigest,
    },
}

/// The kind of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum GrantKind {
    /// A key of a service account.
    Key,
    /// A refresh token of a person.
    Refresh,
}

impl GrantKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Key, Self::Refresh];

    /// The name of the kind.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Key => "service-account key",
            Self::Refresh => "refresh token",
        }
    }
}

impl GrantProof {
    /// The kind of the grant.
    pub const fn kind(&self) -> GrantKind {
        match self {
            Self::Key { .. } => GrantKind::Key,
            Self::Refresh { .. } => GrantKind::Refresh,
        }
    }
}

/// A stored grant.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Its id within the account.
    pub id: GrantId,
    /// The principal to whom it belongs.
    pub principal: PrincipalId,
    /// The public part, by which it is found: unique in the account within its kind.
    pub public_id: String,
    /// What proves it.
    pub proof: GrantProof,
    /// The scopes that its tokens can have.
    pub scopes: Scopes,
    /// The project to which its tokens belong, if any.
    pub project: Option<ProjectId>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it expires; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked; `None` if it was not.
    pub revoked_at: Option<Timestamp>,
    /// The last day, in UTC, on which it was exchanged; `None` for never.
    pub last_used_on: Option<CalendarDate>,
}

impl Grant {
    /// The most grants of one kind that a principal can hold at a time, so that those of a principal are few to look through.
    pub const MOST: u32 = 10;

    /// Whether it is no longer accepted at `now`, because it was revoked or has expired.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.revoked_at.is_some() || self.expires_at.is_some_and(|expiry| expiry <= now)
    }
}

/// The id of a client that holds a refresh token. It names the account.
///
/// ```
/// use derslik_domain::identity::ClientId;
///
/// let client: ClientId = "10001-0a1b.apps.derslik.internal".parse()?;
/// assert_eq!((client.account.get(), client.public_id.as_str()), (10_001, "0a1b"));
/// assert_eq!(client.to_string(), "10001-0a1b.apps.derslik.internal");
/// # Ok::<(), derslik_domain::identity::ClientIdError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientId {
    /// The account.
    pub account: AccountId,
    /// The public part of the grant.
    pub public_id: String,
}

/// The text is not the id of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not the id of a client")]
pub struct ClientIdError;

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}.{CLIENTS}", self.account, self.public_id)
    }
}

impl FromStr for ClientId {
    type Err = ClientIdError;

    /// Reads exactly what [`Display`](fmt::Display) writes, so that each client has one id.
    fn from_str(text: &str) -> Result<Self, ClientIdError> {
        let (account, rest) = text.split_once('-').ok_or(ClientIdError)?;
        let public_id = rest.strip_suffix(CLIENTS).and_then(|rest| rest.strip_suffix('.')).ok_or(ClientIdError)?;
        let fits = (1..=64).contains(&public_id.len()) && public_id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let account = account.parse::<i64>().map(AccountId::new).map_err(|_| ClientIdError)?;
        let client = Self { account, public_id: public_id.to_owned() };
        if fits && client.to_string() == text { Ok(client) } else { Err(ClientIdError) }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::id::Id;

    #[test]
    fn algorithms_are_found_by_their_names_alone() {
        for algorithm in SignatureAlgorithm::ALL {
            assert_eq!(SignatureAlgorithm::by_name(algorithm.name()), Some(algorithm));
        }
        for name in ["none", "None", "HS256", "rs256", "RS512", ""] {
            assert_eq!(SignatureAlgorithm::by_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_grant_has_ended_once_it_is_revoked_or_expired() {
        let (now, later) = (Timestamp::from_micros(5), Timestamp::from_micros(6));
        let grant = |revoked_at, expires_at| Grant {
            id: Id::new(1),
            principal: Id::new(2),
            public_id: "0a".to_owned(),
            proof: GrantProof::Key { algorithm: SignatureAlgorithm::Es256, key: PublicKey::new([1, 2]) },
            scopes: Scopes::default(),
            project: None,
            created_at: Timestamp::from_micros(0),
            expires_at,
            revoked_at,
            last_used_on: None,
        };
        assert!(!grant(None, None).has_ended(now) && !grant(None, Some(later)).has_ended(now));
        assert!(grant(None, Some(now)).has_ended(now) && grant(Some(now), None).has_ended(now));
        assert_eq!(grant(None, None).proof.kind(), GrantKind::Key);
    }

    #[rstest]
    fn a_client_id_has_one_spelling(
        #[values(
            "",
            "10001",
            "10001-",
            "10001-.apps.derslik.internal",
            "-0a.apps.derslik.internal",
            "+1-0a.apps.derslik.internal",
            "01-0a.apps.derslik.internal",
            "1-0g.apps.derslik.internal",
            "1-0a.apps.derslik.internal ",
            "1-0aapps.derslik.internal",
            "1-0a.apps.example"
        )]
        text: &str,
    ) {
        assert_eq!(text.parse::<ClientId>(), Err(ClientIdError), "{text}");
    }
}
