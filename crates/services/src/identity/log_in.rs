//! Makes a token for whoever knows a password, or both halves of an access key. Wrong guesses are [counted](Guesses) for each
//! name and each network in the memory of the process, and refused unseen once there were too many.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{CredentialKind, Principal, PrincipalKind, Scope, UserKey};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{IssuedToken, LogIn, LogInError, LogInService, Presented};
use derslik_ports::outbound::{Clock, Ids, NewCredential, Passwords, Tenant, UnitOfWork};
use subtle::ConstantTimeEq;

use super::guesses::{Blocked, Guesses};
use super::secret::{digest, new_token, public_id};

/// For how many seconds a token opens something.
const TOKEN_SECONDS: u32 = 36_000;
const MICROS: i64 = 1_000_000;

/// The use case over a unit of work.
#[derive(Clone)]
pub struct LogIns<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    passwords: Arc<dyn Passwords>,
    guesses: Arc<Guesses>,
}

impl<U> std::fmt::Debug for LogIns<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogIns").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> LogIns<U> {
    /// The use case over these.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, passwords: Arc<dyn Passwords>) -> Self {
        let guesses = Arc::new(Guesses::new(Arc::clone(&ids)));
        Self { uow, clock, ids, passwords, guesses }
    }

    /// Who shows an access key with its secret.
    async fn by_key(&self, account: AccountId, key: &Presented) -> Result<Option<Principal>, LogInError> {
        let (kind, public_id) = (key.kind, key.public_id.clone());
        let owner = self.uow.read(Tenant::Unknown, move |stores| stores.identity().find_credential(kind, &public_id)).await?;
        let now = self.clock.now();
        Ok(owner
            .filter(|owner| owner.account.id == account && !owner.credential.is_expired(now))
            .filter(|owner| owner.credential.digest.bytes().ct_eq(digest(&key.secret).bytes()).into())
            .map(|owner| owner.credential.principal))
    }

    /// Who knows the password of a person, and until when that person may be logged in.
    async fn by_password(&self, shown: &LogIn) -> Result<Option<(Principal, Option<Timestamp>)>, LogInError> {
        let (account, now) = (shown.account, self.clock.now());
        let key = UserKey::Username(shown.username.clone());
        let found = self
            .uow
            .read(Tenant::Unknown, move |stores| {
                let user = stores.users().find(account, &key)?;
                let Some(user) = user.filter(|user| user.kind == PrincipalKind::User && user.may_log_in(now)) else { return Ok(None) };
                let hash = stores.identity().find_password(account, user.id)?;
                Ok::<_, LogInError>(hash.map(|hash| (user, hash)))
            })
            .await?;
        let (user, hash) = found.unzip();
        let is_right = self.passwords.verify(shown.password.clone(), hash).await?;
        Ok(user.filter(|_| is_right).map(|user| (user.principal(), user.profile.expires_at)))
    }

    async fn issue(&self, account: AccountId, owner: Principal, until: Option<Timestamp>) -> Result<IssuedToken, LogInError> {
        let now = self.clock.now();
        let token = new_token(&self.ids.random());
        let full = Timestamp::from_micros(now.micros() + i64::from(TOKEN_SECONDS) * MICROS);
        let expires_at = until.map_or(full, |until| until.min(full));
        let kind = CredentialKind::AccessToken;
        let credential = NewCredential {
            kind,
            public_id: public_id(kind, "", token.as_bytes()),
            digest: digest(token.as_bytes()),
            scopes: [Scope::Sessions].into_iter().collect(),
            expires_at: Some(expires_at),
            project: None,
            at: now,
        };
        self.uow
            .write(account, move |stores| {
                // Whoever was found may have been deleted while the password was compared.
                if !stores.identity().hold_principal(account, owner.id)? {
                    return Err(LogInError::Invalid);
                }
                Ok(stores.identity().add_credential(account, owner, &credential)?)
            })
            .await?;
        let seconds = u32::try_from((expires_at.micros() - now.micros()) / MICROS).unwrap_or_default();
        Ok(IssuedToken { token, seconds })
    }
}

impl From<Blocked> for LogInError {
    fn from(blocked: Blocked) -> Self {
        Self::TooMany { retry_after_seconds: blocked.seconds.into() }
    }
}

#[async_trait]
impl<U: UnitOfWork> LogInService for LogIns<U> {
    async fn log_in(&self, shown: LogIn) -> Result<IssuedToken, LogInError> {
        let now = self.clock.now();
        let attempt = self.guesses.count(shown.network, shown.account, &shown.username, now)?;
        let known = match self.by_key(shown.account, &shown.as_key).await? {
            Some(principal) => Some((principal, None)),
            None => self.by_password(&shown).await?,
        };
        let (principal, until) = known.ok_or(LogInError::Invalid)?;
        self.guesses.take_back(attempt);
        self.issue(shown.account, principal, until).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use derslik_domain::identity::{ClientNetwork, Password, PasswordHash, Username};
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores};
    use derslik_ports::outbound::MockPasswords;
    use derslik_testkit::builders::{account, guid, now, user};

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
        stores.identity.expect_add_credential().returning(|_, _, credential| {
            assert_eq!(credential.kind, CredentialKind::AccessToken);
            Ok(true)
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

    fn network(address: &str) -> ClientNetwork {
        ClientNetwork::of(address.parse().unwrap())
    }

    fn shown(username: &str, password: &str) -> LogIn {
        LogIn {
            account: account().id,
            username: Username::parse(username).unwrap(),
            password: Password::new(password.as_bytes().to_vec()).unwrap(),
            as_key: Presented { kind: CredentialKind::PerculusKey, public_id: username.to_owned(), secret: vec![] },
            network: Some(network("192.0.2.1")),
        }
    }

    #[tokio::test]
    async fn the_right_password_is_worth_a_token_for_ten_hours() {
        let issued = log_ins().0.log_in(shown("user100", "right")).await.unwrap();
        assert_eq!(issued.seconds, 36_000);
        assert!(issued.token.starts_with("derslik_at_0707"), "{}", issued.token);
    }

    #[tokio::test]
    async fn a_wrong_password_and_an_unknown_name_are_refused_alike() {
        for (username, password) in [("user100", "wrong"), ("nobody", "right")] {
            assert!(matches!(log_ins().0.log_in(shown(username, password)).await, Err(LogInError::Invalid)));
        }
    }

    #[tokio::test]
    async fn whoever_is_deleted_while_the_password_is_compared_gets_no_token() {
        let mut stores = MockStores::without_principals();
        stores.identity.expect_hold_principal().once().returning(|of, principal| {
            assert_eq!((of, principal), (account().id, user(100).id));
            Ok(false)
        });
        assert!(matches!(log_ins_of(stores).0.log_in(shown("user100", "right")).await, Err(LogInError::Invalid)));
    }

    #[tokio::test]
    async fn after_ten_wrong_guesses_the_right_password_has_to_wait() {
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
    async fn one_name_is_guessed_at_however_it_is_spelled() {
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
    async fn each_account_that_is_named_starts_no_fresh_count_of_an_address() {
        let (log_ins, _) = log_ins();
        let of = |number: i64, name: &str| LogIn { account: derslik_domain::id::Id::new(number), ..shown(name, "wrong") };
        for number in 0..50 {
            assert!(matches!(log_ins.log_in(of(number, "nobody")).await, Err(LogInError::Invalid)));
        }
        assert!(matches!(log_ins.log_in(of(50, "nobody else")).await, Err(LogInError::TooMany { .. })));
    }

    #[tokio::test]
    async fn right_passwords_are_no_guesses() {
        let (log_ins, _) = log_ins();
        for _ in 0..100 {
            assert!(log_ins.log_in(shown("user100", "right")).await.is_ok());
        }
    }

    #[tokio::test]
    async fn many_names_from_one_address_are_guesses_too() {
        let (log_ins, _) = log_ins();
        for number in 0..50 {
            assert!(matches!(log_ins.log_in(shown(&format!("n{number}"), "x")).await, Err(LogInError::Invalid)));
        }
        assert!(matches!(log_ins.log_in(shown("user100", "right")).await, Err(LogInError::TooMany { .. })));
    }
}
