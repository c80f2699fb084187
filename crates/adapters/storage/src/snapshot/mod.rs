//! Backups: all rows of a database in one snapshot, as JSON that is the same for both databases, and the way back into an empty
//! database of either kind. This module knows no file and no archive: the caller takes the rows, and brings them again.
//!
//! | file | contents |
//! |---|---|
//! | `tables` | which tables a backup has |
//! | `columns` | the columns of a database, and the SQL between them and JSON |
//! | `canonical` | one text for one JSON value |
//! | `counters` | the highest ids that were ever given |
//! | `read` | reading all rows |
//! | `load` | writing rows into empty tables |
//! | `restore` | the steps of a restore, and the mark of one that was not finished |
//! | `endings` | the erasures and revocations that a restore must not undo |
//! | `people` | those of them about people: deletions, and rights |
//! | `apply` | ending them again |
//! | `account` | the rows of one account, and the way back into another one |
//!
//! A restore has these steps, each a call of [`DatabaseUrl`]: `begin_restore`, `load_snapshot`, `upgrade_restored`, `end_credentials`,
//! and `finish_restore`. Between the first and the last one the database has a mark, by which every program refuses it.

pub(crate) mod account;
mod apply;
mod canonical;
mod columns;
mod counters;
mod endings;
mod load;
mod people;
mod read;
mod restore;
pub mod tables;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{AccountRows, Reason, StoreError};
use diesel::connection::{Connection, SimpleConnection};
use diesel::result::{Error as DieselError, QueryResult};
use diesel::sqlite::SqliteConnection;
use serde::{Deserialize, Serialize};

use crate::db::conn::Conn;
use crate::db::connect_error::ConnectError;
use crate::db::connector::Connector;
use crate::db::migrations::MigrateError;
use crate::db::postgres::PgConnector;
use crate::db::settings::PoolSettings;
use crate::db::sqlite::{Access, SqliteConnector, reason_of};
use crate::db::url::DatabaseUrl;
use crate::upgrade::on_a_thread;

pub use account::AccountCollector;
pub use endings::{Ended, Endings, MissingErasure, PastErasure, RevokedAssertion};

/// What a sink of rows fails with.
pub type SinkError = Box<dyn Error + Send + Sync>;

/// Takes rows.
pub trait RowSink: Send {
    /// Takes one row: a JSON object in canonical form, without a line break. The rows of a table come one after another, in the order of
    /// the key of the table.
    ///
    /// # Errors
    /// Any error; the reading of rows ends with it.
    fn row(&mut self, table: &str, row: &str) -> Result<(), SinkError>;
}

/// Brings rows to a sink: those of the tables in the order in which they were read.
pub type Feed<'f> = dyn FnMut(&mut dyn RowSink) -> Result<(), SinkError> + Send + 'f;

/// The kind of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseKind {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

/// What has to be known of rows beside the rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The kind of the database that they are from.
    pub database: DatabaseKind,
    /// The version of the newest migration of that database.
    pub schema: String,
    /// The columns of each stored table, in the order of their names.
    pub columns: BTreeMap<String, Vec<String>>,
    /// For each table whose ids are never given again: the highest id that was ever given.
    pub counters: BTreeMap<String, i64>,
}

/// Why a snapshot could not be read or restored.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// No connection could be made.
    #[error("cannot connect to the database")]
    Connect(#[source] SinkError),
    /// The schema can't be used.
    #[error(transparent)]
    Schema(#[from] MigrateError),
    /// The backup was made by a newer version of the program.
    #[error("the backup has the schema {schema}, and this version of the program knows schemas up to {newest}: use a newer version")]
    Newer {
        /// The version of the newest migration of the backup.
        schema: String,
        /// The version of the newest migration of the program.
        newest: String,
    },
    /// The database that a backup should be restored into holds rows.
    #[error("the database is not empty: the table {table} holds rows, and a backup is restored into an empty database only")]
    NotEmpty {
        /// One of the tables with rows.
        table: String,
    },
    /// Another process changes the schema of the database. Nothing was changed.
    #[error("another restore or migration is running on this database")]
    Busy,
    /// There is no restore to go on with.
    #[error("no restore into this database was begun")]
    NotBegun,
    /// A table of the backup and the one in the database differ.
    #[error("the table {table} of the backup does not fit the database")]
    Misfit {
        /// The table.
        table: String,
    },
    /// A column is of a kind that a backup does not know.
    #[error("the column {column} of the table {table} is of the unknown type {kind}")]
    Column {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        kind: String,
    },
    /// A row is not JSON.
    #[error("a row of the table {table} can't be read")]
    Row {
        /// The table.
        table: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Rows were refused by the database.
    #[error("rows of the table {table} can't be written")]
    Load {
        /// The table.
        table: String,
        /// The failure of the database.
        source: SinkError,
    },
    /// The role may not read a sequence.
    #[error("the role may not read the sequence of the table {table}: grant it USAGE and SELECT on all sequences")]
    Sequence {
        /// The table.
        table: String,
    },
    /// A statement failed.
    #[error("the database refused a statement")]
    Statement(#[source] SinkError),
    /// The disk of an SQLite file has no space left.
    #[error("the disk of {} is full", .path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// What takes or brings the rows failed.
    #[error(transparent)]
    Sink(SinkError),
}

impl From<diesel::result::Error> for SnapshotError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Statement(Box::new(error))
    }
}

impl From<StoreError> for SnapshotError {
    fn from(error: StoreError) -> Self {
        Self::Statement(Box::new(error))
    }
}

impl From<ConnectError> for SnapshotError {
    fn from(error: ConnectError) -> Self {
        Self::Connect(Box::new(error))
    }
}

impl DatabaseUrl {
    /// Reads all rows in one snapshot, while others go on to write. The schema must be up to date, which the caller has checked. It blocks
    /// the thread.
    ///
    /// # Errors
    /// [`SnapshotError`], also for what the sink fails with.
    pub fn read_snapshot(&self, sink: &mut dyn RowSink) -> Result<Snapshot, SnapshotError> {
        on_database(self, Access::Read, |conn| in_snapshot(conn, |conn| described(conn, |conn| read::read_rows(conn, sink))))
    }

    /// Brings the rows of one account of this database to a sink, as a backup of a database with that account alone would have them. It
    /// blocks the thread.
    ///
    /// # Errors
    /// [`SnapshotError`], also for what the sink fails with.
    pub fn back_up_account(&self, rows: &AccountRows, sink: &mut dyn RowSink) -> Result<Snapshot, SnapshotError> {
        on_database(self, Access::Read, |conn| in_snapshot(conn, |conn| described(conn, |conn| account::write_backup(conn, rows, sink))))
    }

    /// What a snapshot of this database says beside its rows. It blocks the thread.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn describe_snapshot(&self) -> Result<Snapshot, SnapshotError> {
        on_database(self, Access::Read, |conn| in_snapshot(conn, |conn| described(conn, account::shape_of)))
    }

    /// The first step of a restore: gives an empty database the schema of the snapshot, and the mark of an unfinished restore. A database
    /// without any table is empty, and so is one that was only migrated. It blocks the thread.
    ///
    /// # Errors
    /// [`SnapshotError`]; then nothing was changed.
    pub fn begin_restore(&self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        on_database(self, Access::Write, |conn| restore::begin(conn, &snapshot.schema))
    }

    /// Writes the rows of the snapshot in one transaction, and returns how many there were. It blocks the thread.
    ///
    /// # Errors
    /// [`SnapshotError`]; then no row was written.
    pub fn load_snapshot(&self, snapshot: &Snapshot, feed: &mut Feed<'_>) -> Result<u64, SnapshotError> {
        on_database(self, Access::Write, |conn| restore::load(conn, snapshot, feed))
    }

    /// Brings the restored rows up to date: the migrations that the snapshot lacks, keys of texts by a new rule, and the tables that a
    /// backup leaves out. The search index is left to the workers. Returns the versions of the migrations. It blocks the thread.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn upgrade_restored(&self) -> Result<Vec<String>, SnapshotError> {
        on_database(self, Access::Write, restore::upgrade)
    }

    /// Takes the mark away: from now on the database is one like any other. It blocks the thread.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn finish_restore(&self) -> Result<(), SnapshotError> {
        on_database(self, Access::Write, restore::finish)
    }

    /// What has ended in this database, so that a restore of an older backup does not bring it back. It blocks the thread.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn read_endings(&self) -> Result<Endings, SnapshotError> {
        on_database(self, Access::Read, |conn| in_snapshot(conn, endings::read))
    }

    /// Ends in a restored database what has ended since its backup, or every credential if that is not known. It blocks the thread.
    ///
    /// # Errors
    /// [`SnapshotError`]; then nothing was changed.
    pub fn end_credentials(&self, endings: Option<&Endings>, at: Timestamp) -> Result<Ended, SnapshotError> {
        on_database(self, Access::Write, |conn| {
            in_write(conn, |conn| match endings {
                Some(endings) => apply::apply(conn, endings, at),
                None => apply::end_all(conn, at),
            })
        })
    }

    /// The erasures of the list that the restored database has not seen. `highest_job` is the counter of jobs of the snapshot. It blocks
    /// the thread.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn missing_erasures(&self, endings: &Endings, highest_job: i64) -> Result<Vec<MissingErasure>, SnapshotError> {
        on_database(self, Access::Read, |conn| in_snapshot(conn, |conn| endings::missing(conn, endings, highest_job)))
    }

    /// The people of the list who were erased, and are in the restored database all the same: the jobs of their erasures are not known
    /// any more. It blocks the thread.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn erased_people_still_here(&self, endings: &Endings) -> Result<Vec<MissingErasure>, SnapshotError> {
        on_database(self, Access::Read, |conn| in_snapshot(conn, |conn| endings::still_here(conn, endings)))
    }

    /// A text that is the same for all databases of one installation, and for no other. It blocks the thread.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn installation(&self) -> Result<String, SnapshotError> {
        on_database(self, Access::Read, endings::installation)
    }
}

/// Runs what reads rows, and says what has to be known of them.
fn described(mut conn: Conn<'_>, work: impl FnOnce(Conn<'_>) -> Result<read::Shape, SnapshotError>) -> Result<Snapshot, SnapshotError> {
    let database = match &conn {
        Conn::Pg(_) => DatabaseKind::Postgres,
        Conn::Sqlite(_) => DatabaseKind::Sqlite,
    };
    let schema = restore::newest_version(conn.reborrow())?;
    let read::Shape { columns, counters } = work(conn)?;
    Ok(Snapshot { database, schema, columns, counters })
}

/// Runs `work` on a connection without time limits: it reads or writes a whole database.
fn on_database<T: Send>(
    url: &DatabaseUrl,
    access: Access,
    work: impl FnOnce(Conn<'_>) -> Result<T, SnapshotError> + Send,
) -> Result<T, SnapshotError> {
    let settings = PoolSettings::default();
    match url {
        DatabaseUrl::Postgres(url) => {
            let connector = PgConnector::new(url, settings)?;
            on_a_thread(|| {
                let mut conn = connector.connect_unbounded()?;
                conn.batch_execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET jit = off")?;
                work(Conn::Pg(&mut conn))
            })
        }
        DatabaseUrl::Sqlite(path) => {
            let connector = SqliteConnector { path: path.clone(), access, settings };
            let run = || -> Result<T, SnapshotError> {
                let mut conn = connector.connect(settings.connect_timeout)?.conn;
                conn.batch_execute("PRAGMA busy_timeout = 60000")?;
                work(Conn::Sqlite(&mut conn))
            };
            run().map_err(|error| if is_disk_full(&error) { SnapshotError::DiskFull { path: path.clone() } } else { error })
        }
    }
}

/// Runs `work` in a transaction that sees one state of the database.
fn in_snapshot<T>(conn: Conn<'_>, work: impl FnOnce(Conn<'_>) -> Result<T, SnapshotError>) -> Result<T, SnapshotError> {
    match conn {
        Conn::Pg(conn) => conn.transaction(|conn| {
            conn.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
            work(Conn::Pg(conn))
        }),
        Conn::Sqlite(conn) => conn.transaction(|conn| work(Conn::Sqlite(conn))),
    }
}

/// Runs `work` in a transaction that may write.
fn in_write<T>(conn: Conn<'_>, work: impl FnOnce(Conn<'_>) -> Result<T, SnapshotError>) -> Result<T, SnapshotError> {
    match conn {
        Conn::Pg(conn) => conn.transaction(|conn| work(Conn::Pg(conn))),
        Conn::Sqlite(conn) => immediate(conn, |conn| work(Conn::Sqlite(conn))),
    }
}

/// Runs `work` in a transaction of SQLite, and fails with its first failure. SQLite itself ends a transaction when the disk is full, so
/// the rollback fails as well, and Diesel would return the failure of the rollback alone.
fn immediate<T>(
    conn: &mut SqliteConnection,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, SnapshotError>,
) -> Result<T, SnapshotError> {
    let mut first = None;
    let done: QueryResult<T> = conn.immediate_transaction(|conn| {
        work(conn).map_err(|error| {
            first = Some(error);
            DieselError::RollbackTransaction
        })
    });
    done.map_err(|error| match (first, error) {
        (Some(first), _) => first,
        (None, DieselError::RollbackErrorOnCommit { commit_error, .. }) => (*commit_error).into(),
        (None, error) => error.into(),
    })
}

/// Whether SQLite failed since its disk is full.
fn is_disk_full(error: &SnapshotError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<DieselError>().and_then(reason_of) == Some(Reason::DiskFull) {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use diesel::RunQueryDsl;

    use super::*;

    #[test]
    fn a_full_disk_is_told_although_the_rollback_fails_too() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.batch_execute("CREATE TABLE t (content blob); PRAGMA max_page_count = 10").unwrap();
        let filled = in_write(Conn::Sqlite(&mut conn), |conn| {
            let Conn::Sqlite(conn) = conn else { return Err(SnapshotError::NotBegun) };
            Ok(diesel::sql_query("INSERT INTO t VALUES (randomblob(1000000))").execute(conn)?)
        });
        let error = filled.unwrap_err();
        assert!(is_disk_full(&error), "{error:?}");
        // Also where the rows come from a sink of another crate.
        assert!(is_disk_full(&SnapshotError::Sink(Box::new(error))));
        assert!(!is_disk_full(&SnapshotError::NotBegun));
    }
}
