//! A store in memory that fails now and then, a clock that stands still until all tasks wait, and workers on both.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::id::{AccountId, AttendeeGuid, Id, JobId, ProjectId, SessionGuid, UserGuid};
use derslik_domain::job::{
    Action, Actions, Attempts, Event, Failure, FailureReason, Job, JobCounts, JobFilter, JobState, JobStatus, LeaseTerm, NewJob, Progress,
    ReferenceId, RetryPolicy, ShownJob, UnknownJob,
};
use derslik_domain::page::{OffsetPage, Page, PageRequest};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::mocks::MockStores;
use derslik_ports::outbound::{
    AdminRepository, AliasRepository, AttendeeRepository, AuditRepository, ChangeLogRepository, Claim, Clock, ClockRepository, Completion,
    CourseRepository, Enqueued, ErasureRepository, Exchanged, GradingPeriodRepository, GrantRepository, HeldJob, IdempotencyRepository,
    IdentityRepository, Ids, JobOfProject, JobRepository, KeyRepository, ProjectRepository, QueueDepth, Reason, RosterRepository,
    SealRepository, SessionRepository, StoreError, Stores, Tenant, TestAccountRepository, UnitOfWork, UserRepository,
};
use derslik_testkit::builders::{account, now};
use derslik_worker::{Registry, Runner, Settings, Step, StepContext, StepError, StepHandler, Task, TaskHandler, WorkerPorts};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The stored rows, and a ledger of committed effects.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) jobs: BTreeMap<(AccountId, JobId), Job>,
    /// How often the effect of a job was committed.
    pub(crate) ledger: BTreeMap<JobId, u32>,
}

/// A store in memory. The changes of a failed unit of work are undone.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    pub(crate) tables: Arc<Mutex<Tables>>,
    /// How many of 100 units of work fail: half of them before any change, half after their commit.
    pub(crate) failures: u64,
    pub(crate) chance: Arc<Chance>,
    /// Signals that the worker with this store has died: none of its writes reaches the store any more.
    pub(crate) dead: CancellationToken,
}

/// Numbers that look random and are the same in each run.
#[derive(Debug)]
pub(crate) struct Chance(pub(crate) AtomicU64);

impl Chance {
    fn draw(&self) -> u64 {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Ids for Chance {
    fn session_guid(&self) -> SessionGuid {
        SessionGuid::new(Uuid::from_u128(self.random_bits()))
    }

    fn user_guid(&self) -> UserGuid {
        UserGuid::new(Uuid::from_u128(self.random_bits()))
    }

    fn attendee_guid(&self) -> AttendeeGuid {
        AttendeeGuid::new(Uuid::from_u128(self.random_bits()))
    }

    fn random(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.chunks_mut(8).for_each(|part| part.copy_from_slice(&self.draw().to_le_bytes()));
        bytes
    }
}

/// The clock of the runtime, which stands still until all tasks wait.
#[derive(Debug)]
pub(crate) struct VirtualClock(pub(crate) Instant);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        now().plus(self.0.elapsed())
    }
}

pub(crate) struct OpenTables {
    tables: Tables,
    rest: MockStores,
}

impl Stores for OpenTables {
    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self.rest.sessions()
    }

    fn change_log(&mut self) -> &mut dyn ChangeLogRepository {
        self.rest.change_log()
    }

    fn identity(&mut self) -> &mut dyn IdentityRepository {
        self.rest.identity()
    }

    fn users(&mut self) -> &mut dyn UserRepository {
        self.rest.users()
    }

    fn admins(&mut self) -> &mut dyn AdminRepository {
        self.rest.admins()
    }

    fn grants(&mut self) -> &mut dyn GrantRepository {
        self.rest.grants()
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyRepository {
        self.rest.idempotency()
    }

    fn clocks(&mut self) -> &mut dyn ClockRepository {
        self.rest.clocks()
    }

    fn test_accounts(&mut self) -> &mut dyn TestAccountRepository {
        self.rest.test_accounts()
    }

    fn attendees(&mut self) -> &mut dyn AttendeeRepository {
        self.rest.attendees()
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        self.rest.audit()
    }

    fn seals(&mut self) -> &mut dyn SealRepository {
        self.rest.seals()
    }

    fn courses(&mut self) -> &mut dyn CourseRepository {
        self.rest.courses()
    }

    fn aliases(&mut self) -> &mut dyn AliasRepository {
        self.rest.aliases()
    }

    fn rosters(&mut self) -> &mut dyn RosterRepository {
        self.rest.rosters()
    }

    fn grading_periods(&mut self) -> &mut dyn GradingPeriodRepository {
        self.rest.grading_periods()
    }

    fn keys(&mut self) -> &mut dyn KeyRepository {
        self.rest.keys()
    }

    fn jobs(&mut self) -> &mut dyn JobRepository {
        self
    }

    fn erasures(&mut self) -> &mut dyn ErasureRepository {
        self.rest.erasures()
    }

    fn projects(&mut self) -> &mut dyn ProjectRepository {
        self.rest.projects()
    }
}

impl Memory {
    pub(crate) fn new(failures: u64, seed: u64) -> Self {
        Self { tables: Arc::default(), failures, chance: Arc::new(Chance(AtomicU64::new(seed))), dead: CancellationToken::new() }
    }

    fn run<T, E: From<StoreError>>(&self, work: impl FnOnce(&mut dyn Stores) -> Result<T, E>) -> Result<T, E> {
        let fate = self.chance.draw() % 100;
        if self.dead.is_cancelled() || fate < self.failures / 2 {
            return Err(StoreError::from(Reason::Unreachable).into());
        }
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = OpenTables { tables: tables.clone(), rest: MockStores::default() };
        let done = work(&mut open)?;
        *tables = open.tables;
        // Committed, but the caller gets an error.
        if fate < self.failures { Err(StoreError::from(Reason::Unreachable).into()) } else { Ok(done) }
    }

    pub(crate) fn tables(&self) -> Tables {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl UnitOfWork for Memory {
    async fn read<T, E, F>(&self, _tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        self.run(work)
    }

    async fn write<T, E, F>(&self, _tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        self.run(work)
    }
}

impl OpenTables {
    fn due(&self, account: AccountId, now: Timestamp) -> Vec<Job> {
        let is_due = |job: &&Job| matches!(job.state, JobState::Scheduled { at, .. } if at <= now);
        self.tables.jobs.range((account, JobId::new(0))..).map(|(_, job)| job).filter(is_due).cloned().collect()
    }

    fn expired(&self, now: Timestamp, term: LeaseTerm) -> Vec<Job> {
        let is_expired = |job: &&Job| matches!(job.state, JobState::Running(run) if !term.holds(run.lease.until, now));
        self.tables.jobs.values().filter(is_expired).cloned().collect()
    }

    fn change(&mut self, held: &HeldJob, event: Event, at: Timestamp) -> bool {
        let Some(job) = self.tables.jobs.get_mut(&(account().id, held.job)) else { return false };
        let Ok((after, _)) = job.clone().apply(event, at) else { return false };
        *job = after;
        true
    }
}

impl JobRepository for OpenTables {
    fn enqueue(&mut self, account: AccountId, job: &NewJob) -> Result<Enqueued, StoreError> {
        let id = JobId::new(i64::try_from(self.tables.jobs.len()).unwrap() + 1);
        let job = job.clone().into_job(id);
        self.tables.jobs.insert((account, id), job.clone());
        Ok(Enqueued::Created(job))
    }

    fn enqueue_many(&mut self, account: AccountId, jobs: &[NewJob]) -> Result<usize, StoreError> {
        for job in jobs {
            self.enqueue(account, job)?;
        }
        Ok(jobs.len())
    }

    fn find(&mut self, account: AccountId, id: JobId) -> Result<Option<Job>, StoreError> {
        Ok(self.tables.jobs.get(&(account, id)).cloned())
    }

    fn find_shown(&mut self, account: AccountId, job: &JobOfProject) -> Result<Option<ShownJob>, StoreError> {
        Ok(self.find(account, job.job)?.map(ShownJob::from))
    }

    fn find_many_shown(&mut self, account: AccountId, jobs: &[JobOfProject]) -> Result<HashMap<JobOfProject, ShownJob>, StoreError> {
        let found = jobs.iter().map(|job| Ok(self.find_shown(account, job)?.map(|shown| (job.clone(), shown))));
        found.filter_map(Result::transpose).collect()
    }

    fn lock(&mut self, account: AccountId, id: JobId) -> Result<Option<Job>, StoreError> {
        self.find(account, id)
    }

    fn list(&mut self, _: AccountId, _: Option<ProjectId>, _: PageRequest<JobId>) -> Result<Vec<Job>, StoreError> {
        Ok(self.tables.jobs.values().cloned().collect())
    }

    fn list_shown(&mut self, account: AccountId, project: ProjectId, page: PageRequest<JobId>) -> Result<Page<ShownJob>, StoreError> {
        Ok(Page { entries: self.list(account, Some(project), page)?.into_iter().map(ShownJob::from).collect(), more: false })
    }

    fn list_newest(&mut self, account: AccountId, project: ProjectId, page: OffsetPage) -> Result<Vec<ShownJob>, StoreError> {
        let all = PageRequest { size: page.size(), after: None };
        Ok(self.list_shown(account, project, all)?.entries.into_iter().rev().collect())
    }

    fn search(&mut self, _: AccountId, _: &JobFilter, _: Option<JobId>, _: u32) -> Result<Page<Job>, StoreError> {
        Ok(Page { entries: Vec::new(), more: false })
    }

    fn count_by_status(&mut self, _: AccountId) -> Result<JobCounts, StoreError> {
        Ok(JobCounts::default())
    }

    fn upcoming(&mut self, _: AccountId, _: Actions, _: u32) -> Result<Vec<Job>, StoreError> {
        Ok(Vec::new())
    }

    fn list_unknown(&mut self, _: AccountId, _: PageRequest<JobId>) -> Result<Vec<UnknownJob>, StoreError> {
        Ok(Vec::new())
    }

    fn replace(&mut self, account: AccountId, before: &Job, after: &Job) -> Result<bool, StoreError> {
        let Some(stored) = self.tables.jobs.get_mut(&(account, before.id)).filter(|stored| stored.state == before.state) else {
            return Ok(false);
        };
        if after.status() == JobStatus::Completed {
            *self.tables.ledger.entry(after.id).or_default() += 1;
        }
        *stored = after.clone();
        Ok(true)
    }

    fn accounts_with_due(&mut self, now: Timestamp, _: Actions, _: u16) -> Result<Vec<AccountId>, StoreError> {
        let account = account().id;
        Ok(if self.due(account, now).is_empty() { Vec::new() } else { vec![account] })
    }

    fn claim(&mut self, account: AccountId, claim: &Claim) -> Result<Vec<Job>, StoreError> {
        let mut claimed = Vec::new();
        for job in self.due(account, claim.at).into_iter().take(claim.limit.into()) {
            let event = Event::Claim { worker: claim.worker, token: claim.token, term: claim.term };
            let (after, _) = job.apply(event, claim.at).expect("it is due");
            self.tables.jobs.insert((account, after.id), after.clone());
            claimed.push(after);
        }
        Ok(claimed)
    }

    fn renew(&mut self, _: AccountId, held: &[HeldJob], until: Timestamp) -> Result<Vec<HeldJob>, StoreError> {
        let term = LeaseTerm::DEFAULT;
        let at = Timestamp::from_micros(until.micros() - i64::try_from(term.duration().as_micros()).unwrap());
        Ok(held.iter().filter(|held| self.change(held, Event::Heartbeat { token: held.token, term }, at)).copied().collect())
    }

    fn complete_many(&mut self, _: AccountId, done: &[Completion], at: Timestamp) -> Result<Vec<HeldJob>, StoreError> {
        let mut completed = Vec::new();
        for Completion { held, .. } in done {
            if self.change(held, Event::Succeed { token: held.token }, at) {
                *self.tables.ledger.entry(held.job).or_default() += 1;
                completed.push(*held);
            }
        }
        Ok(completed)
    }

    fn exchange(&mut self, account: AccountId, done: &[Completion], claim: &Claim) -> Result<Exchanged, StoreError> {
        Ok(Exchanged { completed: self.complete_many(account, done, claim.at)?, claimed: self.claim(account, claim)? })
    }

    fn accounts_with_expired(&mut self, now: Timestamp, term: LeaseTerm) -> Result<Vec<AccountId>, StoreError> {
        Ok(if self.expired(now, term).is_empty() { Vec::new() } else { vec![account().id] })
    }

    fn lock_expired(&mut self, _: AccountId, now: Timestamp, term: LeaseTerm, limit: u16) -> Result<Vec<Job>, StoreError> {
        Ok(self.expired(now, term).into_iter().take(limit.into()).collect())
    }

    fn adopt_running(&mut self) -> Result<RowCount, StoreError> {
        Ok(RowCount::ZERO)
    }

    fn prune(&mut self, _: AccountId, _: Timestamp, _: u16) -> Result<RowCount, StoreError> {
        Ok(RowCount::ZERO)
    }

    fn next_due(&mut self, _: Actions) -> Result<Option<Timestamp>, StoreError> {
        let due = |job: &Job| match job.state {
            JobState::Scheduled { at, .. } => Some(at),
            _ => None,
        };
        Ok(self.tables.jobs.values().filter_map(due).min())
    }

    fn depth(&mut self) -> Result<QueueDepth, StoreError> {
        let count = |status| u64::try_from(self.tables.jobs.values().filter(|job| job.status() == status).count()).unwrap();
        let (scheduled, running) = (count(JobStatus::Scheduled), count(JobStatus::Running));
        Ok(QueueDepth { scheduled, running, next_due: self.next_due(Action::ALL.into_iter().collect())? })
    }
}

/// Takes two steps, and fails now and then.
pub(crate) struct Steps(Arc<Chance>);

impl StepHandler for Steps {
    fn step(&self, _: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        assert!(context.now >= context.job.start_at, "not before its time");
        if self.0.draw().is_multiple_of(20) {
            return Err(StepError::Failed(Failure::new(FailureReason::Transient, "by chance")));
        }
        Ok(if context.job.progress.is_none() { Step::More(Progress::Rows(RowCount::new(1))) } else { Step::Done(None) })
    }
}

/// Takes a while, sometimes longer than a lease, and fails or panics now and then.
pub(crate) struct Waits(Arc<Chance>);

#[async_trait]
impl TaskHandler for Waits {
    async fn run(&self, _: Task) -> Result<Option<Progress>, Failure> {
        let fate = self.0.draw();
        sleep(Duration::from_millis(fate % 40_000)).await;
        match fate % 20 {
            0 => Err(Failure::new(FailureReason::Transient, "by chance")),
            1 => panic!("on purpose"),
            _ => Ok(None),
        }
    }
}

pub(crate) fn settings() -> Settings {
    let retry = RetryPolicy::new(Attempts::new(25), Duration::from_secs(1), Duration::from_secs(10)).expect("a valid policy");
    Settings { concurrency: 8, batch: 5, sweep: None, catch_up: None, poll: Duration::from_secs(30), retry, ..Settings::default() }
}

pub(crate) fn start(memory: &Memory, clock: &Arc<VirtualClock>, stop: &CancellationToken) -> tokio::task::JoinHandle<()> {
    let ids = Arc::clone(&memory.chance);
    let ports = WorkerPorts { uow: memory.clone(), clock: clock.clone(), ids: ids.clone(), job_notify: Arc::new(Notify::new()) };
    let registry =
        Registry::default().with_steps(Action::DeleteUserData, Steps(ids.clone())).with_task(Action::AssignCalendarId, Waits(ids));
    tokio::spawn(Runner::new(ports, registry, settings()).expect("valid settings").run(stop.clone()))
}

pub(crate) fn reference(number: i64) -> ReferenceId {
    ReferenceId::new(number.to_string()).expect("a valid reference")
}

/// Jobs of both kinds, some of which are due at once and some at midnight.
pub(crate) fn fill(memory: &Memory, jobs: i64) {
    let mut tables = memory.tables.lock().expect("no panic");
    for number in 1..=jobs {
        let new = if number % 2 == 0 {
            NewJob::assign_calendar_id(reference(number), now())
        } else {
            NewJob::delete_user_data(Id::new(1), reference(number), now())
        };
        let job = new.into_job(Id::new(number));
        tables.jobs.insert((account().id, job.id), job);
    }
}

pub(crate) async fn until_all_ended(memory: &Memory) {
    const LONGEST: Duration = Duration::from_secs(3 * 24 * 60 * 60);
    let began = Instant::now();
    while memory.tables().jobs.values().any(|job| matches!(job.status(), JobStatus::Scheduled | JobStatus::Running)) {
        assert!(began.elapsed() < LONGEST, "some jobs were lost");
        sleep(Duration::from_secs(10)).await;
    }
}
