//! Issues tokens in exchange for a name and a password, or for an access key and its secret. The [`LoginLimiter`] counts wrong
//! attempts for each name and each network in the memory of the process. Above its limits attempts are refused unchecked. An
//! attempt counts only if it was checked and was wrong, not if the store failed or the client went away before.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::audit::{Change, Object, Requester};
use derslik_domain::course::CalendarDate;
use derslik_domain::id::{AccountId, CredentialId, PrincipalId};
use derslik_domain::identity::{CredentialKind, PasswordHash, Principal, PrincipalKind, Scope, UserKey};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{IssuedToken, LogIn, LogInError, LogInService};
use derslik_ports::outbound::{Clock, Ids, NewCredential, Passwords, Reason, StoreError, Stores, Tenant, UnitOfWork};
use subtle::ConstantTimeEq;

use super::login_limiter::{LoginLimiter, Refusal};
use super::secret::{digest, find_public_id, key_proof, new_token, public_id};
use crate::record::record;

/// The lifetime of a token in seconds.
const TOKEN_SECONDS: u32 = 36_000;
const MICROS: i64 = 1_000_000;

/// The use case of logging in over a unit of work.
#[derive(Clone)]
pub struct LogIns<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    passwords: Arc<dyn Passwords>,
    limiter: Arc<LoginLimiter>,
}

impl<U> std::fmt::Debug for LogIns<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogIns").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> LogIns<U> {
    /// The use case over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, passwords: Arc<dyn Passwords>) -> Self {
        let limiter = Arc::new(LoginLimiter::new(Arc::clone(&ids), Arc::clone(&clock)));
        Self { uow, clock, ids, passwords, limiter }
    }

    /// The principal of the account whose access key and secret are the name and the password.
    async fn by_key(&self, shown: &LogIn) -> Result<Option<(Principal, Proof)>, LogInError> {
        let kind = CredentialKind::AccessKey;
        // A malformed access key may still be the name of a person.
        let Ok(access_key) = find_public_id(kind, shown.username.as_str(), &[]) else { return Ok(None) };
        let proof = key_proof(&access_key, shown.password.reveal());
        let owner = self.uow.read(Tenant::Unknown, move |stores| stores.identity().find_credential(kind, &access_key)).await?;
        let now = self.clock.now_of(shown.account);
        Ok(owner
            .filter(|owner| owner.account.id == shown.account && !owner.credential.is_expired(now))
            .filter(|owner| owner.credential.digest.bytes().ct_eq(digest(&proof).bytes()).into())
            .map(|owner| (owner.credential.principal, Proof::Key(owner.credential.id))))
    }

    /// The person with that name and password.
    async fn by_password(&self, shown: &LogIn) -> Result<Option<(Principal, Proof)>, LogInError> {
        let (account, now) = (shown.account, self.clock.now_of(shown.account));
        let key = UserKey::Username(shown.username.clone());
        let found = self
            .uow
            .read(Tenant::Unknown, move |stores| {
                let user = stores.users().find(account, &key)?;
                let Some(user) = user.filter(|user| user.kind == PrincipalKind::User && user.may_log_in(now)) else { return Ok(None) };
                if stores.identity().account_state(account)?.is_none_or(|state| state.is_disabled()) {
                    return Ok(None);
                }
                let hash = stores.identity().find_password(account, user.id)?;
                Ok::<_, LogInError>(hash.map(|hash| (user, hash)))
            })
            .await?;
        let (user, hash) = found.unzip();
        let is_right = self.passwords.verify(shown.password.clone(), hash.clone()).await?;
        let proved = user.zip(hash).filter(|_| is_right);
        Ok(proved.map(|(user, hash)| (user.principal(), Proof::Password { hash, until: user.profile.expires_at })))
    }

    async fn issue(&self, account: AccountId, owner: Principal, proof: Proof) -> Result<IssuedToken, LogInError> {
        let now = self.clock.now_of(account);
        let token = new_token(self.ids.as_ref());
        let full = Timestamp::from_micros(now.micros() + i64::from(TOKEN_SECONDS) * MICROS);
        let kind = CredentialKind::AccessToken;
        let credential = NewCredential {
            kind,
            public_id: public_id(kind, "", token.as_bytes()),
            digest: digest(token.as_bytes()),
            scopes: [Scope::Sessions].into_iter().collect(),
            expires_at: Some(full),
            project: None,
            access_key: proof.access_key(),
            at: now,
        };
        let expires_at = self
            .uow
            .write(account, move |stores| {
                // The person may have been deleted while the password was verified.
                if !stores.identity().hold_principal(account, owner.id)? {
                    return Err(LogInError::Invalid);
                }
                let expires_at = proof.end(stores, account, owner.id, now)?.min(full);
                let credential = NewCredential { expires_at: Some(expires_at), ..credential };
                let added = stores.identity().add_credential(account, owner, &credential)?;
                let credential = added.ok_or_else(|| StoreError::from(Reason::Conflict))?;
                let requester = Requester::Principal(owner.id, credential);
                record(stores, account, now, requester, Change::SignedIn, Object::Principal(owner.id))?;
                Ok(expires_at)
            })
            .await?;
        let seconds = u32::try_from((expires_at.micros() - now.micros()) / MICROS).unwrap_or_default();
        Ok(IssuedToken { token, seconds })
    }
}

/// What a log-in was proved by.
enum Proof {
    /// The access key of that id.
    Key(CredentialId),
    /// The password of that hash, of a person who may be logged in until an instant, or without end.
    Password { hash: PasswordHash, until: Option<Timestamp> },
}

impl Proof {
    /// The access key, if it is one. The token ends with it.
    const fn access_key(&self) -> Option<CredentialId> {
        match self {
            Self::Key(id) => Some(*id),
            Self::Password { .. } => None,
        }
    }

    /// When a token that it gets must end at the latest; the use of a key is recorded. It is read in the transaction of the token: the
    /// end of the key, or another password, either comes before it, or finds the token and ends that as well.
    ///
    /// # Errors
    /// [`LogInError::Invalid`] if it proves nothing any more.
    fn end(&self, stores: &mut dyn Stores, account: AccountId, owner: PrincipalId, now: Timestamp) -> Result<Timestamp, LogInError> {
        let end = match self {
            Self::Key(id) => {
                let key = stores.identity().lock_credential(account, *id)?.filter(|key| !key.has_ended(now));
                let used_on = key.as_ref().and_then(|key| key.last_used_on);
                let today = CalendarDate::of_utc(now).filter(|today| used_on.is_none_or(|day| day < *today));
                if let Some(today) = today.filter(|_| key.is_some()) {
                    stores.identity().touch_credential(account, *id, today)?;
                }
                key.map(|key| key.expires_at)
            }
            Self::Password { hash, until } => {
                let current = stores.identity().find_password(account, owner)?;
                current.filter(|current| current.as_str() == hash.as_str()).map(|_| *until)
            }
        };
        Ok(end.ok_or(LogInError::Invalid)?.unwrap_or(Timestamp::MAX))
    }
}

impl From<Refusal> for LogInError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Blocked { seconds } => Self::TooMany { retry_after_seconds: seconds.into() },
            Refusal::Crowded => Self::Store(StoreError::from(Reason::Crowded)),
        }
    }
}

#[async_trait]
impl<U: UnitOfWork> LogInService for LogIns<U> {
    async fn log_in(&self, shown: LogIn) -> Result<IssuedToken, LogInError> {
        let permit = self.limiter.acquire(shown.network, shown.account, &shown.username).await?;
        let mut proved = self.by_key(&shown).await?;
        if proved.is_none() {
            proved = self.by_password(&shown).await?;
        }
        let Some((principal, proof)) = proved else {
            permit.count_as_wrong();
            return Err(LogInError::Invalid);
        };
        drop(permit);
        self.issue(shown.account, principal, proof).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    use derslik_domain::audit::AuditEvent;
    use derslik_domain::id::Id;
    use derslik_domain::identity::{AccountState, ClientNetwork, Credential, CredentialRoot, Password, StoredCredential, Username};
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores};
    use derslik_ports::outbound::{CredentialOwner, MockPasswords};
    use derslik_testkit::builders::{account, guid, now, service_principal, user};

    use super::*;

    #[derive(Debug)]
    struct MovingClock(Mutex<Timestamp>);

    impl Clock for MovingClock {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    fn log_ins() -> (LogIns<FakeUnitOfWork>, Arc<MovingClock>) {
        log_ins_of(MockStores::default())
    }

    fn log_ins_of(mut stores: MockStores) -> (LogIns<FakeUnitOfWork>, Arc<MovingClock>) {
        stores.identity.expect_find_credential().returning(|_, _| Ok(None));
        stores.identity.expect_find_password().returning(|_, _| Ok(Some(PasswordHash::new("right"))));
        stores.identity.expect_account_state().returning(|_| Ok(Some(open_account())));
        stores.identity.expect_add_credential().returning(|_, _, credential| {
            assert_eq!(credential.kind, CredentialKind::AccessToken);
            Ok(Some(Id::new(9)))
        });
        stores.audit.expect_add().returning(|of, record| {
            let AuditEvent::Change(Requester::Principal(by, credential), Change::SignedIn, Object::Principal(person)) = record.event else {
                panic!("{record:?}")
            };
            assert_eq!((of, by, credential), (account().id, person, Id::new(9)));
            Ok(())
        });
        stores
            .users
            .expect_find()
            .returning(|_, key| Ok((*key == UserKey::Username(Username::parse("user100").unwrap())).then(|| user(100))));
        let mut passwords = MockPasswords::new();
        passwords.expect_verify().returning(|password, hash| Ok(hash.is_some_and(|hash| hash.as_str() == password.reveal())));
        let clock = Arc::new(MovingClock(Mutex::new(now())));
        let ids = Arc::new(FixedIds(guid(1)));
        (LogIns::new(FakeUnitOfWork::new(stores), clock.clone(), ids, Arc::new(passwords)), clock)
    }

    fn open_account() -> AccountState {
        AccountState { account: account(), created_at: now(), disabled_at: None }
    }

    fn network(address: &str) -> ClientNetwork {
        ClientNetwork::of(address.parse().unwrap())
    }

    fn shown(username: &str, password: &str) -> LogIn {
        LogIn {
            account: account().id,
            username: Username::parse(username).unwrap(),
            password: Password::new(password.as_bytes().to_vec()).unwrap(),
            network: Some(network("192.0.2.1")),
        }
    }

    #[tokio::test]
    async fn the_right_password_gets_a_token_for_ten_hours() {
        let issued = log_ins().0.log_in(shown("user100", "right")).await.unwrap();
        assert_eq!(issued.seconds, 36_000);
        assert!(issued.token.starts_with("derslik_at_0707"), "{}", issued.token);
    }

    /// Stores that find the access key `demo-access` once, and then lock it as it is by then.
    fn holding_key(locked: StoredCredential) -> MockStores {
        let mut stores = MockStores::default();
        stores.identity.expect_find_credential().once().returning(|kind, access_key| {
            assert_eq!((kind, access_key), (CredentialKind::AccessKey, "demo-access"));
            let credential = Credential {
                id: Id::new(5),
                kind,
                public_id: access_key.to_owned(),
                digest: digest(&key_proof("demo-access", "demo-secret")),
                principal: service_principal(),
                scopes: kind.scopes(),
                expires_at: None,
                project: None,
            };
            let root = CredentialRoot::Credential(Id::new(5));
            Ok(Some(CredentialOwner { account: account(), credential, last_used_on: None, root }))
        });
        stores.identity.expect_lock_credential().returning(move |of, key| {
            assert_eq!((of, key), (account().id, Id::new(5)));
            Ok(Some(locked.clone()))
        });
        stores
    }

    #[tokio::test]
    async fn a_log_in_with_an_access_key_is_a_use_of_it_on_that_day() {
        let today = CalendarDate::of_utc(now());
        for (last_used_on, times) in [(None, 1), (CalendarDate::new(2020, 1, 1).ok(), 1), (today, 0)] {
            let mut stores = holding_key(StoredCredential { last_used_on, ..access_key() });
            let is_use =
                move |of: &AccountId, key: &CredentialId, day: &CalendarDate| (*of, *key, Some(*day)) == (account().id, Id::new(5), today);
            stores.identity.expect_touch_credential().times(times).withf(is_use).returning(|_, _, _| Ok(()));
            assert!(log_ins_of(stores).0.log_in(shown("demo-access", "demo-secret")).await.is_ok());
        }
    }

    fn access_key() -> StoredCredential {
        StoredCredential {
            id: Id::new(5),
            kind: CredentialKind::AccessKey,
            public_id: "demo-access".to_owned(),
            principal: service_principal().id,
            scopes: CredentialKind::AccessKey.scopes(),
            project: None,
            created_at: now(),
            expires_at: None,
            revoked_at: None,
            last_used_on: CalendarDate::of_utc(now()),
            access_key: None,
            issued_for: None,
        }
    }

    #[tokio::test]
    async fn an_access_key_and_its_secret_are_worth_a_token_too() {
        let log_in =
            |secret: &'static str| async move { log_ins_of(holding_key(access_key())).0.log_in(shown("demo-access", secret)).await };
        assert_eq!(log_in("demo-secret").await.unwrap().seconds, 36_000);
        assert!(matches!(log_in("another").await, Err(LogInError::Invalid)));
    }

    #[tokio::test]
    async fn a_token_remembers_the_access_key_that_got_it_and_no_other_token_has_one() {
        let with_key = |mut stores: MockStores, key: Option<CredentialId>| {
            stores.identity.expect_add_credential().once().returning(move |_, _, credential| {
                assert_eq!(credential.access_key, key);
                Ok(Some(Id::new(9)))
            });
            log_ins_of(stores).0
        };
        let by_key = with_key(holding_key(access_key()), Some(Id::new(5)));
        assert!(by_key.log_in(shown("demo-access", "demo-secret")).await.is_ok());
        let by_password = with_key(MockStores::default(), None);
        assert!(by_password.log_in(shown("user100", "right")).await.is_ok());
    }

    #[tokio::test]
    async fn a_token_ends_with_the_access_key_that_got_it() {
        let ending = StoredCredential { expires_at: Some(now().minutes_before(-5)), ..access_key() };
        let issued = log_ins_of(holding_key(ending)).0.log_in(shown("demo-access", "demo-secret")).await.unwrap();
        assert_eq!(issued.seconds, 300);
    }

    #[tokio::test]
    async fn an_access_key_that_ended_meanwhile_gets_no_token() {
        let revoked = StoredCredential { revoked_at: Some(now()), ..access_key() };
        let expired = StoredCredential { expires_at: Some(now()), ..access_key() };
        for ended in [revoked, expired] {
            let refused = log_ins_of(holding_key(ended)).0.log_in(shown("demo-access", "demo-secret")).await;
            assert!(matches!(refused, Err(LogInError::Invalid)), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn a_password_that_was_replaced_while_it_was_verified_gets_no_token() {
        let mut stores = MockStores::default();
        for hash in ["right", "another"] {
            stores.identity.expect_find_password().once().returning(move |_, _| Ok(Some(PasswordHash::new(hash))));
        }
        let refused = log_ins_of(stores).0.log_in(shown("user100", "right")).await;
        assert!(matches!(refused, Err(LogInError::Invalid)), "{refused:?}");
    }

    #[tokio::test]
    async fn a_sign_in_that_can_not_be_recorded_gets_no_token() {
        let mut stores = MockStores::default();
        stores.audit.expect_add().once().returning(|_, _| Err(StoreError::from(Reason::Unreachable)));
        assert!(matches!(log_ins_of(stores).0.log_in(shown("user100", "right")).await, Err(LogInError::Store(_))));
    }

    #[tokio::test]
    async fn a_malformed_access_key_is_not_looked_up_but_may_be_the_name_of_a_person() {
        let log_in = |name: &'static str| async move {
            let mut stores = MockStores::default();
            stores.identity.expect_find_credential().returning(|_, _| panic!("it is looked up"));
            stores.users.expect_find().once().returning(move |_, key| {
                assert_eq!(*key, UserKey::Username(Username::parse(name).unwrap()));
                Ok(Some(user(100)))
            });
            log_ins_of(stores).0.log_in(shown(name, "right")).await
        };
        for name in ["derslik_ak_0123", "derslik_person"] {
            assert!(log_in(name).await.is_ok(), "{name}");
        }
    }

    #[tokio::test]
    async fn no_person_of_a_disabled_account_logs_in() {
        let mut stores = MockStores::default();
        let disabled = AccountState { disabled_at: Some(now()), ..open_account() };
        stores.identity.expect_account_state().once().returning(move |of| {
            assert_eq!(of, account().id);
            Ok(Some(disabled.clone()))
        });
        stores.identity.expect_find_password().returning(|_, _| panic!("it is read"));
        assert!(matches!(log_ins_of(stores).0.log_in(shown("user100", "right")).await, Err(LogInError::Invalid)));
    }

    #[tokio::test]
    async fn a_wrong_password_and_an_unknown_name_are_refused_alike() {
        for (username, password) in [("user100", "wrong"), ("unknown", "right")] {
            assert!(matches!(log_ins().0.log_in(shown(username, password)).await, Err(LogInError::Invalid)));
        }
    }

    #[tokio::test]
    async fn a_person_deleted_while_the_password_is_verified_gets_no_token() {
        let mut stores = MockStores::without_principals();
        stores.identity.expect_hold_principal().once().returning(|of, principal| {
            assert_eq!((of, principal), (account().id, user(100).id));
            Ok(false)
        });
        assert!(matches!(log_ins_of(stores).0.log_in(shown("user100", "right")).await, Err(LogInError::Invalid)));
    }

    #[tokio::test]
    async fn after_ten_wrong_passwords_the_right_one_has_to_wait() {
        let (log_ins, clock) = log_ins();
        for _ in 0..10 {
            assert!(matches!(log_ins.log_in(shown("user100", "wrong")).await, Err(LogInError::Invalid)));
        }
        let refused = log_ins.log_in(shown("USER100", "right")).await;
        assert!(matches!(refused, Err(LogInError::TooMany { retry_after_seconds: 300 })), "{refused:?}");
        let elsewhere = LogIn { network: Some(network("192.0.2.2")), ..shown("user100", "right") };
        assert!(log_ins.log_in(elsewhere).await.is_ok(), "others are not locked out");
        *clock.0.lock().unwrap() = now().minutes_before(-5);
        assert!(log_ins.log_in(shown("user100", "right")).await.is_ok());
    }

    #[tokio::test]
    async fn all_spellings_of_a_name_share_one_count() {
        const SPELLINGS: [&str; 4] = ["user100", " user100", "User100  ", "\u{a0}USER100"];
        let (log_ins, _) = log_ins();
        for number in 0..10 {
            assert!(matches!(log_ins.log_in(shown(SPELLINGS[number % 4], "wrong")).await, Err(LogInError::Invalid)));
        }
        for spelling in SPELLINGS {
            assert!(matches!(log_ins.log_in(shown(spelling, "right")).await, Err(LogInError::TooMany { .. })), "{spelling:?}");
        }
    }

    #[tokio::test]
    async fn the_count_of_an_address_is_shared_by_all_accounts() {
        let (log_ins, _) = log_ins();
        let of = |number: i64, name: &str| LogIn { account: Id::new(number), ..shown(name, "wrong") };
        for number in 0..50 {
            assert!(matches!(log_ins.log_in(of(number, "unknown")).await, Err(LogInError::Invalid)));
        }
        assert!(matches!(log_ins.log_in(of(50, "unknown too")).await, Err(LogInError::TooMany { .. })));
    }

    #[tokio::test]
    async fn right_passwords_are_not_counted() {
        let (log_ins, _) = log_ins();
        for _ in 0..100 {
            assert!(log_ins.log_in(shown("user100", "right")).await.is_ok());
        }
    }

    #[tokio::test]
    async fn wrong_passwords_for_many_names_from_one_address_are_counted_together() {
        let (log_ins, _) = log_ins();
        for number in 0..50 {
            assert!(matches!(log_ins.log_in(shown(&format!("n{number}"), "x")).await, Err(LogInError::Invalid)));
        }
        assert!(matches!(log_ins.log_in(shown("user100", "right")).await, Err(LogInError::TooMany { .. })));
    }

    /// Takes some virtual time for each password, and counts them.
    #[derive(Debug, Default)]
    struct SlowPasswords(AtomicUsize);

    #[async_trait]
    impl Passwords for SlowPasswords {
        async fn hash(&self, _: Password) -> Result<PasswordHash, StoreError> {
            Err(StoreError::from(Reason::Crowded))
        }

        async fn verify(&self, password: Password, _: Option<PasswordHash>) -> Result<bool, StoreError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(300)).await;
            if password.reveal() == "crowded" { Err(StoreError::from(Reason::Crowded)) } else { Ok(password.reveal() == "right") }
        }
    }

    /// Log-ins that know every name, and a switch that makes the store fail.
    fn slow_log_ins() -> (Arc<LogIns<FakeUnitOfWork>>, Arc<SlowPasswords>, Arc<AtomicBool>) {
        let mut stores = MockStores::default();
        let fails = Arc::new(AtomicBool::new(false));
        let does_fail = Arc::clone(&fails);
        stores.identity.expect_find_credential().returning(|_, _| Ok(None));
        stores.identity.expect_find_password().returning(|_, _| Ok(Some(PasswordHash::new("right"))));
        stores.identity.expect_account_state().returning(|_| Ok(Some(open_account())));
        stores.identity.expect_add_credential().returning(|_, _, _| Ok(Some(Id::new(9))));
        stores.audit.expect_add().returning(|_, _| Ok(()));
        stores.users.expect_find().returning(move |_, _| {
            if does_fail.load(Ordering::Relaxed) { Err(StoreError::from(Reason::Unreachable)) } else { Ok(Some(user(100))) }
        });
        let (passwords, clock) = (Arc::new(SlowPasswords::default()), Arc::new(MovingClock(Mutex::new(now()))));
        let log_ins = LogIns::new(FakeUnitOfWork::new(stores), clock, Arc::new(FixedIds(guid(1))), passwords.clone());
        (Arc::new(log_ins), passwords, fails)
    }

    /// Logs in with each of these concurrently. Returns how many succeeded, were wrong, and were refused by the limiter.
    async fn at_once(log_ins: &Arc<LogIns<FakeUnitOfWork>>, shown: impl IntoIterator<Item = LogIn>) -> (usize, usize, usize) {
        let attempt = |shown| {
            let log_ins = Arc::clone(log_ins);
            tokio::spawn(async move { log_ins.log_in(shown).await })
        };
        let attempts: Vec<_> = shown.into_iter().map(attempt).collect();
        let (mut right, mut wrong, mut too_many) = (0, 0, 0);
        for attempt in attempts {
            match attempt.await.unwrap() {
                Ok(_) => right += 1,
                Err(LogInError::Invalid) => wrong += 1,
                Err(LogInError::TooMany { .. }) => too_many += 1,
                Err(error) => panic!("{error}"),
            }
        }
        (right, wrong, too_many)
    }

    #[tokio::test(start_paused = true)]
    async fn right_log_ins_of_one_person_at_once_all_succeed() {
        let (log_ins, _, _) = slow_log_ins();
        assert_eq!(at_once(&log_ins, (0..30).map(|_| shown("ayhan", "right"))).await, (30, 0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn right_log_ins_of_many_people_at_once_from_one_address_all_succeed() {
        let (log_ins, _, _) = slow_log_ins();
        assert_eq!(at_once(&log_ins, (0..80).map(|number| shown(&format!("n{number}"), "right"))).await, (80, 0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn of_concurrent_wrong_passwords_only_as_many_as_the_limit_are_checked() {
        let (log_ins, passwords, _) = slow_log_ins();
        assert_eq!(at_once(&log_ins, (0..30).map(|_| shown("ayhan", "wrong"))).await, (0, 10, 20));
        assert_eq!(passwords.0.load(Ordering::Relaxed), 10);
        assert_eq!(at_once(&log_ins, (0..80).map(|number| shown(&format!("n{number}"), "wrong"))).await, (0, 40, 40));
        assert_eq!(passwords.0.load(Ordering::Relaxed), 50);
        assert_eq!(at_once(&log_ins, [shown("ayhan", "right"), shown("another", "right")]).await, (0, 0, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failing_store_or_a_crowded_hasher_is_not_counted() {
        let (log_ins, _, fails) = slow_log_ins();
        for failing in [true, false] {
            fails.store(failing, Ordering::Relaxed);
            for number in 0..60 {
                let refused = log_ins.log_in(shown(&format!("n{}", number % 6), "crowded")).await;
                assert!(matches!(refused, Err(LogInError::Store(_))), "{refused:?}");
            }
        }
        assert!(log_ins.limiter.is_empty());
        assert_eq!(at_once(&log_ins, (0..6).map(|number| shown(&format!("n{number}"), "right"))).await, (6, 0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_disconnects_is_not_counted() {
        let (log_ins, _, _) = slow_log_ins();
        for _ in 0..60 {
            let gone = tokio::time::timeout(Duration::from_millis(1), log_ins.log_in(shown("ayhan", "wrong"))).await;
            assert!(gone.is_err());
        }
        assert!(log_ins.limiter.is_empty());
        assert_eq!(at_once(&log_ins, [shown("ayhan", "right")]).await, (1, 0, 0));
    }
}
