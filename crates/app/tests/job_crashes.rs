//! Workers that are killed, or stopped for longer than a lease, in the middle of their jobs: no job is lost, and no effect
//! happens twice.
//!
//! `make crash-test` runs the test at its full size, with 1 000 jobs and a kill each second for a minute, and prints figures.
#![cfg(test)]

use std::collections::BTreeMap;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use derslik::system::{SystemClock, SystemIds};
use derslik_domain::form::Field;
use derslik_domain::job::{
    Action, Attempts, FailureReason, Job, JobState, JobStatus, LeaseTerm, NewJob, Progress, ReferenceId, RetryPolicy,
};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;
use derslik_domain::session::{FilterForm, Session, SessionFilter, SessionName};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Clock, Ids, StoreError, Stores, UnitOfWork};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::{account, session};
use derslik_testkit::postgres::{PostgresServer, Template};
use derslik_worker::{Registry, Runner, Settings, Step, StepContext, StepError, StepHandler, WorkerPorts};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// The variable that makes a copy of this program a worker; its value is the URL of the database.
const URL: &str = "DERSLIK_CRASH_TEST_URL";
const SIZE: &str = "DERSLIK_CRASH_TEST";

/// The interval at which the test reads the jobs.
const LOOK: Duration = Duration::from_millis(100);

/// The longest time that the orphaned jobs may take after the last kill.
const EVENT_TIMEOUT: Duration = Duration::from_secs(90);

/// The longest time from the end of a lease to the rescue of its job.
const NOTICE: Duration = Duration::from_secs(30);

struct Size {
    jobs: usize,
    kills: u32,
    between: Duration,
    lease: Duration,
    /// Every job takes two steps of this length, so that most are hit in the middle.
    step: Duration,
}

const SMALL: Size =
    Size { jobs: 200, kills: 20, between: Duration::from_millis(500), lease: LeaseTerm::SHORTEST, step: Duration::from_millis(100) };
const FULL: Size = Size {
    jobs: 1_000,
    kills: 60,
    between: Duration::from_secs(1),
    lease: LeaseTerm::DEFAULT.duration(),
    step: Duration::from_millis(300),
};

impl Size {
    fn asked_for() -> Self {
        if variable(SIZE).as_deref() == Some("full") { FULL } else { SMALL }
    }
}

/// Enters the job into a ledger, which is a session by the name of the job, in its second step.
struct Ledger(Duration);

impl StepHandler for Ledger {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        if context.job.progress.is_none() {
            sleep(self.0);
            return Ok(Step::More(Progress::Rows(RowCount::new(1))));
        }
        let name = SessionName::new(format!("job {}", context.job.id)).expect("a valid name");
        let entry = Session { name, ..session(SystemIds.session_guid()) };
        stores.sessions().insert_many(context.account, &[&entry])?;
        // A worker that is killed here has done everything but the commit.
        sleep(self.0);
        Ok(Step::Done(None))
    }
}

#[expect(clippy::disallowed_methods, reason = "how a copy of this program learns that it is a worker")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn unit_of_work(url: &str, runtime: &Runtime) -> DieselUnitOfWork {
    let settings = PoolSettings { connections: 6, statement_timeout: Duration::from_secs(1), ..PoolSettings::default() };
    DieselUnitOfWork::new(&url.parse::<DatabaseUrl>().expect("a valid URL"), settings, runtime.handle())
}

/// Runs a worker if this process is a copy that was started as one.
#[test]
fn worker_process() {
    let Some(url) = variable(URL) else { return };
    // The worker ends with its parent, however that ends.
    std::thread::spawn(|| {
        std::io::stdin().read_to_end(&mut Vec::new()).ok();
        std::process::exit(0);
    });
    let runtime = Runtime::new().expect("a runtime");
    let uow = unit_of_work(&url, &runtime);
    let job_notify = uow.wake_ups().expect("a thread");
    let ports = WorkerPorts { uow, clock: Arc::new(SystemClock), ids: Arc::new(SystemIds), job_notify };
    let size = Size::asked_for();
    let settings = Settings {
        concurrency: 4,
        lease: LeaseTerm::new(size.lease).expect("a valid term"),
        retry: RetryPolicy::new(Attempts::new(25), Duration::ZERO, Duration::ZERO).expect("a valid policy"),
        sweep: None,
        ..Settings::default()
    };
    let runner =
        Runner::new(ports, Registry::default().with_steps(Action::AssignCalendarId, Ledger(size.step)), settings).expect("valid settings");
    runtime.block_on(runner.run(CancellationToken::new()));
}

fn start_worker(url: &str) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["worker_process", "--exact"])
        .env(URL, url)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("a worker")
}

fn signal(worker: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &worker.id().to_string()]).status().expect("kill");
    assert!(sent.success());
}

fn jobs(runtime: &Runtime, uow: &DieselUnitOfWork) -> Vec<Job> {
    let page = PageRequest { size: 10_000, after: None };
    runtime.block_on(uow.read(account().id, move |stores| stores.jobs().list(account().id, None, page))).expect("a list of jobs")
}

/// Measures how long after the last heartbeat of a worker its jobs were rescued.
#[derive(Default)]
struct Rescues {
    /// The latest end of each attempt's lease that the test has seen.
    leases: BTreeMap<(i64, u16), Timestamp>,
}

impl Rescues {
    fn look(&mut self, jobs: &[Job]) {
        for job in jobs {
            if let JobState::Running(run) = job.state {
                self.leases.insert((job.id.get(), run.attempt.get()), run.lease.until);
            }
        }
    }

    /// The wait of every attempt that ended because its lease had run out.
    fn waits(&self, jobs: &[Job], lease: Duration) -> Vec<Duration> {
        let mut waits = Vec::new();
        for job in jobs {
            let expired = job.failures.iter().filter(|failed| failed.failure.reason == FailureReason::LeaseExpired);
            for failed in expired {
                if let Some(until) = self.leases.get(&(job.id.get(), failed.attempt.get())) {
                    waits.push(lease + failed.at.since(*until));
                }
            }
        }
        waits.sort();
        waits
    }
}

/// How often each job is in the ledger.
fn ledger(runtime: &Runtime, uow: &DieselUnitOfWork) -> BTreeMap<String, usize> {
    let mut entries = BTreeMap::new();
    for page in 1.. {
        let form = FilterForm { page_number: Field::Given(page), page_size: Field::Given(100), ..FilterForm::default() };
        let filter: SessionFilter = form.validate().expect("a valid filter");
        let found =
            runtime.block_on(uow.read(account().id, move |stores| stores.sessions().search(account().id, &filter))).expect("a page");
        if found.entries.is_empty() {
            break;
        }
        for entry in found.entries {
            *entries.entry(entry.name.as_str().to_owned()).or_default() += 1;
        }
    }
    entries
}

#[test]
fn killed_and_stopped_workers_lose_no_job_and_do_none_twice() {
    let size = Size::asked_for();
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = PostgresServer::shared().expect("a server").create_database(&template).expect("a database");
    let runtime = Runtime::new().expect("a runtime");
    let uow = unit_of_work(database.url(), &runtime);
    let now = SystemClock.now();
    let due: Vec<_> = (0..size.jobs)
        .map(|number| NewJob::assign_calendar_id(ReferenceId::new(number.to_string()).expect("a valid reference"), now))
        .collect();
    let made = runtime.block_on(uow.write(account().id, move |stores| stores.jobs().enqueue_many(account().id, &due)));
    assert_eq!(made.map_err(|error: StoreError| error.to_string()), Ok(size.jobs));

    let mut workers: Vec<_> = (0..3).map(|_| start_worker(database.url())).collect();
    let stopped = start_worker(database.url());
    sleep(Duration::from_secs(1));
    signal(&stopped, "-STOP");
    let mut rescues = Rescues::default();
    for kill in 0..size.kills {
        let began = Instant::now();
        while began.elapsed() < size.between {
            rescues.look(&jobs(&runtime, &uow));
            sleep(LOOK);
        }
        let victim = usize::try_from(SystemIds.random_bits() % 3).expect("a small number");
        let mut dead = std::mem::replace(&mut workers[victim], start_worker(database.url()));
        dead.kill().expect("a living worker");
        dead.wait().expect("its end");
        if kill == size.kills / 2 {
            // Far longer than its leases.
            signal(&stopped, "-CONT");
        }
    }
    let last_kill = Instant::now();
    loop {
        let jobs = jobs(&runtime, &uow);
        rescues.look(&jobs);
        if !jobs.iter().any(|job| matches!(job.status(), JobStatus::Scheduled | JobStatus::Running)) {
            break;
        }
        assert!(last_kill.elapsed() < EVENT_TIMEOUT, "some jobs are still not done");
        sleep(LOOK);
    }
    let done_after = last_kill.elapsed();
    for mut worker in workers.into_iter().chain([stopped]) {
        worker.kill().expect("a living worker");
        worker.wait().expect("its end");
    }

    let jobs = jobs(&runtime, &uow);
    assert!(jobs.iter().all(|job| job.status() == JobStatus::Completed), "every job is done");
    let orphans = jobs.iter().filter(|job| job.failures.iter().any(|failed| failed.failure.reason == FailureReason::LeaseExpired)).count();
    assert!(orphans > 0, "no worker was killed in the middle of a job");
    let ledger = ledger(&runtime, &uow);
    assert_eq!(ledger.len(), size.jobs, "every job is in the ledger");
    assert!(ledger.values().all(|count| *count == 1), "and none twice");
    let waits = rescues.waits(&jobs, size.lease);
    let longest = waits.last().copied().unwrap_or_default();
    println!("jobs: {}, workers killed: {}, one more stopped for longer than its lease", size.jobs, size.kills);
    println!("lost: 0, done twice: 0, all done {:.1} s after the last kill", done_after.as_secs_f64());
    println!("jobs rescued: {orphans}, the last of {} rescues {:.1} s after its worker was heard of", waits.len(), longest.as_secs_f64());
    assert!(longest <= size.lease + NOTICE, "an orphan waited for {longest:?}");
}
