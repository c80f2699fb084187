//! The unit of work, the readers, the writer and all stores, put together from connections and repositories.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::id::{AccountId, SessionGuid};
use derslik_domain::job::ShownJob;
use derslik_domain::session::Session;
use derslik_ports::outbound::{
    AdminRepository, AliasRepository, AttendeeRepository, AuditRepository, ChangeLogRepository, ClockRepository, CourseLookup,
    CourseReader, CourseRepository, CourseWithMembership, CourseWriter, DecideCourse, ErasureRepository, GradingPeriodRepository,
    GrantRepository, IdempotencyRepository, IdentityRepository, JobOfProject, JobReader, JobRepository, KeyRepository, ProjectRepository,
    Reason, RosterRepository, SealRepository, SessionReader, SessionRepository, StoreError, Stores, Tenant, TestAccountRepository,
    UnitOfWork, UserRepository,
};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::course::CourseBatchWriter;
use crate::db::conn::{DieselStores, Statements};
use crate::db::connector::Connector;
use crate::db::notify::listen;
use crate::db::pool::Pool;
use crate::db::postgres::PgConnector;
use crate::db::readers::BatchReader;
use crate::db::settings::{LOOKUP_KINDS, MAX_IN_FLIGHT, PoolSettings};
use crate::db::sqlite::{Access, SqliteConnector};
use crate::db::unit_of_work::BoundedPool;
use crate::db::url::DatabaseUrl;

/// A unit of work over a pool of connections. Clones share the pool.
#[derive(Clone)]
pub struct DieselUnitOfWork {
    pools: Arc<Pools>,
    /// The database on which other processes announce jobs.
    connector: Option<PgConnector>,
    job_notify: Arc<Notify>,
}

/// The pools of reads, writes, lookups and shared changes.
enum Pools {
    Postgres {
        all: BoundedPool<PgConnector>,
        lookups: Lookups<PgConnector>,
        courses: CourseBatchWriter,
    },
    Sqlite {
        readers: BoundedPool<SqliteConnector>,
        writer: BoundedPool<SqliteConnector>,
        lookups: Lookups<SqliteConnector>,
    },
    /// The URL can't be used. Its parser has reported that before.
    Unusable,
}

/// The lookups of each kind: [`LOOKUP_KINDS`] of them.
struct Lookups<C: Connector> {
    sessions: BatchReader<C, SessionGuid, Session>,
    jobs: BatchReader<C, JobOfProject, ShownJob>,
    courses: BatchReader<C, CourseLookup, CourseWithMembership>,
}

impl fmt::Debug for DieselUnitOfWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self.pools {
            Pools::Postgres { .. } => "DieselUnitOfWork(PostgreSQL)",
            Pools::Sqlite { .. } => "DieselUnitOfWork(SQLite)",
            Pools::Unusable => "DieselUnitOfWork(unusable)",
        })
    }
}

impl DieselUnitOfWork {
    /// A unit of work on that database. It uses the blocking threads of `runtime`, and connects when it is first used.
    pub fn new(url: &DatabaseUrl, settings: PoolSettings, runtime: &Handle) -> Self {
        let (pools, connector) = match url {
            DatabaseUrl::Postgres(url) => match PgConnector::new(url, settings) {
                Ok(connector) => {
                    let all = BoundedPool::new(connector.clone(), settings, runtime);
                    let lookups = Lookups::new(connector.clone(), settings, runtime);
                    let courses = CourseBatchWriter::new(connector.clone(), settings, runtime);
                    (Pools::Postgres { all, lookups, courses }, Some(connector))
                }
                Err(_) => (Pools::Unusable, None),
            },
            DatabaseUrl::Sqlite(path) => {
                let connector = |access| SqliteConnector { path: path.clone(), access, settings };
                let pools = Pools::Sqlite {
                    readers: BoundedPool::new(connector(Access::Read), settings, runtime),
                    writer: BoundedPool::of_one_writer(connector(Access::Write), settings, runtime),
                    lookups: Lookups::new(connector(Access::Read), settings, runtime),
                };
                (pools, None)
            }
        };
        Self { pools: Arc::new(pools), connector, job_notify: Arc::new(Notify::new()) }
    }

    /// Wakes the worker of this process. It is notified when a unit of work has made a job that may start at once. On PostgreSQL,
    /// units of work of other processes notify it as well.
    ///
    /// # Errors
    /// If the thread that listens can't be started.
    pub fn wake_ups(&self) -> std::io::Result<Arc<Notify>> {
        if let Some(connector) = &self.connector {
            listen(connector.server.clone(), &self.job_notify)?;
        }
        Ok(Arc::clone(&self.job_notify))
    }
}

impl<C: Connector> Lookups<C> {
    fn new(connector: C, settings: PoolSettings, runtime: &Handle) -> Self {
        let pool = Pool::new(connector, LOOKUP_KINDS * MAX_IN_FLIGHT, settings);
        Self {
            sessions: BatchReader::new(&pool, |stores, account, keys| stores.sessions().find_many(account, keys), settings, runtime),
            jobs: BatchReader::new(&pool, |stores, account, keys| stores.jobs().find_many_shown(account, keys), settings, runtime),
            courses: BatchReader::new(&pool, |stores, account, keys| stores.courses().find_many(account, keys), settings, runtime),
        }
    }
}

/// Uses a pool, or fails if the URL can't be used.
macro_rules! on_pool {
    ($pools:expr, $of_postgres:ident, $of_sqlite:ident, |$pool:ident| $call:expr) => {
        match &*$pools {
            Pools::Postgres { $of_postgres: $pool, .. } => $call.await,
            Pools::Sqlite { $of_sqlite: $pool, .. } => $call.await,
            Pools::Unusable => Err(StoreError::from(Reason::Refused).into()),
        }
    };
}

impl UnitOfWork for DieselUnitOfWork {
    async fn read<T, E, F>(&self, tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        let tenant = tenant.into();
        on_pool!(self.pools, all, readers, |pool| pool.read(tenant, move |stores| work(stores)))
    }

    async fn write<T, E, F>(&self, tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        let (tenant, job_notify) = (tenant.into(), Arc::clone(&self.job_notify));
        on_pool!(self.pools, all, writer, |pool| pool.write(tenant, Statements::Any, job_notify, move |stores| work(stores)))
    }

    async fn write_single_statement<T, E, F>(&self, tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        let (tenant, job_notify) = (tenant.into(), Arc::clone(&self.job_notify));
        match &*self.pools {
            Pools::Postgres { all, .. } => all.write_single_statement(tenant, job_notify, move |stores| work(stores)).await,
            // A call that is one statement on PostgreSQL may be several on SQLite, so it needs a transaction.
            Pools::Sqlite { writer, .. } => writer.write(tenant, Statements::One, job_notify, move |stores| work(stores)).await,
            Pools::Unusable => Err(StoreError::from(Reason::Refused).into()),
        }
    }
}

#[async_trait]
impl SessionReader for DieselUnitOfWork {
    async fn read_session(&self, account: AccountId, guid: SessionGuid) -> Result<Option<Session>, StoreError> {
        on_pool!(self.pools, lookups, lookups, |lookups| lookups.sessions.find(account, guid))
    }
}

#[async_trait]
impl JobReader for DieselUnitOfWork {
    async fn read_job(&self, account: AccountId, job: JobOfProject) -> Result<Option<ShownJob>, StoreError> {
        on_pool!(self.pools, lookups, lookups, |lookups| lookups.jobs.find(account, job))
    }
}

#[async_trait]
impl CourseReader for DieselUnitOfWork {
    async fn read_course(&self, account: AccountId, course: CourseLookup) -> Result<Option<CourseWithMembership>, StoreError> {
        on_pool!(self.pools, lookups, lookups, |lookups| lookups.courses.find(account, course))
    }
}

#[async_trait]
impl CourseWriter for DieselUnitOfWork {
    async fn change_course(
        &self,
        account: AccountId,
        course: CourseLookup,
        decide: DecideCourse,
    ) -> Result<Option<CourseWithMembership>, StoreError> {
        match &*self.pools {
            Pools::Postgres { courses, .. } => courses.change(account, course, decide).await,
            // Changes wait for the one writer in any case, and a transaction there costs no round trip.
            Pools::Sqlite { .. } => Ok(None),
            Pools::Unusable => Err(Reason::Refused.into()),
        }
    }
}

impl Stores for DieselStores<'_> {
    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn change_log(&mut self) -> &mut dyn ChangeLogRepository {
        self
    }

    fn identity(&mut self) -> &mut dyn IdentityRepository {
        self
    }

    fn users(&mut self) -> &mut dyn UserRepository {
        self
    }

    fn admins(&mut self) -> &mut dyn AdminRepository {
        self
    }

    fn attendees(&mut self) -> &mut dyn AttendeeRepository {
        self
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        self
    }

    fn seals(&mut self) -> &mut dyn SealRepository {
        self
    }

    fn courses(&mut self) -> &mut dyn CourseRepository {
        self
    }

    fn aliases(&mut self) -> &mut dyn AliasRepository {
        self
    }

    fn rosters(&mut self) -> &mut dyn RosterRepository {
        self
    }

    fn grading_periods(&mut self) -> &mut dyn GradingPeriodRepository {
        self
    }

    fn keys(&mut self) -> &mut dyn KeyRepository {
        self
    }

    fn grants(&mut self) -> &mut dyn GrantRepository {
        self
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyRepository {
        self
    }

    fn clocks(&mut self) -> &mut dyn ClockRepository {
        self
    }

    fn test_accounts(&mut self) -> &mut dyn TestAccountRepository {
        self
    }

    fn jobs(&mut self) -> &mut dyn JobRepository {
        self
    }

    fn erasures(&mut self) -> &mut dyn ErasureRepository {
        self
    }

    fn projects(&mut self) -> &mut dyn ProjectRepository {
        self
    }
}
