//! Makes the connections of a pool to SQLite.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;

use super::failures::is_locked;
use crate::db::connect_error::ConnectError;
use crate::db::connector::{Connector, PooledConn};
use crate::db::settings::PoolSettings;
use crate::db::text::define_functions;

/// The purpose of a connection to SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Makes connections to a file.
#[derive(Debug, Clone)]
pub(crate) struct SqliteConnector {
    pub(crate) path: PathBuf,
    pub(crate) access: Access,
    pub(crate) settings: PoolSettings,
}

impl Connector for SqliteConnector {
    type Conn = SqliteConnection;

    fn connect(&self, _timeout: Duration) -> Result<PooledConn<SqliteConnection>, ConnectError> {
        derslik_sqlite_limit::install()?;
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            create_private_folder(folder).map_err(|error| ConnectError::Folder(folder.to_owned(), error))?;
        }
        create_private_file(&self.path);
        let mut conn = SqliteConnection::establish(&self.path.to_string_lossy())?;
        prepare_sqlite(&mut conn, self.access, self.settings)?;
        Ok(PooledConn::new(conn, None))
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
    define_functions(conn)?;
    conn.batch_execute(&format!("PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY"))?;
    match access {
        Access::Read => conn.batch_execute("PRAGMA query_only = ON"),
        Access::Write => conn.batch_execute(&format!("PRAGMA busy_timeout = {WRITER_PAUSE_MILLIS}")),
    }
}

/// Turns on the write-ahead log. When two connections open a new file together, SQLite fails this statement at once, since
/// waiting would be a deadlock. So the wait is done here.
fn turn_on_write_ahead_log(conn: &mut SqliteConnection, timeout: Duration) -> QueryResult<()> {
    const PAUSE: Duration = Duration::from_millis(5);
    let begin = Instant::now();
    loop {
        match conn.batch_execute("PRAGMA journal_mode = WAL") {
            Err(error) if is_locked(&error) && begin.elapsed() < timeout => std::thread::sleep(PAUSE),
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
