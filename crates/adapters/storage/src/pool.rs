//! Where connections come from and how a dead one is replaced.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, ConnectionError};

use crate::conn::Conn;
use crate::error::is_locked;
use crate::look_up::{AT_ONCE, KINDS};
use crate::text::teach;
use crate::url::check_postgres;

/// Which database, and where.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A PostgreSQL server, as `postgres://user:password@host:port/database`.
    Postgres(String),
    /// An SQLite file, as `sqlite://path`.
    Sqlite(PathBuf),
}

/// The text names no database that the service can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// The scheme is another.
    #[error("the database URL must begin with sqlite:// or postgres://, not with {0}")]
    Scheme(String),
    /// It has no scheme that could be shown: the text may hold a password.
    #[error("the database URL must begin with sqlite:// or postgres://")]
    NoScheme,
    /// A character ends a part of the URL too early, or an escape is not complete.
    #[error(
        "the user, the password, the host or the port in the database URL can't be read: special characters in them must be \
         percent-encoded, such as %40 for @, %2F for /, %3A for :, %3F for ?, %23 for # and %25 for %"
    )]
    Unescaped,
    /// A parameter is no pair.
    #[error("each parameter of the database URL must be a name, one = and a value")]
    Parameters,
    /// No file is named, or one that would be a database of its own for each connection.
    #[error("an SQLite URL must name a file: sqlite://path/to/file")]
    NoFile,
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(url: &str) -> Result<Self, DatabaseUrlError> {
        match url.split_once("://") {
            Some(("postgres" | "postgresql", rest)) => check_postgres(rest).map(|()| Self::Postgres(url.to_owned())),
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
    /// The URL without user, password and parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                // Parameters may hold a password, and an @ as well.
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

/// How connections are kept and bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// The most connections to PostgreSQL, or readers of SQLite (which has one writer besides).
    pub connections: u32,
    /// How long a unit of work waits for a connection. By default a client hears within 3 s of a table that somebody
    /// holds, since this and the wait for the lock add up.
    pub acquire_timeout: Duration,
    /// How long making a new connection may take.
    pub connect_timeout: Duration,
    /// How long a statement may run on PostgreSQL.
    pub statement_timeout: Duration,
    /// How long a statement may wait for a lock; on SQLite, how much longer a writer waits for those before it, of this
    /// process or another.
    pub lock_timeout: Duration,
    /// Whether a committed write of SQLite is on the disk before it is acknowledged, and so survives a power cut.
    pub sqlite_full_sync: bool,
}

impl PoolSettings {
    /// How many blocking threads units of work and look-ups may occupy at once.
    pub fn threads(self) -> usize {
        const WRITER_OF_SQLITE: u32 = 1;
        let threads = self.connections.max(1).saturating_add(WRITER_OF_SQLITE).saturating_add(KINDS * AT_ONCE);
        usize::try_from(threads).unwrap_or(usize::MAX)
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

/// A connection in a pool, and whether it is of any use.
#[derive(Debug)]
pub(crate) struct Link<C> {
    pub(crate) conn: C,
    pub(crate) broken: bool,
}

/// Why no connection could be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error(transparent)]
    Connect(#[from] ConnectionError),
    #[error(transparent)]
    Prepare(#[from] diesel::result::Error),
    #[error("cannot create the folder {}", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
}

/// What a connection to either database can do.
pub(crate) trait Database: Connection + Send + Sized + 'static {
    /// The connection as repositories take it.
    fn as_conn(&mut self) -> Conn<'_>;

    /// Runs `work` in a transaction that may write.
    fn write<T>(&mut self, work: impl FnOnce(&mut Self) -> QueryResult<T>) -> QueryResult<T>;

    /// Whether the server has not hung up, as far as it has told so far. Nothing is sent.
    fn is_open(&mut self) -> bool;
}

impl Database for PgConnection {
    fn as_conn(&mut self) -> Conn<'_> {
        Conn::Pg(self)
    }

    fn write<T>(&mut self, work: impl FnOnce(&mut Self) -> QueryResult<T>) -> QueryResult<T> {
        self.transaction(work)
    }

    fn is_open(&mut self) -> bool {
        // A first look reads what the server said before it hung up, a second finds that it did.
        let mut said = self.notifications_iter();
        (0..2).all(|_| !matches!(said.next(), Some(Err(_))))
    }
}

impl Database for SqliteConnection {
    fn as_conn(&mut self) -> Conn<'_> {
        Conn::Sqlite(self)
    }

    fn write<T>(&mut self, work: impl FnOnce(&mut Self) -> QueryResult<T>) -> QueryResult<T> {
        self.immediate_transaction(work)
    }

    fn is_open(&mut self) -> bool {
        true
    }
}

/// Makes connections for a pool.
pub(crate) trait Connector: Send + Sync + 'static {
    type Conn: Database;

    fn connect(&self) -> Result<Self::Conn, ConnectError>;
}

#[derive(Debug, Clone)]
pub(crate) struct PgConnector {
    pub(crate) url: String,
    pub(crate) settings: PoolSettings,
}

impl PgConnector {
    /// A connection without time limits, for migrations.
    pub(crate) fn connect_unbounded(&self) -> Result<PgConnection, ConnectError> {
        const CONNECT_TIMEOUT: &str = "connect_timeout";
        let mut url = self.url.clone();
        if !url.contains(CONNECT_TIMEOUT) {
            let separator = if url.contains('?') { '&' } else { '?' };
            url.push(separator);
            url.push_str(CONNECT_TIMEOUT);
            url.push_str("=3");
        }
        Ok(PgConnection::establish(&url)?)
    }
}

impl Connector for PgConnector {
    type Conn = PgConnection;

    fn connect(&self) -> Result<PgConnection, ConnectError> {
        let mut conn = self.connect_unbounded()?;
        let (statement, lock) = (self.settings.statement_timeout.as_millis(), self.settings.lock_timeout.as_millis());
        // Machine code for a statement takes longer to make than any of ours runs.
        conn.batch_execute(&format!(
            "SET application_name = 'derslik'; SET jit = off; SET statement_timeout = {statement}; SET lock_timeout = {lock}; \
             SET idle_in_transaction_session_timeout = {}",
            statement * 2
        ))?;
        Ok(conn)
    }
}

/// What a connection to SQLite is for.
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

    fn connect(&self) -> Result<SqliteConnection, ConnectError> {
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            create_private_folder(folder).map_err(|error| ConnectError::Folder(folder.to_owned(), error))?;
        }
        let mut conn = SqliteConnection::establish(&self.path.to_string_lossy())?;
        prepare_sqlite(&mut conn, self.access, self.settings)?;
        Ok(conn)
    }
}

/// Nobody queues for the file of SQLite: whoever asks often gets it, and its own way of asking more and more rarely, up to
/// ten times a second, starves a process beside a busy one. So a writer gives up at once and the unit of work asks again.
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

/// The one statement that SQLite gives up at once where two connections open a new file together: its own patience would
/// be a deadlock there.
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

/// Creates a folder that nobody else may look into.
fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// A [`Connector`] as r2d2 wants it.
#[derive(Debug)]
pub(crate) struct Manager<C>(pub(crate) C);

impl<C: Connector> r2d2::ManageConnection for Manager<C> {
    type Connection = Link<C::Conn>;
    type Error = ConnectError;

    fn connect(&self) -> Result<Self::Connection, ConnectError> {
        Ok(Link { conn: self.0.connect()?, broken: false })
    }

    fn is_valid(&self, link: &mut Self::Connection) -> Result<(), ConnectError> {
        Ok(link.conn.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, link: &mut Self::Connection) -> bool {
        // A unit of work that panicked may have left a transaction open.
        link.broken || std::thread::panicking()
    }
}

/// Tells of failed attempts to connect where the service tells everything else.
#[derive(Debug)]
pub(crate) struct LogErrors;

impl<E: fmt::Display> r2d2::HandleError<E> for LogErrors {
    fn handle_error(&self, error: E) {
        tracing::warn!(%error, "cannot connect to the database");
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
