//! Keeps every table of PostgreSQL fit to be distributed by account, as Citus does it: a table is spread over servers by its
//! `account_id`, or it stands as a whole on each of them.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use derslik_storage::{DatabaseUrl, schema_revision};
use derslik_testkit::postgres::{PostgresServer, Template, TestDatabase};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sql_types::{Array, BigInt, Text};
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

/// The file that distributes the tables. It lists those that stand as a whole.
const CITUS: &str = include_str!("../../../../deploy/citus.sql");

/// What makes a table unfit. `$1` are the tables that stand as a whole.
const OBJECTIONS: &str = "
    WITH tables AS (
        SELECT oid, relname::text AS name, relname = ANY ($1) AS is_whole
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    )
    SELECT format('%s has no account_id, or it may be null', name) AS text FROM tables
    WHERE NOT is_whole AND NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = tables.oid AND attname = 'account_id' AND attnotnull AND atttypid = 'bigint'::regtype AND NOT attisdropped
    )
    UNION ALL
    SELECT format('%s is unique in each part of the table only: account_id does not lead', indexrelid::regclass)
    FROM pg_index JOIN tables ON tables.oid = indrelid
    WHERE NOT is_whole AND indisunique AND NOT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = indrelid AND attnum = indkey[0] AND attname = 'account_id'
    )
    UNION ALL
    SELECT format('%s leads from %s to the rows of other accounts', conname, tables.name)
    FROM pg_constraint JOIN tables ON tables.oid = conrelid JOIN tables AS other ON other.oid = confrelid
    WHERE contype = 'f' AND NOT other.is_whole AND NOT EXISTS (
        SELECT FROM unnest(conkey, confkey) AS pair (ours, theirs)
        JOIN pg_attribute AS a ON a.attrelid = conrelid AND a.attnum = ours AND a.attname = 'account_id'
        JOIN pg_attribute AS b ON b.attrelid = confrelid AND b.attnum = theirs AND b.attname = 'account_id'
    )
    UNION ALL
    SELECT format('%s leads from %s, which stands as a whole, to %s, which is spread', conname, tables.name, other.name)
    FROM pg_constraint JOIN tables ON tables.oid = conrelid JOIN tables AS other ON other.oid = confrelid
    WHERE contype = 'f' AND tables.is_whole AND NOT other.is_whole
    UNION ALL
    SELECT format('%s has the trigger %s', tables.name, tgname)
    FROM pg_trigger JOIN tables ON tables.oid = tgrelid WHERE NOT tgisinternal
    UNION ALL
    SELECT format('the sequence %s belongs to no column', relname)
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' AND NOT EXISTS (
        SELECT FROM pg_depend
        WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND refobjsubid > 0 AND deptype IN ('a', 'i')
    )
    UNION ALL
    SELECT format('%s.%s has a default that is not constant: %s', name, attname, pg_get_expr(adbin, adrelid))
    FROM pg_attrdef JOIN tables ON tables.oid = adrelid JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
    WHERE NOT is_whole AND attgenerated = '' AND pg_get_expr(adbin, adrelid) !~ '^(''[^'']*''::[a-z ]+|-?[0-9]+|true|false)$'
      -- A table takes the sequences of its columns along.
      AND NOT EXISTS (
          SELECT FROM pg_depend
          WHERE classid = 'pg_class'::regclass AND refobjid = adrelid AND refobjsubid = adnum AND deptype = 'a'
            AND pg_get_expr(adbin, adrelid) = format('nextval(%L::regclass)', objid::regclass::text)
      )";

#[derive(QueryableByName)]
struct Objection {
    #[diesel(sql_type = Text)]
    text: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The tables that stand as a whole, on each server or on the coordinator: their names, and the reason why they can't be spread.
fn whole() -> Vec<(&'static str, &'static str)> {
    let entries = CITUS.lines().filter_map(|line| line.trim().trim_end_matches(',').strip_prefix("['")?.strip_suffix("']"));
    let whole = entries.map(|entry| match entry.split("', '").collect::<Vec<_>>()[..] {
        [name, "local" | "reference", reason] => (name, reason),
        _ => panic!("deploy/citus.sql: {entry}"),
    });
    whole.collect()
}

fn migrated() -> (TestDatabase, PgConnection) {
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = PostgresServer::shared().unwrap().create_database(&template).unwrap();
    let conn = PgConnection::establish(database.url()).unwrap();
    (database, conn)
}

fn objections(conn: &mut PgConnection) -> Vec<String> {
    let whole: Vec<_> = whole().into_iter().map(|(name, _)| name).collect();
    let objections = sql_query(OBJECTIONS).bind::<Array<Text>, _>(whole);
    let mut objections: Vec<_> = objections.load::<Objection>(conn).unwrap().into_iter().map(|objection| objection.text).collect();
    objections.sort();
    objections
}

#[test]
fn every_table_is_fit_to_be_distributed_by_account() {
    let (_database, mut conn) = migrated();
    assert_eq!(objections(&mut conn), Vec::<String>::new());
    assert!(whole().len() > 5, "{:?}", whole());
    for (name, reason) in whole() {
        let exists = sql_query("SELECT count(*) AS count FROM pg_class WHERE oid = to_regclass($1)");
        assert_eq!(exists.bind::<Text, _>(name).get_result::<Count>(&mut conn).unwrap().count, 1, "{name}: {reason}");
    }
}

#[test]
fn an_unfit_table_is_noticed() {
    let (_database, mut conn) = migrated();
    conn.batch_execute(
        "CREATE SEQUENCE numbers;
         CREATE TABLE notes (
             account_id bigint NOT NULL,
             id bigint DEFAULT nextval('numbers') PRIMARY KEY,
             course_id bigint,
             at timestamptz DEFAULT now(),
             FOREIGN KEY (course_id, account_id) REFERENCES courses (account_id, id)
         );
         CREATE TABLE tags (name text NOT NULL);
         ALTER TABLE service_keys ADD COLUMN account_id bigint, ADD COLUMN course_id bigint,
             ADD FOREIGN KEY (account_id, course_id) REFERENCES courses (account_id, id);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER noted AFTER INSERT ON tags EXECUTE FUNCTION note()",
    )
    .unwrap();
    assert_eq!(
        objections(&mut conn),
        [
            "notes.at has a default that is not constant: now()",
            "notes.id has a default that is not constant: nextval('numbers'::regclass)",
            "notes_course_id_account_id_fkey leads from notes to the rows of other accounts",
            "notes_pkey is unique in each part of the table only: account_id does not lead",
            "service_keys_account_id_course_id_fkey leads from service_keys, which stands as a whole, to courses, which is spread",
            "tags has no account_id, or it may be null",
            "tags has the trigger noted",
            "the sequence numbers belongs to no column",
        ]
    );
}

/// The functions without parentheses whose value depends on the time.
const OF_THE_TIME: [&str; 5] = ["current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"];

/// Functions that are immutable as the statements call them, although another function of that name is not.
const IMMUTABLE_HERE: [(&str, &str); 1] = [("length", "of a text; only that of bytes in a named encoding is not immutable")];

/// Why a statement that changes rows can't be sent to another server as it stands: what it calls may give another result at another
/// time or place. An instant plus an interval depends on the time zone of the connection, unless both are taken to UTC.
fn unstable(conn: &mut PgConnection, statement: &str) -> BTreeSet<String> {
    let lines = statement.lines().filter(|line| !line.trim_start().starts_with("--"));
    let statement = lines.collect::<Vec<_>>().join("\n");
    let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words: BTreeSet<_> = statement.split(|letter| !is_of_word(letter)).collect();
    if !["INSERT", "UPDATE", "DELETE"].iter().any(|verb| words.contains(verb)) {
        return BTreeSet::new();
    }
    let mut found: BTreeSet<_> = words.iter().copied().filter(|word| OF_THE_TIME.contains(word)).collect();
    found.extend(statement.contains(" interval ").then_some("interval").filter(|_| !statement.contains("AT TIME ZONE 'UTC' + ")));
    for (before, _) in statement.match_indices('(').map(|(place, _)| statement.split_at(place)) {
        let name = before.rsplit(|letter| !is_of_word(letter)).next().unwrap_or_default();
        let of_that_name = sql_query("SELECT count(*) AS count FROM pg_proc WHERE proname = $1 AND provolatile <> 'i'");
        let is_judged = IMMUTABLE_HERE.iter().any(|(known, _)| *known == name);
        if !is_judged && of_that_name.bind::<Text, _>(name).get_result::<Count>(conn).unwrap().count > 0 {
            found.insert(name);
        }
    }
    found.into_iter().map(str::to_owned).collect()
}

#[test]
fn no_statement_that_changes_rows_calls_a_function_that_is_not_immutable() {
    let (_database, mut conn) = migrated();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql");
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let files: Vec<_> = files.into_iter().filter(|path| path.to_str().unwrap().ends_with(".postgres.sql")).collect();
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        assert_eq!(unstable(&mut conn, &fs::read_to_string(&file).unwrap()), BTreeSet::new(), "{}", file.display());
    }
    let bad = "UPDATE jobs SET due_at = now() + interval '1 day', ended_at = current_timestamp\n-- clock_timestamp()\nWHERE id = abs($1)";
    assert_eq!(unstable(&mut conn, bad), ["current_timestamp", "interval", "now"].map(str::to_owned).into());
}
