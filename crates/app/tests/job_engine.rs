//! The worker on both databases: erasures of any size, and cancels that race with the start.
#![expect(clippy::indexing_slicing, clippy::expect_used, clippy::panic, reason = "a failed expectation is what a test is for")]

mod support;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use derslik::system::{SystemClock, SystemIds};
use derslik_domain::id::{Id, PrincipalId};
use derslik_domain::identity::{CredentialKind, SecretDigest, UserState};
use derslik_domain::job::{Action, ErasureKind, Job, JobStatus, NewJob, Platform, Progress, Project, ProjectKey, ProjectName, ReferenceId};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;
use derslik_domain::session::{Session, SessionName, SessionStatus};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{JobError, JobService};
use derslik_ports::outbound::{Clock, NewCredential, Projection, StoreError, Stores, UnitOfWork};
use derslik_services::jobs::Jobs;
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, actor_of, guid, service_user, session, user};
use derslik_worker::handlers::{self, CalendarTemplate, Retention};
use derslik_worker::{Registry, Runner, Settings, Step, StepContext, StepError, StepHandler, WorkerPorts};
use libtest_mimic::{Failed, Trial};
use support::{DATABASES, Open, Place};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const KEY: &str = "3sWXSsqHgSKnE87YkNJK";
const USER: PrincipalId = PrincipalId::new(77);
const EVENT_TIMEOUT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (database, open) in DATABASES {
        let mut add = |behaviour: &str, test: fn(&World)| {
            trials.push(Trial::test(format!("{database}::{behaviour}"), move || {
                test(&World::new(open)?);
                Ok(())
            }));
        };
        add("the_erasure_of_a_user_leaves_nothing_of_2500_sessions_and_everything_of_others", erasure_of_a_user);
        add("sessions_expire_once_they_are_over", expiry);
        add("written_sessions_are_indexed_without_a_sweep", indexing);
        add("sessions_expire_while_the_index_is_far_behind", expiry_without_index);
        add("no_job_is_both_cancelled_and_executed", cancels_and_starts);
        add("one_of_many_cancels_of_a_job_succeeds", cancels_of_one_job);
        // On SQLite a process learns of the jobs of another process only by polling.
        if database == "postgres" {
            add("a_job_that_is_due_starts_soon_after_another_process_asked_for_it", start_by_another_process);
        }
    }
    support::run(trials)
}

struct World {
    runtime: Runtime,
    uow: DieselUnitOfWork,
    url: DatabaseUrl,
    _place: Place,
}

impl World {
    /// The account `demo` with one project.
    fn new(open: Open) -> Result<Self, Failed> {
        let (url, place) = open()?;
        let runtime = Runtime::new()?;
        let settings = PoolSettings {
            acquire_timeout: Duration::from_secs(30),
            statement_timeout: Duration::from_secs(60),
            ..PoolSettings::default()
        };
        let uow = DieselUnitOfWork::new(&url, settings, runtime.handle());
        let world = Self { runtime, uow, url, _place: place };
        world.write(|stores| {
            stores.identity().add_account(&account(), long_ago())?;
            stores.users().add(account().id, &service_user())?;
            let name = ProjectName::new("Demo").expect("a valid name");
            let project = Project { id: Id::new(1), key: key(), name, platform: Platform::Web, created_at: long_ago() };
            stores.projects().add(account().id, &project)
        });
        Ok(world)
    }

    fn write<T: Send + 'static>(&self, work: impl FnOnce(&mut dyn Stores) -> Result<T, StoreError> + Send + 'static) -> T {
        self.runtime.block_on(self.uow.write(account().id, work)).expect("the write succeeds")
    }

    fn jobs(&self) -> Vec<Job> {
        let page = PageRequest { size: 10_000, after: None };
        self.runtime
            .block_on(self.uow.read(account().id, move |stores| stores.jobs().list(account().id, None, page)))
            .expect("the read succeeds")
    }

    fn work(&self, registry: Registry) -> (CancellationToken, JoinHandle<()>) {
        self.work_as(registry, Settings { sweep: None, ..Settings::default() })
    }

    fn work_as(&self, registry: Registry, settings: Settings) -> (CancellationToken, JoinHandle<()>) {
        let job_notify = self.uow.wake_ups().expect("a thread");
        let ports = WorkerPorts { uow: self.uow.clone(), clock: Arc::new(SystemClock), ids: Arc::new(SystemIds), job_notify };
        let runner = Runner::new(ports, registry, settings).expect("valid settings");
        let stop = CancellationToken::new();
        (stop.clone(), self.runtime.spawn(runner.run(stop)))
    }

    fn wait_until_all_ended(&self) -> Vec<Job> {
        until(|| self.jobs().iter().all(|job| !matches!(job.status(), JobStatus::Scheduled | JobStatus::Running)));
        self.jobs()
    }

    /// Whether the [`Ledger`] knows the job.
    fn executed(&self, job: &Job) -> bool {
        self.exists(u128::try_from(job.id.get()).expect("a positive id"))
    }

    fn exists(&self, number: u128) -> bool {
        let found = self.runtime.block_on(self.uow.read(account().id, move |stores| stores.sessions().find(account().id, guid(number))));
        found.expect("the read succeeds").is_some()
    }
}

fn until(mut happened: impl FnMut() -> bool) {
    let began = Instant::now();
    while !happened() {
        assert!(began.elapsed() < EVENT_TIMEOUT, "it did not happen in time");
        sleep(Duration::from_millis(5));
    }
}

fn key() -> ProjectKey {
    KEY.parse().expect("a valid key")
}

/// An instant so long ago that an erasure requested then is due.
fn long_ago() -> Timestamp {
    SystemClock.now().minutes_before(3 * 24 * 60)
}

fn erasure(reference: &str) -> NewJob {
    NewJob::delete_user_data(Id::new(1), ReferenceId::new(reference).expect("a valid reference"), long_ago())
}

fn erasure_of_a_user(world: &World) {
    world.write(|stores| {
        stores.users().add(account().id, &user(USER.get()))?;
        let credential = NewCredential {
            kind: CredentialKind::AccessKey,
            public_id: "mehdi".to_owned(),
            digest: SecretDigest::new([7; 32]),
            scopes: CredentialKind::AccessKey.scopes(),
            expires_at: None,
            at: long_ago(),
            project: None,
            access_key: None,
        };
        stores.identity().add_credential(account().id, user(USER.get()).principal(), &credential)?;
        let mut sessions: Vec<_> = (1..=2_500).map(|number| Session { created_by: USER, ..session(guid(number)) }).collect();
        sessions[0].status = SessionStatus::Deleted;
        sessions.extend((2_501..=2_510).map(|number| session(guid(number))));
        stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>())?;
        stores.jobs().enqueue(account().id, &erasure("USER77@demo.example"))?;
        stores.jobs().enqueue(account().id, &erasure("nobody"))
    });

    let (stop, worker) = world.work(handlers::registry(Retention::default(), CalendarTemplate::default()));
    let jobs = world.wait_until_all_ended();
    stop.cancel();
    world.runtime.block_on(worker).expect("the worker ends");

    assert!(jobs.iter().all(|job| job.status() == JobStatus::Completed), "{jobs:?}");
    let Some(Progress::Erasure(done)) = jobs[0].progress else { panic!("{:?}", jobs[0].progress) };
    let counts: Vec<_> = done.counts.iter().filter(|(_, rows)| *rows > RowCount::ZERO).collect();
    let expected = [(ErasureKind::Credentials, 1), (ErasureKind::Sessions, 2_500), (ErasureKind::Profile, 1)]
        .map(|(kind, rows)| (kind, RowCount::new(rows)));
    assert_eq!(counts, expected);
    assert!(!world.exists(2) && !world.exists(2_500) && world.exists(2_501) && world.exists(2_510));
    let found = world
        .runtime
        .block_on(world.uow.read(account().id, |stores| stores.identity().find_credential(CredentialKind::AccessKey, "mehdi")));
    assert!(found.expect("the read succeeds").is_none());
    let left = world.runtime.block_on(world.uow.write(account().id, |stores| stores.users().lock(account().id, USER)));
    let left = left.map_err(|error: StoreError| error.to_string()).expect("the read succeeds").expect("a tombstone");
    assert_eq!((left.status, left.email, left.name.as_str()), (UserState::Deleted, None, ""));
}

fn expiry(world: &World) {
    world.write(|stores| {
        // The builder's session ended long ago.
        let sessions: Vec<_> = (1..=1_500).map(|number| session(guid(number))).collect();
        stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>())?;
        stores.jobs().enqueue(account().id, &NewJob::expire_sessions(long_ago(), long_ago()))
    });
    let (stop, worker) = world.work(handlers::registry(Retention::default(), CalendarTemplate::default()));
    let jobs = world.wait_until_all_ended();
    stop.cancel();
    world.runtime.block_on(worker).expect("the worker ends");
    assert_eq!(jobs[0].progress, Some(Progress::Rows(RowCount::new(1_500))));
    let found = world.runtime.block_on(world.uow.read(account().id, |stores| stores.sessions().find(account().id, guid(1_500))));
    assert_eq!(found.expect("the read succeeds").map(|session| session.status), Some(SessionStatus::Expired));
}

/// The worker has no handler that indexes, and does not follow the writes.
fn expiry_without_index(world: &World) {
    world.write(|stores| {
        // The builder's session ended long ago.
        let sessions: Vec<_> = (1..=1_500).map(|number| session(guid(number))).collect();
        stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>())?;
        stores.jobs().enqueue(account().id, &NewJob::expire_sessions(long_ago(), long_ago()))
    });
    let registry = Registry::default().with_steps(Action::ExpireSessions, handlers::ExpireSessions);
    let (stop, worker) = world.work_as(registry, Settings { sweep: None, catch_up: None, ..Settings::default() });
    let jobs = world.wait_until_all_ended();
    stop.cancel();
    world.runtime.block_on(worker).expect("the worker ends");
    assert_eq!(jobs[0].progress, Some(Progress::Rows(RowCount::new(1_500))));
    let page = PageRequest { size: 1, after: None };
    let behind = move |stores: &mut dyn Stores| stores.change_log().accounts_behind(Projection::SearchIndex, 1_499, page);
    let behind = world.runtime.block_on(world.uow.read(account().id, behind)).expect("the read succeeds");
    assert_eq!(behind, [account().id], "all sessions still wait for the index");
}

/// Writes more sessions than a search may scan, and waits until the worker has indexed them.
fn indexing(world: &World) {
    let (stop, worker) = world.work(Registry::default());
    for batch in 0..15 {
        world.write(move |stores| {
            let sessions: Vec<_> = (1..=100).map(|number| session(guid(batch * 100 + number))).collect();
            stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>())
        });
    }
    let page = PageRequest { size: 1, after: None };
    let waiting = move |stores: &mut dyn Stores| stores.change_log().accounts_behind(Projection::SearchIndex, 500, page);
    until(|| world.runtime.block_on(world.uow.read(account().id, waiting)).expect("the read succeeds").is_empty());
    stop.cancel();
    world.runtime.block_on(worker).expect("the worker ends");
}

/// Enters the job into a ledger, which is a session by the name of the job.
struct Ledger;

impl StepHandler for Ledger {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let name = SessionName::new(format!("job {}", context.job.id)).expect("a valid name");
        let number = u128::try_from(context.job.id.get()).expect("a positive id");
        stores.sessions().insert_many(context.account, &[&Session { name, ..session(guid(number)) }])?;
        sleep(Duration::from_millis(5));
        Ok(Step::Done(None))
    }
}

fn cancels_and_starts(world: &World) {
    const JOBS: usize = 200;
    let new: Vec<_> = (0..JOBS).map(|number| erasure(&number.to_string())).collect();
    world.write(move |stores| stores.jobs().enqueue_many(account().id, &new));
    let service = Arc::new(Jobs::new(world.uow.clone(), Arc::new(SystemClock)));
    let jobs = world.jobs();
    let (stop, worker) = world.work(Registry::default().with_steps(Action::DeleteUserData, Ledger));
    // Cancels begin with the last job, while the worker begins with the first.
    until(|| world.executed(&jobs[0]));
    let cancels: Vec<_> = jobs
        .iter()
        .rev()
        .map(|job| {
            let (service, id) = (Arc::clone(&service), job.id);
            (id, world.runtime.spawn(async move { service.cancel(&actor_of(account()), &key(), id).await }))
        })
        .collect();
    let mut cancelled = BTreeSet::new();
    for (id, cancel) in cancels {
        match world.runtime.block_on(cancel).expect("the cancel ends") {
            Ok(_) => _ = cancelled.insert(id),
            Err(JobError::NotCancellable(status)) => assert_eq!(status, JobStatus::Completed),
            Err(error) => panic!("{error}"),
        }
    }
    let jobs = world.wait_until_all_ended();
    stop.cancel();
    world.runtime.block_on(worker).expect("the worker ends");
    assert!(!cancelled.is_empty() && cancelled.len() < JOBS, "{} were cancelled: the cancels and the worker did not race", cancelled.len());
    for job in jobs {
        assert_eq!(world.executed(&job), job.status() == JobStatus::Completed, "job {}", job.id);
        assert_eq!(cancelled.contains(&job.id), job.status() == JobStatus::Cancelled, "job {}", job.id);
    }
}

fn cancels_of_one_job(world: &World) {
    let job = world.write(|stores| stores.jobs().enqueue(account().id, &erasure("a"))).into_job();
    let service = Arc::new(Jobs::new(world.uow.clone(), Arc::new(SystemClock)));
    let cancels: Vec<_> = (0..32)
        .map(|_| {
            let (service, id) = (Arc::clone(&service), job.id);
            world.runtime.spawn(async move { service.cancel(&actor_of(account()), &key(), id).await })
        })
        .collect();
    let outcomes: Vec<_> = cancels.into_iter().map(|cancel| world.runtime.block_on(cancel).expect("the cancel ends")).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Err(JobError::NotCancellable(JobStatus::Cancelled)))).count(), 31);
}

fn start_by_another_process(world: &World) {
    // Without a notification the worker would poll again after an hour.
    let settings = Settings { sweep: None, poll: Duration::from_secs(3_600), ..Settings::default() };
    let (stop, worker) = world.work_as(Registry::default().with_steps(Action::AssignCalendarId, Ledger), settings);
    for number in 0..5 {
        let course = ReferenceId::new(number.to_string()).expect("a valid reference");
        let now = SystemClock.now();
        // A separate unit of work on the same database stands for another process.
        let other = DieselUnitOfWork::new(
            &world.url,
            PoolSettings { statement_timeout: Duration::from_secs(60), ..PoolSettings::default() },
            world.runtime.handle(),
        );
        let made = world.runtime.block_on(
            other.write(account().id, move |stores| stores.jobs().enqueue(account().id, &NewJob::assign_calendar_id(course, now))),
        );
        made.map_err(|error: StoreError| error.to_string()).expect("the write succeeds");
        world.wait_until_all_ended();
    }
    stop.cancel();
    world.runtime.block_on(worker).expect("the worker ends");
}
