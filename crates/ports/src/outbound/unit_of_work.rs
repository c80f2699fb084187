//! One connection, one transaction, one hop to a blocking thread.

use std::future::Future;

use super::{
    AdminRepository, AliasRepository, AttendeeRepository, AuditRepository, ChangeLogRepository, CourseRepository, ErasureRepository,
    GradingPeriodRepository, GrantRepository, IdempotencyRepository, IdentityRepository, JobRepository, KeyRepository, ProjectRepository,
    RosterRepository, SealRepository, SessionRepository, StoreError, Tenant, TestAccountRepository, UserRepository,
};

/// The stores, all of them on the connection of one unit of work.
pub trait Stores {
    /// Sessions.
    fn sessions(&mut self) -> &mut dyn SessionRepository;
    /// The change log.
    fn change_log(&mut self) -> &mut dyn ChangeLogRepository;
    /// Accounts and credentials.
    fn identity(&mut self) -> &mut dyn IdentityRepository;
    /// Admins of the installation.
    fn admins(&mut self) -> &mut dyn AdminRepository;
    /// Jobs.
    fn jobs(&mut self) -> &mut dyn JobRepository;
    /// The users of erasures.
    fn erasures(&mut self) -> &mut dyn ErasureRepository;
    /// Projects.
    fn projects(&mut self) -> &mut dyn ProjectRepository;
    /// Users.
    fn users(&mut self) -> &mut dyn UserRepository;
    /// Attendees.
    fn attendees(&mut self) -> &mut dyn AttendeeRepository;
    /// The audit log.
    fn audit(&mut self) -> &mut dyn AuditRepository;
    /// The seals of the audit log.
    fn seals(&mut self) -> &mut dyn SealRepository;
    /// Courses.
    fn courses(&mut self) -> &mut dyn CourseRepository;
    /// The aliases of courses.
    fn aliases(&mut self) -> &mut dyn AliasRepository;
    /// The members of courses.
    fn rosters(&mut self) -> &mut dyn RosterRepository;
    /// The grading periods of courses.
    fn grading_periods(&mut self) -> &mut dyn GradingPeriodRepository;
    /// The keys of the installation.
    fn keys(&mut self) -> &mut dyn KeyRepository;
    /// Service accounts and grants.
    fn grants(&mut self) -> &mut dyn GrantRepository;
    /// The answers of idempotent requests.
    fn idempotency(&mut self) -> &mut dyn IdempotencyRepository;
    /// The accounts of tests.
    fn test_accounts(&mut self) -> &mut dyn TestAccountRepository;
}

/// Runs plain code against the stores.
///
/// A unit of work that has begun always ends: a caller that is dropped leaves no transaction open. It waits for a connection
/// for a bounded time, and then fails with [`StoreError::Unavailable`].
pub trait UnitOfWork: Send + Sync + 'static {
    /// Runs `work` outside any transaction, on a connection that may be read-only. Each statement sees everything that was
    /// committed before it. If the connection turns out to be dead, the work runs again on another one. That may happen several
    /// times, so `work` MUST NOT count on how often it runs.
    ///
    /// # Errors
    /// The error of `work`, and [`StoreError::Unavailable`].
    fn read<T, E, F>(&self, tenant: impl Into<Tenant> + Send, work: F) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut dyn Stores) -> Result<T, E> + Send + 'static;

    /// Runs `work` in a transaction, which is committed if it returns `Ok` and rolled back if it fails or panics. Once this
    /// returns `Ok`, the changes survive a crash.
    ///
    /// # Errors
    /// The error of `work`, and [`StoreError`] if no transaction could be begun or committed. If the connection dies during the
    /// commit, it is unknown whether the changes were committed.
    fn write<T, E, F>(&self, tenant: impl Into<Tenant> + Send, work: F) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static;

    /// As [`write`](Self::write), for `work` that calls a store once. A call that is a single statement is its own transaction, so no
    /// `BEGIN` and `COMMIT` are sent for it. Refused are a second call, and a call of several statements on a database that would
    /// commit each of them by itself.
    ///
    /// # Errors
    /// The error of `work`, and [`StoreError`]. If the connection dies meanwhile, it is unknown whether the statement was
    /// committed.
    fn write_single_statement<T, E, F>(&self, tenant: impl Into<Tenant> + Send, work: F) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        self.write(tenant, work)
    }
}
