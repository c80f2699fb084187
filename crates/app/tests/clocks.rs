//! Clocks that tests move, on both databases: what an advance runs, when, and in which order.
#![expect(clippy::indexing_slicing, clippy::expect_used, reason = "a failed expectation is what a test is for")]

mod support;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use derslik::system::{SystemClock, SystemIds};
use derslik_domain::clock::{JobOutcome, RanKind};
use derslik_domain::fault::{Fault, JobFault, RequestFilter, Schedule};
use derslik_domain::id::{AccountId, Id};
use derslik_domain::identity::Account;
use derslik_domain::job::{Action, Failure, FailureReason, JobStatus, NewJob, Platform, Project, ProjectName, ReferenceId};
use derslik_domain::page::PageRequest;
use derslik_domain::session::SessionStatus;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::control::{AccountIds, Advance, Advanced, ClockControl, ClockScope, FaultControl, NewFault, PublicAccountId};
use derslik_ports::outbound::{Clock, ClockSync, KnownTestAccount, Projection, StoreError, Stores, UnitOfWork};
use derslik_services::clocks::{AccountClocks, ClockUseCases};
use derslik_services::faults::InjectedFaults;
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, guid, service_user, session};
use derslik_worker::handlers::{self, CalendarTemplate, Retention};
use derslik_worker::{DueRunner, Registry, Runner, Settings, Step, StepContext, StepError, StepHandler, WorkerPorts};
use libtest_mimic::{Failed, Trial};
use support::{DATABASES, Open, Place};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// The reference of the job of each attempt, and when it was made.
type Attempts = Arc<Mutex<Vec<(String, Timestamp)>>>;

const DAY: Duration = Duration::from_secs(86_400);

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (database, open) in DATABASES {
        let mut add = |behaviour: &str, test: fn(&World)| {
            trials.push(Trial::test(format!("{database}::{behaviour}"), move || {
                test(&World::new(open)?);
                Ok(())
            }));
        };
        add("an_erasure_of_the_next_midnight_runs_in_an_advance_over_it", erasure_at_midnight);
        add("sweeps_run_in_an_advance_and_are_neither_told_nor_what_is_due_next", sweeps);
        add("a_session_that_ends_before_a_job_is_due_expires_before_it", order);
        add("a_failed_attempt_is_tried_again_in_the_same_advance", retry);
        add("a_job_beside_a_failing_one_still_runs_once", failing_neighbour);
        add("faults_of_jobs_act_in_an_advance", faults);
        add("an_advance_beside_a_worker_runs_each_job_once", beside_a_worker);
        add("a_worker_goes_by_the_clock_that_another_process_has_set", set_by_another_process);
        add("an_account_that_another_process_has_replaced_keeps_its_clock", replaced_by_another_process);
    }
    support::run(trials)
}

/// The account `demo` with one project, whose clock is frozen.
struct World {
    runtime: Runtime,
    process: Process,
    url: DatabaseUrl,
    _place: Place,
}

/// What one process has.
struct Process {
    uow: DieselUnitOfWork,
    clocks: Arc<AccountClocks<DieselUnitOfWork>>,
}

fn start() -> Timestamp {
    "2025-02-06T13:00:00Z".parse().expect("an instant")
}

fn midnight() -> Timestamp {
    "2025-02-07T00:00:00Z".parse().expect("an instant")
}

fn scope() -> ClockScope {
    ClockScope::Account(PublicAccountId::new(account().id.get()))
}

fn registry() -> Registry {
    handlers::registry(Retention::default(), CalendarTemplate::default())
}

impl Process {
    fn start(url: &DatabaseUrl, runtime: &Runtime) -> Self {
        let settings = PoolSettings { statement_timeout: Duration::from_secs(60), ..PoolSettings::default() };
        let uow = DieselUnitOfWork::new(url, settings, runtime.handle());
        let clocks = Arc::new(AccountClocks::new(uow.clone(), Arc::new(SystemClock), Arc::<AccountIds>::default()));
        Self { uow, clocks }
    }

    fn due(&self, registry: Registry) -> DueRunner<DieselUnitOfWork> {
        DueRunner::new(self.uow.clone(), self.clocks.clone(), Arc::new(SystemIds), registry, Settings::default())
    }

    fn control(&self, registry: Registry) -> ClockUseCases<DieselUnitOfWork> {
        ClockUseCases::new(Arc::clone(&self.clocks), Arc::new(self.due(registry)))
    }

    fn work(&self, registry: Registry, runtime: &Runtime) -> CancellationToken {
        let job_notify = self.uow.wake_ups().expect("a thread");
        let ports = WorkerPorts { uow: self.uow.clone(), clock: self.clocks.clone(), ids: Arc::new(SystemIds), job_notify };
        let settings = Settings { sweep: None, ..Settings::default() };
        let runner = Runner::new(ports, registry, settings).expect("valid settings").with_clock_sync(self.clocks.clone());
        let stop = CancellationToken::new();
        runtime.spawn(runner.run(stop.clone()));
        stop
    }
}

impl World {
    fn new(open: Open) -> Result<Self, Failed> {
        let (url, place) = open()?;
        let runtime = Runtime::new()?;
        let process = Process::start(&url, &runtime);
        let world = Self { runtime, process, url, _place: place };
        world.write(|stores| {
            stores.identity().add_account(&account(), start())?;
            stores.users().add(account().id, &service_user())?;
            let (key, name) = ("3sWXSsqHgSKnE87YkNJK".parse().expect("a key"), ProjectName::new("Demo").expect("a valid name"));
            let project = Project { id: Id::new(1), key, name, platform: Platform::Web, created_at: start() };
            stores.projects().add(account().id, &project)
        });
        let control = world.process.control(registry());
        world.runtime.block_on(control.freeze(scope(), Some(start()))).expect("a frozen clock");
        Ok(world)
    }

    fn write<T: Send + 'static>(&self, work: impl FnOnce(&mut dyn Stores) -> Result<T, StoreError> + Send + 'static) -> T {
        self.runtime.block_on(self.process.uow.write(account().id, work)).expect("the write succeeds")
    }

    fn enqueue(&self, job: NewJob) {
        self.write(move |stores| stores.jobs().enqueue(account().id, &job));
    }

    fn advance(&self, registry: Registry, by: Duration) -> Advanced {
        let control = self.process.control(registry);
        self.runtime.block_on(control.advance(scope(), Advance::By(by))).expect("the advance succeeds")
    }

    /// The attempts of the jobs of each status.
    fn attempts(&self) -> BTreeMap<JobStatus, Vec<u16>> {
        let page = PageRequest { size: 10_000, after: None };
        let jobs = self.write(move |stores| stores.jobs().list(account().id, None, page));
        let mut attempts: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for job in jobs {
            attempts.entry(job.status()).or_default().push(job.state.attempts().get());
        }
        attempts
    }
}

fn job(reference: &str, due: Timestamp) -> NewJob {
    NewJob::assign_calendar_id(ReferenceId::new(reference).expect("a reference"), due)
}

/// What ran, as the time at which it was due and its outcome; `None` for sessions that expired.
fn told(advanced: &Advanced) -> Vec<(Timestamp, Option<JobOutcome>)> {
    let outcome = |kind| match kind {
        RanKind::Job { outcome, .. } => Some(outcome),
        RanKind::SessionsExpired(_) => None,
    };
    advanced.ran.iter().map(|item| (item.due, outcome(item.kind))).collect()
}

fn erasure_at_midnight(world: &World) {
    world.enqueue(NewJob::delete_user_data(Id::new(1), ReferenceId::new("mehdi").expect("a reference"), start()));
    assert_eq!(world.advance(registry(), Duration::from_secs(60)).count, 0);
    let advanced = world.advance(registry(), DAY);
    assert_eq!(told(&advanced), [(midnight(), Some(JobOutcome::Completed))]);
    assert_eq!((advanced.clock.now, advanced.clock.is_frozen), (start().plus(DAY).plus(Duration::from_secs(60)), true));
    let page = PageRequest { size: 1, after: None };
    let jobs = world.write(move |stores| stores.jobs().list(account().id, None, page));
    assert_eq!((jobs[0].status(), jobs[0].updated_at), (JobStatus::Completed, midnight()), "it ran at its own time");
}

fn sweeps(world: &World) {
    world.enqueue(NewJob::expire_sessions(start().plus(Duration::from_secs(300)), start()));
    world.enqueue(NewJob::delete_user_data(Id::new(1), ReferenceId::new("mehdi").expect("a reference"), start()));
    let control = world.process.control(registry());
    let ran = world.runtime.block_on(control.run_to_next_due(scope())).expect("the erasure is due next");
    assert_eq!((told(&ran), ran.count), (vec![(midnight(), Some(JobOutcome::Completed))], 1));
    assert_eq!((ran.clock.now, ran.clock.next_due), (midnight(), None));
    assert_eq!(world.attempts().get(&JobStatus::Completed), Some(&vec![1, 1]), "the sweep has run too");
}

fn order(world: &World) {
    let one = session(guid(1));
    let end = world.write(move |stores| {
        stores.sessions().insert_many(account().id, &[&one])?;
        stores.change_log().catch_up(account().id, Projection::SessionEnds, 10)?;
        let next = stores.clocks().next_due(account().id, Action::ALL.into_iter().collect())?;
        Ok(next.session_end.expect("it is open"))
    });
    world.enqueue(job("1", end.plus(Duration::from_secs(1))));
    world.enqueue(job("2", end.minutes_before(1)));
    let ended = world.advance(registry(), end.since(start()).saturating_add(DAY));
    let (before, after) = (end.minutes_before(1), end.plus(Duration::from_secs(1)));
    assert_eq!(told(&ended), [(before, Some(JobOutcome::Completed)), (end, None), (after, Some(JobOutcome::Completed))]);
    let found = world.write(|stores| stores.sessions().find(account().id, guid(1))).expect("the session");
    assert_eq!(found.status, SessionStatus::Expired);
}

/// Fails the first attempts at jobs with that reference, and records when each attempt took place.
struct Failing {
    reference: &'static str,
    failures: u32,
    ran: Attempts,
}

impl StepHandler for Failing {
    fn step(&self, _: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let reference = context.job.reference.as_str().to_owned();
        let is_failing = reference == self.reference && u32::from(context.job.state.attempts().get()) <= self.failures;
        self.ran.lock().unwrap_or_else(PoisonError::into_inner).push((reference, context.now));
        if is_failing { Err(StepError::Failed(Failure::new(FailureReason::Transient, "not yet"))) } else { Ok(Step::Done(None)) }
    }
}

fn failing(failures: u32) -> (Registry, Attempts) {
    let ran = Attempts::default();
    let handler = Failing { reference: "1", failures, ran: Arc::clone(&ran) };
    (Registry::default().with_steps(Action::AssignCalendarId, handler), ran)
}

fn retry(world: &World) {
    world.enqueue(job("1", midnight()));
    let (registry, ran) = failing(2);
    let advanced = world.advance(registry, DAY);
    let outcomes: Vec<_> = told(&advanced).into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(outcomes, [Some(JobOutcome::Retried), Some(JobOutcome::Retried), Some(JobOutcome::Completed)]);
    let dues: Vec<_> = advanced.ran.iter().map(|item| item.due).collect();
    assert!(dues[0] == midnight() && dues.windows(2).all(|pair| pair[0] < pair[1]), "each after its backoff: {dues:?}");
    let ran = ran.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(ran.iter().all(|(_, at)| dues.contains(at)), "each attempt took place when it was due");
}

fn faults(world: &World) {
    world.enqueue(job("1", midnight()));
    world.enqueue(job("2", midnight().plus(Duration::from_secs(7_200))));
    let injected = Arc::new(InjectedFaults::new(Arc::default()));
    let new = |(first, fault)| {
        let schedule = Schedule { first, times: Some(1), ..Schedule::default() };
        NewFault { fault: Fault::Job(fault), requests: RequestFilter::default(), action: None, schedule }
    };
    let public = PublicAccountId::new(account().id.get());
    injected.add(public, [(1, JobFault::Fail), (2, JobFault::Panic), (3, JobFault::Hang)].map(new).into());
    let (registry, ran) = failing(0);
    let due = world.process.due(registry).with_faults(Some(injected.clone()));
    let control = ClockUseCases::new(Arc::clone(&world.process.clocks), Arc::new(due));
    let advanced = world.runtime.block_on(control.advance(scope(), Advance::By(DAY))).expect("the advance succeeds");
    let outcomes: Vec<_> = told(&advanced).into_iter().map(|(_, outcome)| outcome).collect();
    let (retried, completed) = (Some(JobOutcome::Retried), Some(JobOutcome::Completed));
    assert_eq!(outcomes, [retried, retried, retried, completed, completed]);
    assert_eq!(injected.list(public).iter().map(|rule| rule.injected).collect::<Vec<_>>(), [1, 1, 1]);
    // The handler ran in the attempts without a fault alone.
    assert_eq!(ran.lock().unwrap_or_else(PoisonError::into_inner).len(), 2);
    assert_eq!(world.attempts().get(&JobStatus::Completed), Some(&vec![4, 1]));
}

fn failing_neighbour(world: &World) {
    for reference in ["0", "1", "2"] {
        world.enqueue(job(reference, midnight()));
    }
    let advanced = world.advance(failing(u32::MAX).0, DAY);
    let completed = advanced.ran.iter().filter(|item| matches!(item.kind, RanKind::Job { outcome: JobOutcome::Completed, .. }));
    assert_eq!(completed.count(), 2);
    assert_eq!(world.attempts().get(&JobStatus::Completed), Some(&vec![1, 1]));
    assert!(!world.attempts().contains_key(&JobStatus::Running));
}

fn beside_a_worker(world: &World) {
    let other = Process::start(&world.url, &world.runtime);
    let stop = other.work(failing(0).0, &world.runtime);
    for number in 0..200_u64 {
        world.enqueue(job(&number.to_string(), start().plus(Duration::from_secs(60 * (1 + number)))));
    }
    let advanced = world.advance(failing(0).0, DAY);
    assert_eq!(advanced.count, 200, "all of them ran in the advance");
    assert!(advanced.ran.windows(2).all(|pair| pair[0].due <= pair[1].due));
    assert_eq!(world.attempts(), BTreeMap::from([(JobStatus::Completed, vec![1; 200])]));
    stop.cancel();
}

fn set_by_another_process(world: &World) {
    let other = Process::start(&world.url, &world.runtime);
    let stop = other.work(failing(0).0, &world.runtime);
    world.enqueue(job("1", midnight()));
    let control = world.process.control(registry());
    world.runtime.block_on(control.set(scope(), midnight())).expect("the clock is set");
    world.runtime.block_on(other.clocks.refresh()).expect("a look at the clocks");
    assert_eq!(other.clocks.now_of(account().id), midnight());
    let is_done = || world.attempts().contains_key(&JobStatus::Completed);
    let give_up_at = std::time::Instant::now() + Duration::from_secs(60);
    while !is_done() && std::time::Instant::now() < give_up_at {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(is_done(), "the worker found the job by the clock of the account");
    stop.cancel();
}

fn replaced_by_another_process(world: &World) {
    let other = Process::start(&world.url, &world.runtime);
    let look = || world.runtime.block_on(other.clocks.refresh()).expect("a look at the clocks");
    look();
    let fresh = AccountId::new(90_001);
    world.write(move |stores| {
        let public = account().id.get();
        stores.test_accounts().end(account().id, public, start())?;
        stores.identity().add_account(&Account { id: fresh, ..account() }, start())?;
        stores.test_accounts().put(&KnownTestAccount { account: fresh, public, lives_until: None })
    });
    look();
    assert_eq!((other.clocks.now_of(fresh), other.clocks.due_times().of(fresh)), (start(), start()));
    assert!(other.clocks.is_moved(account().id), "a request that still reads the account before goes by the same clock");
}
