//! Test control over both databases: accounts, resets, seeds and snapshots, as the listener calls them.
#![expect(clippy::unwrap_used, reason = "a failed expectation is what a test is for")]

mod support;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use derslik::dev_accounts::classroom_scopes;
use derslik::snapshot_files::AccountArchives;
use derslik::system::SystemIds;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{CredentialKind, PublicKey, Role, ServiceName, SignatureAlgorithm, TokenLifetime, UserKey};
use derslik_domain::job::{Action, LeaseTerm, LeaseToken, WorkerId};
use derslik_domain::page::PageRequest;
use derslik_http::Limits;
use derslik_ports::inbound::control::{
    AccountControl, AccountIds, ControlError, NewTestAccount, PublicAccountId, SeedControl, SnapshotControl, TestAccount,
};
use derslik_ports::inbound::operators::{GrantAdministration, GrantTerms, NewDelegation, NewServiceAccount};
use derslik_ports::inbound::{Assertion, IdentityService, PresentedCredential, TokenGrants, TokenRequest, Unlimited};
use derslik_ports::mocks::StoppedClock;
use derslik_ports::outbound::{Claim, Clock, Ids, MockSignatures, Signatures, SigningKey, StoreError, UnitOfWork as _};
use derslik_services::control::{ControlPorts, TestControl};
use derslik_services::identity::{Grants, Identity};
use derslik_services::operators::GrantUseCases;
use derslik_storage::DieselUnitOfWork;
use derslik_testkit::builders::{now, settings};
use libtest_mimic::{Failed, Trial};
use support::process::{derslik, url_text};
use support::{DATABASES, Open, Service, block_on, run};
use uuid::Uuid;

const SEED: &str = "\
people:
- email: ali@okul.example
  name: Ali
  surname: Yılmaz
  username: ali
courses:
- name: Kimya
  owner: teacher@test.example
  aliases:
  - d:kimya-7a
  students:
  - ali@okul.example
  - student@test.example
- name: Tarih
  owner: teacher@test.example
  state: ARCHIVED
sessions:
- name: Deney
  start: tomorrow 09:00
  duration: 40
  attendees:
  - ali@okul.example
  - email: konuk@okul.example
    name: Konuk
    surname: Kişi
jobs:
- erase: ali@okul.example
  start: +3d 00:00
";

type Check = fn(Open) -> Result<(), Failed>;

const CHECKS: [(&str, Check); 7] = [
    ("a_seed_comes_back_as_it_was_written", seed_round_trip),
    ("a_reset_keeps_the_keys_and_brings_the_first_content_back", reset),
    ("a_snapshot_is_restored_into_the_same_public_id", snapshot),
    ("a_job_that_ran_when_a_snapshot_was_taken_can_be_claimed_after_its_restore", running_job),
    ("the_file_of_a_snapshot_is_a_backup_and_goes_into_another_account", file),
    ("a_service_account_keeps_its_address_and_its_files_when_its_account_is_replaced", service_account),
    ("an_account_that_has_ended_is_not_found", end),
];

fn main() -> ExitCode {
    let trials = DATABASES.iter().flat_map(|(database, open)| {
        CHECKS.iter().map(move |(name, check)| Trial::test(format!("{database}::{name}"), move || check(*open)))
    });
    run(trials.collect())
}

/// The use cases over a service, and which account stands behind which id.
struct Suite {
    service: Service,
    control: TestControl<DieselUnitOfWork>,
    ids: Arc<AccountIds>,
    /// It caches credentials, as a service does.
    identity: Identity<DieselUnitOfWork>,
}

impl Suite {
    async fn start(open: Open) -> Result<Self, Failed> {
        let service = Service::start(open, now(), Limits::default()).await?;
        let ids: Arc<AccountIds> = Arc::default();
        let ports = ControlPorts {
            clock: Arc::new(StoppedClock(now())),
            real_clock: Arc::new(StoppedClock(now())),
            ids: Arc::new(SystemIds),
            account_ids: Arc::clone(&ids),
            files: Arc::new(AccountArchives::new(service.url.clone())),
            settings: settings(),
            token_scopes: classroom_scopes(),
        };
        let control = TestControl::new(service.uow.clone(), ports);
        let identity = Identity::new(service.uow.clone(), Arc::new(StoppedClock(now()))).with_account_ids(Arc::clone(&ids));
        Ok(Self { service, control, ids, identity })
    }

    async fn create(&self, seed: Option<&str>) -> TestAccount {
        let new = NewTestAccount { seed: seed.map(str::to_owned), ..NewTestAccount::default() };
        self.control.create(new).await.unwrap()
    }

    /// The account in which a key of the jobs API is valid, and the one that answers show.
    async fn owner(&self, key: &str) -> Option<(AccountId, AccountId)> {
        let presented = PresentedCredential { kind: CredentialKind::AccountKey, public_id: String::new(), secret: key.as_bytes().to_vec() };
        let actor = self.identity.authenticate(presented).await.ok()?;
        Some((actor.account_id(), actor.shown_account))
    }

    async fn exported(&self, account: PublicAccountId) -> String {
        self.control.export(account).await.unwrap()
    }
}

fn seed_round_trip(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        let account = suite.create(None).await;
        let counts = suite.control.add(account.id, SEED.to_owned()).await.unwrap();
        assert_eq!((counts.people, counts.courses, counts.sessions, counts.jobs), (1, 2, 1, 1));
        let exported = suite.exported(account.id).await;
        assert_eq!(exported, SEED);
        let other = suite.create(Some(&exported)).await;
        assert_eq!(suite.exported(other.id).await, exported);
        let refused = suite.control.add(account.id, "courses:\n- name: Fizik\n  owner: yok@okul.example\n".to_owned()).await;
        assert!(matches!(&refused, Err(ControlError::Invalid { field: Some(field), .. }) if field == "courses.0.owner"), "{refused:?}");
        assert_eq!(suite.exported(account.id).await, exported);
        Ok(())
    })
}

fn reset(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        let account = suite.create(Some(SEED)).await;
        suite.control.add(account.id, "people:\n- email: ayse@okul.example\n  name: Ayşe\n".to_owned()).await.unwrap();
        let before = suite.ids.current(account.id);
        assert_eq!(suite.owner(&account.account_key).await, Some((before, before)));
        suite.control.reset(account.id).await.unwrap();
        let after = suite.ids.current(account.id);
        assert_ne!(before, after);
        assert_eq!((suite.ids.public(before), suite.ids.public(after)), (account.id, account.id));
        assert_eq!(suite.exported(account.id).await, SEED);
        assert_eq!(suite.owner(&account.account_key).await, Some((after, before)));
        let listed = suite.control.reset_all().await;
        assert!(listed.is_ok(), "{listed:?}");
        assert_eq!(suite.exported(account.id).await, SEED);
        Ok(())
    })
}

fn snapshot(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        let account = suite.create(Some(SEED)).await;
        let name = "full".parse().unwrap();
        let taken = suite.control.take(account.id, name).await.unwrap();
        assert!(taken.rows > 10, "{taken:?}");
        suite.control.add(account.id, "people:\n- email: ayse@okul.example\n  name: Ayşe\n".to_owned()).await.unwrap();
        assert_ne!(suite.exported(account.id).await, SEED);
        for _ in 0..2 {
            suite.control.restore(account.id, "full".parse().unwrap()).await.unwrap();
            assert_eq!(suite.exported(account.id).await, SEED);
        }
        let missing = suite.control.restore(account.id, "none".parse().unwrap()).await;
        assert!(matches!(missing, Err(ControlError::NotFound { what: "snapshot", .. })), "{missing:?}");
        Ok(())
    })
}

/// Claims the due erasures of an account as a worker with this number does. Returns how many attempts each of them has had.
async fn claimed_attempts(suite: &Suite, account: PublicAccountId, number: u128) -> Result<Vec<String>, StoreError> {
    let of = suite.ids.current(account);
    let (worker, token) = (WorkerId::new(Uuid::from_u128(number)), LeaseToken::new(Uuid::from_u128(number)));
    let actions = [Action::DeleteUserData].into_iter().collect();
    let claim = Claim { worker, token, term: LeaseTerm::DEFAULT, at: now(), actions, limit: 10 };
    let claimed: Result<_, StoreError> = suite.service.uow.write(of, move |stores| stores.jobs().claim(of, &claim)).await;
    Ok(claimed?.iter().map(|job| job.state.attempts().to_string()).collect())
}

fn running_job(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        let account = suite.create(Some("jobs:\n- erase: veli\n  start: -1d 00:00\n")).await.id;
        assert_eq!(claimed_attempts(&suite, account, 1).await?, ["1"]);
        suite.control.take(account, "running".parse().unwrap()).await.unwrap();
        assert!(claimed_attempts(&suite, account, 2).await?.is_empty());
        suite.control.restore(account, "running".parse().unwrap()).await.unwrap();
        assert_eq!(claimed_attempts(&suite, account, 3).await?, ["1"], "the attempt of the snapshot does not count");
        Ok(())
    })
}

fn file(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        let account = suite.create(Some(SEED)).await;
        let taken = suite.control.take(account.id, "full".parse().unwrap()).await.unwrap();
        let file = suite.control.file(account.id, "full".parse().unwrap()).await.unwrap();

        // In another account, also beside the one that it is of.
        let other = suite.create(None).await;
        let loaded = suite.control.load(other.id, "theirs".parse().unwrap(), file.clone()).await.unwrap();
        assert_eq!((loaded.rows, loaded.bytes > 0), (taken.rows, true));
        for _ in 0..2 {
            suite.control.restore(other.id, "theirs".parse().unwrap()).await.unwrap();
            assert_eq!(suite.exported(other.id).await, SEED);
            let current = suite.ids.current(other.id);
            assert_eq!(suite.owner(&other.account_key).await, Some((current, AccountId::new(other.id.get()))));
        }
        let listed = AccountControl::list(&suite.control).await.unwrap();
        assert!(listed.iter().any(|listed| listed.id == other.id && listed.name == other.name), "{listed:?}");
        // Neither account has the jobs of the other one.
        suite.control.add(other.id, "jobs:\n- erase: veli\n".to_owned()).await.unwrap();
        assert_eq!(suite.exported(account.id).await, SEED);

        // By the commands for backups.
        let (folder, (fresh, _place)) = (tempfile::tempdir()?, open()?);
        let path = folder.path().join("full.tar.zst");
        std::fs::write(&path, &file)?;
        let path = path.to_str().unwrap();
        for arguments in [["backup", "verify", path].as_slice(), &["restore", path, "--keep-credentials"]] {
            let output = derslik(arguments).args(["--database-url", &url_text(&fresh)]).output()?;
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }

        let cut = suite.control.load(other.id, "cut".parse().unwrap(), file.iter().copied().take(file.len() / 2).collect()).await;
        assert!(matches!(&cut, Err(ControlError::Invalid { problem, .. }) if problem.contains("damaged")), "{cut:?}");
        let whole = folder.path().join("whole.tar.zst");
        let backup = derslik(&["backup", whole.to_str().unwrap(), "--database-url", &url_text(&suite.service.url)]).output()?;
        assert!(backup.status.success(), "{}", String::from_utf8_lossy(&backup.stderr));
        let whole = suite.control.load(other.id, "whole".parse().unwrap(), std::fs::read(&whole)?).await;
        assert!(matches!(&whole, Err(ControlError::Invalid { problem, .. }) if problem.contains("more than one account")), "{whole:?}");
        Ok(())
    })
}

/// Signatures that are right where they say so.
fn signatures() -> Arc<dyn Signatures> {
    let mut signatures = MockSignatures::new();
    signatures.expect_new_key().returning(|_| Ok(SigningKey { private_pem: "private".to_owned(), public: PublicKey::new([1]) }));
    signatures.expect_verify().returning(|_, key, _, signature| Ok(key.der() == [1] && signature == b"right"));
    Arc::new(signatures)
}

fn service_account(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        let (clock, random): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(StoppedClock(now())), Arc::new(SystemIds));
        let (uow, ids) = (suite.service.uow.clone(), Arc::clone(&suite.ids));
        let operator = GrantUseCases::new(uow.clone(), Arc::clone(&clock), Arc::clone(&random), signatures());
        let operator = operator.with_account_ids(Arc::clone(&ids));
        let tokens = Grants::new(uow, clock, random, signatures()).with_account_ids(Arc::clone(&ids));

        let account = suite.create(None).await;
        let name = |name: &str| ServiceName::parse(name).unwrap();
        let new = |named: &str| NewServiceAccount {
            name: name(named),
            role: Role::Member,
            scopes: classroom_scopes(),
            delegation: NewDelegation::Everyone,
        };
        let address = |named: &str| format!("{named}@{}.iam.derslik.internal", account.id);
        let terms = || GrantTerms { scopes: classroom_scopes(), project: None, lifetime: TokenLifetime::Never };
        let first = ids.current(account.id);
        let made = operator.create_service_account(first, new("timetable")).await.unwrap();
        assert_eq!(made.address.to_string(), address("timetable"));
        let key = operator.create_key(first, name("timetable"), SignatureAlgorithm::Es256, terms()).await.unwrap();
        let person = UserKey::Id(account.users.first().unwrap().id);
        let refresh = operator.create_refresh_token(first, person, terms()).await.unwrap();
        suite.control.take(account.id, "full".parse().unwrap()).await.unwrap();
        for _ in 0..2 {
            suite.control.restore(account.id, "full".parse().unwrap()).await.unwrap();
            let current = ids.current(account.id);
            assert_ne!(current, first);

            // The files of clients hold what they held, and still work.
            let assertion = Assertion {
                key: Some(key.key.clone()),
                algorithm: SignatureAlgorithm::Es256,
                issuer: key.address.to_string(),
                subject: None,
                scopes: None,
                issued_at: now(),
                expires_at: now().plus(Duration::from_secs(60)),
                message: b"message".to_vec(),
                signature: b"right".to_vec(),
            };
            let asked = TokenRequest::Refresh { client: refresh.client.clone(), token: refresh.token.clone(), scopes: None };
            for request in [TokenRequest::Assertion(assertion), asked] {
                let granted = tokens.grant(request, Arc::new(Unlimited)).await;
                assert!(granted.is_ok(), "{granted:?}");
            }
            let found = tokens.find_service_account(key.address.clone()).await.unwrap();
            assert_eq!(found.map(|found| found.address.to_string()), Some(address("timetable")));
            assert!(tokens.grant_to(key.address.clone(), None).await.is_ok());

            // What is made later has the same id in its address.
            assert_eq!(operator.create_service_account(current, new("later")).await.unwrap().address.to_string(), address("later"));
            let listed = operator.list_service_accounts(current, PageRequest { size: 10, after: None }).await.unwrap();
            let listed: Vec<_> = listed.iter().map(|service| service.address.to_string()).collect();
            assert_eq!(listed, [address("timetable"), address("later")]);
            let again = operator.create_key(current, name("later"), SignatureAlgorithm::Es256, terms()).await.unwrap();
            assert_eq!(again.address.to_string(), address("later"));
        }
        Ok(())
    })
}

fn end(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        let account = suite.create(None).await;
        suite.control.end(account.id).await.unwrap();
        let again = suite.control.end(account.id).await;
        assert!(matches!(again, Err(ControlError::NotFound { what: "account", .. })), "{again:?}");
        assert_eq!(suite.owner(&account.account_key).await, None);
        assert!(AccountControl::list(&suite.control).await.unwrap().iter().all(|listed| listed.id != account.id));
        // The next account gets an id of its own, also after the rows of this one are gone.
        assert_ne!(suite.create(None).await.id, account.id);
        Ok(())
    })
}
