//! Finds the actor of a presented credential. The result is cached for less than a second. So a busy client costs about one
//! read a second, and a revoked credential stops working within a second. A text that no credential can have is refused without
//! a read.
//!
//! The assertion of a service account is a credential as well, in `by_assertion`.
//!
//! The day on which a credential was accepted is recorded beside the request, which neither waits for the write nor fails with
//! it. Each process writes it once a day and credential at the most.

mod by_assertion;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use derslik_domain::audit::DenialCause;
use derslik_domain::course::CalendarDate;
use derslik_domain::id::{AccountId, CredentialId};
use derslik_domain::identity::{Actor, Credential, CredentialKind};
use derslik_ports::inbound::control::AccountIds;
use derslik_ports::inbound::{Assertion, AuthenticationError, DenialLog, IdentityService, PresentedCredential, TokenQuota};
use derslik_ports::outbound::{Clock, CredentialOwner, Signatures, StoreError, Tenant, UnitOfWork};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::secret::{Malformed, digest, find_public_id};
use crate::named_accounts::NamedAccounts;

/// How long a credential is cached after it was read.
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
    /// Verifies assertions; without it they are refused.
    signatures: Option<Arc<dyn Signatures>>,
    /// The last day for which this process recorded a use of a credential, or tried to.
    used: Cache<(AccountId, CredentialId), CalendarDate>,
    denials: Option<Arc<dyn DenialLog>>,
    /// Tells when tests have replaced accounts; `None` where they can't.
    account_ids: Option<Arc<AccountIds>>,
}

#[derive(Debug, Clone)]
struct Found {
    actor: Actor,
    credential: Arc<Credential>,
    /// When the read of it began. What was revoked since may have been missed.
    read_at: Instant,
    /// How often accounts had been replaced before that.
    replacements: u64,
}

impl<U: UnitOfWork + Clone> Identity<U> {
    /// The use case over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>) -> Self {
        let cache = Cache::builder().max_capacity(CACHE_CAPACITY).time_to_live(CACHE_LIFETIME).build();
        let used = Cache::builder().max_capacity(CACHE_CAPACITY).build();
        Self { uow, clock, cache, signatures: None, used, denials: None, account_ids: None }
    }

    /// The same use case, which counts refused credentials there.
    #[must_use]
    pub fn with_denials(self, denials: Arc<dyn DenialLog>) -> Self {
        Self { denials: Some(denials), ..self }
    }

    /// The same use case, which verifies assertions.
    #[must_use]
    pub fn with_signatures(self, signatures: Arc<dyn Signatures>) -> Self {
        Self { signatures: Some(signatures), ..self }
    }

    /// The same use case, which reads a credential again once a test has replaced its account.
    #[must_use]
    pub fn with_account_ids(self, ids: Arc<AccountIds>) -> Self {
        Self { account_ids: Some(ids), ..self }
    }

    /// Which accounts the texts of requests name.
    fn named_accounts(&self) -> NamedAccounts {
        self.account_ids.clone().map(NamedAccounts::new).unwrap_or_default()
    }

    /// How often tests have replaced accounts.
    fn replacements(&self) -> u64 {
        self.account_ids.as_ref().map_or(0, |ids| ids.replacements())
    }

    /// Counts a refused credential.
    fn refused(&self, account: Option<AccountId>, cause: DenialCause) -> AuthenticationError {
        if let Some(denials) = &self.denials {
            denials.note(account, cause);
        }
        if cause == DenialCause::Expired { AuthenticationError::Expired } else { AuthenticationError::Invalid }
    }

    /// The stored credential of a public part, and when the read of it began.
    async fn read(&self, kind: CredentialKind, public_id: String) -> Result<(Instant, Option<CredentialOwner>), StoreError> {
        self.uow
            .read(Tenant::Unknown, move |stores| {
                // Not before the wait for a connection, and not after the read, which may be slow.
                let read_at = Instant::now();
                Ok((read_at, stores.identity().find_credential(kind, &public_id)?))
            })
            .await
    }

    async fn find(&self, presented: &PresentedCredential) -> Result<Found, AuthenticationError> {
        let kind = presented.kind;
        let public_id = find_public_id(kind, &presented.public_id, &presented.secret);
        let public_id = public_id.map_err(|Malformed| self.refused(None, DenialCause::UnknownCredential))?;
        let replacements = self.replacements();
        let (read_at, owner) = self.read(kind, public_id).await?;
        let owner = owner.ok_or_else(|| self.refused(None, DenialCause::UnknownCredential))?;
        if !is_proved_by(&owner, presented) {
            return Err(self.refused(Some(owner.account.id), DenialCause::WrongSecret));
        }
        Ok(self.accept(read_at, replacements, owner))
    }

    /// The actor of an accepted credential, whose read began at that instant and after that many replacements.
    fn accept(&self, read_at: Instant, replacements: u64, owner: CredentialOwner) -> Found {
        self.record_use(&owner);
        let account = owner.account.id;
        let shown_account = self.account_ids.as_ref().map_or(account, |ids| ids.shown(account));
        let actor = Actor {
            account: Arc::new(owner.account),
            shown_account,
            principal: owner.credential.principal,
            scopes: owner.credential.scopes,
            credential: owner.credential.id,
            root: owner.root,
            project: owner.credential.project,
            trace: None,
            operator: None,
        };
        Found { actor, credential: Arc::new(owner.credential), read_at, replacements }
    }

    /// The actor of a credential, from the cache or from the store.
    async fn actor_of(&self, presented: PresentedCredential, signed: Option<Signed<'_>>) -> Result<Actor, AuthenticationError> {
        let key = cache_key(&presented);
        let is_fresh = |found: &Found| found.read_at.elapsed() < CACHE_LIFETIME && found.replacements == self.replacements();
        let cached = self.cache.get(&key).filter(is_fresh);
        let found = if let Some(found) = cached {
            found
        } else {
            let found = match signed {
                None => self.find(&presented).await?,
                Some(signed) => self.find_signed(&presented, signed).await?,
            };
            self.cache.insert(key, found.clone());
            found
        };
        if found.credential.is_expired(self.clock.now_of(found.actor.account_id())) {
            return Err(self.refused(Some(found.actor.account_id()), DenialCause::Expired));
        }
        Ok(found.actor)
    }

    /// Records the day on which a credential was accepted, unless that day is recorded. A database that refuses writes is not
    /// asked again on that day.
    fn record_use(&self, owner: &CredentialOwner) {
        let (account, credential) = (owner.account.id, owner.credential.id);
        let now = self.clock.now_of(account);
        let Some(today) = CalendarDate::of_utc(now) else { return };
        let is_recorded = owner.last_used_on.is_some_and(|day| day >= today)
            || self.used.get(&(account, credential)).is_some_and(|day| day >= today)
            || owner.credential.is_expired(now);
        if is_recorded {
            return;
        }
        self.used.insert((account, credential), today);
        let uow = self.uow.clone();
        tokio::spawn(async move {
            let work = uow.write_single_statement(account, move |stores| stores.identity().touch_credential(account, credential, today));
            let written: Result<(), StoreError> = work.await;
            if let Err(error) = written {
                tracing::debug!(%account, %credential, %error, "the use of a credential was not recorded");
            }
        });
    }
}

/// An assertion in place of a token, and how often its client may have one verified.
#[derive(Clone, Copy)]
struct Signed<'a> {
    assertion: &'a Assertion,
    quota: &'a dyn TokenQuota,
}

/// Whether the presented secret is that of a stored credential.
fn is_proved_by(owner: &CredentialOwner, presented: &PresentedCredential) -> bool {
    owner.credential.digest.bytes().ct_eq(digest(&presented.secret).bytes()).into()
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
impl<U: UnitOfWork + Clone> IdentityService for Identity<U> {
    async fn authenticate(&self, presented: PresentedCredential) -> Result<Actor, AuthenticationError> {
        self.actor_of(presented, None).await
    }

    async fn authenticate_signed(
        &self,
        presented: PresentedCredential,
        assertion: Assertion,
        quota: Arc<dyn TokenQuota>,
    ) -> Result<Actor, AuthenticationError> {
        self.actor_of(presented, Some(Signed { assertion: &assertion, quota: quota.as_ref() })).await
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_domain::identity::{CredentialRoot, SecretDigest};
    use derslik_domain::time::Timestamp;
    use derslik_ports::inbound::MockDenialLog;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_ports::outbound::Reason;
    use derslik_testkit::builders::{account, guid, service_principal};

    use super::*;
    use crate::identity::secret::{new_account_key, new_key_pair};

    pub(super) const NOW: &str = "2025-02-06T13:07:35Z";

    pub(super) fn today() -> CalendarDate {
        CalendarDate::of_utc(NOW.parse().unwrap()).unwrap()
    }

    /// The owner of a credential that was used today.
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
            last_used_on: Some(today()),
            root: CredentialRoot::Credential(Id::new(5)),
        }
    }

    fn finding(expected_lookups: usize, answer: Option<CredentialOwner>) -> MockStores {
        let mut stores = MockStores::default();
        stores.identity.expect_find_credential().times(expected_lookups).returning(move |_, _| Ok(answer.clone()));
        stores
    }

    pub(super) fn over(stores: MockStores) -> Identity<FakeUnitOfWork> {
        Identity::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(NOW.parse().unwrap())))
    }

    fn identity(expected_lookups: usize, answer: Option<CredentialOwner>) -> Identity<FakeUnitOfWork> {
        over(finding(expected_lookups, answer))
    }

    fn presented(secret: &[u8]) -> PresentedCredential {
        PresentedCredential { kind: CredentialKind::AccessKey, public_id: "demo-access".to_owned(), secret: secret.to_vec() }
    }

    /// Lets the tasks run that were spawned.
    async fn settle() {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
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

    #[tokio::test]
    async fn refused_credentials_are_counted_by_their_cause() {
        let expired = owner(b"right", Some(NOW));
        for (found, secret, of, cause) in [
            (None, b"right", None, DenialCause::UnknownCredential),
            (Some(expired.clone()), b"wrong", Some(account().id), DenialCause::WrongSecret),
            (Some(expired), b"right", Some(account().id), DenialCause::Expired),
        ] {
            let mut denials = MockDenialLog::new();
            denials.expect_note().once().returning(move |account, counted| assert_eq!((account, counted), (of, cause)));
            let identity = identity(1, found).with_denials(Arc::new(denials));
            assert!(identity.authenticate(presented(secret)).await.is_err());
        }
    }

    #[tokio::test]
    async fn a_malformed_key_is_refused_without_a_read() {
        let identity = identity(0, None);
        let of = |kind, public_id: &str, secret: &str| PresentedCredential {
            kind,
            public_id: public_id.to_owned(),
            secret: secret.as_bytes().to_vec(),
        };
        let cut = |text: String| text[..text.len() - 1].to_owned();
        let ids = FixedIds(guid(1));
        let malformed = [
            of(CredentialKind::AccessKey, &cut(new_key_pair(&ids).access_key), "proof"),
            of(CredentialKind::AccountKey, "", &cut(new_account_key(&ids))),
            of(CredentialKind::AccessToken, "", &new_account_key(&ids)),
        ];
        for presented in malformed {
            assert!(matches!(identity.authenticate(presented).await, Err(AuthenticationError::Invalid)));
        }
    }

    #[tokio::test]
    async fn a_key_that_names_its_public_id_is_found_by_it() {
        let key = new_account_key(&FixedIds(guid(1)));
        let found = owner(key.as_bytes(), None);
        let mut stores = MockStores::default();
        stores.identity.expect_find_credential().once().returning(move |kind, public_id| {
            assert_eq!((kind, public_id), (CredentialKind::AccountKey, "07".repeat(12).as_str()));
            Ok(Some(found.clone()))
        });
        let presented = PresentedCredential { kind: CredentialKind::AccountKey, public_id: String::new(), secret: key.into_bytes() };
        assert!(over(stores).authenticate(presented).await.is_ok());
    }

    /// Credentials that were used on that day last, or never.
    fn used_on(day: Option<i64>) -> CredentialOwner {
        CredentialOwner { last_used_on: day.map(|day| CalendarDate::new(2025, 2, day).unwrap()), ..owner(b"right", None) }
    }

    #[tokio::test]
    async fn the_first_use_of_a_day_is_recorded_once() {
        for last in [None, Some(5)] {
            let mut stores = finding(3, Some(used_on(last)));
            stores.identity.expect_touch_credential().once().returning(|of, credential, day| {
                assert_eq!((of, credential, day), (account().id, Id::new(5), today()));
                Ok(())
            });
            let identity = over(stores);
            for _ in 0..3 {
                assert!(identity.authenticate(presented(b"right")).await.is_ok());
                settle().await;
                // As if the lifetime of the cache were over.
                identity.cache.invalidate(&cache_key(&presented(b"right")));
            }
            assert_eq!(identity.uow.single_statement_writes(), 1);
        }
    }

    #[tokio::test]
    async fn a_use_is_not_recorded_again_nor_of_a_refused_credential() {
        // No call that records is expected, so any call fails the test.
        let today_again = identity(1, Some(used_on(Some(6))));
        assert!(today_again.authenticate(presented(b"right")).await.is_ok());
        let wrong = identity(1, Some(used_on(None)));
        assert!(wrong.authenticate(presented(b"wrong")).await.is_err());
        let mut ended = used_on(None);
        ended.credential.expires_at = Some(Timestamp::from_micros(0));
        let expired = identity(1, Some(ended));
        assert!(expired.authenticate(presented(b"right")).await.is_err());
        settle().await;
        for identity in [today_again, wrong, expired] {
            assert_eq!(identity.uow.commits(), 0);
            assert_eq!(identity.used.get(&(account().id, Id::new(5))), None);
        }
    }

    #[tokio::test]
    async fn a_database_that_refuses_writes_harms_no_request_and_is_asked_once_a_day() {
        let mut stores = finding(2, Some(used_on(None)));
        stores.identity.expect_touch_credential().once().returning(|_, _, _| Err(StoreError::from(Reason::ReadOnly)));
        let identity = over(stores);
        for _ in 0..2 {
            assert!(identity.authenticate(presented(b"right")).await.is_ok());
            settle().await;
            identity.cache.invalidate(&cache_key(&presented(b"right")));
        }
    }
}
