//! Workers whose PostgreSQL is killed in the middle of a claim, a heartbeat, a step or a completion. Once it is back they go on
//! by themselves, no job is lost, and no effect happens twice.
#![cfg(test)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use derslik::system::{SystemClock, SystemIds};
use derslik_domain::form::Field;
use derslik_domain::job::{Action, Failure, Job, JobStatus, LeaseTerm, NewJob, Progress, ReferenceId};
use derslik_domain::page::PageRequest;
use derslik_domain::session::{FilterForm, Session, SessionFilter, SessionName};
use derslik_ports::outbound::{Clock, Ids, StoreError, Stores, UnitOfWork};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::{account, session};
use derslik_testkit::postgres::{Durability, PostgresServer, Template, TestDatabase};
use derslik_worker::{Registry, Runner, Settings, Step, StepContext, StepError, StepHandler, Task, TaskHandler, WorkerPorts};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long the server stays down.
const AWAY: Duration = Duration::from_secs(1);
/// The time limit of every expected event.
const EVENT_TIMEOUT: Duration = Duration::from_secs(60);

struct World {
    runtime: Runtime,
    uow: DieselUnitOfWork,
    database: TestDatabase,
    server: PostgresServer,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl World {
    fn new() -> Self {
        let server = PostgresServer::start(Durability::Durable).expect("a server");
        let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
        let database = server.create_database(&template).expect("a database");
        let runtime = Runtime::new().expect("a runtime");
        let settings = PoolSettings { connections: 4, ..PoolSettings::default() };
        let uow = DieselUnitOfWork::new(&database.url().parse().expect("a valid URL"), settings, runtime.handle());
        Self { runtime, uow, database, server }
    }

    /// Starts a worker with this poll interval.
    fn work(&self, registry: Registry, poll: Duration) -> (CancellationToken, JoinHandle<()>) {
        self.work_as(registry, Settings { poll, ..Settings::default() })
    }

    fn work_as(&self, registry: Registry, settings: Settings) -> (CancellationToken, JoinHandle<()>) {
        let job_notify = self.uow.wake_ups().expect("a thread");
        let ports = WorkerPorts { uow: self.uow.clone(), clock: Arc::new(SystemClock), ids: Arc::new(SystemIds), job_notify };
        let settings = Settings { sweep: None, ..settings };
        let stop = CancellationToken::new();
        let runner = Runner::new(ports, registry, settings).expect("valid settings");
        (stop.clone(), self.runtime.spawn(runner.run(stop)))
    }

    fn end(&self, worker: (CancellationToken, JoinHandle<()>)) {
        worker.0.cancel();
        self.runtime.block_on(worker.1).expect("the worker ends");
    }

    fn enqueue(&self, references: std::ops::Range<u32>) {
        let now = SystemClock.now();
        let jobs: Vec<_> = references
            .map(|number| NewJob::assign_calendar_id(ReferenceId::new(number.to_string()).expect("a valid reference"), now))
            .collect();
        let made = self.runtime.block_on(self.uow.write(account().id, move |stores| stores.jobs().enqueue_many(account().id, &jobs)));
        made.map_err(|error: StoreError| error.to_string()).expect("they are new");
    }

    fn jobs(&self) -> Vec<Job> {
        let page = PageRequest { size: 10_000, after: None };
        let begin = Instant::now();
        loop {
            match self.runtime.block_on(self.uow.read(account().id, move |stores| stores.jobs().list(account().id, None, page))) {
                Ok(jobs) => return jobs,
                Err(StoreError::Unavailable(_)) if begin.elapsed() < EVENT_TIMEOUT => sleep(Duration::from_millis(100)),
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn until_all_ended(&self) -> Vec<Job> {
        let begin = Instant::now();
        loop {
            let jobs = self.jobs();
            if jobs.iter().all(|job| !matches!(job.status(), JobStatus::Scheduled | JobStatus::Running)) {
                return jobs;
            }
            assert!(begin.elapsed() < EVENT_TIMEOUT, "some jobs are still not done: {jobs:?}");
            sleep(Duration::from_millis(50));
        }
    }

    /// Waits until `trigger` has led to a statement that begins with `statement`, written on one line, kills the server in the middle of it, and
    /// restarts the server.
    fn kill_during(&self, table: &str, statement: &str, trigger: impl FnOnce()) {
        let mut holder = PgConnection::establish(self.database.url()).expect("a connection");
        let mut watcher = PgConnection::establish(self.database.url()).expect("a connection");
        holder.batch_execute(&format!("BEGIN; LOCK TABLE {table} IN SHARE MODE")).expect("the lock");
        trigger();
        let waiting = format!(
            "SELECT count(*) AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'derslik' \
             AND regexp_replace(query, '\\s+', ' ', 'g') LIKE '{statement}%'"
        );
        let begin = Instant::now();
        while sql_query(&waiting).get_result::<Count>(&mut watcher).expect("an answer").count == 0 {
            assert!(begin.elapsed() < EVENT_TIMEOUT, "no statement waits for the lock");
            sleep(Duration::from_millis(5));
        }
        self.server.stop_immediate().expect("it stops");
        sleep(AWAY);
        self.server.restart().expect("it comes back");
    }

    /// The number of entries in the ledger, and of distinct ones.
    fn ledger(&self) -> (usize, usize) {
        let mut names = Vec::new();
        for page in 1.. {
            let form = FilterForm { page_number: Field::Given(page), page_size: Field::Given(100), ..FilterForm::default() };
            let filter: SessionFilter = form.validate().expect("a valid filter");
            let found = self.runtime.block_on(self.uow.read(account().id, move |stores| stores.sessions().search(account().id, &filter)));
            let found = found.map_err(|error: StoreError| error.to_string()).expect("a page");
            if found.entries.is_empty() {
                break;
            }
            names.extend(found.entries.into_iter().map(|entry| entry.name.as_str().to_owned()));
        }
        let all = names.len();
        names.sort();
        names.dedup();
        (all, names.len())
    }
}

/// Enters the job into a ledger, which is a session by the name of the job.
struct Ledger;

impl StepHandler for Ledger {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let name = SessionName::new(format!("job {}", context.job.id)).expect("a valid name");
        stores.sessions().insert_many(context.account, &[&Session { name, ..session(SystemIds.session_guid()) }])?;
        sleep(Duration::from_millis(5));
        Ok(Step::Done(None))
    }
}

/// Counts its runs, and ends when the test says so.
#[derive(Clone, Default)]
struct Outside {
    runs: Arc<AtomicU32>,
    may_end: Arc<Notify>,
}

#[async_trait]
impl TaskHandler for Outside {
    async fn run(&self, _: Task) -> Result<Option<Progress>, Failure> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        self.may_end.notified().await;
        Ok(None)
    }
}

impl Outside {
    fn until_running(&self) {
        self.until_runs(1);
    }

    fn until_runs(&self, runs: u32) {
        let begin = Instant::now();
        while self.runs.load(Ordering::Relaxed) < runs {
            assert!(begin.elapsed() < EVENT_TIMEOUT, "the job does not start");
            sleep(Duration::from_millis(5));
        }
    }
}

const POLL: Duration = Duration::from_secs(1);
/// A lease that outlasts the restart of a server on any machine, so that no job is rescued meanwhile.
const LONG_LEASE: Duration = Duration::from_secs(60);

fn with_long_lease() -> Settings {
    Settings { lease: LeaseTerm::new(LONG_LEASE).expect("a valid term"), poll: POLL, ..Settings::default() }
}

#[test]
fn a_server_that_dies_during_a_claim_has_claimed_nothing() {
    let world = World::new();
    world.enqueue(0..20);
    let mut worker = None;
    world.kill_during("jobs", "WITH claimed AS ( UPDATE jobs SET status = ''running''", || {
        worker = Some(world.work(Registry::default().with_steps(Action::AssignCalendarId, Ledger), POLL));
    });
    let jobs = world.until_all_ended();
    world.end(worker.expect("a worker"));
    assert!(jobs.iter().all(|job| job.status() == JobStatus::Completed && job.state.attempts().get() == 1), "{jobs:?}");
    assert_eq!(world.ledger(), (20, 20));
}

#[test]
fn a_server_that_dies_during_a_heartbeat_costs_no_job() {
    let world = World::new();
    let outside = Outside::default();
    let worker = world.work_as(Registry::default().with_task(Action::AssignCalendarId, outside.clone()), with_long_lease());
    world.enqueue(0..1);
    outside.until_running();
    world.kill_during("jobs", "UPDATE jobs SET lease_until", || {});
    // Longer than the time between two heartbeats, a third of the lease.
    sleep(LONG_LEASE / 3 + Duration::from_secs(1));
    assert_eq!(world.jobs()[0].status(), JobStatus::Running, "its worker still has it");
    outside.may_end.notify_one();
    let jobs = world.until_all_ended();
    world.end(worker);
    assert_eq!((jobs[0].status(), outside.runs.load(Ordering::Relaxed)), (JobStatus::Completed, 1));
}

#[test]
fn a_completion_is_repeated_if_the_server_dies_during_it() {
    let world = World::new();
    let outside = Outside::default();
    let worker = world.work_as(Registry::default().with_task(Action::AssignCalendarId, outside.clone()), with_long_lease());
    world.enqueue(0..1);
    outside.until_running();
    world.kill_during("jobs", "UPDATE jobs SET status = $", || outside.may_end.notify_one());
    let jobs = world.until_all_ended();
    world.end(worker);
    assert_eq!((jobs[0].status(), outside.runs.load(Ordering::Relaxed)), (JobStatus::Completed, 1));
}

#[test]
fn a_server_that_dies_while_one_job_is_exchanged_for_the_next_loses_neither() {
    let world = World::new();
    let outside = Outside::default();
    world.enqueue(0..2);
    let settings = Settings { batch: 1, concurrency: 1, ..with_long_lease() };
    let worker = world.work_as(Registry::default().with_task(Action::AssignCalendarId, outside.clone()), settings);
    outside.until_running();
    world.kill_during("jobs", "WITH done AS ( UPDATE jobs SET status", || outside.may_end.notify_one());
    outside.until_runs(2);
    outside.may_end.notify_one();
    let jobs = world.until_all_ended();
    world.end(worker);
    assert!(jobs.iter().all(|job| job.status() == JobStatus::Completed && job.state.attempts().get() == 1), "{jobs:?}");
    assert_eq!(outside.runs.load(Ordering::Relaxed), 2);
}

#[test]
fn a_server_that_dies_in_the_middle_of_a_step_has_done_nothing_of_it() {
    let world = World::new();
    world.enqueue(0..20);
    let mut worker = None;
    world.kill_during("sessions", "%INSERT INTO sessions (", || {
        worker = Some(world.work(Registry::default().with_steps(Action::AssignCalendarId, Ledger), POLL));
    });
    let jobs = world.until_all_ended();
    world.end(worker.expect("a worker"));
    assert!(jobs.iter().all(|job| job.status() == JobStatus::Completed), "{jobs:?}");
    assert_eq!(world.ledger(), (20, 20));
}

#[test]
fn a_worker_survives_a_server_that_dies_again_and_again() {
    const JOBS: u32 = 400;
    let world = World::new();
    world.enqueue(0..JOBS);
    let worker = world.work(Registry::default().with_steps(Action::AssignCalendarId, Ledger), POLL);
    for pause in [150, 400, 250] {
        sleep(Duration::from_millis(pause));
        world.server.stop_immediate().expect("it stops");
        sleep(Duration::from_millis(300));
        world.server.restart().expect("it comes back");
    }
    let jobs = world.until_all_ended();
    world.end(worker);
    assert!(jobs.iter().all(|job| job.status() == JobStatus::Completed), "{jobs:?}");
    let jobs = usize::try_from(JOBS).expect("a small number");
    assert_eq!(world.ledger(), (jobs, jobs));
}

#[test]
fn a_listener_whose_server_died_hears_again_of_new_jobs() {
    const LISTENERS: &str = "SELECT count(*) AS count FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
    let world = World::new();
    // The worker finds a job only by notification: its poll interval is an hour.
    let worker = world.work(Registry::default().with_steps(Action::AssignCalendarId, Ledger), Duration::from_secs(3_600));
    world.enqueue(0..1);
    world.until_all_ended();
    world.server.stop_immediate().expect("it stops");
    sleep(AWAY);
    world.server.restart().expect("it comes back");
    let mut watcher = PgConnection::establish(world.database.url()).expect("a connection");
    let begin = Instant::now();
    while sql_query(LISTENERS).get_result::<Count>(&mut watcher).expect("an answer").count == 0 {
        assert!(begin.elapsed() < EVENT_TIMEOUT, "no connection listens again");
        sleep(Duration::from_millis(20));
    }
    // A separate unit of work stands for another process, which can wake the worker only by a notification.
    let url: DatabaseUrl = world.database.url().parse().expect("a valid URL");
    for number in 1..4 {
        let other = DieselUnitOfWork::new(&url, PoolSettings::default(), world.runtime.handle());
        let (now, reference) = (SystemClock.now(), ReferenceId::new(number.to_string()).expect("a valid reference"));
        let job = NewJob::assign_calendar_id(reference, now);
        let made = world.runtime.block_on(other.write(account().id, move |stores| stores.jobs().enqueue(account().id, &job)));
        made.map_err(|error: StoreError| error.to_string()).expect("it is new");
        // The limit is a minute; a poll would take an hour.
        world.until_all_ended();
    }
    world.end(worker);
}
