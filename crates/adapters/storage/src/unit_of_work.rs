//! The one hop to a blocking thread: a connection, a transaction, the time limits, the span, and what a panic comes to.

use std::fmt;
use std::sync::Arc;

use derslik_ports::outbound::{StoreError, Stores, UnitOfWork};
use r2d2::Pool;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;
use tracing::Span;

use crate::conn::DieselStores;
use crate::error::{is_connection_lost, store_error};

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

/// Where reads and where writes wait.
enum Lanes {
    Postgres(Lane<PgConnector>),
    Sqlite { readers: Lane<SqliteConnector>, writer: Lane<SqliteConnector> },
}

/// A pool with a queue in front of it that a caller can leave, and threads to run on.
struct Lane<C: Connector> {
    pool: Pool<Manager<C>>,
    places: Arc<Semaphore>,
    settings: PoolSettings,
    runtime: Handle,
}

impl fmt::Debug for DieselUnitOfWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self.lanes {
            Lanes::Postgres(_) => "DieselUnitOfWork(PostgreSQL)",
            Lanes::Sqlite { .. } => "DieselUnitOfWork(SQLite)",
        })
    }
}

impl DieselUnitOfWork {
    /// A unit of work on that database, whose blocking threads are those of `runtime`. It connects when it is first used.
    pub fn new(url: &DatabaseUrl, settings: PoolSettings, runtime: &Handle) -> Self {
        let lanes = match url {
            DatabaseUrl::Postgres(url) => {
                Lanes::Postgres(Lane::new(PgConnector { url: url.clone(), settings }, settings.connections, settings, runtime))
            }
            DatabaseUrl::Sqlite(path) => {
                let connector = |access| SqliteConnector { path: path.clone(), access, settings };
                Lanes::Sqlite {
                    readers: Lane::new(connector(Access::Read), settings.connections, settings, runtime),
                    writer: Lane::new(connector(Access::Write), 1, settings, runtime),
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

impl<C: Connector> Lane<C> {
    fn new(connector: C, connections: u32, settings: PoolSettings, runtime: &Handle) -> Self {
        let connections = connections.max(1);
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(0))
            // A check costs a round trip for every unit of work; a dead connection is replaced when it shows.
            .test_on_check_out(false)
            .connection_timeout(settings.acquire_timeout)
            .error_handler(Box::new(LogErrors))
            .build_unchecked(Manager(connector));
        let places = Arc::new(Semaphore::new(usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS)));
        Self { pool, places, settings, runtime: runtime.clone() }
    }

    /// Runs `job` on a blocking thread as soon as a connection is free.
    async fn run<T, E>(&self, job: impl FnOnce(Pool<Manager<C>>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let place = timeout(self.settings.acquire_timeout, Arc::clone(&self.places).acquire_owned()).await;
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
        self.run(move |pool| {
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
        })
        .await
    }

    async fn write<T, E, F>(&self, sleeper: Arc<Notify>, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        self.run(move |pool| {
            let mut work = Some(work);
            let mut more_tries = pool.max_size();
            loop {
                let mut link = pool.get().map_err(no_connection)?;
                let (mut lost, mut wakes) = (false, false);
                let result = link.conn.write(|conn| match work.take() {
                    Some(work) => {
                        let mut stores = DieselStores::new(conn.as_conn());
                        let result = work(&mut stores).map_err(Failure::Work);
                        (lost, wakes) = (stores.is_lost(), stores.wakes());
                        result
                    }
                    None => Err(Failure::Transaction(diesel::result::Error::BrokenTransactionManager)),
                });
                match result {
                    Ok(value) => {
                        if wakes {
                            sleeper.notify_one();
                        }
                        return Ok(value);
                    }
                    Err(Failure::Work(error)) => {
                        link.broken |= lost;
                        return Err(error);
                    }
                    // No transaction could be begun, so nothing was done yet.
                    Err(Failure::Transaction(error)) if work.is_some() && is_connection_lost(&error) && more_tries > 0 => {
                        link.broken = true;
                        more_tries -= 1;
                    }
                    Err(Failure::Transaction(error)) => {
                        link.broken = true;
                        return Err(store_error(error).into());
                    }
                }
            }
        })
        .await
    }
}

/// Why a transaction failed: by what was done in it, or by itself.
enum Failure<E> {
    Work(E),
    Transaction(diesel::result::Error),
}

impl<E> From<diesel::result::Error> for Failure<E> {
    fn from(error: diesel::result::Error) -> Self {
        Self::Transaction(error)
    }
}

fn no_connection(error: r2d2::Error) -> StoreError {
    StoreError::Unavailable(Some(Box::new(error)))
}

impl UnitOfWork for DieselUnitOfWork {
    async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        match &*self.lanes {
            Lanes::Postgres(lane) => lane.read(work).await,
            Lanes::Sqlite { readers, .. } => readers.read(work).await,
        }
    }

    async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        match &*self.lanes {
            Lanes::Postgres(lane) => lane.write(Arc::clone(&self.sleeper), work).await,
            Lanes::Sqlite { writer, .. } => writer.write(Arc::clone(&self.sleeper), work).await,
        }
    }
}
