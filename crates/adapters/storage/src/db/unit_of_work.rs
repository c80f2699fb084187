//! The one hop to a blocking thread, with the connection, the time limits, the span and the handling of a panic.

use std::sync::Arc;
use std::time::{Duration, Instant};

use derslik_ports::outbound::{Reason, StoreError, Tenant};
use metrics::{Gauge, counter, gauge, histogram};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::Span;

use super::attempt::{read_on, write_on, write_single_statement_on};
use super::conn::{DieselStores, Statements};
use super::connector::Connector;
use super::fair_queue::FairQueue;
use super::limit::{Limit, REPORT_GRACE};
use super::pool::Pool;
use super::settings::PoolSettings;

/// A pool with a queue in front of it, which a caller can leave, and threads to run on.
pub(crate) struct BoundedPool<C: Connector> {
    pool: Arc<Pool<C>>,
    queue: Arc<FairQueue>,
    /// How long a unit of work may queue in all.
    queue_timeout: Duration,
    settings: PoolSettings,
    runtime: Handle,
}

/// A connection that a unit of work holds, as metrics count it.
struct InUse(Gauge);

impl InUse {
    fn begin() -> Self {
        let connections = gauge!("derslik_pool_in_use");
        connections.increment(1.0);
        Self(connections)
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

impl<C: Connector> BoundedPool<C> {
    pub(crate) fn new(connector: C, settings: PoolSettings, runtime: &Handle) -> Self {
        let queue = FairQueue::new(usize::try_from(settings.connections).unwrap_or(usize::MAX));
        Self {
            pool: Pool::new(connector, settings.connections, settings),
            queue,
            queue_timeout: settings.acquire_timeout,
            settings,
            runtime: runtime.clone(),
        }
    }

    /// A pool with a single permit, which stands for SQLite's write lock. So the wait for the permit may take as long as that for
    /// the lock.
    pub(crate) fn of_one_writer(connector: C, settings: PoolSettings, runtime: &Handle) -> Self {
        let pool = Self::new(connector, PoolSettings { connections: 1, ..settings }, runtime);
        Self { queue_timeout: settings.acquire_timeout + settings.lock_timeout, ..pool }
    }

    /// Runs `job` on a blocking thread when it is the tenant's turn. The job has to end in time, or once it is `cancelled`. A
    /// thread that hangs nevertheless, for example on a broken disk, is abandoned.
    async fn run<T, E>(
        &self,
        tenant: Tenant,
        cancelled: CancellationToken,
        job: impl FnOnce(&Pool<C>, &Limit) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (deadline, statement_timeout) = (Instant::now() + self.settings.unit_timeout(), self.settings.statement_timeout);
        let limit = Limit { deadline, statement_timeout, cancelled };
        let began = Instant::now();
        let acquired = timeout(self.queue_timeout, self.queue.acquire(tenant)).await;
        histogram!("derslik_pool_wait_seconds").record(began.elapsed());
        let Ok(Some(permit)) = acquired else {
            counter!("derslik_pool_refusals_total").increment(1);
            return Err(StoreError::from(Reason::Crowded).into());
        };
        let (pool, span) = (Arc::clone(&self.pool), Span::current());
        let held = (permit, InUse::begin());
        let finished = self.runtime.spawn_blocking(move || {
            let result = span.in_scope(|| limit.clone().on_this_thread(|| job(&pool, &limit)));
            drop(held);
            result
        });
        match timeout_at((deadline + REPORT_GRACE).into(), finished).await {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => Err(StoreError::Other(Box::new(error)).into()),
            Err(_) => Err(StoreError::from(Reason::TimedOut).into()),
        }
    }

    /// Runs `work` until it ends, or until its caller does not wait any more.
    pub(crate) async fn read<T, E, F>(&self, tenant: Tenant, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut DieselStores<'_>) -> Result<T, E> + Send + 'static,
    {
        let cancelled = CancellationToken::new();
        let _cancels_when_dropped = cancelled.clone().drop_guard();
        self.run(tenant, cancelled, move |pool, limit| read_on(pool, limit, work)).await
    }

    /// Runs `work` in a transaction.
    pub(crate) async fn write<T, E, F>(&self, tenant: Tenant, statements: Statements, job_notify: Arc<Notify>, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut DieselStores<'_>) -> Result<T, E> + Send + 'static,
    {
        let locked_until = Instant::now() + self.queue_timeout;
        let job = move |pool: &Pool<C>, limit: &Limit| write_on(pool, limit, locked_until, statements, &job_notify, work);
        self.run(tenant, CancellationToken::new(), job).await
    }

    /// Runs `work` without a transaction around its only statement.
    pub(crate) async fn write_single_statement<T, E, F>(&self, tenant: Tenant, job_notify: Arc<Notify>, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut DieselStores<'_>) -> Result<T, E> + Send + 'static,
    {
        let job = move |pool: &Pool<C>, limit: &Limit| write_single_statement_on(pool, limit, &job_notify, work);
        self.run(tenant, CancellationToken::new(), job).await
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
    use crate::db::connect_error::ConnectError;
    use crate::db::connector::PooledConn;
    use crate::db::error::Failure;
    use crate::db::sqlite::{Access, SqliteConnector};
    use crate::db::url::DatabaseUrl;

    /// Connects to a database whose file may have at most this many pages, as on a full disk.
    struct SmallDisk(SqliteConnector, u32);

    impl Connector for SmallDisk {
        type Conn = SqliteConnection;

        fn connect(&self, timeout: Duration) -> Result<PooledConn<SqliteConnection>, ConnectError> {
            let mut conn = self.0.connect(timeout)?;
            conn.conn.batch_execute(&format!("PRAGMA max_page_count = {}", self.1))?;
            Ok(conn)
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

    fn insert(stores: &mut DieselStores<'_>, numbers: std::ops::Range<u128>) -> Result<(), StoreError> {
        let rows: Vec<_> = numbers.map(large).collect();
        stores.insert_many(Id::new(1), &rows.iter().collect::<Vec<_>>())
    }

    #[tokio::test]
    async fn a_full_disk_is_reported_leaves_nothing_and_is_used_again_once_there_is_space() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("full.sqlite");
        DatabaseUrl::Sqlite(path.clone()).migrate().unwrap();
        // Long enough for a slow machine.
        let minute = Duration::from_secs(60);
        let settings = PoolSettings { acquire_timeout: minute, statement_timeout: minute, lock_timeout: minute, ..PoolSettings::default() };
        let connector = SqliteConnector { path: path.clone(), access: Access::Write, settings };
        let small = BoundedPool::of_one_writer(SmallDisk(connector.clone(), 150), settings, &Handle::current());

        small.write(TENANT, Statements::Any, Arc::default(), |stores| insert(stores, 0..1)).await.unwrap();
        for _ in 0..3 {
            // The disk is full at the first row, or after many rows were inserted.
            for numbers in [1..2_u128, 1..400] {
                let filled = small.write(TENANT, Statements::Any, Arc::default(), move |stores| {
                    insert(stores, numbers.clone()).and_then(|()| insert(stores, 400..800))
                });
                let filled: Result<(), StoreError> = filled.await;
                assert_eq!(filled.as_ref().err().and_then(StoreError::unavailable), Some(Reason::DiskFull), "{filled:?}");
            }
            let found =
                small.read(TENANT, |stores| Ok::<_, StoreError>((stores.find(Id::new(1), guid(0))?, stores.find(Id::new(1), guid(1))?)));
            let (before, within) = found.await.unwrap();
            assert!(before.is_some() && within.is_none());
        }

        let larger = BoundedPool::of_one_writer(connector, settings, &Handle::current());
        larger.write(TENANT, Statements::Any, Arc::default(), |stores| insert(stores, 1..400)).await.unwrap();
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        let check = sql_query("PRAGMA integrity_check").get_result::<Check>(&mut conn).unwrap();
        assert_eq!(check.integrity_check, "ok");
    }

    /// A statement that runs until it is interrupted.
    const ENDLESS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    fn one_reader(folder: &tempfile::TempDir, statement_timeout: Duration) -> BoundedPool<SqliteConnector> {
        let path = folder.path().join("limited.sqlite");
        DatabaseUrl::Sqlite(path.clone()).migrate().unwrap();
        let settings =
            PoolSettings { connections: 1, statement_timeout, acquire_timeout: Duration::from_secs(20), ..PoolSettings::default() };
        BoundedPool::new(SqliteConnector { path, access: Access::Read, settings }, settings, &Handle::current())
    }

    async fn never_ends(pool: &BoundedPool<SqliteConnector>, cancelled: CancellationToken) -> Result<usize, StoreError> {
        pool.run(TENANT, cancelled, |pool, limit| {
            pool.with(limit, |conn| {
                let control = conn.control.as_deref();
                sql_query(ENDLESS).execute(&mut conn.conn).map_err(|error| Failure::new(error, control).into())
            })?
        })
        .await
    }

    #[tokio::test]
    async fn a_statement_of_sqlite_that_takes_too_long_is_ended_and_its_connection_is_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let pool = one_reader(&folder, Duration::from_millis(100));
        for _ in 0..2 {
            let ended = never_ends(&pool, CancellationToken::new()).await;
            assert_eq!(ended.as_ref().err().and_then(StoreError::unavailable), Some(Reason::TimedOut), "{ended:?}");
        }
        assert_eq!(pool.pool.idle_count(), 1);
        assert!(pool.read(TENANT, |stores| stores.find(Id::new(1), guid(1))).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_statement_of_sqlite_is_interrupted_once_its_caller_does_not_wait_any_more() {
        let folder = tempfile::tempdir().unwrap();
        // Without the interruption, it would hold the only connection for an hour.
        let pool = one_reader(&folder, Duration::from_secs(3_600));
        let cancelled = CancellationToken::new();
        tokio::select! {
            ended = never_ends(&pool, cancelled.clone()) => panic!("{ended:?}"),
            () = tokio::time::sleep(Duration::from_millis(50)) => cancelled.cancel(),
        }
        assert!(pool.read(TENANT, |stores| stores.find(Id::new(1), guid(1))).await.unwrap().is_none());
    }
}
