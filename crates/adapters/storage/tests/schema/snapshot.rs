//! Tests that all rows of a database come back from a backup, on both databases and from one to the other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use derslik_storage::snapshot::{RevokedAssertion, RowSink, SinkError, Snapshot, SnapshotError};
use derslik_storage::{DatabaseUrl, MigrateError, SchemaState};
use derslik_testkit::builders::now;
use derslik_testkit::postgres::TestDatabase;
use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;
use serde_json::Value;
use tempfile::TempDir;

use super::{dump, empty_postgres, empty_sqlite, rows};

/// The rows of a database, each with its table.
type Rows = Vec<(String, String)>;

#[derive(Default)]
struct Read(Rows);

impl RowSink for Read {
    fn row(&mut self, table: &str, row: &str) -> Result<(), SinkError> {
        self.0.push((table.to_owned(), row.to_owned()));
        Ok(())
    }
}

/// What keeps a database until the test ends.
enum Place {
    File { _folder: TempDir },
    Server { _database: TestDatabase },
}

fn new_sqlite() -> (DatabaseUrl, Place) {
    let (folder, url, _) = empty_sqlite();
    (url, Place::File { _folder: folder })
}

fn new_postgres() -> (DatabaseUrl, Place) {
    let database = empty_postgres();
    let url = database.url().parse().unwrap();
    (url, Place::Server { _database: database })
}

const DATABASES: [fn() -> (DatabaseUrl, Place); 2] = [new_sqlite, new_postgres];

fn execute(url: &DatabaseUrl, statements: &str) {
    match url {
        DatabaseUrl::Postgres(url) => PgConnection::establish(url).unwrap().batch_execute(statements).unwrap(),
        DatabaseUrl::Sqlite(path) => SqliteConnection::establish(path.to_str().unwrap()).unwrap().batch_execute(statements).unwrap(),
    }
}

fn read(url: &DatabaseUrl) -> (Snapshot, Rows) {
    let mut read = Read::default();
    let snapshot = url.read_snapshot(&mut read).unwrap();
    (snapshot, read.0)
}

/// Feeds rows to a database whose restore was begun.
fn load(url: &DatabaseUrl, snapshot: &Snapshot, rows: &Rows) -> Result<u64, SnapshotError> {
    url.load_snapshot(snapshot, &mut |sink| rows.iter().try_for_each(|(table, row)| sink.row(table, row)))
}

fn restore(url: &DatabaseUrl, snapshot: &Snapshot, rows: &Rows) {
    url.begin_restore(snapshot).unwrap();
    assert_eq!(load(url, snapshot, rows).unwrap(), u64::try_from(rows.len()).unwrap());
}

/// The schema of this program: the columns, and that no id was given.
fn current() -> Snapshot {
    let (url, _place) = new_sqlite();
    url.migrate().unwrap();
    read(&url).0
}

/// The rows by hand, for tables and columns that a snapshot has.
fn rows_for(snapshot: &Snapshot) -> Rows {
    let mut found = Vec::new();
    for (table, rows) in rows::all() {
        let Some(columns) = snapshot.columns.get(table) else { continue };
        for mut row in rows {
            row.as_object_mut().unwrap().retain(|name, _| columns.contains(name));
            found.push((table.to_owned(), row.to_string()));
        }
    }
    found
}

#[test]
fn the_rows_by_hand_fill_every_column_of_every_stored_table() {
    let snapshot = current();
    let mut filled: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (table, rows) in rows::all() {
        for row in rows {
            let with_value = row.as_object().unwrap().iter().filter(|(_, value)| **value != Value::Null);
            filled.entry(table.to_owned()).or_default().extend(with_value.map(|(name, _)| name.clone()));
        }
    }
    let expected: BTreeMap<_, BTreeSet<_>> =
        snapshot.columns.into_iter().map(|(table, columns)| (table, columns.into_iter().collect())).collect();
    assert_eq!(filled, expected, "a new column needs a value in schema/rows.rs");
}

#[test]
fn all_rows_come_back_from_either_database_to_either_one() {
    let counters = [("admins", 3), ("audit_records", 900), ("credentials", 77), ("jobs", 41), ("projects", 1_000), ("token_grants", 12)];
    let counters = BTreeMap::from(counters);
    let first = Snapshot { counters: counters.into_iter().map(|(name, id)| (name.to_owned(), id)).collect(), ..current() };
    let by_hand = rows_for(&first);
    for from in DATABASES {
        let (url, _place) = from();
        restore(&url, &first, &by_hand);
        let (snapshot, found) = read(&url);
        assert_eq!(found, by_hand);
        assert_eq!((&snapshot.counters, &snapshot.columns, &snapshot.schema), (&first.counters, &first.columns, &first.schema));
        for to in DATABASES {
            let (url, _place) = to();
            restore(&url, &snapshot, &found);
            let (again, rows) = read(&url);
            assert_eq!((rows, again.counters), (found.clone(), snapshot.counters.clone()));
        }
    }
}

#[test]
fn what_the_program_wrote_itself_comes_back_and_is_searched_again() {
    let (_folder, url, path) = empty_sqlite();
    url.migrate().unwrap();
    dump::fill(Path::new(&path));
    let (snapshot, found) = read(&url);
    let of_sessions = found.iter().filter(|(table, _)| table == "sessions").count();
    assert!(of_sessions > 0, "{found:?}");
    for to in DATABASES {
        let (url, _place) = to();
        restore(&url, &snapshot, &found);
        assert_eq!(read(&url).1, found);
        url.upgrade_restored().unwrap();
        url.finish_restore().unwrap();
        // Each session waits for the search index, and the creators of all are known.
        let sessions = number(&url, "SELECT count(*) FROM sessions");
        assert_eq!(number(&url, "SELECT count(*) FROM session_creators"), sessions);
        assert_eq!(number(&url, "SELECT count(*) FROM change_log WHERE pending = 1"), 1);
        assert_eq!(url.schema_state().unwrap(), SchemaState::Current);
    }
}

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}

fn number(url: &DatabaseUrl, query: &str) -> i64 {
    use diesel::{RunQueryDsl, sql_query};
    let query = sql_query(format!("SELECT CAST(({query}) AS bigint) AS number"));
    let found: Number = match url {
        DatabaseUrl::Postgres(url) => query.get_result(&mut PgConnection::establish(url).unwrap()).unwrap(),
        DatabaseUrl::Sqlite(path) => query.get_result(&mut SqliteConnection::establish(path.to_str().unwrap()).unwrap()).unwrap(),
    };
    found.number
}

#[test]
fn an_unfinished_restore_is_refused_by_every_use_of_the_database() {
    let snapshot = current();
    for open in DATABASES {
        let (url, _place) = open();
        url.begin_restore(&snapshot).unwrap();
        assert!(matches!(url.schema_state(), Err(MigrateError::UnfinishedRestore)));
        assert!(matches!(url.migrate(), Err(MigrateError::UnfinishedRestore)));
        assert!(matches!(url.begin_restore(&snapshot), Err(SnapshotError::Schema(MigrateError::UnfinishedRestore))));
        // A feed that breaks leaves no row behind.
        let broken = url.load_snapshot(&snapshot, &mut |sink| {
            let (table, row) = rows_for(&snapshot).swap_remove(0);
            sink.row(&table, &row)?;
            Err("the disk is gone".into())
        });
        assert!(matches!(&broken, Err(SnapshotError::Sink(error)) if error.to_string() == "the disk is gone"), "{broken:?}");
        assert!(read(&url).1.is_empty());
        load(&url, &snapshot, &rows_for(&snapshot)).unwrap();
        url.upgrade_restored().unwrap();
        assert!(matches!(url.schema_state(), Err(MigrateError::UnfinishedRestore)));
        url.finish_restore().unwrap();
        assert_eq!(url.schema_state().unwrap(), SchemaState::Current);
        assert!(matches!(url.finish_restore(), Err(SnapshotError::NotBegun)));
    }
}

#[test]
fn only_an_empty_database_is_restored_into() {
    let snapshot = current();
    for open in DATABASES {
        let (url, _place) = open();
        url.migrate().unwrap();
        execute(
            &url,
            "INSERT INTO admins (name, name_key, role, password_hash, created_at) VALUES ('a', 'a', 'viewer', 'h', '2026-11-30T00:00:00.000000Z')",
        );
        let refused = url.begin_restore(&snapshot);
        assert!(matches!(&refused, Err(SnapshotError::NotEmpty { table }) if table == "admins"), "{refused:?}");
        execute(&url, "DELETE FROM admins");
        restore(&url, &snapshot, &rows_for(&snapshot));

        let (url, _place) = open();
        execute(&url, "CREATE TABLE theirs (id integer)");
        assert!(matches!(url.begin_restore(&snapshot), Err(SnapshotError::Schema(MigrateError::Foreign { .. }))));
        assert!(matches!(load(&url, &snapshot, &Vec::new()), Err(SnapshotError::NotBegun)));
    }
}

/// The key of the advisory lock of migrations.
const LOCK: i64 = 0x6465_7273_6c69_6b01;

#[test]
fn a_restore_beside_another_one_or_a_migration_says_so() {
    let snapshot = current();
    let (url, _place) = new_postgres();
    let DatabaseUrl::Postgres(server) = &url else { panic!("{url:?}") };
    let mut other = PgConnection::establish(server).unwrap();
    other.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).unwrap();
    let refused = url.begin_restore(&snapshot).unwrap_err();
    assert_eq!(refused.to_string(), "another restore or migration is running on this database");
    other.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK})")).unwrap();
    restore(&url, &snapshot, &rows_for(&snapshot));

    // Another one is refused in the same way while the rows are written.
    let (url, _place) = new_postgres();
    url.begin_restore(&snapshot).unwrap();
    let loaded = url.load_snapshot(&snapshot, &mut |_| {
        assert!(matches!(url.begin_restore(&snapshot), Err(SnapshotError::Busy)));
        Ok(())
    });
    assert_eq!(loaded.unwrap(), 0);
}

#[test]
fn a_backup_of_an_older_schema_is_migrated_and_one_of_a_newer_schema_is_refused() {
    let current = current();
    // The schema before the audit log had seals.
    let old = Snapshot { schema: "20261129000061".to_owned(), ..current.clone() };
    for open in DATABASES {
        let (url, _place) = open();
        url.begin_restore(&old).unwrap();
        let (old, none) = read(&url);
        assert!(old.schema == "20261129000061" && none.is_empty(), "{}", old.schema);
        assert!(!old.columns.contains_key("audit_seals") && !old.columns["audit_records"].contains(&"sealed".to_owned()));
        // A record of that schema has a job and a subject.
        let rows: Rows = rows_for(&old).into_iter().filter(|(_, row)| !row.contains("\"job_id\":null")).collect();
        // A database that was migrated is taken back to the older schema first.
        for is_migrated in [false, true] {
            let (url, _place) = open();
            if is_migrated {
                url.migrate().unwrap();
            }
            restore(&url, &old, &rows);
            assert_eq!(read(&url).1, rows);
            let applied = url.upgrade_restored().unwrap();
            assert_eq!(applied.first().map(String::as_str), Some("20261129000062"));
            url.finish_restore().unwrap();
            assert_eq!(url.schema_state().unwrap(), SchemaState::Current);
        }
        let (url, _place) = open();
        let newer = Snapshot { schema: "99991231235959".to_owned(), ..current.clone() };
        let refused = url.begin_restore(&newer).unwrap_err();
        assert!(refused.to_string().contains("99991231235959") && refused.to_string().contains("newer version"), "{refused}");
        let other = Snapshot { columns: BTreeMap::from([("accounts".to_owned(), vec!["id".to_owned()])]), ..current.clone() };
        url.begin_restore(&other).unwrap();
        assert!(matches!(load(&url, &other, &Vec::new()), Err(SnapshotError::Misfit { table }) if table == "accounts"));
    }
}

#[test]
fn what_ended_after_a_backup_ends_in_the_restored_database_and_no_more() {
    let snapshot = Snapshot { counters: BTreeMap::from([("jobs".to_owned(), 41)]), ..current() };
    let rows = rows_for(&snapshot);
    for open in DATABASES {
        let (live, _place) = open();
        restore(&live, &snapshot, &rows);
        // A key was revoked, an admin removed, a password changed, and the account disabled.
        execute(
            &live,
            "UPDATE credentials SET revoked_at = '2026-11-30T00:00:00.000000Z' WHERE id = 4; DELETE FROM admins; \
             UPDATE passwords SET changed_at = '2026-11-30T00:00:00.000000Z'; \
             UPDATE accounts SET disabled_at = '2026-11-30T00:00:00.000000Z' WHERE id = 7; \
             UPDATE principals SET status = 'passive' WHERE id = 2; \
             UPDATE jobs SET reference = 'done before', status = 'completed', ended_at = created_at, worker = NULL, lease_token = NULL, \
             lease_until = NULL, started_at = NULL",
        );
        let endings = live.read_endings().unwrap();
        let (restored, _place) = open();
        restore(&restored, &snapshot, &rows);
        let ended = restored.end_credentials(Some(&endings), now()).unwrap();
        assert_eq!((ended.credentials, ended.passwords, ended.admins, ended.accounts, ended.people), (1, 1, 1, 1, 1));
        assert_eq!(restored.read_endings().unwrap().credentials, endings.credentials);
        // Done twice, it ends nothing.
        let again = restored.end_credentials(Some(&endings), now()).unwrap();
        assert_eq!((again.credentials, again.passwords, again.admins, again.accounts, again.people), (0, 0, 0, 0, 0));
        // The erasure that was running at the time of the backup was completed since. The other one was completed before.
        let missing = restored.missing_erasures(&endings, 41).unwrap();
        assert_eq!(missing.iter().map(|erasure| (erasure.user.as_str(), erasure.is_done)).collect::<Vec<_>>(), [("done before", true)]);

        // An erasure that ran at the time of the backup and was cancelled since does not go on.
        execute(&live, "UPDATE jobs SET status = 'cancelled' WHERE id = 40");
        let cancelled = live.read_endings().unwrap();
        let ended = restored.end_credentials(Some(&cancelled), now()).unwrap();
        assert_eq!((ended.erasures, cancelled.cancelled_erasures.as_slice()), (1, [(7, 40)].as_slice()));
        assert!(restored.missing_erasures(&cancelled, 41).unwrap().is_empty());

        let (restored, _place) = open();
        restore(&restored, &snapshot, &rows);
        let ended = restored.end_credentials(None, now()).unwrap();
        assert_eq!((ended.credentials, ended.passwords, ended.admins), (2, 1, 1));
        let left = restored.read_endings().unwrap();
        assert!(left.passwords.is_empty() && left.admins.is_empty() && left.credentials.iter().all(|row| row.2.is_some()));
        assert_eq!(live.installation().unwrap(), restored.installation().unwrap());
    }
}

/// The key that signed an assertion is in the backup, and the row that refuses it is not.
#[test]
fn an_assertion_that_was_revoked_after_the_backup_is_refused_by_the_restored_database() {
    const PUBLIC_ID: &str = "0123456789abcdef0123456789abcdef";
    let snapshot = current();
    let rows = rows_for(&snapshot);
    for open in DATABASES {
        let ((live, _place), (restored, _other_place)) = (open(), open());
        for url in [&live, &restored] {
            restore(url, &snapshot, &rows);
        }
        execute(
            &live,
            &format!(
                "INSERT INTO credentials
                    (account_id, principal_id, kind, public_id, digest, scopes, created_at, expires_at, revoked_at, grant_id)
                SELECT account_id, principal_id, kind, '{PUBLIC_ID}', digest, scopes, created_at, '2026-11-30T01:00:00.000000Z',
                    '2026-11-30T00:00:00.000000Z', 11
                FROM credentials WHERE kind = 'access_token' ORDER BY id LIMIT 1"
            ),
        );
        let endings = live.read_endings().unwrap();
        assert_eq!(endings.assertions.iter().map(|revoked| revoked.public_id.as_str()).collect::<Vec<_>>(), [PUBLIC_ID]);
        assert_eq!(restored.end_credentials(Some(&endings), now()).unwrap().credentials, 1);
        let refused = format!("SELECT count(*) FROM credentials WHERE public_id = '{PUBLIC_ID}' AND revoked_at IS NOT NULL");
        assert_eq!(number(&restored, &refused), 1);
        assert_eq!(restored.end_credentials(Some(&endings), now()).unwrap().credentials, 0);
        // It is in the next list as well.
        assert_eq!(restored.read_endings().unwrap().assertions, endings.assertions);
    }
}

/// They are more than one statement stores.
#[test]
fn many_revoked_assertions_are_refused_by_the_restored_database() {
    const MANY: usize = 2_500;
    // The rows have ids of their own, and others are counted after them.
    let snapshot = Snapshot { counters: BTreeMap::from([("credentials".to_owned(), 1_000)]), ..current() };
    let rows = rows_for(&snapshot);
    for open in DATABASES {
        let ((live, _place), (restored, _other_place)) = (open(), open());
        for url in [&live, &restored] {
            restore(url, &snapshot, &rows);
        }
        execute(
            &live,
            &format!(
                "WITH RECURSIVE numbers (n) AS (SELECT 10000 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9999 + {MANY})
                INSERT INTO credentials
                    (account_id, principal_id, kind, public_id, digest, scopes, created_at, expires_at, revoked_at, grant_id)
                SELECT account_id, principal_id, kind, '0123456789abcdef0123456789a' || n, digest, scopes, created_at,
                    '2026-11-30T01:00:00.000000Z', '2026-11-30T00:00:00.000000Z', 11
                FROM numbers, (SELECT * FROM credentials WHERE kind = 'access_token' ORDER BY id LIMIT 1) AS one"
            ),
        );
        let mut endings = live.read_endings().unwrap();
        assert_eq!(endings.assertions.len(), MANY);
        // Neither one of an unknown signer nor one that is listed twice is in the way of the others.
        let first = endings.assertions[0].clone();
        let unknown = RevokedAssertion { principal: i64::MAX, public_id: "f".repeat(32), ..first.clone() };
        let listed = endings.assertions.clone();
        endings.assertions = [&[unknown, first], listed.as_slice()].concat();
        let many = u64::try_from(MANY).unwrap();
        assert_eq!(restored.end_credentials(Some(&endings), now()).unwrap().credentials, many);
        assert_eq!(restored.end_credentials(Some(&endings), now()).unwrap().credentials, 0);
        assert_eq!(restored.read_endings().unwrap().assertions, listed);
    }
}

#[test]
fn of_an_erasure_of_many_those_users_are_missing_who_were_erased_after_the_backup() {
    let snapshot = Snapshot { counters: BTreeMap::from([("jobs".to_owned(), 41)]), ..current() };
    let rows = rows_for(&snapshot);
    for open in DATABASES {
        let ((live, _place), (restored, _other_place)) = (open(), open());
        for url in [&live, &restored] {
            restore(url, &snapshot, &rows);
            // Of the users of this job, the first was erased before the backup.
            execute(url, "UPDATE jobs SET action = 'delete_users_data' WHERE id = 40");
        }
        let missing = |live: &DatabaseUrl| {
            let missing = restored.missing_erasures(&live.read_endings().unwrap(), 41).unwrap();
            missing.into_iter().map(|erasure| (erasure.user, erasure.is_done)).collect::<Vec<_>>()
        };
        assert!(missing(&live).is_empty());
        execute(&live, "UPDATE erasure_users SET counts = '{}' WHERE place = 1");
        assert_eq!(missing(&live), [("ali".to_owned(), true)]);
        // A cancellation afterwards brings no user back.
        execute(
            &live,
            "UPDATE jobs SET status = 'cancelled', ended_at = created_at, worker = NULL, lease_token = NULL, lease_until = NULL, \
             started_at = NULL WHERE id = 40",
        );
        assert_eq!(missing(&live), [("ali".to_owned(), true)]);
        assert_eq!(live.read_endings().unwrap().cancelled_erasures, [(7, 40)]);
    }
}

#[test]
fn people_who_were_deleted_or_have_fewer_rights_since_a_backup_do_not_get_them_back() {
    let snapshot = current();
    let rows = rows_for(&snapshot);
    let changes = [
        // The row of the password stays, as it does when the program deletes a person.
        "UPDATE principals SET status = 'deleted', username = NULL, username_key = NULL, email = NULL, email_key = NULL, \
         role = 'member', classroom_role = 'u', login_allowed = false, expires_at = NULL WHERE id = 2; \
         UPDATE credentials SET revoked_at = '2026-11-30T00:00:00.000000Z' WHERE revoked_at IS NULL",
        "UPDATE principals SET role = 'member', classroom_role = 'u', expires_at = '2026-11-30T00:00:00.000000Z' WHERE id = 2",
    ];
    let of_person =
        |url: &DatabaseUrl, condition: &str| number(url, &format!("SELECT count(*) FROM principals WHERE id = 2 AND {condition}"));
    for open in DATABASES {
        for (place, change) in changes.into_iter().enumerate() {
            let (live, _place) = open();
            restore(&live, &snapshot, &rows);
            execute(&live, change);
            let endings = live.read_endings().unwrap();
            let (restored, _place) = open();
            restore(&restored, &snapshot, &rows);
            let ended = restored.end_credentials(Some(&endings), now()).unwrap();
            assert_eq!((ended.people, ended.passwords), if place == 0 { (1, 1) } else { (1, 0) }, "{change}");
            if place == 0 {
                let tombstone = "status = 'deleted' AND username IS NULL AND email IS NULL AND former_username IS NOT NULL AND former_email IS NOT NULL";
                assert_eq!(of_person(&restored, tombstone), 1);
                // The list has the grants of the person as valid ones.
                assert_eq!(number(&restored, "SELECT count(*) FROM token_grants WHERE revoked_at IS NULL"), 0);
                assert!(restored.erased_people_still_here(&endings).unwrap().is_empty());
            } else {
                let limited =
                    "status = 'active' AND role = 'member' AND classroom_role = 'u' AND expires_at = '2026-11-30T00:00:00.000000Z'";
                assert_eq!(of_person(&restored, limited), 1);
            }
            let again = restored.end_credentials(Some(&endings), now()).unwrap();
            assert_eq!((again.people, again.passwords, again.credentials), (0, 0, 0));

            // What a person was given since the backup does not come with the list.
            let (newer, _place) = open();
            restore(&newer, &snapshot, &rows);
            execute(&newer, "UPDATE principals SET expires_at = NULL, classroom_role = 'a' WHERE id = 2");
            let (restored, _place) = open();
            restore(&restored, &snapshot, &rows);
            assert_eq!(restored.end_credentials(Some(&newer.read_endings().unwrap()), now()).unwrap().people, 0);
            assert_eq!(of_person(&restored, "classroom_role = 'e+' AND expires_at IS NOT NULL"), 1);
        }
    }
}
