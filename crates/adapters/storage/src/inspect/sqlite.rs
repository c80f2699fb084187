//! Facts about an SQLite file. The connection has none of the settings of our pool, because some of them change the file.

use std::path::Path;
use std::time::{Duration, Instant};

use derslik_ports::outbound::{Clock, Reason};
use diesel::connection::{Connection, SimpleConnection};
use diesel::result::Error;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use tokio_util::sync::CancellationToken;

use super::content::{TextRow, read_content};
use super::{Fact, Integrity, SqliteFacts, Unread};
use crate::db::limit::Limit;
use crate::db::sqlite::reason_of;
use crate::file_sizes::log_bytes;
use crate::upgrade::unreadable;

/// How long a statement waits for a lock.
const LOCK_TIMEOUT: Duration = Duration::from_millis(500);

#[derive(QueryableByName)]
struct Mode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    quick_check: String,
}

pub(super) fn inspect(path: &Path, clock: &dyn Clock, limit: Duration) -> Fact<SqliteFacts> {
    derslik_sqlite_limit::install().map_err(|error| Unread::of(&error))?;
    let log_bytes = log_bytes(path);
    let mut conn = SqliteConnection::establish(&path.to_string_lossy()).map_err(|error| Unread::of(&error))?;
    let settings = format!("PRAGMA busy_timeout = {}; PRAGMA query_only = ON", LOCK_TIMEOUT.as_millis());
    conn.batch_execute(&settings).map_err(|error| Unread::of(&error))?;
    let statements = Limit { deadline: Instant::now() + limit, statement_timeout: limit, cancelled: CancellationToken::new() };
    Ok(statements.on_this_thread(|| {
        let version = sql_query("SELECT sqlite_version() AS text").get_result(&mut conn);
        let journal_mode = sql_query("PRAGMA journal_mode").get_result(&mut conn);
        let content = read_content(&mut conn, clock.now(), unreadable, |error| unread(&error));
        SqliteFacts {
            version: version.map(|row: TextRow| row.text).map_err(|error| unread(&error)),
            journal_mode: journal_mode.map(|row: Mode| row.journal_mode).map_err(|error| unread(&error)),
            log_bytes,
            // The last one, since it takes all the time that is left on a large file.
            integrity: integrity(&mut conn),
            content,
        }
    }))
}

fn unread(error: &Error) -> Unread {
    match reason_of(error) {
        Some(Reason::TimedOut) => Unread::new("no answer in time"),
        _ => Unread::of(error),
    }
}

fn integrity(conn: &mut SqliteConnection) -> Fact<Integrity> {
    let checked: Result<Vec<Line>, Error> = sql_query("PRAGMA quick_check(5)").load(conn);
    match checked {
        Ok(lines) => {
            let lines: Vec<_> = lines.into_iter().map(|line| line.quick_check.trim().to_owned()).collect();
            Ok(if lines == ["ok"] { Integrity::Whole } else { Integrity::Damaged(lines) })
        }
        Err(error) if reason_of(&error) == Some(Reason::TimedOut) => Ok(Integrity::NotFinished),
        Err(error) => Err(unread(&error)),
    }
}

#[cfg(test)]
mod tests {
    use derslik_ports::mocks::StoppedClock;
    use derslik_testkit::builders::now;

    use super::*;
    use crate::{DatabaseUrl, Inspection, SchemaState};

    #[test]
    fn facts_of_a_file_are_read_and_the_file_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        let url = DatabaseUrl::Sqlite(path.clone());
        assert!(matches!(url.inspect(&StoppedClock(now()), Duration::from_secs(60)), Ok(Inspection::NoFile)));
        assert!(!path.exists());
        url.migrate().unwrap();
        let before = std::fs::read(&path).unwrap();
        let facts = inspect(&path, &StoppedClock(now()), Duration::from_secs(60)).unwrap();
        assert_eq!((facts.journal_mode, facts.integrity), (Ok("wal".to_owned()), Ok(Integrity::Whole)));
        assert_eq!((facts.content.schema, facts.content.oldest_due), (Ok(SchemaState::Current), Ok(None)));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_check_that_takes_too_long_is_not_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        DatabaseUrl::Sqlite(path.clone()).migrate().unwrap();
        let mut conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
        // Many rows, so that a check asks at least once whether its time is over.
        conn.batch_execute(
            "CREATE TABLE numbers (n INTEGER PRIMARY KEY, text TEXT NOT NULL);
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 50000)
             INSERT INTO numbers SELECT n, 'a text of some length ' || n FROM n",
        )
        .unwrap();
        drop(conn);
        let facts = inspect(&path, &StoppedClock(now()), Duration::ZERO).unwrap();
        assert_ne!(facts.integrity, Ok(Integrity::Whole));
    }
}
