//! Test doubles: a unit of work without a database, and stores that accept only expected calls.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use derslik_domain::id::{AccountId, AttendeeGuid, SessionGuid, UserGuid};
use derslik_domain::job::ShownJob;
use derslik_domain::session::Session;
use derslik_domain::time::Timestamp;

use crate::outbound::{
    AdminRepository, AliasRepository, AttendeeRepository, AuditRepository, ChangeLogRepository, Clock, ClockRepository, CourseLookup,
    CourseReader, CourseRepository, CourseWithMembership, CourseWriter, DecideCourse, ErasureRepository, GradingPeriodRepository,
    GrantRepository, IdempotencyRepository, IdentityRepository, Ids, JobOfProject, JobReader, JobRepository, KeyRepository,
    MockAdminRepository, MockAliasRepository, MockAttendeeRepository, MockAuditRepository, MockChangeLogRepository, MockClockRepository,
    MockCourseRepository, MockErasureRepository, MockGradingPeriodRepository, MockGrantRepository, MockIdempotencyRepository,
    MockIdentityRepository, MockJobRepository, MockKeyRepository, MockProjectRepository, MockRosterRepository, MockSealRepository,
    MockSessionRepository, MockTestAccountRepository, MockUserRepository, ProjectRepository, RosterRepository, SealRepository,
    SessionReader, SessionRepository, StoreError, Stores, Tenant, TestAccountRepository, UnitOfWork, UserRepository,
};

/// Stores that accept only expected calls, except that every principal may act.
#[derive(Debug)]
pub struct MockStores {
    /// Sessions.
    pub sessions: MockSessionRepository,
    /// The change log.
    pub change_log: MockChangeLogRepository,
    /// Accounts and credentials.
    pub identity: MockIdentityRepository,
    /// Admins of the installation.
    pub admins: MockAdminRepository,
    /// Jobs.
    pub jobs: MockJobRepository,
    /// The users of erasures.
    pub erasures: MockErasureRepository,
    /// Projects.
    pub projects: MockProjectRepository,
    /// Users.
    pub users: MockUserRepository,
    /// Attendees.
    pub attendees: MockAttendeeRepository,
    /// The audit log.
    pub audit: MockAuditRepository,
    /// The seals of the audit log.
    pub seals: MockSealRepository,
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
    /// Service accounts and grants.
    pub grants: MockGrantRepository,
    /// The answers of idempotent requests.
    pub idempotency: MockIdempotencyRepository,
    /// The clocks that tests move.
    pub clocks: MockClockRepository,
    /// The accounts of tests.
    pub test_accounts: MockTestAccountRepository,
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
            change_log: MockChangeLogRepository::default(),
            identity: MockIdentityRepository::default(),
            admins: MockAdminRepository::default(),
            jobs: MockJobRepository::default(),
            erasures: MockErasureRepository::default(),
            projects: MockProjectRepository::default(),
            users: MockUserRepository::default(),
            attendees: MockAttendeeRepository::default(),
            audit: MockAuditRepository::default(),
            seals: MockSealRepository::default(),
            courses: MockCourseRepository::default(),
            aliases: MockAliasRepository::default(),
            rosters: MockRosterRepository::default(),
            grading_periods: MockGradingPeriodRepository::default(),
            keys: MockKeyRepository::default(),
            grants: MockGrantRepository::default(),
            idempotency: MockIdempotencyRepository::default(),
            clocks: MockClockRepository::default(),
            test_accounts: MockTestAccountRepository::default(),
        }
    }
}

impl Stores for MockStores {
    fn sessions(&mut self) -> &mut dyn SessionRepository {
        &mut self.sessions
    }

    fn change_log(&mut self) -> &mut dyn ChangeLogRepository {
        &mut self.change_log
    }

    fn identity(&mut self) -> &mut dyn IdentityRepository {
        &mut self.identity
    }

    fn users(&mut self) -> &mut dyn UserRepository {
        &mut self.users
    }

    fn admins(&mut self) -> &mut dyn AdminRepository {
        &mut self.admins
    }

    fn attendees(&mut self) -> &mut dyn AttendeeRepository {
        &mut self.attendees
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        &mut self.audit
    }

    fn seals(&mut self) -> &mut dyn SealRepository {
        &mut self.seals
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

    fn grants(&mut self) -> &mut dyn GrantRepository {
        &mut self.grants
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyRepository {
        &mut self.idempotency
    }

    fn clocks(&mut self) -> &mut dyn ClockRepository {
        &mut self.clocks
    }

    fn test_accounts(&mut self) -> &mut dyn TestAccountRepository {
        &mut self.test_accounts
    }

    fn jobs(&mut self) -> &mut dyn JobRepository {
        &mut self.jobs
    }

    fn erasures(&mut self) -> &mut dyn ErasureRepository {
        &mut self.erasures
    }

    fn projects(&mut self) -> &mut dyn ProjectRepository {
        &mut self.projects
    }
}

/// The stores of a single-statement write. They count how often the work asks for a store: a mock of one store knows nothing of
/// the calls of the others.
struct SingleCallStores<'a> {
    stores: &'a mut MockStores,
    calls: usize,
}

/// A single-statement write asked for a store more than once.
#[derive(Debug, thiserror::Error)]
#[error("a single-statement write called a store twice")]
struct SecondCall;

impl SingleCallStores<'_> {
    fn count_call(&mut self) -> &mut MockStores {
        self.calls += 1;
        self.stores
    }
}

impl Stores for SingleCallStores<'_> {
    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self.count_call().sessions()
    }

    fn change_log(&mut self) -> &mut dyn ChangeLogRepository {
        self.count_call().change_log()
    }

    fn identity(&mut self) -> &mut dyn IdentityRepository {
        self.count_call().identity()
    }

    fn jobs(&mut self) -> &mut dyn JobRepository {
        self.count_call().jobs()
    }

    fn erasures(&mut self) -> &mut dyn ErasureRepository {
        self.count_call().erasures()
    }

    fn projects(&mut self) -> &mut dyn ProjectRepository {
        self.count_call().projects()
    }

    fn users(&mut self) -> &mut dyn UserRepository {
        self.count_call().users()
    }

    fn admins(&mut self) -> &mut dyn AdminRepository {
        self.count_call().admins()
    }

    fn attendees(&mut self) -> &mut dyn AttendeeRepository {
        self.count_call().attendees()
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        self.count_call().audit()
    }

    fn seals(&mut self) -> &mut dyn SealRepository {
        self.count_call().seals()
    }

    fn courses(&mut self) -> &mut dyn CourseRepository {
        self.count_call().courses()
    }

    fn aliases(&mut self) -> &mut dyn AliasRepository {
        self.count_call().aliases()
    }

    fn rosters(&mut self) -> &mut dyn RosterRepository {
        self.count_call().rosters()
    }

    fn grading_periods(&mut self) -> &mut dyn GradingPeriodRepository {
        self.count_call().grading_periods()
    }

    fn keys(&mut self) -> &mut dyn KeyRepository {
        self.count_call().keys()
    }

    fn grants(&mut self) -> &mut dyn GrantRepository {
        self.count_call().grants()
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyRepository {
        self.count_call().idempotency()
    }

    fn clocks(&mut self) -> &mut dyn ClockRepository {
        self.count_call().clocks()
    }

    fn test_accounts(&mut self) -> &mut dyn TestAccountRepository {
        self.count_call().test_accounts()
    }
}

/// A unit of work that runs everything at once on [`MockStores`], and counts commits. As the databases do, it refuses a
/// single-statement write that calls a second store, or one store twice.
#[derive(Debug, Clone, Default)]
pub struct FakeUnitOfWork {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    stores: MockStores,
    commits: usize,
    single_statement_writes: usize,
    changes_where_read: bool,
}

impl FakeUnitOfWork {
    /// A unit of work over these stores.
    pub fn new(stores: MockStores) -> Self {
        Self { inner: Arc::new(Mutex::new(Inner { stores, ..Inner::default() })) }
    }

    /// As [`new`](Self::new), with a [`CourseWriter`] that finds a course and updates it at once. The writer of `new` writes nothing, and
    /// does not look at the course.
    pub fn changing_where_read(stores: MockStores) -> Self {
        Self { inner: Arc::new(Mutex::new(Inner { stores, changes_where_read: true, ..Inner::default() })) }
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

    async fn write_single_statement<T, E, F>(&self, _tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stores = SingleCallStores { stores: &mut inner.stores, calls: 0 };
        let result = work(&mut stores);
        let result = if stores.calls > 1 { Err(StoreError::Other(Box::new(SecondCall)).into()) } else { result };
        inner.commits += usize::from(result.is_ok());
        inner.single_statement_writes += usize::from(result.is_ok());
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

#[async_trait]
impl CourseWriter for FakeUnitOfWork {
    async fn change_course(
        &self,
        account: AccountId,
        viewed: CourseLookup,
        decide: DecideCourse,
    ) -> Result<Option<CourseWithMembership>, StoreError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if !inner.changes_where_read {
            return Ok(None);
        }
        let Some(found) = inner.stores.courses.find(account, viewed.course, viewed.viewer)? else { return Ok(None) };
        let membership = found.membership;
        let Some(course) = decide(found) else { return Ok(None) };
        inner.stores.courses.update(account, &course)?;
        inner.commits += 1;
        Ok(Some(CourseWithMembership { course, membership }))
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

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use derslik_domain::id::Id;

    use super::*;

    const ACCOUNT: AccountId = Id::new(1);

    /// The output of a future that never waits.
    fn finished<T>(future: impl Future<Output = T>) -> T {
        match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it waits"),
        }
    }

    fn next_ids() -> MockStores {
        let mut stores = MockStores::default();
        stores.users.expect_next_id().returning(|_| Ok(Id::new(7)));
        stores.projects.expect_next_id().returning(|_| Ok(Id::new(8)));
        stores
    }

    #[test]
    fn a_single_statement_write_with_one_call_is_committed() {
        let uow = FakeUnitOfWork::new(next_ids());
        let id = finished(uow.write_single_statement(ACCOUNT, |stores| stores.users().next_id(ACCOUNT)));
        assert_eq!(id.unwrap(), Id::new(7));
        assert_eq!((uow.commits(), uow.single_statement_writes()), (1, 1));
    }

    #[test]
    fn a_single_statement_write_refuses_a_second_call() {
        let uow = FakeUnitOfWork::new(next_ids());
        let of_one_store = finished(uow.write_single_statement(ACCOUNT, |stores| {
            stores.users().next_id(ACCOUNT)?;
            stores.users().next_id(ACCOUNT)
        }));
        assert!(matches!(of_one_store, Err(StoreError::Other(_))), "{of_one_store:?}");
        let of_two_stores = finished(uow.write_single_statement(ACCOUNT, |stores| {
            stores.users().next_id(ACCOUNT)?;
            stores.projects().next_id(ACCOUNT)
        }));
        assert!(matches!(of_two_stores, Err(StoreError::Other(_))), "{of_two_stores:?}");
        assert_eq!((uow.commits(), uow.single_statement_writes()), (0, 0));
    }
}
