//! Looks at a database on a thread and a connection of its own. So a look does not wait for units of work that hold all connections of
//! the pool: such a process is busy, and still ready. What decides readiness is read first, and from the table of migrations alone. Jobs
//! are read by a second query, which may fail: a migration may have locked their table.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Clock, DatabaseFacts, DatabaseProbe, FirstDue, Reason, SchemaFit, StoreError};
use diesel::connection::{Connection, SimpleConnection};
use diesel::result::{OptionalExtension, QueryResult};
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use rustix::fs::statvfs;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::clock::ClockDifference;
use crate::db::connect_error::ConnectError;
use crate::db::connector::{Connector, PooledConn};
use crate::db::error::Failure;
use crate::db::limit::Limit;
use crate::db::migrations::UNFINISHED_RESTORE;
use crate::db::postgres::{PgConnection, PgConnector, PgControl};
use crate::db::schema_versions::Inspect;
use crate::db::settings::PoolSettings;
use crate::db::types::{DbInstant, Instant as SqlInstant};
use crate::db::url::DatabaseUrl;
use crate::job::Conditions;

/// How long a look may take in all.
const LIMIT: Duration = Duration::from_millis(800);

/// How long a look waits for a lock. Only the jobs can be locked for long, and readiness does not wait for them.
const LOCK_LIMIT: Duration = Duration::from_millis(200);

/// The applied migrations, and the clock of the server.
const ON_SERVER: &str = "
    SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros,
        (SELECT string_agg(version, ',') FROM __diesel_schema_migrations) AS versions";

const IN_FILE: &str = "SELECT NULL AS micros, (SELECT group_concat(version, ',') FROM __diesel_schema_migrations) AS versions";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<BigInt>)]
    micros: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    versions: Option<String>,
}

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = SqlInstant)]
    due_at: DbInstant,
}

type Answer = Result<DatabaseFacts, StoreError>;

/// What a look is asked: the accounts whose jobs are left out, and where the answer goes.
type Question = (Vec<AccountId>, oneshot::Sender<Answer>);

/// Looks at one database. Its thread ends together with it.
#[derive(Debug)]
pub struct DieselProbe {
    questions: Sender<Question>,
}

impl DieselProbe {
    /// A probe of the database at that URL, whose clock is compared with `clock`. It connects when it is first used.
    ///
    /// # Errors
    /// If no thread can be started, or the URL can't be used.
    pub fn start(url: &DatabaseUrl, settings: PoolSettings, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let (questions, asked) = channel();
        let thread = Builder::new().name("probe".to_owned());
        match url {
            DatabaseUrl::Postgres(url) => {
                // The server ends what the look does not wait for any more.
                let settings = PoolSettings { statement_timeout: LIMIT, lock_timeout: LOCK_LIMIT, ..settings };
                let connector = PgConnector::new(url, settings).map_err(io::Error::other)?;
                let known = PgConnection::known_versions().map_err(io::Error::other)?;
                let mut server = OnServer { connector, known, clock, kept: None };
                thread.spawn(move || answer(&asked, |left_out| server.look(left_out)))?;
            }
            DatabaseUrl::Sqlite(path) => {
                let known = SqliteConnection::known_versions().map_err(io::Error::other)?;
                let file = InFile { path: path.clone(), known };
                thread.spawn(move || answer(&asked, |left_out| file.look(left_out)))?;
            }
        }
        Ok(Self { questions })
    }
}

#[async_trait]
impl DatabaseProbe for DieselProbe {
    async fn probe(&self, left_out: Vec<AccountId>) -> Answer {
        let (sender, answer) = oneshot::channel();
        // Both failures mean that the thread has panicked.
        self.questions.send((left_out, sender)).map_err(|_| StoreError::from(Reason::Unreachable))?;
        answer.await.unwrap_or_else(|_| Err(Reason::Unreachable.into()))
    }
}

/// Answers questions until the probe is dropped.
fn answer(questions: &Receiver<Question>, mut look: impl FnMut(&[AccountId]) -> Answer) {
    for (left_out, asked) in questions {
        // The caller may have left.
        asked.send(look(&left_out)).ok();
    }
}

/// A look at a server.
struct OnServer {
    connector: PgConnector,
    known: BTreeSet<String>,
    clock: Arc<dyn Clock>,
    /// The connection of the last look, if that went well.
    kept: Option<PooledConn<PgConnection>>,
}

impl OnServer {
    fn look(&mut self, left_out: &[AccountId]) -> Answer {
        let limit = limit();
        if let Some(conn) = self.kept.take() {
            match self.ask(conn, &limit, left_out) {
                // The server was restarted since the last look, or has closed the connection. It may answer on another one.
                Err(failure) if failure.is_lost() && !limit.left().is_zero() => {}
                answer => return Ok(answer?),
            }
        }
        let conn = self.connector.connect(limit.left())?;
        Ok(self.ask(conn, &limit, left_out)?)
    }

    fn ask(&mut self, mut conn: PooledConn<PgConnection>, limit: &Limit, left_out: &[AccountId]) -> Result<DatabaseFacts, Failure> {
        conn.limit(Some(limit.clone()));
        let before = self.clock.now();
        let read = sql_query(ON_SERVER).get_result::<Row>(&mut conn.conn);
        let after = self.clock.now();
        let row = read.map_err(|error| Failure::new(error, conn.control.as_deref()))?;
        let query = first_due_apart_from(&Conditions::POSTGRES, left_out);
        let read = sql_query(query).get_result::<DueRow>(&mut conn.conn).optional();
        let first_due = first_due(read, conn.control.as_deref())?;
        if !conn.is_cut() {
            conn.limit(None);
            self.kept = Some(conn);
        }
        let difference = |micros| ClockDifference::new(before, Timestamp::from_micros(micros), after).by;
        Ok(DatabaseFacts { clock_difference: row.micros.map(difference), ..facts(&row, first_due, &self.known) })
    }
}

/// A look at a file. Each opens the file anew: a connection that is kept would not notice that the file was moved away.
struct InFile {
    path: PathBuf,
    known: BTreeSet<String>,
}

impl InFile {
    fn look(&self, left_out: &[AccountId]) -> Answer {
        derslik_sqlite_limit::install().map_err(ConnectError::from)?;
        // SQLite would create a file that is missing.
        if !self.path.exists() {
            return Err(Reason::Unreachable.into());
        }
        let mut conn = SqliteConnection::establish(&self.path.to_string_lossy()).map_err(ConnectError::from)?;
        let settings = format!("PRAGMA busy_timeout = {}; PRAGMA query_only = ON", LIMIT.as_millis());
        let (row, first_due) = limit().on_this_thread(|| {
            let read = conn.batch_execute(&settings).and_then(|()| sql_query(IN_FILE).get_result::<Row>(&mut conn));
            let row = read.map_err(|error| Failure::new(error, None))?;
            let read = sql_query(first_due_apart_from(&Conditions::SQLITE, left_out)).get_result::<DueRow>(&mut conn).optional();
            Ok::<_, Failure>((row, first_due(read, None)?))
        })?;
        Ok(DatabaseFacts { free_bytes: free_bytes(&self.path), ..facts(&row, first_due, &self.known) })
    }
}

fn limit() -> Limit {
    Limit { deadline: Instant::now() + LIMIT, statement_timeout: LIMIT, cancelled: CancellationToken::new() }
}

/// The statement that finds the first job in time, which stands at the start of an index. On SQLite the index has the accounts as well, so
/// jobs that are left out cost no look at the table. On PostgreSQL running jobs may stand before the first waiting one.
fn first_due_apart_from(jobs: &Conditions, left_out: &[AccountId]) -> String {
    let ids: Vec<_> = left_out.iter().map(|account| account.get().to_string()).collect();
    let others = if ids.is_empty() { String::new() } else { format!(" AND account_id NOT IN ({})", ids.join(", ")) };
    format!("SELECT due_at FROM jobs WHERE {}{others} ORDER BY due_at LIMIT 1", jobs.in_any_account)
}

/// The first job in time. A failure that may pass leaves it open, such as a lock on the table of jobs.
fn first_due(read: QueryResult<Option<DueRow>>, control: Option<&PgControl>) -> Result<FirstDue, Failure> {
    match read.map_err(|error| Failure::new(error, control)) {
        Ok(Some(row)) => Ok(FirstDue::At(row.due_at.0)),
        Ok(None) => Ok(FirstDue::NoJob),
        Err(failure) if failure.is_permanent() => Err(failure),
        Err(_) => Ok(FirstDue::Unread),
    }
}

/// What was read, without what only one of the databases has.
fn facts(row: &Row, first_due: FirstDue, known: &BTreeSet<String>) -> DatabaseFacts {
    let versions = row.versions.as_deref().unwrap_or_default();
    let applied: BTreeSet<_> = versions.split(',').filter(|version| !version.is_empty()).collect();
    // A database whose restore is not finished lacks rows. Its mark must not look like the migration of a newer program.
    let unfinished = usize::from(applied.contains(UNFINISHED_RESTORE));
    let missing = known.iter().filter(|version| !applied.contains(version.as_str())).count() + unfinished;
    let unknown = applied.iter().filter(|version| !known.contains(**version)).count();
    DatabaseFacts { schema: SchemaFit { missing, unknown }, clock_difference: None, first_due, free_bytes: None }
}

/// The bytes that a process without special rights may still write beside that file.
fn free_bytes(file: &Path) -> Option<u64> {
    statvfs(file).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use derslik_ports::mocks::StoppedClock;
    use derslik_testkit::builders::now;

    use super::*;

    fn probe(path: &Path) -> DieselProbe {
        DieselProbe::start(&DatabaseUrl::Sqlite(path.to_owned()), PoolSettings::default(), Arc::new(StoppedClock(now()))).unwrap()
    }

    fn execute(path: &Path, statements: &str) {
        SqliteConnection::establish(&path.to_string_lossy()).unwrap().batch_execute(statements).unwrap();
    }

    #[tokio::test]
    async fn a_file_is_looked_at_and_not_created() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        let probe = probe(&path);
        let missing = probe.probe(Vec::new()).await.unwrap_err();
        assert_eq!(missing.unavailable(), Some(Reason::Unreachable));
        assert!(!path.exists());
        DatabaseUrl::Sqlite(path.clone()).migrate().unwrap();
        let facts = probe.probe(Vec::new()).await.unwrap();
        assert_eq!((facts.schema, facts.clock_difference, facts.first_due), (SchemaFit::default(), None, FirstDue::NoJob));
        assert!(facts.free_bytes.is_some());
        std::fs::rename(&path, folder.path().join("elsewhere.sqlite")).unwrap();
        assert!(probe.probe(Vec::new()).await.unwrap_err().unavailable().is_some());
    }

    #[tokio::test]
    async fn migrations_that_are_missing_or_unknown_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        DatabaseUrl::Sqlite(path.clone()).migrate().unwrap();
        let probe = probe(&path);
        execute(&path, "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000001'), ('99990101000002')");
        assert_eq!(probe.probe(Vec::new()).await.unwrap().schema, SchemaFit { missing: 0, unknown: 2 });
        execute(&path, "INSERT INTO __diesel_schema_migrations (version) VALUES ('restore_unfinished')");
        assert_eq!(probe.probe(Vec::new()).await.unwrap().schema, SchemaFit { missing: 1, unknown: 3 });
        execute(&path, "DELETE FROM __diesel_schema_migrations");
        let fit = probe.probe(Vec::new()).await.unwrap().schema;
        assert!(fit.missing > 0 && fit.unknown == 0, "{fit:?}");
    }

    #[tokio::test]
    async fn the_first_job_in_time_of_accounts_that_are_not_left_out_is_found_and_a_table_that_is_gone_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        DatabaseUrl::Sqlite(path.clone()).migrate().unwrap();
        let probe = probe(&path);
        for (account, due) in [(1, "2026-03-07T10:00:00.000000Z"), (2, "2026-03-07T09:00:00.000000Z")] {
            let job = format!(
                "INSERT INTO jobs (account_id, project_id, action, reference, reference_digest, priority, status, start_at, due_at, attempts,
                     failures, created_at, updated_at)
                 VALUES ({account}, 0, 'prune', 'jobs', randomblob(32), 90, 'scheduled', '{due}', '{due}', 0, '[]', '{due}', '{due}')"
            );
            execute(&path, &job);
        }
        for (left_out, first) in [
            (vec![], FirstDue::At("2026-03-07T09:00:00Z".parse().unwrap())),
            (vec![2], FirstDue::At("2026-03-07T10:00:00Z".parse().unwrap())),
            (vec![2, 1], FirstDue::NoJob),
        ] {
            let left_out = left_out.into_iter().map(AccountId::new).collect();
            assert_eq!(probe.probe(left_out).await.unwrap().first_due, first);
        }
        execute(&path, "DROP TABLE jobs");
        assert_eq!(probe.probe(Vec::new()).await.unwrap_err().unavailable(), None);
    }

    #[tokio::test]
    async fn a_database_without_tables_of_ours_is_not_taken_for_an_outage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        execute(&path, "CREATE TABLE other (n INTEGER)");
        let error = probe(&path).probe(Vec::new()).await.unwrap_err();
        assert_eq!(error.unavailable(), None, "{error:?}");
    }
}
