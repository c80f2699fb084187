//! Makes connections, keeps them and replaces dead ones.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use derslik_ports::outbound::{Reason, StoreError, Unavailable};
use diesel::connection::SimpleConnection;
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, ConnectionError};

use crate::db::conn::Conn;
use crate::db::error::{Failure, is_locked};
use crate::db::limit::Limit;
use crate::db::postgres::{self, PgConnection, SqlState, Talk, Target};
use crate::db::readers::{AT_ONCE, KINDS};
use crate::db::text::teach;
use crate::db::url::check_postgres;

/// The URL of a database.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A PostgreSQL server, as `postgres://user:password@host:port/database`.
    Postgres(String),
    /// An SQLite file, as `sqlite://path`.
    Sqlite(PathBuf),
}

/// The URL of a database can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// The scheme is unknown.
    #[error("the database URL must begin with sqlite:// or postgres://, not with {0}")]
    Scheme(String),
    /// The URL has no scheme that may be shown: the text may hold a password.
    #[error("the database URL must begin with sqlite:// or postgres://")]
    NoScheme,
    /// A character ends a part of the URL too early, or an escape is not complete.
    #[error(
        "the user, the password, the host or the port in the database URL can't be read: special characters in them must be \
         percent-encoded, such as %40 for @, %2F for /, %3A for :, %3F for ?, %23 for # and %25 for %"
    )]
    Unescaped,
    /// A parameter is not a pair.
    #[error("each parameter of the database URL must be a name, one = and a value")]
    Parameters,
    /// The URL of SQLite names no file, or one that would be a separate database for each connection.
    #[error("an SQLite URL must name a file: sqlite://path/to/file")]
    NoFile,
    /// A parameter, or another part, of a URL of PostgreSQL can't be used.
    #[error("the database URL can't be used: {0}")]
    Postgres(String),
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(url: &str) -> Result<Self, DatabaseUrlError> {
        match url.split_once("://") {
            Some(("postgres" | "postgresql", rest)) => {
                check_postgres(rest)?;
                Target::parse(url).map(|_| Self::Postgres(url.to_owned())).map_err(|error| DatabaseUrlError::Postgres(error.all()))
            }
            Some(("sqlite", "" | ":memory:")) => Err(DatabaseUrlError::NoFile),
            Some(("sqlite", path)) => Ok(Self::Sqlite(path.into())),
            Some((scheme, _)) if is_scheme(scheme) => Err(DatabaseUrlError::Scheme(format!("{scheme}://"))),
            _ => Err(DatabaseUrlError::NoScheme),
        }
    }
}

fn is_scheme(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'+')
}

impl fmt::Display for DatabaseUrl {
    /// Shows the URL without user, password and parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                // The parameters may hold a password, and an @ as well.
                let rest = rest.split('?').next().unwrap_or_default();
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                write!(f, "postgres://{place}")
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The limits of the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// The most connections to PostgreSQL, or the most readers of SQLite. SQLite has one writer besides.
    pub connections: u32,
    /// How long a unit of work waits for a connection. This and the wait for a lock add up: by default a client hears within 3 s
    /// of a table that another transaction locks.
    pub acquire_timeout: Duration,
    /// How long a new connection may take.
    pub connect_timeout: Duration,
    /// How long a statement may run. A unit of work with several statements and its wait for a connection has half a second more
    /// in all.
    pub statement_timeout: Duration,
    /// How long a statement may wait for a lock. On SQLite: how much longer a writer waits for the writers before it, in this
    /// process or another.
    pub lock_timeout: Duration,
    /// Whether SQLite syncs a commit to the disk before it is acknowledged, so that it survives a power cut.
    pub sqlite_full_sync: bool,
}

impl PoolSettings {
    /// How many blocking threads units of work and lookups may occupy at once.
    pub fn threads(self) -> usize {
        const WRITER_OF_SQLITE: u32 = 1;
        let threads = self.connections.max(1).saturating_add(WRITER_OF_SQLITE).saturating_add(KINDS * AT_ONCE);
        usize::try_from(threads).unwrap_or(usize::MAX)
    }

    /// How long a unit of work or a lookup may take in all, including the wait for a connection.
    pub(crate) fn unit_timeout(self) -> Duration {
        const BESIDE_ONE_STATEMENT: Duration = Duration::from_millis(500);
        self.statement_timeout + BESIDE_ONE_STATEMENT
    }
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            connections: 6,
            acquire_timeout: Duration::from_millis(800),
            connect_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(2),
            sqlite_full_sync: true,
        }
    }
}

/// A pooled connection, and whether it is broken.
pub(crate) struct Link<C> {
    pub(crate) conn: C,
    /// The state of a connection to a server. SQLite has none.
    pub(crate) talk: Option<Arc<Talk>>,
    pub(crate) broken: bool,
}

impl<C> Link<C> {
    pub(crate) fn new(conn: C, talk: Option<Arc<Talk>>) -> Self {
        Self { conn, talk, broken: false }
    }

    /// Whether the server has kept the connection open, as far as this end has heard. Nothing is sent.
    fn is_open(&self) -> bool {
        self.talk.as_ref().is_none_or(|talk| talk.is_open())
    }

    fn limit(&self, limit: Option<Limit>) {
        if let Some(talk) = &self.talk {
            talk.limit(limit);
        }
    }
}

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("no answer in time")]
    TimedOut,
    #[error("the server is not one of the kind that target_session_attrs asks for")]
    Unwanted,
    #[error("the parameter {0} can't be used")]
    Parameter(String),
    #[error("the server answers with code {0}")]
    Code(SqlState, #[source] Box<ConnectError>),
    #[error("no connection")]
    Dial(#[source] std::io::Error),
    #[error(transparent)]
    Speak(tokio_postgres::Error),
    #[error(transparent)]
    Connect(#[from] ConnectionError),
    #[error(transparent)]
    Prepare(#[from] diesel::result::Error),
    #[error("cannot create the folder {}", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    #[error(transparent)]
    Limit(#[from] derslik_sqlite_limit::Refused),
}

impl ConnectError {
    /// The same error with the code of the server, if it gave one.
    pub(crate) fn with(self, code: Option<SqlState>) -> Self {
        match code {
            Some(code) => Self::Code(code, Box::new(self)),
            None => self,
        }
    }

    /// The error and all its causes, in one line.
    fn all(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }

    fn reason(&self) -> Reason {
        match self {
            Self::Code(code, _) => code.refusal(),
            Self::Unwanted => Reason::ReadOnly,
            Self::Parameter(_) | Self::Limit(_) => Reason::Refused,
            Self::Speak(error) if error.to_string().contains("configuration") => Reason::Refused,
            Self::TimedOut | Self::Dial(_) | Self::Speak(_) | Self::Connect(_) | Self::Folder(..) => Reason::Unreachable,
            Self::Prepare(error) => Failure::reason_of_text(error).unwrap_or(Reason::Unreachable),
        }
    }
}

impl From<ConnectError> for StoreError {
    fn from(error: ConnectError) -> Self {
        Self::Unavailable(Unavailable { reason: error.reason(), source: Some(Box::new(error)) })
    }
}

/// The operations of a connection to either database.
pub(crate) trait Database: Connection + Send + Sized + 'static {
    /// The connection in the form that repositories take.
    fn as_conn(&mut self) -> Conn<'_>;

    /// Runs `work` in a transaction that may write.
    fn write<T>(&mut self, work: impl FnOnce(&mut Self) -> QueryResult<T>) -> QueryResult<T>;
}

impl Database for PgConnection {
    fn as_conn(&mut self) -> Conn<'_> {
        Conn::Pg(self)
    }

    fn write<T>(&mut self, work: impl FnOnce(&mut Self) -> QueryResult<T>) -> QueryResult<T> {
        self.transaction(work)
    }
}

impl Database for SqliteConnection {
    fn as_conn(&mut self) -> Conn<'_> {
        Conn::Sqlite(self)
    }

    fn write<T>(&mut self, work: impl FnOnce(&mut Self) -> QueryResult<T>) -> QueryResult<T> {
        self.immediate_transaction(work)
    }
}

/// Makes connections for a pool.
pub(crate) trait Connector: Send + Sync + 'static {
    type Conn: Database;

    /// Connects within `patience`. It blocks the thread.
    fn connect(&self, patience: Duration) -> Result<Link<Self::Conn>, ConnectError>;
}

#[derive(Debug, Clone)]
pub(crate) struct PgConnector {
    pub(crate) target: Target,
    pub(crate) settings: PoolSettings,
}

impl PgConnector {
    pub(crate) fn new(url: &str, settings: PoolSettings) -> Result<Self, ConnectError> {
        Ok(Self { target: Target::parse(url)?, settings })
    }

    /// A connection without time limits for statements, for migrations.
    pub(crate) fn connect_unbounded(&self) -> Result<PgConnection, ConnectError> {
        self.connect_unbounded_with_talk().map(|(conn, _)| conn)
    }

    /// The same, with the state of the connection.
    pub(crate) fn connect_unbounded_with_talk(&self) -> Result<(PgConnection, Arc<Talk>), ConnectError> {
        const PATIENCE: Duration = Duration::from_secs(3);
        postgres::connect(&self.target, PATIENCE)
    }
}

impl Connector for PgConnector {
    type Conn = PgConnection;

    fn connect(&self, patience: Duration) -> Result<Link<PgConnection>, ConnectError> {
        let begin = Instant::now();
        let (mut conn, talk) = postgres::connect(&self.target, patience)?;
        let left = patience.saturating_sub(begin.elapsed());
        talk.limit(Some(Limit { until: Instant::now() + left, statement: left, gone: tokio_util::sync::CancellationToken::new() }));
        let (statement, lock) = (self.settings.statement_timeout.as_millis(), self.settings.lock_timeout.as_millis());
        // The JIT compiler would take longer than any of our statements runs.
        let prepared = conn.batch_execute(&format!(
            "SET application_name = 'derslik'; SET jit = off; SET statement_timeout = {statement}; SET lock_timeout = {lock}; \
             SET idle_in_transaction_session_timeout = {}",
            statement * 2
        ));
        match prepared {
            Ok(()) => Ok(Link::new(conn, Some(talk))),
            Err(_) if talk.is_cut() => Err(ConnectError::TimedOut),
            Err(error) => Err(ConnectError::from(error).with(talk.take_code())),
        }
    }
}

/// The purpose of a connection to SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

#[derive(Debug, Clone)]
pub(crate) struct SqliteConnector {
    pub(crate) path: PathBuf,
    pub(crate) access: Access,
    pub(crate) settings: PoolSettings,
}

impl Connector for SqliteConnector {
    type Conn = SqliteConnection;

    fn connect(&self, _patience: Duration) -> Result<Link<SqliteConnection>, ConnectError> {
        derslik_sqlite_limit::install()?;
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            create_private_folder(folder).map_err(|error| ConnectError::Folder(folder.to_owned(), error))?;
        }
        create_private_file(&self.path);
        let mut conn = SqliteConnection::establish(&self.path.to_string_lossy())?;
        prepare_sqlite(&mut conn, self.access, self.settings)?;
        Ok(Link::new(conn, None))
    }
}

/// SQLite has no queue of writers: the process that asks most often gets the lock. Its own busy handler asks more and more
/// rarely, down to ten times a second, so a process beside a busy one would starve. Here a writer gives up soon, and the unit of
/// work tries again.
const WRITER_PAUSE_MILLIS: u32 = 3;

fn prepare_sqlite(conn: &mut SqliteConnection, access: Access, settings: PoolSettings) -> QueryResult<()> {
    let synchronous = if settings.sqlite_full_sync { "FULL" } else { "NORMAL" };
    conn.batch_execute(&format!("PRAGMA busy_timeout = {}; PRAGMA page_size = 8192", settings.lock_timeout.as_millis()))?;
    turn_on_write_ahead_log(conn, settings.lock_timeout)?;
    teach(conn)?;
    conn.batch_execute(&format!("PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY"))?;
    match access {
        Access::Read => conn.batch_execute("PRAGMA query_only = ON"),
        Access::Write => conn.batch_execute(&format!("PRAGMA busy_timeout = {WRITER_PAUSE_MILLIS}")),
    }
}

/// Turns on the write-ahead log. When two connections open a new file together, SQLite fails this statement at once, since
/// waiting would be a deadlock. So the wait is done here.
fn turn_on_write_ahead_log(conn: &mut SqliteConnection, patience: Duration) -> QueryResult<()> {
    const PAUSE: Duration = Duration::from_millis(5);
    let begin = Instant::now();
    loop {
        match conn.batch_execute("PRAGMA journal_mode = WAL") {
            Err(error) if is_locked(&error) && begin.elapsed() < patience => std::thread::sleep(PAUSE),
            result => return result,
        }
    }
}

/// Creates a folder that other users of the machine can't read.
fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Creates the file of a database with access for its owner only, unless the file exists. SQLite gives the files beside it the
/// same mode. If the file can't be created, SQLite reports that when it opens it.
fn create_private_file(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create_new(true).open(path).ok();
}

/// Connections that are kept between units of work. The queue in front of the pool lets in as many callers as the pool has room
/// for.
///
/// r2d2 keeps slots for connections, and the caller that holds a slot connects. That happens within the caller's own time limit,
/// and at once after a server has come back. r2d2 alone would connect on a thread of its own and wait longer after each failure.
pub(crate) struct Pool<C: Connector> {
    places: r2d2::Pool<Places<C>>,
    connector: C,
    connect_timeout: Duration,
    /// Counts broken connections. A connection that was made before the last break is not used again, since all connections to a
    /// server that restarts die together.
    breaks: AtomicU64,
}

/// A slot for one connection of a pool.
pub(crate) struct PlaceOf<C> {
    kept: Option<Kept<C>>,
}

struct Kept<C> {
    link: Link<C>,
    /// The count of broken connections when this one was made.
    breaks: u64,
}

/// Makes slots when r2d2 asks for them.
struct Places<C>(PhantomData<fn() -> C>);

impl<C: Connector> r2d2::ManageConnection for Places<C> {
    type Connection = PlaceOf<C::Conn>;
    type Error = Infallible;

    fn connect(&self) -> Result<Self::Connection, Infallible> {
        Ok(PlaceOf { kept: None })
    }

    fn is_valid(&self, _: &mut Self::Connection) -> Result<(), Infallible> {
        Ok(())
    }

    /// r2d2 drops a slot without a connection, and one whose unit of work panicked, which may have left a transaction open.
    fn has_broken(&self, place: &mut Self::Connection) -> bool {
        place.kept.is_none() || std::thread::panicking()
    }
}

/// How many more connections are tried after one that turned out to be dead.
pub(crate) const MORE_TRIES: u32 = 4;

impl<C: Connector> Pool<C> {
    /// A pool of up to `connections` connections. Each is made when it is first needed.
    pub(crate) fn new(connector: C, connections: u32, settings: PoolSettings) -> Arc<Self> {
        let places = r2d2::Pool::builder()
            .max_size(connections.max(1))
            .min_idle(Some(0))
            // A check would cost a round trip for every unit of work. A dead connection is replaced when a statement fails.
            .test_on_check_out(false)
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(Places(PhantomData));
        Arc::new(Self { places, connector, connect_timeout: settings.connect_timeout, breaks: AtomicU64::new(0) })
    }

    /// Runs `work` on a connection. The pool keeps it afterwards unless it is broken or `work` panicked.
    pub(crate) fn with<T>(&self, limit: &Limit, work: impl FnOnce(&mut Link<C::Conn>) -> T) -> Result<T, StoreError> {
        self.run(limit, |_| true, work)
    }

    /// As [`with`](Self::with), on a connection that the server has not closed, as far as this end has heard. A server that dies
    /// without a word, or closes the connection at this moment, is not noticed.
    pub(crate) fn with_open<T>(&self, limit: &Limit, work: impl FnOnce(&mut Link<C::Conn>) -> T) -> Result<T, StoreError> {
        self.run(limit, Link::is_open, work)
    }

    fn run<T>(
        &self,
        limit: &Limit,
        is_usable: impl FnOnce(&Link<C::Conn>) -> bool,
        work: impl FnOnce(&mut Link<C::Conn>) -> T,
    ) -> Result<T, StoreError> {
        let mut place = self.places.get_timeout(limit.left()).map_err(|_| StoreError::from(Reason::Crowded))?;
        let breaks = self.breaks.load(Ordering::Acquire);
        let kept = place.kept.take().filter(|kept| kept.breaks == breaks && is_usable(&kept.link));
        let mut kept = match kept {
            Some(kept) => kept,
            None => Kept { link: self.connector.connect(self.connect_timeout.min(limit.left()))?, breaks },
        };
        kept.link.limit(Some(limit.clone()));
        let output = work(&mut kept.link);
        if kept.link.broken {
            self.breaks.fetch_add(1, Ordering::AcqRel);
        } else {
            kept.link.limit(None);
            place.kept = Some(kept);
        }
        Ok(output)
    }

    #[cfg(test)]
    pub(crate) fn idle_count(&self) -> u32 {
        self.places.state().idle_connections
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_says_which_database() {
        assert_eq!("sqlite://data/derslik.sqlite".parse(), Ok(DatabaseUrl::Sqlite("data/derslik.sqlite".into())));
        for url in ["postgres://localhost/derslik", "postgresql://localhost/derslik"] {
            assert_eq!(url.parse(), Ok(DatabaseUrl::Postgres(url.to_owned())));
        }
    }

    #[test]
    fn any_other_scheme_is_refused_without_showing_a_password() {
        let refused = |url: &str| url.parse::<DatabaseUrl>().unwrap_err().to_string();
        assert_eq!(refused("mysql://u:secret@h/d"), "the database URL must begin with sqlite:// or postgres://, not with mysql://");
        assert!(!refused("host=h user=u password=secret").contains("secret"));
        for url in ["sqlite://", "sqlite://:memory:"] {
            assert_eq!(url.parse::<DatabaseUrl>(), Err(DatabaseUrlError::NoFile));
        }
    }

    #[test]
    fn a_printed_url_tells_neither_user_nor_password() {
        let url: DatabaseUrl = "postgres://user:p%40ss@db:5432/derslik?password=again".parse().unwrap();
        assert_eq!(format!("{url} {url:?}"), "postgres://db:5432/derslik postgres://db:5432/derslik");
        let url: DatabaseUrl = "postgres://db/derslik?user=me@srv&password=hunter2".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://db/derslik");
    }
}
