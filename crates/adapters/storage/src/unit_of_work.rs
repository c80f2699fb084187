//! The one hop to a blocking thread: a connection, a transaction, the time limits, the span, and what a panic comes to.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use derslik_domain::id::{AccountId, SessionGuid};
use derslik_domain::job::ShownJob;
use derslik_domain::session::Session;
use derslik_ports::outbound::{CourseRecord, JobOfProject, LookUp, StoreError, Stores, Tenant, UnitOfWork, ViewedCourse};
use diesel::result::Error;
use r2d2::{Pool, PooledConnection};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;
use tracing::Span;

use crate::conn::DieselStores;
use crate::error::{is_connection_lost, is_locked, store_error};
use crate::look_up::{AT_ONCE, KINDS, LookUps};
use crate::pool::{Access, Connector, Database, DatabaseUrl, LogErrors, Manager, PgConnector, PoolSettings, SqliteConnector};
use crate::wake::listen;

/// A unit of work over a pool of connections. Clones share the pool.
#[derive(Clone)]
pub struct DieselUnitOfWork {
    lanes: Arc<Lanes>,
    /// Where other processes tell of jobs.
    connector: Option<PgConnector>,
    sleeper: Arc<Notify>,
}

/// Where reads, writes and look-ups wait.
enum Lanes {
    Postgres { all: Lane<PgConnector>, look_ups: Kinds<PgConnector> },
    Sqlite { readers: Lane<SqliteConnector>, writer: Lane<SqliteConnector>, look_ups: Kinds<SqliteConnector> },
}

/// Look-ups of each kind of thing: as many as [`KINDS`].
struct Kinds<C: Connector> {
    sessions: LookUps<C, SessionGuid, Session>,
    jobs: LookUps<C, JobOfProject, ShownJob>,
    courses: LookUps<C, ViewedCourse, CourseRecord>,
}

/// A pool with a queue in front of it that a caller can leave, and threads to run on.
struct Lane<C: Connector> {
    pool: Pool<Manager<C>>,
    places: Arc<Semaphore>,
    /// How long a unit of work queues, in all.
    patience: Duration,
    runtime: Handle,
}

impl fmt::Debug for DieselUnitOfWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self.lanes {
            Lanes::Postgres { .. } => "DieselUnitOfWork(PostgreSQL)",
            Lanes::Sqlite { .. } => "DieselUnitOfWork(SQLite)",
        })
    }
}

impl DieselUnitOfWork {
    /// A unit of work on that database, whose blocking threads are those of `runtime`. It connects when it is first used.
    pub fn new(url: &DatabaseUrl, settings: PoolSettings, runtime: &Handle) -> Self {
        let lanes = match url {
            DatabaseUrl::Postgres(url) => {
                let connector = PgConnector { url: url.clone(), settings };
                let look_ups = Kinds::new(connector.clone(), settings, runtime);
                Lanes::Postgres { all: Lane::new(connector, settings, runtime), look_ups }
            }
            DatabaseUrl::Sqlite(path) => {
                let connector = |access| SqliteConnector { path: path.clone(), access, settings };
                Lanes::Sqlite {
                    readers: Lane::new(connector(Access::Read), settings, runtime),
                    writer: Lane::of_one_writer(connector(Access::Write), settings, runtime),
                    look_ups: Kinds::new(connector(Access::Read), settings, runtime),
                }
            }
        };
        let connector = match url {
            DatabaseUrl::Postgres(url) => Some(PgConnector { url: url.clone(), settings }),
            DatabaseUrl::Sqlite(_) => None,
        };
        Self { lanes: Arc::new(lanes), connector, sleeper: Arc::new(Notify::new()) }
    }

    /// What wakes whoever runs the jobs of this process: it is notified whenever a unit of work of this process, or on
    /// PostgreSQL of any process, has made a job that may start at once.
    ///
    /// # Errors
    /// If no thread can be started to listen on.
    pub fn wake_ups(&self) -> std::io::Result<Arc<Notify>> {
        if let Some(connector) = &self.connector {
            listen(connector.clone(), &self.sleeper)?;
        }
        Ok(Arc::clone(&self.sleeper))
    }
}

/// A pool that connects when it is first used.
fn pool_of<C: Connector>(connector: C, connections: u32, settings: PoolSettings) -> Pool<Manager<C>> {
    Pool::builder()
        .max_size(connections)
        .min_idle(Some(0))
        // A check costs a round trip for every unit of work; a dead connection is replaced when it shows.
        .test_on_check_out(false)
        .connection_timeout(settings.connect_timeout)
        .error_handler(Box::new(LogErrors))
        .build_unchecked(Manager(connector))
}

impl<C: Connector> Kinds<C> {
    fn new(connector: C, settings: PoolSettings, runtime: &Handle) -> Self {
        let (pool, patience) = (pool_of(connector, KINDS * AT_ONCE, settings), settings.acquire_timeout);
        Self {
            sessions: LookUps::new(pool.clone(), |stores, account, guids| stores.sessions().find_many(account, guids), patience, runtime),
            courses: LookUps::new(pool.clone(), |stores, account, viewed| stores.courses().find_many(account, viewed), patience, runtime),
            jobs: LookUps::new(pool, |stores, account, jobs| stores.jobs().find_many_shown(account, jobs), patience, runtime),
        }
    }
}

impl<C: Connector> Lane<C> {
    fn new(connector: C, settings: PoolSettings, runtime: &Handle) -> Self {
        let connections = settings.connections.max(1);
        let pool = pool_of(connector, connections, settings);
        let places = Arc::new(Semaphore::new(usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS)));
        Self { pool, places, patience: settings.acquire_timeout, runtime: runtime.clone() }
    }

    /// A lane in which waiting for a place is waiting for the lock that writers take in turn, and takes as long.
    fn of_one_writer(connector: C, settings: PoolSettings, runtime: &Handle) -> Self {
        let lane = Self::new(connector, PoolSettings { connections: 1, ..settings }, runtime);
        Self { patience: settings.acquire_timeout + settings.lock_timeout, ..lane }
    }

    /// Runs `job` on a blocking thread as soon as a connection is free.
    async fn run<T, E>(&self, job: impl FnOnce(Pool<Manager<C>>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let place = timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(Ok(place)) = place else { return Err(StoreError::Unavailable(None).into()) };
        let (pool, span) = (self.pool.clone(), Span::current());
        let finished = self
            .runtime
            .spawn_blocking(move || {
                let result = span.in_scope(|| job(pool));
                drop(place);
                result
            })
            .await;
        finished.unwrap_or_else(|error| Err(StoreError::Other(Box::new(error)).into()))
    }

    async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        self.run(move |pool| read_on(&pool, work)).await
    }

    async fn write<T, E, F>(&self, sleeper: Arc<Notify>, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        let (begin, patience) = (Instant::now(), self.patience);
        self.run(move |pool| {
            let mut work = Some(work);
            let mut more_tries = pool.max_size();
            loop {
                let mut link = pool.get().map_err(no_connection)?;
                let (mut lost, mut wakes) = (false, false);
                let mut refusal = None;
                let result = link.conn.write(|conn| {
                    let work = work.take().ok_or(Error::BrokenTransactionManager)?;
                    let mut stores = DieselStores::new(conn.as_conn());
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
                        return Ok(value);
                    }
                    // Whatever the rollback came to, this is why there was one.
                    (Err(error), Some(refusal)) => {
                        link.broken |= lost || !matches!(error, Error::RollbackTransaction);
                        return Err(refusal);
                    }
                    // No transaction could be begun, so nothing was done yet.
                    (Err(error), None) if work.is_some() && is_connection_lost(&error) && more_tries > 0 => {
                        link.broken = true;
                        more_tries -= 1;
                    }
                    // Another process writes to the file of SQLite.
                    (Err(error), None) if work.is_some() && is_locked(&error) && begin.elapsed() < patience => {}
                    (Err(error), None) => {
                        link.broken = true;
                        return Err(store_error(error).into());
                    }
                }
            }
        })
        .await
    }

    /// Runs `work` without a transaction around its statement. It is run once, whatever becomes of the connection; so one that
    /// is known to be dead is not used.
    async fn write_one<T, E, F>(&self, sleeper: Arc<Notify>, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        self.run(move |pool| {
            let mut link = open_link(&pool)?;
            let mut stores = DieselStores::of_one_statement(link.conn.as_conn());
            let result = work(&mut stores);
            let (lost, wakes) = (stores.is_lost(), stores.wakes());
            link.broken |= lost;
            if wakes && result.is_ok() {
                sleeper.notify_one();
            }
            result
        })
        .await
    }
}

/// A connection of the pool on which the server has not hung up, as far as has arrived here. A server that is gone without a word,
/// or says it this moment, is not noticed.
fn open_link<C: Connector>(pool: &Pool<Manager<C>>) -> Result<PooledConnection<Manager<C>>, StoreError> {
    let mut more_tries = pool.max_size();
    loop {
        let mut link = pool.get().map_err(no_connection)?;
        if more_tries == 0 || link.conn.is_open() {
            return Ok(link);
        }
        link.broken = true;
        more_tries -= 1;
    }
}

/// Runs `work` on a connection of the pool, and on another if that turns out to be dead.
pub(crate) fn read_on<C: Connector, T, E: From<StoreError>>(
    pool: &Pool<Manager<C>>,
    work: impl Fn(&mut dyn Stores) -> Result<T, E>,
) -> Result<T, E> {
    // When the server restarts, all pooled connections die together, and each is found out by using it.
    let mut more_tries = pool.max_size();
    loop {
        let mut link = pool.get().map_err(no_connection)?;
        let mut stores = DieselStores::new(link.conn.as_conn());
        let result = work(&mut stores);
        let lost = stores.is_lost();
        link.broken |= lost;
        if result.is_ok() || !lost || more_tries == 0 {
            return result;
        }
        more_tries -= 1;
    }
}

fn no_connection(error: r2d2::Error) -> StoreError {
    StoreError::Unavailable(Some(Box::new(error)))
}

impl UnitOfWork for DieselUnitOfWork {
    async fn read<T, E, F>(&self, _tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        match &*self.lanes {
            Lanes::Postgres { all, .. } => all.read(work).await,
            Lanes::Sqlite { readers, .. } => readers.read(work).await,
        }
    }

    async fn write<T, E, F>(&self, _tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        match &*self.lanes {
            Lanes::Postgres { all, .. } => all.write(Arc::clone(&self.sleeper), work).await,
            Lanes::Sqlite { writer, .. } => writer.write(Arc::clone(&self.sleeper), work).await,
        }
    }

    async fn write_one<T, E, F>(&self, _tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        match &*self.lanes {
            Lanes::Postgres { all, .. } => all.write_one(Arc::clone(&self.sleeper), work).await,
            // A call of a store may take several statements there.
            Lanes::Sqlite { writer, .. } => writer.write(Arc::clone(&self.sleeper), work).await,
        }
    }
}

#[async_trait]
impl LookUp<SessionGuid, Session> for DieselUnitOfWork {
    async fn look_up(&self, account: AccountId, guid: SessionGuid) -> Result<Option<Session>, StoreError> {
        match &*self.lanes {
            Lanes::Postgres { look_ups, .. } => look_ups.sessions.find(account, guid).await,
            Lanes::Sqlite { look_ups, .. } => look_ups.sessions.find(account, guid).await,
        }
    }
}

#[async_trait]
impl LookUp<JobOfProject, ShownJob> for DieselUnitOfWork {
    async fn look_up(&self, account: AccountId, job: JobOfProject) -> Result<Option<ShownJob>, StoreError> {
        match &*self.lanes {
            Lanes::Postgres { look_ups, .. } => look_ups.jobs.find(account, job).await,
            Lanes::Sqlite { look_ups, .. } => look_ups.jobs.find(account, job).await,
        }
    }
}

#[async_trait]
impl LookUp<ViewedCourse, CourseRecord> for DieselUnitOfWork {
    async fn look_up(&self, account: AccountId, viewed: ViewedCourse) -> Result<Option<CourseRecord>, StoreError> {
        match &*self.lanes {
            Lanes::Postgres { look_ups, .. } => look_ups.courses.find(account, viewed).await,
            Lanes::Sqlite { look_ups, .. } => look_ups.courses.find(account, viewed).await,
        }
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
    use crate::pool::ConnectError;

    /// Connects to a database on a disk with so many pages left to it.
    struct SmallDisk(SqliteConnector, u32);

    impl Connector for SmallDisk {
        type Conn = SqliteConnection;

        fn connect(&self) -> Result<SqliteConnection, ConnectError> {
            let mut conn = self.0.connect()?;
            conn.batch_execute(&format!("PRAGMA max_page_count = {}", self.1))?;
            Ok(conn)
        }
    }

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
        let settings = PoolSettings::default();
        let connector = SqliteConnector { path: path.clone(), access: Access::Write, settings };
        let small = Lane::of_one_writer(SmallDisk(connector.clone(), 100), settings, &Handle::current());

        small.write(Arc::default(), |stores| insert(stores.sessions(), 0..1)).await.unwrap();
        for _ in 0..3 {
            // Both where a row finds no room, and after many rows have found some.
            for numbers in [1..2_u128, 1..400] {
                let filled = small.write(Arc::default(), move |stores| {
                    insert(stores.sessions(), numbers.clone()).and_then(|()| insert(stores.sessions(), 400..800))
                });
                let filled: Result<(), StoreError> = filled.await;
                assert!(matches!(filled, Err(StoreError::Unavailable(_))), "{filled:?}");
            }
            let found = small.read(|stores| {
                Ok::<_, StoreError>((stores.sessions().find(Id::new(1), guid(0))?, stores.sessions().find(Id::new(1), guid(1))?))
            });
            let (before, within) = found.await.unwrap();
            assert!(before.is_some() && within.is_none());
        }

        let roomy = Lane::of_one_writer(connector, settings, &Handle::current());
        roomy.write(Arc::default(), |stores| insert(stores.sessions(), 1..400)).await.unwrap();
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        let check = sql_query("PRAGMA integrity_check").get_result::<Check>(&mut conn).unwrap();
        assert_eq!(check.integrity_check, "ok");
    }
}
