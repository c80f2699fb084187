//! Test doubles: a unit of work without a database, and stores that accept only expected calls.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use derslik_domain::id::{AccountId, AttendeeGuid, SessionGuid, UserGuid};
use derslik_domain::job::ShownJob;
use derslik_domain::session::Session;
use derslik_domain::time::Timestamp;

use crate::outbound::{
    AliasRepository, AttendeeRepository, AuditRepository, Clock, CourseLookup, CourseReader, CourseRepository, CourseWithMembership,
    GradingPeriodRepository, IdempotencyRepository, IdentityRepository, Ids, JobOfProject, JobReader, JobRepository, KeyRepository,
    MockAliasRepository, MockAttendeeRepository, MockAuditRepository, MockCourseRepository, MockGradingPeriodRepository,
    MockIdempotencyRepository, MockIdentityRepository, MockJobRepository, MockKeyRepository, MockProjectRepository, MockRosterRepository,
    MockSessionRepository, MockUserRepository, ProjectRepository, RosterRepository, SessionReader, SessionRepository, StoreError, Stores,
    Tenant, UnitOfWork, UserRepository,
};

/// Stores that accept only expected calls, except that every principal may act.
#[derive(Debug)]
pub struct MockStores {
    /// Sessions.
    pub sessions: MockSessionRepository,
    /// Accounts and credentials.
    pub identity: MockIdentityRepository,
    /// Jobs.
    pub jobs: MockJobRepository,
    /// Projects.
    pub projects: MockProjectRepository,
    /// Users.
    pub users: MockUserRepository,
    /// Attendees.
    pub attendees: MockAttendeeRepository,
    /// The audit log.
    pub audit: MockAuditRepository,
    /// Courses.
    pub courses: MockCourseRepository,
    /// The aliases of courses.
    pub aliases: MockAliasRepository,
    /// The members of courses.
    pub rosters: MockRosterRepository,
    /// The grading periods of courses.
    pub grading_periods: MockGradingPeriodRepository,
    /// The keys of the installation.
    pub keys: MockKeyRepository,
    /// The answers of idempotent requests.
    pub idempotency: MockIdempotencyRepository,
}

impl Default for MockStores {
    fn default() -> Self {
        let mut identity = MockIdentityRepository::default();
        identity.expect_hold_principal().returning(|_, _| Ok(true));
        Self { identity, ..Self::without_principals() }
    }
}

impl MockStores {
    /// Stores that do not expect [`IdentityRepository::hold_principal`] either.
    pub fn without_principals() -> Self {
        Self {
            sessions: MockSessionRepository::default(),
            identity: MockIdentityRepository::default(),
            jobs: MockJobRepository::default(),
            projects: MockProjectRepository::default(),
            users: MockUserRepository::default(),
            attendees: MockAttendeeRepository::default(),
            audit: MockAuditRepository::default(),
            courses: MockCourseRepository::default(),
            aliases: MockAliasRepository::default(),
            rosters: MockRosterRepository::default(),
            grading_periods: MockGradingPeriodRepository::default(),
            keys: MockKeyRepository::default(),
            idempotency: MockIdempotencyRepository::default(),
        }
    }
}

impl Stores for MockStores {
    fn sessions(&mut self) -> &mut dyn SessionRepository {
        &mut self.sessions
    }

    fn identity(&mut self) -> &mut dyn IdentityRepository {
        &mut self.identity
    }

    fn users(&mut self) -> &mut dyn UserRepository {
        &mut self.users
    }

    fn attendees(&mut self) -> &mut dyn AttendeeRepository {
        &mut self.attendees
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        &mut self.audit
    }

    fn courses(&mut self) -> &mut dyn CourseRepository {
        &mut self.courses
    }

    fn aliases(&mut self) -> &mut dyn AliasRepository {
        &mut self.aliases
    }

    fn rosters(&mut self) -> &mut dyn RosterRepository {
        &mut self.rosters
    }

    fn grading_periods(&mut self) -> &mut dyn GradingPeriodRepository {
        &mut self.grading_periods
    }

    fn keys(&mut self) -> &mut dyn KeyRepository {
        &mut self.keys
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyRepository {
        &mut self.idempotency
    }

    fn jobs(&mut self) -> &mut dyn JobRepository {
        &mut self.jobs
    }

    fn projects(&mut self) -> &mut dyn ProjectRepository {
        &mut self.projects
    }
}

/// A unit of work that runs everything at once on [`MockStores`], and counts commits.
#[derive(Debug, Clone, Default)]
pub struct FakeUnitOfWork {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    stores: MockStores,
    commits: usize,
    single_statement_writes: usize,
}

impl FakeUnitOfWork {
    /// A unit of work over these stores.
    pub fn new(stores: MockStores) -> Self {
        Self { inner: Arc::new(Mutex::new(Inner { stores, commits: 0, single_statement_writes: 0 })) }
    }

    /// How many transactions were committed.
    pub fn commits(&self) -> usize {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).commits
    }

    /// How many of them were single-statement writes.
    pub fn single_statement_writes(&self) -> usize {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).single_statement_writes
    }
}

impl UnitOfWork for FakeUnitOfWork {
    async fn read<T, E, F>(&self, _tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner).stores)
    }

    async fn write<T, E, F>(&self, _tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut inner.stores);
        inner.commits += usize::from(result.is_ok());
        result
    }

    async fn write_single_statement<T, E, F>(&self, tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        let result = self.write(tenant, work).await;
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).single_statement_writes += usize::from(result.is_ok());
        result
    }
}

#[async_trait]
impl SessionReader for FakeUnitOfWork {
    async fn read_session(&self, account: AccountId, guid: SessionGuid) -> Result<Option<Session>, StoreError> {
        self.read(account, move |stores| stores.sessions().find(account, guid)).await
    }
}

#[async_trait]
impl JobReader for FakeUnitOfWork {
    async fn read_job(&self, account: AccountId, job: JobOfProject) -> Result<Option<ShownJob>, StoreError> {
        self.read(account, move |stores| stores.jobs().find_shown(account, &job)).await
    }
}

#[async_trait]
impl CourseReader for FakeUnitOfWork {
    async fn read_course(&self, account: AccountId, viewed: CourseLookup) -> Result<Option<CourseWithMembership>, StoreError> {
        self.read(account, move |stores| stores.courses().find(account, viewed.course, viewed.viewer)).await
    }
}

/// A clock that stands still.
#[derive(Debug, Clone, Copy)]
pub struct StoppedClock(pub Timestamp);

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// An id source that always returns the same ids.
#[derive(Debug, Clone, Copy)]
pub struct FixedIds(pub SessionGuid);

impl Ids for FixedIds {
    fn session_guid(&self) -> SessionGuid {
        self.0
    }

    fn user_guid(&self) -> UserGuid {
        UserGuid::new(self.0.get())
    }

    fn attendee_guid(&self) -> AttendeeGuid {
        AttendeeGuid::new(self.0.get())
    }

    fn random(&self) -> [u8; 32] {
        [7; 32]
    }
}
