//! The file of a service on SQLite: its rows, read and written without the service. This module must not know the loads.
//!
//! Its calls block their thread. A load calls them between measurements, or measures them on a single connection.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use diesel::connection::{Connection as _, SimpleConnection};
use diesel::dsl::{count_star, sql};
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel::{QueryDsl, RunQueryDsl};
use uuid::Uuid;

use crate::http::Connection;
use crate::process::Service;
use crate::rows::{BatchRequest, Columns, sessions};

/// How many copies one transaction makes.
const COPIES_AT_A_TIME: u32 = 50_000;

/// Copies of the first session, with GUIDs that grow as those of the service do. `{first}` and `{last}` are their numbers.
const COPY: &str = "WITH RECURSIVE n (i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) \
     INSERT INTO sessions (account_id, guid, name, name_key, description, description_key, tags, tags_key, start_at, start_civil, \
     timezone, duration_minutes, lang, status, replay_status, options, allow_recording, inaccessible_replay, created_by, updated_by, \
     created_at, updated_at) SELECT s.account_id, \
     unhex(printf('%012x7%03x8%015x', 1735689600000 + i, abs(random()) % 4096, abs(random()) % 1152921504606846976)), \
     s.name, s.name_key, s.description, s.description_key, s.tags, s.tags_key, s.start_at, s.start_civil, s.timezone, \
     s.duration_minutes, s.lang, s.status, s.replay_status, s.options, s.allow_recording, s.inaccessible_replay, s.created_by, \
     s.updated_by, s.created_at, s.updated_at FROM n, (SELECT * FROM sessions ORDER BY rowid LIMIT 1) s";

/// A row without the columns that differ in each run.
const ROW: &str = "json_array(account_id, substr(name, 1, length(name) - 12), substr(name_key, 1, length(name_key) - 12), description, \
     description_key, tags, tags_key, start_at, start_civil, timezone, duration_minutes, lang, status, replay_status, options, \
     allow_recording, inaccessible_replay, created_by, updated_by, length(guid), created_at = updated_at)";

/// The file of a service.
pub(crate) struct SessionsFile {
    conn: SqliteConnection,
}

impl SessionsFile {
    /// Opens the file of a service that has run before. A commit waits for the disk, as with the service.
    ///
    /// # Errors
    /// When there is no such file.
    pub(crate) fn open(service: &Service) -> Result<Self> {
        let path = Self::path(service);
        ensure!(path.exists(), "the service has made no file");
        let mut conn = SqliteConnection::establish(path.to_str().context("the folder has a name that is not text")?)?;
        conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")?;
        Ok(Self { conn })
    }

    /// The path of the file.
    pub(crate) fn path(service: &Service) -> PathBuf {
        service.folder.join("data/derslik.sqlite")
    }

    /// Inserts rows in a transaction.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) fn insert(&mut self, columns: &Columns) -> Result<()> {
        Ok(self.conn.immediate_transaction(|conn| columns.insert_into_sqlite(conn))?)
    }

    /// Adds copies of the only session until there are that many.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) fn copy_up_to(&mut self, sessions: u32) -> Result<()> {
        self.conn.batch_execute("PRAGMA synchronous = OFF")?;
        let mut first = 1;
        while first < sessions {
            let last = sessions.saturating_sub(1).min(first + COPIES_AT_A_TIME - 1);
            let copy = COPY.replace("{first}", &first.to_string()).replace("{last}", &last.to_string());
            self.conn.batch_execute(&copy)?;
            first = last + 1;
        }
        self.conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA synchronous = FULL")?;
        Ok(())
    }

    /// The number of sessions.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) fn count(&mut self) -> Result<u64> {
        let count: i64 = sessions::table.select(count_star()).get_result(&mut self.conn)?;
        Ok(count.try_into()?)
    }

    /// The GUIDs of all sessions.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) fn guids(&mut self) -> Result<Vec<Uuid>> {
        let guids: Vec<Vec<u8>> = sessions::table.select(sessions::guid).load(&mut self.conn)?;
        guids.iter().map(|guid| Ok(Uuid::from_slice(guid)?)).collect()
    }

    /// The rows as JSON, in the order of their names, without the columns that differ in each run.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) fn rows(&mut self) -> Result<Vec<String>> {
        Ok(sessions::table.select(sql::<Text>(ROW)).order(sessions::name).load(&mut self.conn)?)
    }

    /// Removes all rows.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) fn empty(&mut self) -> Result<()> {
        for table in ["change_log", "session_index", "session_ends", "session_creators", "sessions"] {
            self.conn.batch_execute(&format!("DELETE FROM {table}"))?;
        }
        Ok(())
    }
}

/// Lets the service make its file and write that many sessions, and then stops it.
///
/// # Errors
/// When the service does not start or refuses the sessions.
pub(crate) async fn written_by(service: &Service, sessions: usize) -> Result<SessionsFile> {
    let started = service.start().await?;
    let mut connection = Connection::open(started.server.address()).await?;
    connection.exchange(BatchRequest::new(sessions)?.numbered(0)).await?.expect(200)?;
    drop(started);
    SessionsFile::open(service)
}
