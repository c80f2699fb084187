//! Tests of the file that distributes the tables on a cluster of Citus, with partitions in place of shards, and of the migrations that such
//! a cluster applies. `scripts/citus` runs the other tests on a real cluster.
#![cfg(test)]

mod distributed;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use derslik_storage::{DatabaseUrl, PoolSettings, schema_revision};
use derslik_testkit::postgres::{PostgresServer, Template, TestDatabase};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

/// The newest migration that every cluster has had from its beginning.
const BEFORE_CLUSTERS: &str = "2026-11-30-000087";

/// All relations, keys and references. A table that is taken in anew gets another number.
const SHAPE: &str = "
    SELECT coalesce(string_agg(line, E'\\n' ORDER BY line), '') AS text FROM (
        SELECT format('%s %s %s', oid, relname, relkind) AS line FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
    ) AS lines";

/// The partitions that hold rows of a table, each with the accounts of the rows.
const PLACES: &str = "
    SELECT coalesce(string_agg(place, ', ' ORDER BY place), '') AS text FROM (
        SELECT format('%s: %s', tableoid::regclass, string_agg(DISTINCT account_id::text, ' ')) AS place FROM notes GROUP BY tableoid
    ) AS places";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

fn migrate(url: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?)
}

fn distributed_database() -> TestDatabase {
    let template = Template::with_scripts("derslik-distributed", &schema_revision(), &distributed::SCRIPTS, migrate);
    PostgresServer::shared().unwrap().create_database(&template).unwrap()
}

/// A connection on which the file finds what stands in for Citus.
fn connect(database: &TestDatabase) -> PgConnection {
    let mut conn = PgConnection::establish(database.url()).unwrap();
    conn.batch_execute("SET search_path = public, stand_in").unwrap();
    conn
}

/// Runs the file as a later version would.
fn distribute_again(conn: &mut PgConnection) -> Result<(), String> {
    let [_, citus, _] = distributed::SCRIPTS;
    conn.batch_execute(citus).map_err(|error| error.to_string())
}

fn text(conn: &mut PgConnection, query: &str) -> String {
    sql_query(query).get_result::<Line>(conn).unwrap().text
}

#[test]
fn a_second_run_changes_nothing() {
    let database = distributed_database();
    let mut conn = connect(&database);
    let before = text(&mut conn, SHAPE);
    assert!(before.contains("jobs_even"), "{before}");
    distribute_again(&mut conn).unwrap();
    assert_eq!(text(&mut conn, SHAPE), before);
}

#[test]
fn a_table_of_a_later_version_is_taken_in_with_its_rows_and_references() {
    let database = distributed_database();
    let mut conn = connect(&database);
    let later = "
        INSERT INTO accounts (id, name, lang, timezone, start_date_mode, created_at)
            SELECT id, id::text, 'tr', 'UTC', 'civil', now() FROM generate_series(1, 3) AS id;
        CREATE TABLE notes (
            account_id bigint NOT NULL REFERENCES accounts (id),
            id bigint GENERATED ALWAYS AS IDENTITY,
            text text NOT NULL DEFAULT '',
            PRIMARY KEY (account_id, id)
        );
        CREATE INDEX notes_by_text ON notes (account_id, text);
        INSERT INTO notes (account_id) SELECT id FROM generate_series(1, 3) AS id";
    conn.batch_execute(later).unwrap();
    distribute_again(&mut conn).unwrap();
    assert_eq!(text(&mut conn, PLACES), "notes_even: 2, notes_odd: 1 3");
    let shape = text(&mut conn, SHAPE);
    assert!(shape.contains("notes notes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id)"), "{shape}");
    assert!(shape.contains(" notes_by_text I"), "{shape}");
}

#[test]
fn a_table_without_an_account_that_the_file_does_not_name_is_refused() {
    let database = distributed_database();
    let mut conn = connect(&database);
    conn.batch_execute("CREATE TABLE notes (id bigint PRIMARY KEY)").unwrap();
    let refusal = distribute_again(&mut conn).unwrap_err();
    assert!(refusal.contains("does not know them: notes"), "{refusal}");
}

#[test]
fn a_statement_of_the_service_that_asks_more_than_one_account_fails() {
    let database = distributed_database();
    let mut conn = connect(&database);
    conn.batch_execute("SET application_name = 'derslik'").unwrap();
    let across = "SELECT \"jobs\".\"due_at\" FROM \"jobs\" WHERE (attempts >= 0) ORDER BY \"jobs\".\"due_at\" LIMIT 1";
    let of_one = [
        "SELECT id FROM jobs WHERE account_id = 1",
        "UPDATE jobs SET attempts = 0 WHERE account_id = 2 AND id = 1",
        "SELECT courses.id FROM courses LEFT JOIN course_members AS m ON m.account_id = courses.account_id AND m.course_id = courses.id
         WHERE courses.account_id = 1",
        "SELECT id FROM accounts",
        // One that is listed.
        across,
    ];
    for statement in of_one {
        conn.batch_execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let of_more = [
        "SELECT id FROM jobs",
        "SELECT id FROM jobs WHERE id = 1",
        "SELECT id FROM jobs WHERE account_id IN (1, 2)",
        "SELECT id FROM jobs WHERE account_id = (SELECT 1)",
        "UPDATE jobs SET attempts = 0 WHERE id = 1",
        "DELETE FROM jobs WHERE ctid = '(0,1)'",
        "SELECT courses.id FROM courses JOIN (SELECT account_id FROM jobs WHERE account_id = 1 LIMIT 1) AS j USING (account_id)",
    ];
    for statement in of_more {
        let error = conn.batch_execute(statement).expect_err(statement).to_string();
        assert!(error.contains("asks for more than one account"), "{statement}: {error}");
    }
    // A test may look at everything.
    conn.batch_execute("RESET application_name; SELECT id FROM jobs").unwrap();
}

#[test]
fn the_data_nodes_wait_for_locks_as_long_as_the_service() {
    let [_, citus, _] = distributed::SCRIPTS;
    let setting = format!("'lock_timeout = {}'", PoolSettings::default().lock_timeout.as_millis());
    assert!(citus.contains(&setting), "deploy/citus.sql needs {setting}");
}

/// The statements of a migration, each in one line and without comments.
fn statements(sql: &str) -> Vec<String> {
    let text: Vec<_> = sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let mut statements = vec![String::new()];
    // The text between two of these marks is a part of one statement.
    for (number, part) in text.join(" ").split("$$").enumerate() {
        let mut ends: Vec<_> = if number.is_multiple_of(2) { part.split(';').collect() } else { vec![part] };
        statements.last_mut().unwrap().push_str(ends.remove(0));
        statements.extend(ends.into_iter().map(str::to_owned));
    }
    let in_one_line = |statement: String| statement.split_whitespace().collect::<Vec<_>>().join(" ");
    statements.into_iter().map(in_one_line).filter(|statement| !statement.is_empty()).collect()
}

/// The parts of a text between the commas that are not in parentheses.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let is_end = |letter: char| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == ',' && depth == 0
    };
    text.split(is_end).map(str::trim).collect()
}

const TOO_EARLY: &str = "a new table can't refer to one that is spread: it is spread itself only afterwards";

/// Why a cluster refuses a statement of a migration. `made` are the tables that the migrations have made since there are clusters.
fn objection(statement: &str, made: &BTreeSet<String>) -> Option<&'static str> {
    let is_spread = |table: &str| {
        let [_, citus, _] = distributed::SCRIPTS;
        !citus.contains(&format!("['{table}', "))
    };
    let refers_to_spread = || {
        let mut referred = statement.split(" REFERENCES ").skip(1).filter_map(|rest| rest.split([' ', '(', ',', ')']).next());
        referred.any(is_spread)
    };
    if statement.starts_with("CREATE TABLE ") {
        return refers_to_spread().then_some(TOO_EARLY);
    }
    let (table, changes) = statement.strip_prefix("ALTER TABLE ")?.split_once(' ')?;
    let changes = parts(changes);
    let adds = |change: &&str| {
        let added = change.strip_prefix("ADD ");
        added.is_some_and(|added| ["CONSTRAINT ", "PRIMARY ", "UNIQUE ", "CHECK ", "FOREIGN "].iter().any(|kind| added.starts_with(kind)))
    };
    let is_rule_of_column = |change: &&str| {
        let is_column = change.starts_with("ADD ") && !adds(change);
        is_column && [" CONSTRAINT ", " PRIMARY ", " UNIQUE", " CHECK ", " REFERENCES "].iter().any(|rule| change.contains(rule))
    };
    if changes.iter().any(is_rule_of_column) {
        return Some("a column is added without a rule, and the rule by a statement of its own");
    }
    if changes.len() > 1 && changes.iter().any(adds) {
        return Some("a rule is added by a statement of its own");
    }
    if changes.iter().any(|change| adds(change) && !change.starts_with("ADD CONSTRAINT ")) {
        return Some("a rule has a name");
    }
    (made.contains(table) && refers_to_spread()).then_some(TOO_EARLY)
}

#[test]
fn no_later_migration_has_a_statement_that_a_cluster_refuses() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../migrations/postgres");
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(names.iter().any(|name| name.starts_with("2026-11-30-000086")), "{names:?}");
    let mut made = BTreeSet::new();
    for name in names.iter().filter(|name| name.split('_').next().is_some_and(|version| version > BEFORE_CLUSTERS)) {
        for statement in statements(&fs::read_to_string(folder.join(name).join("up.sql")).unwrap()) {
            let new = statement.strip_prefix("CREATE TABLE ").and_then(|rest| rest.split([' ', '(']).next());
            assert_eq!(objection(&statement, &made), None, "{name} (see migrations/README.md): {statement}");
            made.extend(new.map(str::to_owned));
        }
    }
}

#[test]
fn a_statement_that_a_cluster_refuses_is_noticed() {
    let made = BTreeSet::from(["notes".to_owned()]);
    let objection = |sql: &str| {
        let statements = statements(sql);
        assert_eq!(statements.len(), 1, "{statements:?}");
        objection(&statements[0], &made)
    };
    for fine in [
        "ALTER TABLE jobs ADD COLUMN a text, ADD COLUMN b numeric(3, 1);",
        "ALTER TABLE jobs ADD CONSTRAINT jobs_a_range CHECK (a BETWEEN 1 AND 2);",
        "-- Not ALTER TABLE jobs ADD CHECK (true), ADD CHECK (false);\nALTER TABLE jobs DROP CONSTRAINT jobs_a_range, DROP COLUMN b",
        "CREATE TABLE notes (account_id bigint NOT NULL REFERENCES accounts (id), n int CHECK (n > 0), PRIMARY KEY (account_id, n));",
        "ALTER TABLE courses ADD CONSTRAINT courses_job FOREIGN KEY (account_id, job_id) REFERENCES jobs (account_id, id)",
        "DO $$ BEGIN EXECUTE 'ALTER TABLE jobs ADD CHECK (true)'; END $$;",
    ] {
        assert_eq!(objection(fine), None, "{fine}");
    }
    for refused in [
        "ALTER TABLE jobs ADD COLUMN a text, ADD CONSTRAINT jobs_a_length CHECK (length(a) < 9);",
        "ALTER TABLE jobs ADD COLUMN a text CHECK (length(a) < 9);",
        "ALTER TABLE jobs DROP CONSTRAINT jobs_pkey, ADD CONSTRAINT jobs_pkey PRIMARY KEY (account_id, id);",
        "ALTER TABLE jobs ADD UNIQUE (account_id, reference);",
        "CREATE TABLE notes (\n  account_id bigint,\n  job bigint,\n  FOREIGN KEY (account_id, job) REFERENCES jobs (account_id, id)\n);",
        "ALTER TABLE notes ADD CONSTRAINT notes_job FOREIGN KEY (account_id, job_id) REFERENCES jobs (account_id, id);",
    ] {
        assert!(objection(refused).is_some(), "{refused}");
    }
}
