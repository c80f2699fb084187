//! Finds the actor of a presented credential. The result is cached for less than a second. So a busy client costs about one
//! read a second, and a revoked credential stops working within a second.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::identity::{Actor, Credential};
use derslik_ports::inbound::{AuthenticationError, IdentityService, PresentedCredential};
use derslik_ports::outbound::{Clock, Tenant, UnitOfWork};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::secret::{digest, public_id};

/// How long a credential is cached.
const CACHE_LIFETIME: Duration = Duration::from_millis(900);
/// The most cached credentials.
const CACHE_CAPACITY: u64 = 10_000;

/// The use case of authentication over a unit of work.
#[derive(Debug, Clone)]
pub struct Identity<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    /// The key is a digest of the presented credential, so that no secret stays in memory.
    cache: Cache<[u8; 32], Found>,
}

#[derive(Debug, Clone)]
struct Found {
    actor: Actor,
    credential: Arc<Credential>,
}

impl<U: UnitOfWork> Identity<U> {
    /// The use case over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>) -> Self {
        let cache = Cache::builder().max_capacity(CACHE_CAPACITY).time_to_live(CACHE_LIFETIME).build();
        Self { uow, clock, cache }
    }

    async fn find(&self, presented: &PresentedCredential) -> Result<Found, AuthenticationError> {
        let kind = presented.kind;
        let public_id = public_id(kind, &presented.public_id, &presented.secret);
        let owner = self.uow.read(Tenant::Unknown, move |stores| stores.identity().find_credential(kind, &public_id)).await?;
        let owner = owner.ok_or(AuthenticationError::Invalid)?;
        let presented_digest = digest(&presented.secret);
        if !bool::from(owner.credential.digest.bytes().ct_eq(presented_digest.bytes())) {
            return Err(AuthenticationError::Invalid);
        }
        let actor = Actor {
            account: Arc::new(owner.account),
            principal: owner.credential.principal,
            scopes: owner.credential.scopes,
            credential: owner.credential.id,
            project: owner.credential.project,
        };
        Ok(Found { actor, credential: Arc::new(owner.credential) })
    }
}

/// The digest under which a pair of a public part and a secret is cached. The length keeps the two apart.
fn cache_key(presented: &PresentedCredential) -> [u8; 32] {
    Sha256::new()
        .chain_update(presented.kind.name())
        .chain_update(presented.public_id.len().to_le_bytes())
        .chain_update(&presented.public_id)
        .chain_update(&presented.secret)
        .finalize()
        .into()
}

#[async_trait]
impl<U: UnitOfWork> IdentityService for Identity<U> {
    async fn authenticate(&self, presented: PresentedCredential) -> Result<Actor, AuthenticationError> {
        let key = cache_key(&presented);
        let found = if let Some(found) = self.cache.get(&key) {
            found
        } else {
            let found = self.find(&presented).await?;
            self.cache.insert(key, found.clone());
            found
        };
        if found.credential.is_expired(self.clock.now()) { Err(AuthenticationError::Expired) } else { Ok(found.actor) }
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_domain::identity::{CredentialKind, SecretDigest};
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
    use derslik_ports::outbound::CredentialOwner;
    use derslik_testkit::builders::{account, service_principal};

    use super::*;

    const NOW: &str = "2025-02-06T13:07:35Z";

    fn owner(secret: &[u8], expires_at: Option<&str>) -> CredentialOwner {
        CredentialOwner {
            account: account(),
            credential: Credential {
                id: Id::new(5),
                kind: CredentialKind::AccessKey,
                public_id: "demo-access".to_owned(),
                digest: SecretDigest::new(Sha256::digest(secret).into()),
                principal: service_principal(),
                scopes: derslik_domain::identity::Scope::ALL.into_iter().collect(),
                expires_at: expires_at.map(|at| at.parse().unwrap()),
                project: None,
            },
        }
    }

    fn identity(expected_lookups: usize, answer: Option<CredentialOwner>) -> Identity<FakeUnitOfWork> {
        let mut stores = MockStores::default();
        stores.identity.expect_find_credential().times(expected_lookups).returning(move |_, _| Ok(answer.clone()));
        Identity::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(NOW.parse().unwrap())))
    }

    fn presented(secret: &[u8]) -> PresentedCredential {
        PresentedCredential { kind: CredentialKind::AccessKey, public_id: "demo-access".to_owned(), secret: secret.to_vec() }
    }

    #[tokio::test]
    async fn the_right_secret_gives_the_actor_with_one_lookup() {
        let identity = identity(1, Some(owner(b"right", None)));
        for _ in 0..3 {
            let actor = identity.authenticate(presented(b"right")).await.unwrap();
            assert_eq!((actor.account_id(), actor.credential), (account().id, Id::new(5)));
        }
    }

    #[tokio::test]
    async fn a_wrong_secret_is_refused_while_the_right_one_is_cached() {
        let identity = identity(3, Some(owner(b"right", None)));
        identity.authenticate(presented(b"right")).await.unwrap();
        for _ in 0..2 {
            assert!(matches!(identity.authenticate(presented(b"wrong")).await, Err(AuthenticationError::Invalid)));
        }
    }

    #[tokio::test]
    async fn an_unknown_credential_is_refused_as_a_wrong_secret_is() {
        let identity = identity(1, None);
        assert!(matches!(identity.authenticate(presented(b"right")).await, Err(AuthenticationError::Invalid)));
    }

    #[tokio::test]
    async fn an_expired_credential_is_refused() {
        let identity = identity(1, Some(owner(b"right", Some(NOW))));
        assert!(matches!(identity.authenticate(presented(b"right")).await, Err(AuthenticationError::Expired)));
    }
}
