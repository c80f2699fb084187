//! Signs in the admins of the installation. The [`LoginLimiter`] counts wrong passwords in the memory of the process, by name and by
//! network, as it does for log-ins. An unknown name is checked against no hash, which takes as long.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use derslik_domain::audit::{Change, DenialCause, INSTALLATION, Object, Requester};
use derslik_domain::id::AdminId;
use derslik_domain::identity::{Admin, ClientNetwork, Password, Username};
use derslik_ports::inbound::DenialLog;
use derslik_ports::inbound::operators::{AdminSignIn, AdminSignIns, NewSignIn, SIGN_IN_LIFE, SignInError};
use derslik_ports::outbound::{AdminWithPassword, Clock, Ids, Passwords, Reason, SignInToAdd, StoreError, Stores, Tenant, UnitOfWork};

use super::login_limiter::{LoginLimiter, Refusal};
use super::secret::{digest, is_sign_in_token, new_sign_in_token};
use crate::record::record;

/// The use case of sign-ins over a unit of work. It counts wrong passwords, so a process has one of it.
pub struct SignIns<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    passwords: Arc<dyn Passwords>,
    /// Made at the first attempt, since most processes see none.
    limiter: OnceLock<Arc<LoginLimiter>>,
    denials: Option<Arc<dyn DenialLog>>,
}

impl<U> std::fmt::Debug for SignIns<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIns").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> SignIns<U> {
    /// The use case over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, passwords: Arc<dyn Passwords>) -> Self {
        Self { uow, clock, ids, passwords, limiter: OnceLock::new(), denials: None }
    }

    /// The same use case, which counts refused attempts there.
    #[must_use]
    pub fn with_denials(self, denials: Arc<dyn DenialLog>) -> Self {
        Self { denials: Some(denials), ..self }
    }

    fn limiter(&self) -> &Arc<LoginLimiter> {
        self.limiter.get_or_init(|| Arc::new(LoginLimiter::new(Arc::clone(&self.ids), Arc::clone(&self.clock))))
    }

    /// The admin of that name and password; the one of that id, if it is given.
    async fn check(
        &self,
        name: &Username,
        password: Password,
        network: Option<ClientNetwork>,
        expected: Option<AdminId>,
    ) -> Result<AdminWithPassword, SignInError> {
        let permit = self.limiter().acquire(network, INSTALLATION, name).await?;
        let name = name.clone();
        let found: Option<AdminWithPassword> =
            self.uow.read(Tenant::Installation, move |stores| stores.admins().find(&name)).await.map_err(SignInError::Store)?;
        let found = found.filter(|found| expected.is_none_or(|expected| expected == found.admin.id));
        let hash = found.as_ref().map(|found| found.hash.clone());
        let is_right = self.passwords.verify(password, hash).await?;
        let Some(proved) = found.filter(|_| is_right) else {
            permit.count_as_wrong();
            return Err(SignInError::Invalid);
        };
        Ok(proved)
    }

    /// Begins a sign-in of an admin whose password was right.
    async fn begin(&self, proved: AdminWithPassword) -> Result<NewSignIn, SignInError> {
        let (token, now) = (new_sign_in_token(self.ids.as_ref()), self.clock.now());
        let sign_in = SignInToAdd { digest: digest(token.as_bytes()), admin: proved.admin.id, expires_at: now.plus(SIGN_IN_LIFE) };
        let admin = self
            .uow
            .write(Tenant::Installation, move |stores| {
                let admin = still_valid(stores, &proved)?;
                stores.admins().prune_sign_ins(now)?;
                stores.admins().add_sign_in(&sign_in)?;
                record(stores, INSTALLATION, now, Requester::Admin(admin.id), Change::SignedIn, Object::Admin(admin.id))?;
                Ok::<_, SignInError>(admin)
            })
            .await?;
        Ok(NewSignIn { admin, token, seconds: u32::try_from(SIGN_IN_LIFE.as_secs()).unwrap_or(u32::MAX) })
    }

    /// Counts a refused attempt among the denied requests.
    fn note(&self, error: &SignInError) {
        let cause = match error {
            SignInError::Invalid => DenialCause::WrongPassword,
            SignInError::TooMany { .. } => DenialCause::TooManyAttempts,
            SignInError::Store(_) => return,
        };
        if let Some(denials) = &self.denials {
            denials.note(None, cause);
        }
    }
}

/// The admin, who may have been removed, or replaced by one of the same name, while the password was verified.
fn still_valid(stores: &mut dyn Stores, proved: &AdminWithPassword) -> Result<Admin, SignInError> {
    let current = stores.admins().find(&proved.admin.name)?;
    let current = current.filter(|current| current.admin.id == proved.admin.id && current.hash.as_str() == proved.hash.as_str());
    current.map(|current| current.admin).ok_or(SignInError::Invalid)
}

impl From<Refusal> for SignInError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Blocked { seconds } => Self::TooMany { retry_after_seconds: seconds.into() },
            Refusal::Crowded => Self::Store(StoreError::from(Reason::Crowded)),
        }
    }
}

#[async_trait]
impl<U: UnitOfWork> AdminSignIns for SignIns<U> {
    async fn sign_in(&self, shown: AdminSignIn) -> Result<NewSignIn, SignInError> {
        let AdminSignIn { name, password, network } = shown;
        let begun = match self.check(&name, password, network, None).await {
            Ok(proved) => self.begin(proved).await,
            Err(error) => Err(error),
        };
        begun.inspect_err(|error| self.note(error))
    }

    async fn find(&self, token: &str) -> Result<Option<Admin>, StoreError> {
        if !is_sign_in_token(token) {
            return Ok(None);
        }
        let (digest, now) = (digest(token.as_bytes()), self.clock.now());
        self.uow.read(Tenant::Installation, move |stores| stores.admins().find_signed_in(&digest, now)).await
    }

    async fn confirm(&self, admin: &Admin, password: Password, network: Option<ClientNetwork>) -> Result<(), SignInError> {
        let checked = self.check(&admin.name, password, network, Some(admin.id)).await;
        checked.map(drop).inspect_err(|error| self.note(error))
    }

    async fn sign_out(&self, token: &str) -> Result<(), StoreError> {
        if !is_sign_in_token(token) {
            return Ok(());
        }
        let digest = digest(token.as_bytes());
        let removed: Result<bool, StoreError> =
            self.uow.write(Tenant::Installation, move |stores| stores.admins().remove_sign_in(&digest)).await;
        removed.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use derslik_domain::audit::{AuditEvent, NewAuditRecord};
    use derslik_domain::id::Id;
    use derslik_domain::identity::{AdminRole, PasswordHash};
    use derslik_ports::inbound::MockDenialLog;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_ports::outbound::MockPasswords;
    use derslik_testkit::builders::{guid, now};

    use super::*;

    const ID: AdminId = Id::new(3);

    fn name(text: &str) -> Username {
        Username::parse(text).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::new(text.as_bytes().to_vec()).unwrap()
    }

    fn admin() -> Admin {
        Admin { id: ID, name: name("ayse"), role: AdminRole::Operator, created_at: now() }
    }

    fn shown(username: &str, text: &str) -> AdminSignIn {
        let network = Some(ClientNetwork::of("192.0.2.1".parse().unwrap()));
        AdminSignIn { name: name(username), password: password(text), network }
    }

    /// Stores with the admin `ayse`, whose password is "right".
    fn with_admin() -> MockStores {
        let mut stores = MockStores::default();
        stores.admins.expect_find().returning(|named| {
            let found = AdminWithPassword { admin: admin(), hash: PasswordHash::new("right") };
            Ok((*named == name("ayse")).then_some(found))
        });
        stores
    }

    /// The use case over these stores, which may verify that many passwords.
    fn sign_ins_with(stores: MockStores, verified: usize) -> SignIns<FakeUnitOfWork> {
        let mut passwords = MockPasswords::new();
        passwords
            .expect_verify()
            .times(verified)
            .returning(|password, hash| Ok(hash.is_some_and(|hash| hash.as_str() == password.reveal())));
        let (clock, ids) = (Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(1))));
        SignIns::new(FakeUnitOfWork::new(stores), clock, ids, Arc::new(passwords))
    }

    /// A log that expects these causes of denials, in any order, and as often as they stand here.
    fn denials(expected: &[(DenialCause, usize)]) -> Arc<MockDenialLog> {
        let mut log = MockDenialLog::new();
        for (cause, times) in expected.iter().copied() {
            log.expect_note().times(times).withf(move |account, noted| account.is_none() && *noted == cause).returning(|_, _| ());
        }
        Arc::new(log)
    }

    #[tokio::test]
    async fn the_right_password_gets_a_token_for_twelve_hours_of_which_the_digest_is_stored() {
        let mut stores = with_admin();
        stores.admins.expect_prune_sign_ins().once().returning(|at| {
            assert_eq!(at, now());
            Ok(derslik_domain::rows::RowCount::ZERO)
        });
        let token = new_sign_in_token(&FixedIds(guid(1)));
        let known = *digest(token.as_bytes()).bytes();
        stores.admins.expect_add_sign_in().once().returning(move |added| {
            let end = now().minutes_before(-12 * 60);
            assert_eq!((*added.digest.bytes(), added.admin, added.expires_at), (known, ID, end));
            Ok(())
        });
        stores.audit.expect_add().once().returning(|of, record| {
            let event = AuditEvent::Change(Requester::Admin(ID), Change::SignedIn, Object::Admin(ID));
            assert_eq!((of, record), (INSTALLATION, &NewAuditRecord { at: now(), event }));
            Ok(())
        });
        let begun = sign_ins_with(stores, 1).with_denials(denials(&[])).sign_in(shown("ayse", "right")).await.unwrap();
        assert_eq!((begun.admin, begun.token, begun.seconds), (admin(), token, 43_200));
    }

    #[tokio::test]
    async fn unknown_names_are_verified_too_and_ten_wrong_passwords_block_a_name() {
        let counted = denials(&[(DenialCause::WrongPassword, 20), (DenialCause::TooManyAttempts, 2)]);
        let sign_ins = sign_ins_with(with_admin(), 20).with_denials(counted);
        for named in ["ayse", "mehmet"] {
            for _ in 0..10 {
                let refused = sign_ins.sign_in(shown(named, "wrong")).await;
                assert!(matches!(refused, Err(SignInError::Invalid)), "{refused:?}");
            }
            let refused = sign_ins.sign_in(shown(named, "right")).await;
            assert!(matches!(refused, Err(SignInError::TooMany { retry_after_seconds: 300 })), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn an_admin_who_is_removed_while_the_password_is_verified_is_not_signed_in() {
        let (mut stores, reads) = (MockStores::default(), AtomicUsize::new(0));
        stores.admins.expect_find().times(2).returning(move |_| {
            let found = AdminWithPassword { admin: admin(), hash: PasswordHash::new("right") };
            Ok((reads.fetch_add(1, Ordering::Relaxed) == 0).then_some(found))
        });
        let refused = sign_ins_with(stores, 1).sign_in(shown("ayse", "right")).await;
        assert!(matches!(refused, Err(SignInError::Invalid)), "{refused:?}");
    }

    #[tokio::test]
    async fn a_confirmation_takes_the_password_of_that_admin_and_counts_wrong_ones() {
        let sign_ins =
            sign_ins_with(with_admin(), 11).with_denials(denials(&[(DenialCause::WrongPassword, 10), (DenialCause::TooManyAttempts, 1)]));
        let network = shown("ayse", "right").network;
        sign_ins.confirm(&admin(), password("right"), network).await.unwrap();
        // An admin of the same name, after this one was removed.
        let earlier = Admin { id: Id::new(2), ..admin() };
        assert!(matches!(sign_ins.confirm(&earlier, password("right"), network).await, Err(SignInError::Invalid)));
        for _ in 0..9 {
            assert!(matches!(sign_ins.confirm(&admin(), password("wrong"), network).await, Err(SignInError::Invalid)));
        }
        assert!(matches!(sign_ins.sign_in(shown("ayse", "right")).await, Err(SignInError::TooMany { .. })));
    }

    #[tokio::test]
    async fn a_token_finds_its_admin_by_the_digest_and_another_text_is_not_looked_for() {
        let token = new_sign_in_token(&FixedIds(guid(1)));
        let known = *digest(token.as_bytes()).bytes();
        let mut stores = MockStores::default();
        stores.admins.expect_find_signed_in().once().returning(move |digest, at| {
            assert_eq!((*digest.bytes(), at), (known, now()));
            Ok(Some(admin()))
        });
        stores.admins.expect_remove_sign_in().once().returning(move |digest| {
            assert_eq!(*digest.bytes(), known);
            Ok(false)
        });
        let sign_ins = sign_ins_with(stores, 0);
        assert_eq!(sign_ins.find(&token).await.unwrap(), Some(admin()));
        sign_ins.sign_out(&token).await.unwrap();
        for other in ["", "derslik_si_", &token[1..], &token[..token.len() - 1]] {
            assert_eq!(sign_ins.find(other).await.unwrap(), None, "{other}");
            sign_ins.sign_out(other).await.unwrap();
        }
    }
}
