//! The one hop to a blocking thread, with the connection, the transaction, the time limits, the span and the handling of a panic.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use derslik_domain::id::{AccountId, SessionGuid};
use derslik_domain::job::ShownJob;
use derslik_domain::session::Session;
use derslik_ports::outbound::{CourseLookup, CourseWithMembership, JobOfProject, LookUp, Reason, StoreError, Stores, Tenant, UnitOfWork};
use diesel::result::Error;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::Span;

use crate::db::conn::DieselStores;
use crate::db::error::Failure;
use crate::db::fair_queue::FairQueue;
use crate::db::limit::Limit;
use crate::db::notify::listen;
use crate::db::pool::{Access, Connector, Database, DatabaseUrl, Link, MORE_TRIES, PgConnector, Pool, PoolSettings, SqliteConnector};
use crate::db::readers::{AT_ONCE, KINDS, LookUps};

/// A unit of work over a pool of connections. Clones share the pool.
#[derive(Clone)]
pub struct DieselUnitOfWork {
    lanes: Arc<Lanes>,
    /// The database on which other processes announce jobs.
    connector: Option<PgConnector>,
    sleeper: Arc<Notify>,
}

/// The queues of reads, writes and lookups.
enum Lanes {
    Postgres {
        all: Lane<PgConnector>,
        look_ups: Kinds<PgConnector>,
    },
    /// The URL can't be used. Its parser has reported that before.
    Nowhere,
    Sqlite {
        readers: Lane<SqliteConnector>,
        writer: Lane<SqliteConnector>,
        look_ups: Kinds<SqliteConnector>,
    },
}

/// The lookups of each kind: [`KINDS`] of them.
struct Kinds<C: Connector> {
    sessions: LookUps<C, SessionGuid, Session>,
    jobs: LookUps<C, JobOfProject, ShownJob>,
    courses: LookUps<C, CourseLookup, CourseWithMembership>,
}

/// A pool with a queue in front of it, which a caller can leave, and threads to run on.
struct Lane<C: Connector> {
    pool: Arc<Pool<C>>,
    queue: Arc<FairQueue>,
    /// How long a unit of work may queue in all.
    patience: Duration,
    settings: PoolSettings,
    runtime: Handle,
}

impl fmt::Debug for DieselUnitOfWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self.lanes {
            Lanes::Postgres { .. } => "DieselUnitOfWork(PostgreSQL)",
            Lanes::Sqlite { .. } => "DieselUnitOfWork(SQLite)",
            Lanes::Nowhere => "DieselUnitOfWork(nowhere)",
        })
    }
}

impl DieselUnitOfWork {
    /// A unit of work on that database. It uses the blocking threads of `runtime`, and connects when it is first used.
    pub fn new(url: &DatabaseUrl, settings: PoolSettings, runtime: &Handle) -> Self {
        let (lanes, connector) = match url {
            DatabaseUrl::Postgres(url) => match PgConnector::new(url, settings) {
                Ok(connector) => {
                    let look_ups = Kinds::new(connector.clone(), settings, runtime);
                    (Lanes::Postgres { all: Lane::new(connector.clone(), settings, runtime), look_ups }, Some(connector))
                }
                Err(_) => (Lanes::Nowhere, None),
            },
            DatabaseUrl::Sqlite(path) => {
                let connector = |access| SqliteConnector { path: path.clone(), access, settings };
                let lanes = Lanes::Sqlite {
                    readers: Lane::new(connector(Access::Read), settings, runtime),
                    writer: Lane::of_one_writer(connector(Access::Write), settings, runtime),
                    look_ups: Kinds::new(connector(Access::Read), settings, runtime),
                };
                (lanes, None)
            }
        };
        Self { lanes: Arc::new(lanes), connector, sleeper: Arc::new(Notify::new()) }
    }

    /// Wakes the worker of this process. It is notified when a unit of work has made a job that may start at once. On PostgreSQL,
    /// units of work of other processes notify it as well.
    ///
    /// # Errors
    /// If the thread that listens can't be started.
    pub fn wake_ups(&self) -> std::io::Result<Arc<Notify>> {
        if let Some(connector) = &self.connector {
            listen(connector.target.clone(), &self.sleeper)?;
        }
        Ok(Arc::clone(&self.sleeper))
    }
}

impl<C: Connector> Kinds<C> {
    fn new(connector: C, settings: PoolSettings, runtime: &Handle) -> Self {
        let pool = Pool::new(connector, KINDS * AT_ONCE, settings);
        Self {
            sessions: LookUps::new(&pool, |stores, account, guids| stores.sessions().find_many(account, guids), settings, runtime),
            courses: LookUps::new(&pool, |stores, account, viewed| stores.courses().find_many(account, viewed), settings, runtime),
            jobs: LookUps::new(&pool, |stores, account, jobs| stores.jobs().find_many_shown(account, jobs), settings, runtime),
        }
    }
}

impl<C: Connector> Lane<C> {
    fn new(connector: C, settings: PoolSettings, runtime: &Handle) -> Self {
        let queue = FairQueue::new(usize::try_from(settings.connections).unwrap_or(usize::MAX));
        Self {
            pool: Pool::new(connector, settings.connections, settings),
            queue,
            patience: settings.acquire_timeout,
            settings,
            runtime: runtime.clone(),
        }
    }

    /// A lane with a single permit, which stands for SQLite's write lock. So the wait for the permit may take as long as that for
    /// the lock.
    fn of_one_writer(connector: C, settings: PoolSettings, runtime: &Handle) -> Self {
        let lane = Self::new(connector, PoolSettings { connections: 1, ..settings }, runtime);
        Self { patience: settings.acquire_timeout + settings.lock_timeout, ..lane }
    }

    /// Runs `job` on a blocking thread when it is the tenant's turn. The job has to end in time, or once it is `gone`. A thread
    /// that hangs nevertheless, for example on a broken disk, is abandoned.
    async fn run<T, E>(
        &self,
        tenant: Tenant,
        gone: CancellationToken,
        job: impl FnOnce(&Pool<C>, &Limit) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let limit = Limit { until: Instant::now() + self.settings.unit_timeout(), statement: self.settings.statement_timeout, gone };
        let end = limit.until + LAST_WORD;
        let Ok(Some(place)) = timeout(self.patience, self.queue.enter(tenant)).await else {
            return Err(StoreError::from(Reason::Crowded).into());
        };
        let (pool, span) = (Arc::clone(&self.pool), Span::current());
        let finished = self.runtime.spawn_blocking(move || {
            let result = span.in_scope(|| limit.clone().on_this_thread(|| job(&pool, &limit)));
            drop(place);
            result
        });
        match timeout_at(end.into(), finished).await {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => Err(StoreError::Other(Box::new(error)).into()),
            Err(_) => Err(StoreError::from(Reason::TimedOut).into()),
        }
    }

    /// Runs `work` until it ends, or until its caller does not wait any more.
    async fn read<T, E, F>(&self, tenant: Tenant, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        let gone = CancellationToken::new();
        let _goes = gone.clone().drop_guard();
        self.run(tenant, gone, move |pool, limit| read_on(pool, limit, work)).await
    }

    async fn write<T, E, F>(&self, tenant: Tenant, sleeper: Arc<Notify>, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        let (begin, patience) = (Instant::now(), self.patience);
        self.run(tenant, CancellationToken::new(), move |pool, limit| {
            let mut work = Some(work);
            let mut more_tries = MORE_TRIES;
            loop {
                match pool.with(limit, |link| write_once(link, &sleeper, &mut work))? {
                    Written::Done(result) => return result,
                    Written::NotBegun(failure) if failure.is_lost() && more_tries > 0 && !limit.left().is_zero() => more_tries -= 1,
                    // Another process writes to the file of SQLite.
                    Written::NotBegun(failure) if failure.is_locked() && begin.elapsed() < patience => {}
                    Written::NotBegun(failure) => return Err(StoreError::from(failure).into()),
                }
            }
        })
        .await
    }

    /// Runs `work` without a transaction around its statement. It runs once, even if the connection fails. So a connection that
    /// is known to be dead is not used.
    async fn write_single_statement<T, E, F>(&self, tenant: Tenant, sleeper: Arc<Notify>, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        self.run(tenant, CancellationToken::new(), move |pool, limit| {
            pool.with_open(limit, |link| {
                let mut stores = DieselStores::of_one_statement(link.conn.as_conn(), link.talk.as_deref());
                let result = work(&mut stores);
                let (lost, wakes) = (stores.is_lost(), stores.wakes());
                link.broken |= lost;
                if wakes && result.is_ok() {
                    sleeper.notify_one();
                }
                result
            })?
        })
        .await
    }
}

/// How much longer than its limit a unit of work is waited for, so that it can report why it ended.
pub(crate) const LAST_WORD: Duration = Duration::from_millis(200);

/// The result of one attempt to write.
enum Written<T, E> {
    Done(Result<T, E>),
    /// The transaction could not begin.
    NotBegun(Failure),
}

fn write_once<C, T, E, F>(link: &mut Link<C>, sleeper: &Notify, work: &mut Option<F>) -> Written<T, E>
where
    C: Database,
    E: From<StoreError>,
    F: FnOnce(&mut dyn Stores) -> Result<T, E>,
{
    let (mut lost, mut wakes) = (false, false);
    let mut refusal = None;
    let talk = link.talk.as_deref();
    let result = link.conn.write(|conn| {
        let work = work.take().ok_or(Error::BrokenTransactionManager)?;
        let mut stores = DieselStores::new(conn.as_conn(), talk);
        let result = work(&mut stores);
        (lost, wakes) = (stores.is_lost(), stores.wakes());
        result.map_err(|error| {
            refusal = Some(error);
            Error::RollbackTransaction
        })
    });
    match (result, refusal) {
        (Ok(value), _) => {
            if wakes {
                sleeper.notify_one();
            }
            Written::Done(Ok(value))
        }
        // The cause is this error, not the result of the rollback.
        (Err(error), Some(refusal)) => {
            link.broken |= lost || !matches!(error, Error::RollbackTransaction);
            Written::Done(Err(refusal))
        }
        (Err(error), None) => {
            let failure = Failure::new(error, talk);
            let is_begun = work.is_none();
            link.broken |= is_begun || !failure.is_locked();
            if is_begun { Written::Done(Err(StoreError::from(failure).into())) } else { Written::NotBegun(failure) }
        }
    }
}

/// Runs `work` on a connection of the pool, and on another one if that turns out to be dead.
pub(crate) fn read_on<C: Connector, T, E: From<StoreError>>(
    pool: &Pool<C>,
    limit: &Limit,
    work: impl Fn(&mut dyn Stores) -> Result<T, E>,
) -> Result<T, E> {
    let mut more_tries = MORE_TRIES;
    loop {
        let (result, lost, is_cut) = pool.with(limit, |link| {
            let mut stores = DieselStores::new(link.conn.as_conn(), link.talk.as_deref());
            let result = work(&mut stores);
            let lost = stores.is_lost();
            link.broken |= lost;
            (result, lost, link.talk.as_ref().is_some_and(|talk| talk.is_cut()))
        })?;
        if result.is_ok() || !lost || is_cut || more_tries == 0 || limit.left().is_zero() {
            return result;
        }
        more_tries -= 1;
    }
}

/// Calls a lane, or fails if the URL can't be used.
macro_rules! on_lane {
    ($lanes:expr, $of_postgres:ident, $of_sqlite:ident, |$lane:ident| $call:expr) => {
        match &*$lanes {
            Lanes::Postgres { $of_postgres: $lane, .. } => $call.await,
            Lanes::Sqlite { $of_sqlite: $lane, .. } => $call.await,
            Lanes::Nowhere => Err(StoreError::from(Reason::Refused).into()),
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
        on_lane!(self.lanes, all, readers, |lane| lane.read(tenant, work))
    }

    async fn write<T, E, F>(&self, tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        let (tenant, sleeper) = (tenant.into(), Arc::clone(&self.sleeper));
        on_lane!(self.lanes, all, writer, |lane| lane.write(tenant, sleeper, work))
    }

    async fn write_single_statement<T, E, F>(&self, tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        let (tenant, sleeper) = (tenant.into(), Arc::clone(&self.sleeper));
        match &*self.lanes {
            Lanes::Postgres { all, .. } => all.write_single_statement(tenant, sleeper, work).await,
            // On SQLite, one call of a store may run several statements.
            Lanes::Sqlite { writer, .. } => writer.write(tenant, sleeper, work).await,
            Lanes::Nowhere => Err(StoreError::from(Reason::Refused).into()),
        }
    }
}

#[async_trait]
impl LookUp<SessionGuid, Session> for DieselUnitOfWork {
    async fn look_up(&self, account: AccountId, guid: SessionGuid) -> Result<Option<Session>, StoreError> {
        on_lane!(self.lanes, look_ups, look_ups, |kinds| kinds.sessions.find(account, guid))
    }
}

#[async_trait]
impl LookUp<JobOfProject, ShownJob> for DieselUnitOfWork {
    async fn look_up(&self, account: AccountId, job: JobOfProject) -> Result<Option<ShownJob>, StoreError> {
        on_lane!(self.lanes, look_ups, look_ups, |kinds| kinds.jobs.find(account, job))
    }
}

#[async_trait]
impl LookUp<CourseLookup, CourseWithMembership> for DieselUnitOfWork {
    async fn look_up(&self, account: AccountId, viewed: CourseLookup) -> Result<Option<CourseWithMembership>, StoreError> {
        on_lane!(self.lanes, look_ups, look_ups, |kinds| kinds.courses.find(account, viewed))
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_domain::session::{Session, SessionDescription};
    use derslik_ports::outbound::SessionRepository;
    use derslik_testkit::builders::{guid, session};
    use diesel::connection::SimpleConnection;
    use diesel::sql_types::Text;
    use diesel::sqlite::SqliteConnection;
    use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

    use super::*;
    use crate::db::pool::ConnectError;

    /// Connects to a database whose file may have at most this many pages, as on a full disk.
    struct SmallDisk(SqliteConnector, u32);

    impl Connector for SmallDisk {
        type Conn = SqliteConnection;

        fn connect(&self, patience: Duration) -> Result<Link<SqliteConnection>, ConnectError> {
            let mut link = self.0.connect(patience)?;
            link.conn.batch_execute(&format!("PRAGMA max_page_count = {}", self.1))?;
            Ok(link)
        }
    }

    const TENANT: Tenant = Tenant::Account(Id::new(1));

    #[derive(QueryableByName)]
    struct Check {
        #[diesel(sql_type = Text)]
        integrity_check: String,
    }

    fn large(number: u128) -> Session {
        Session { description: SessionDescription::new("ç".repeat(10_000)).ok(), ..session(guid(number)) }
    }

    fn insert(sessions: &mut dyn SessionRepository, numbers: std::ops::Range<u128>) -> Result<(), StoreError> {
        let rows: Vec<_> = numbers.map(large).collect();
        sessions.insert_many(Id::new(1), &rows.iter().collect::<Vec<_>>())
    }

    #[tokio::test]
    async fn a_full_disk_is_told_leaves_nothing_and_is_used_again_once_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("full.sqlite");
        DatabaseUrl::Sqlite(path.clone()).migrate().unwrap();
        // Long enough for a slow machine.
        let ever = Duration::from_secs(60);
        let settings = PoolSettings { acquire_timeout: ever, statement_timeout: ever, lock_timeout: ever, ..PoolSettings::default() };
        let connector = SqliteConnector { path: path.clone(), access: Access::Write, settings };
        let small = Lane::of_one_writer(SmallDisk(connector.clone(), 100), settings, &Handle::current());

        small.write(TENANT, Arc::default(), |stores| insert(stores.sessions(), 0..1)).await.unwrap();
        for _ in 0..3 {
            // The disk is full at the first row, or after many rows were inserted.
            for numbers in [1..2_u128, 1..400] {
                let filled = small.write(TENANT, Arc::default(), move |stores| {
                    insert(stores.sessions(), numbers.clone()).and_then(|()| insert(stores.sessions(), 400..800))
                });
                let filled: Result<(), StoreError> = filled.await;
                assert_eq!(filled.as_ref().err().and_then(StoreError::unavailable), Some(Reason::DiskFull), "{filled:?}");
            }
            let found = small.read(TENANT, |stores| {
                Ok::<_, StoreError>((stores.sessions().find(Id::new(1), guid(0))?, stores.sessions().find(Id::new(1), guid(1))?))
            });
            let (before, within) = found.await.unwrap();
            assert!(before.is_some() && within.is_none());
        }

        let roomy = Lane::of_one_writer(connector, settings, &Handle::current());
        roomy.write(TENANT, Arc::default(), |stores| insert(stores.sessions(), 1..400)).await.unwrap();
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        let check = sql_query("PRAGMA integrity_check").get_result::<Check>(&mut conn).unwrap();
        assert_eq!(check.integrity_check, "ok");
    }

    /// A statement that runs until it is interrupted.
    const ENDLESS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    fn one_reader(folder: &tempfile::TempDir, statement_timeout: Duration) -> Lane<SqliteConnector> {
        let path = folder.path().join("limited.sqlite");
        DatabaseUrl::Sqlite(path.clone()).migrate().unwrap();
        let settings =
            PoolSettings { connections: 1, statement_timeout, acquire_timeout: Duration::from_secs(20), ..PoolSettings::default() };
        Lane::new(SqliteConnector { path, access: Access::Read, settings }, settings, &Handle::current())
    }

    async fn never_ends(lane: &Lane<SqliteConnector>, gone: CancellationToken) -> Result<usize, StoreError> {
        lane.run(TENANT, gone, |pool, limit| {
            pool.with(limit, |link| {
                let talk = link.talk.as_deref();
                sql_query(ENDLESS).execute(&mut link.conn).map_err(|error| Failure::new(error, talk).into())
            })?
        })
        .await
    }

    #[tokio::test]
    async fn a_statement_of_sqlite_that_takes_too_long_is_ended_and_its_connection_is_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let lane = one_reader(&folder, Duration::from_millis(100));
        for _ in 0..2 {
            let ended = never_ends(&lane, CancellationToken::new()).await;
            assert_eq!(ended.as_ref().err().and_then(StoreError::unavailable), Some(Reason::TimedOut), "{ended:?}");
        }
        assert_eq!(lane.pool.idle_count(), 1);
        assert!(lane.read(TENANT, |stores| stores.sessions().find(Id::new(1), guid(1))).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_a_caller_asked_for_who_is_gone_is_ended_on_sqlite() {
        let folder = tempfile::tempdir().unwrap();
        // Without the interruption, it would hold the only connection for an hour.
        let lane = one_reader(&folder, Duration::from_secs(3_600));
        let gone = CancellationToken::new();
        tokio::select! {
            ended = never_ends(&lane, gone.clone()) => panic!("{ended:?}"),
            () = tokio::time::sleep(Duration::from_millis(50)) => gone.cancel(),
        }
        assert!(lane.read(TENANT, |stores| stores.sessions().find(Id::new(1), guid(1))).await.unwrap().is_none());
    }

    #[test]
    fn by_default_a_request_is_answered_within_six_seconds_whatever_the_database_does() {
        assert!(PoolSettings::default().unit_timeout() + LAST_WORD < Duration::from_secs(6));
    }
}
