//! Test control over both databases: accounts, resets, seeds and snapshots, as the listener calls them.
#![expect(clippy::unwrap_used, reason = "a failed expectation is what a test is for")]

mod support;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use derslik::dev_accounts::classroom_scopes;
use derslik::snapshot_files::AccountArchives;
use derslik::system::SystemIds;
use derslik_domain::clock::VirtualClock;
use derslik_domain::fault::{Fault, RequestFilter, Schedule};
use derslik_domain::id::AccountId;
use derslik_domain::identity::{CredentialKind, PublicKey, Role, ServiceName, SignatureAlgorithm, TokenLifetime, UserKey};
use derslik_domain::job::{Action, LeaseTerm, LeaseToken, WorkerId};
use derslik_domain::page::PageRequest;
use derslik_http::Limits;
use derslik_ports::inbound::control::{
    AccountControl, AccountIds, ControlError, FaultControl, MAX_TIME_TO_LIVE, NewFault, NewTestAccount, PublicAccountId, SeedControl,
    SnapshotControl, TestAccount,
};
use derslik_ports::inbound::operators::{GrantAdministration, GrantTerms, NewDelegation, NewServiceAccount};
use derslik_ports::inbound::{Assertion, IdentityService, PresentedCredential, TokenGrants, TokenRequest, Unlimited};
use derslik_ports::mocks::StoppedClock;
use derslik_ports::outbound::{Claim, Clock, ClockSync, Ids, MockSignatures, Signatures, SigningKey, StoreError, Tenant, UnitOfWork};
use derslik_services::clocks::AccountClocks;
use derslik_services::control::{ControlPorts, TestControl};
use derslik_services::faults::InjectedFaults;
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

const CHECKS: [(&str, Check); 14] = [
    ("a_seed_comes_back_as_it_was_written", seed_round_trip),
    ("a_reset_keeps_the_keys_and_brings_the_first_content_back", reset),
    ("a_snapshot_is_restored_into_the_same_public_id", snapshot),
    ("a_job_that_ran_when_a_snapshot_was_taken_can_be_claimed_after_its_restore", running_job),
    ("the_file_of_a_snapshot_is_a_backup_and_goes_into_another_account", file),
    ("a_service_account_keeps_its_address_and_its_files_when_its_account_is_replaced", service_account),
    ("an_account_that_has_ended_is_not_found", end),
    ("calls_for_one_account_at_once_all_find_it", at_once),
    ("a_reset_of_all_accounts_stands_beside_those_that_are_made_and_ended", all_at_once),
    ("another_process_finds_the_account_that_was_replaced_here", two_processes),
    ("a_restore_brings_the_clock_of_the_snapshot_back", clock_of_snapshot),
    ("a_reset_brings_a_clock_that_stands_still_back_to_the_first_content", clock_of_reset),
    ("a_taken_alias_is_named_with_its_place", taken_alias),
    ("an_account_lives_for_a_bounded_time_and_leaves_nothing", lives),
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
    clocks: Arc<AccountClocks<DieselUnitOfWork>>,
    faults: Arc<InjectedFaults>,
    /// It caches credentials, as a service does.
    identity: Identity<DieselUnitOfWork>,
}

/// What one process has over a service.
struct Process {
    control: TestControl<DieselUnitOfWork>,
    ids: Arc<AccountIds>,
    clocks: Arc<AccountClocks<DieselUnitOfWork>>,
    faults: Arc<InjectedFaults>,
}

impl Process {
    fn start(service: &Service) -> Self {
        let ids: Arc<AccountIds> = Arc::default();
        let clocks = Arc::new(AccountClocks::new(service.uow.clone(), Arc::new(StoppedClock(now())), Arc::clone(&ids)));
        let faults = Arc::new(InjectedFaults::new(Arc::clone(&ids)));
        let ports = ControlPorts {
            clock: clocks.clone(),
            clock_sync: clocks.clone(),
            real_clock: Arc::new(StoppedClock(now())),
            ids: Arc::new(SystemIds),
            account_ids: Arc::clone(&ids),
            memories: vec![faults.clone()],
            files: Arc::new(AccountArchives::new(service.url.clone())),
            settings: settings(),
            token_scopes: classroom_scopes(),
        };
        Self { control: TestControl::new(service.uow.clone(), ports), ids, clocks, faults }
    }
}

impl Suite {
    async fn start(open: Open) -> Result<Self, Failed> {
        let service = Service::start(open, now(), Limits::default()).await?;
        let Process { control, ids, clocks, faults } = Process::start(&service);
        let identity = Identity::new(service.uow.clone(), Arc::new(StoppedClock(now()))).with_account_ids(Arc::clone(&ids));
        Ok(Self { service, control, ids, clocks, faults, identity })
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

    /// Sets the clock of an account, as test control of clocks does.
    async fn set_clock(&self, account: PublicAccountId, clock: Option<VirtualClock>) {
        let id = AccountId::new(account.get());
        let replaced = self.service.uow.write(Tenant::Installation, move |stores| {
            let before = stores.clocks().find(id)?;
            stores.clocks().replace(id, before, clock)
        });
        let replaced: Result<bool, StoreError> = replaced.await;
        assert!(replaced.unwrap());
        self.clocks.settle().await.unwrap();
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

const ONE_PERSON: &str = "people:\n- email: ayse@okul.example\n  name: Ayşe\n";

fn at_once(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        let account = suite.create(None).await;
        let (id, control) = (account.id, &suite.control);
        control.take(id, "empty".parse().unwrap()).await.unwrap();
        for _ in 0..5 {
            let called = tokio::join!(
                control.reset(id),
                control.reset(id),
                control.add(id, ONE_PERSON.to_owned()),
                control.restore(id, "empty".parse().unwrap()),
                control.take(id, "later".parse().unwrap()),
                control.export(id),
                SnapshotControl::list(control, id),
            );
            let (reset, again, added, restored, taken, exported, listed) = called;
            assert!(reset.is_ok() && again.is_ok() && added.is_ok(), "{reset:?} {again:?} {added:?}");
            assert!(
                restored.is_ok() && taken.is_ok() && exported.is_ok() && listed.is_ok(),
                "{restored:?} {taken:?} {exported:?} {listed:?}"
            );
        }
        // What comes last is the end, also beside a reset.
        let (reset, ended) = tokio::join!(control.reset(id), control.end(id));
        assert!(ended.is_ok(), "{ended:?} {reset:?}");
        assert_eq!(suite.owner(&account.account_key).await, None);
        let late = control.take(id, "late".parse().unwrap()).await;
        assert!(matches!(late, Err(ControlError::NotFound { what: "account", .. })), "{late:?}");
        Ok(())
    })
}

fn all_at_once(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        let other = Process::start(&suite.service).control;
        let kept = suite.create(Some(SEED)).await;
        for _ in 0..5 {
            let lives = async {
                for _ in 0..3 {
                    let made = other.create(NewTestAccount::default()).await.unwrap();
                    other.end(made.id).await.unwrap();
                }
            };
            let (all, one, again, ()) = tokio::join!(suite.control.reset_all(), suite.control.reset(kept.id), other.reset_all(), lives);
            assert!(all.is_ok() && one.is_ok() && again.is_ok(), "{all:?} {one:?} {again:?}");
        }
        // The other process does not know the first content.
        suite.control.reset(kept.id).await.unwrap();
        assert_eq!(suite.exported(kept.id).await, SEED);
        let mut ids: Vec<_> = AccountControl::list(&other).await.unwrap().into_iter().map(|listed| listed.id).collect();
        let count = ids.len();
        ids.dedup();
        assert!(ids.contains(&kept.id) && ids.len() == count, "{ids:?}");
        Ok(())
    })
}

fn two_processes(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        let Process { control: other, ids, clocks, .. } = Process::start(&suite.service);
        let id = suite.create(None).await.id;
        for _ in 0..2 {
            suite.control.reset(id).await.unwrap();
            clocks.settle().await.unwrap();
            let inside = suite.ids.current(id);
            assert_eq!((ids.current(id), ids.public(inside)), (inside, id), "a process that only looks at the clocks knows it as well");
        }
        other.add(id, ONE_PERSON.to_owned()).await.unwrap();
        assert_eq!(other.export(id).await.unwrap(), suite.exported(id).await);
        for _ in 0..5 {
            let (here, there) = tokio::join!(suite.control.reset(id), other.reset(id));
            assert!(here.is_ok() && there.is_ok(), "{here:?} {there:?}");
        }
        let inside = PublicAccountId::new(suite.ids.current(id).get());
        assert!(matches!(other.export(inside).await, Err(ControlError::NotFound { .. })), "the id inside is no public one");
        other.end(id).await.unwrap();
        let ended = suite.control.reset(id).await;
        assert!(matches!(ended, Err(ControlError::NotFound { what: "account", .. })), "{ended:?}");
        Ok(())
    })
}

fn clock_of_snapshot(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        let id = suite.create(Some(SEED)).await.id;
        let (day, shown) = (Duration::from_secs(86_400), |suite: &Suite| suite.clocks.now_of(suite.ids.current(id)));
        let clocks = [Some(VirtualClock::Frozen(now().plus(day))), Some(VirtualClock::Running { ahead_micros: 60_000_000 }), None];
        for (place, clock) in clocks.into_iter().enumerate() {
            suite.set_clock(id, clock).await;
            let (expected, name) = (shown(&suite), format!("at-{place}"));
            suite.control.take(id, name.parse().unwrap()).await.unwrap();
            suite.set_clock(id, Some(VirtualClock::Frozen(now().plus(day * 9)))).await;
            suite.control.restore(id, name.parse().unwrap()).await.unwrap();
            assert_eq!((shown(&suite), suite.clocks.is_moved(suite.ids.current(id))), (expected, clock.is_some()), "{clock:?}");
        }
        // The file of a snapshot has its clock too.
        let file = suite.control.file(id, "at-0".parse().unwrap()).await.unwrap();
        let other = suite.create(None).await.id;
        suite.control.load(other, "theirs".parse().unwrap(), file).await.unwrap();
        suite.control.restore(other, "theirs".parse().unwrap()).await.unwrap();
        assert_eq!(suite.clocks.now_of(suite.ids.current(other)), now().plus(day));
        Ok(())
    })
}

fn clock_of_reset(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        let id = suite.create(Some(SEED)).await.id;
        let later = now().plus(Duration::from_secs(9 * 86_400));
        let shown = |suite: &Suite| suite.clocks.now_of(suite.ids.current(id));
        suite.set_clock(id, Some(VirtualClock::Frozen(later))).await;
        suite.control.reset(id).await.unwrap();
        assert_eq!(shown(&suite), now());
        assert_eq!(suite.exported(id).await, SEED, "as seen on the first day");
        let running = VirtualClock::running_from(later, now());
        suite.set_clock(id, Some(running)).await;
        suite.control.reset(id).await.unwrap();
        assert_eq!(shown(&suite), later);
        assert_eq!(suite.exported(id).await, SEED);
        Ok(())
    })
}

fn taken_alias(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        let id = suite.create(Some(SEED)).await.id;
        let twice = "courses:\n- name: Bir\n  owner: teacher\n- name: İki\n  owner: teacher\n  aliases: ['d:a', 'd:a']\n";
        for (document, place) in [(SEED, "courses.0.aliases.0"), (twice, "courses.1.aliases.1")] {
            let refused = suite.control.add(id, document.to_owned()).await;
            assert!(matches!(&refused, Err(ControlError::Invalid { field: Some(field), .. }) if field == place), "{refused:?}");
        }
        assert_eq!(suite.exported(id).await, SEED);
        Ok(())
    })
}

fn lives(open: Open) -> Result<(), Failed> {
    block_on(async move {
        let suite = Suite::start(open).await?;
        for life in [Duration::MAX, MAX_TIME_TO_LIVE + Duration::from_secs(1)] {
            let refused = suite.control.create(NewTestAccount { time_to_live: Some(life), ..NewTestAccount::default() }).await;
            let is_named = matches!(&refused, Err(ControlError::Invalid { field: Some(field), .. }) if field == "time_to_live_seconds");
            assert!(is_named, "{refused:?}");
        }
        let longest = NewTestAccount { time_to_live: Some(MAX_TIME_TO_LIVE), ..NewTestAccount::default() };
        suite.control.create(longest).await.unwrap();

        let over = suite.control.create(NewTestAccount { time_to_live: Some(Duration::ZERO), ..NewTestAccount::default() }).await.unwrap();
        let fault = NewFault { fault: Fault::LoseAnswer, requests: RequestFilter::default(), action: None, schedule: Schedule::default() };
        suite.faults.add(over.id, vec![fault]);
        suite.set_clock(over.id, Some(VirtualClock::Frozen(now()))).await;
        tokio::select! {
            () = suite.control.tidy() => {}
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
        assert_eq!(suite.owner(&over.account_key).await, None);
        assert!(suite.ids.has_ended(over.id) && suite.faults.list(over.id).is_empty());
        suite.clocks.refresh().await.unwrap();
        assert!(!suite.clocks.is_moved(AccountId::new(over.id.get())), "its clock is given back");
        Ok(())
    })
}
