//! Makes a token for whoever knows a password, or both halves of an access key. Wrong guesses are counted for each name and
//! each address in the memory of the process, and refused unseen once there were too many.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{CredentialKind, Principal, PrincipalKind, Scope, UserKey, Username};
use derslik_domain::text::fold;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{IssuedToken, LogIn, LogInError, LogInService, Presented};
use derslik_ports::outbound::{Clock, Ids, NewCredential, Passwords, Tenant, UnitOfWork};
use moka::sync::Cache;
use subtle::ConstantTimeEq;

use super::secret::{digest, new_token, public_id};

/// For how many seconds a token opens something.
const TOKEN_SECONDS: u32 = 36_000;
/// How many wrong guesses there may be about one name from one address until the time is over.
const GUESSES_ABOUT_A_NAME: u32 = 10;
/// How many from one address about any names of an account.
const GUESSES_FROM_AN_ADDRESS: u32 = 50;
/// How long guesses count.
const GUESSES_COUNT_SECONDS: i64 = 300;
/// How many names and addresses are remembered at once.
const REMEMBERED: u64 = 100_000;
const MICROS: i64 = 1_000_000;

/// The use case over a unit of work.
#[derive(Clone)]
pub struct LogIns<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    passwords: Arc<dyn Passwords>,
    guesses: Cache<Guessed, Arc<Mutex<Guesses>>>,
}

/// What is guessed about: a name of an account, or without one any name of it, from an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Guessed {
    account: AccountId,
    address: String,
    username: Option<String>,
}

/// How often it was guessed since when.
#[derive(Debug, Clone, Copy)]
struct Guesses {
    count: u32,
    since: Timestamp,
}

impl<U> std::fmt::Debug for LogIns<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogIns").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> LogIns<U> {
    /// The use case over these.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, passwords: Arc<dyn Passwords>) -> Self {
        Self { uow, clock, ids, passwords, guesses: Cache::new(REMEMBERED) }
    }

    /// Counts an attempt before it is looked at, so that many at once are many.
    fn count(&self, about: &Guessed, most: u32, now: Timestamp) -> Result<(), LogInError> {
        let guesses = self.guesses.get_with(about.clone(), || Arc::new(Mutex::new(Guesses { count: 0, since: now })));
        let mut guesses = guesses.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = guesses.since.micros() + GUESSES_COUNT_SECONDS * MICROS;
        if now.micros() >= ends {
            *guesses = Guesses { count: 0, since: now };
        }
        if guesses.count >= most {
            let seconds = (ends - now.micros() + MICROS - 1) / MICROS;
            return Err(LogInError::TooMany { retry_after_seconds: u64::try_from(seconds).unwrap_or(1).max(1) });
        }
        guesses.count += 1;
        Ok(())
    }

    /// Takes an attempt back that turned out to be no guess.
    fn forgive(&self, about: &Guessed) {
        if let Some(guesses) = self.guesses.get(about) {
            let mut guesses = guesses.lock().unwrap_or_else(PoisonError::into_inner);
            guesses.count = guesses.count.saturating_sub(1);
        }
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
        let username = Username::parse(&shown.username).ok();
        let found = self
            .uow
            .read(Tenant::Unknown, move |stores| {
                let Some(username) = username.clone() else { return Ok(None) };
                let user = stores.users().find(account, &UserKey::Username(username))?;
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
        self.uow.write(account, move |stores| stores.identity().add_credential(account, owner, &credential)).await?;
        let seconds = u32::try_from((expires_at.micros() - now.micros()) / MICROS).unwrap_or_default();
        Ok(IssuedToken { token, seconds })
    }
}

#[async_trait]
impl<U: UnitOfWork> LogInService for LogIns<U> {
    async fn log_in(&self, shown: LogIn) -> Result<IssuedToken, LogInError> {
        let now = self.clock.now();
        let anybody = Guessed { account: shown.account, address: shown.address.clone(), username: None };
        let name = Guessed { username: Some(fold(&shown.username)), ..anybody.clone() };
        self.count(&name, GUESSES_ABOUT_A_NAME, now)?;
        self.count(&anybody, GUESSES_FROM_AN_ADDRESS, now)?;
        let known = match self.by_key(shown.account, &shown.as_key).await? {
            Some(principal) => Some((principal, None)),
            None => self.by_password(&shown).await?,
        };
        let (principal, until) = known.ok_or(LogInError::Invalid)?;
        self.forgive(&name);
        self.forgive(&anybody);
        self.issue(shown.account, principal, until).await
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::identity::{Password, PasswordHash};
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
        let mut stores = MockStores::default();
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

    fn shown(username: &str, password: &str) -> LogIn {
        LogIn {
            account: account().id,
            username: username.to_owned(),
            password: Password::new(password.as_bytes().to_vec()).unwrap(),
            as_key: Presented { kind: CredentialKind::PerculusKey, public_id: username.to_owned(), secret: vec![] },
            address: "192.0.2.1".to_owned(),
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
        for (username, password) in [("user100", "wrong"), ("nobody", "right"), (" ", "right")] {
            assert!(matches!(log_ins().0.log_in(shown(username, password)).await, Err(LogInError::Invalid)));
        }
    }

    #[tokio::test]
    async fn after_ten_wrong_guesses_the_right_password_has_to_wait() {
        let (log_ins, clock) = log_ins();
        for _ in 0..10 {
            assert!(matches!(log_ins.log_in(shown("user100", "wrong")).await, Err(LogInError::Invalid)));
        }
        let refused = log_ins.log_in(shown("USER100", "right")).await;
        assert!(matches!(refused, Err(LogInError::TooMany { retry_after_seconds: 300 })), "{refused:?}");
        let elsewhere = LogIn { address: "192.0.2.2".to_owned(), ..shown("user100", "right") };
        assert!(log_ins.log_in(elsewhere).await.is_ok(), "others are not locked out");
        *clock.0.lock().unwrap() = now().minutes_before(-5);
        assert!(log_ins.log_in(shown("user100", "right")).await.is_ok());
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
