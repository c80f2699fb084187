//! Holds each new migration against `migrations/README.md`: a program that does not know the migration must go on with the schema
//! that it makes, unless the migration says which older programs it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use diesel::migration::MigrationSource;
use diesel::pg::PgConnection;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

use super::{empty_postgres, empty_sqlite, migrations};

/// The newest migration of version 0.1.0. No release stopped at one before it.
const FIRST_RELEASE: &str = "20261130000064";

/// The beginning of the line that makes a migration a contract. The version of a migration follows: the newest one of the first
/// release that no longer used what this one takes away.
const CONTRACT: &str = "-- Contract: unused since ";

/// What a program relies on in a schema.
#[derive(Debug, Default)]
struct Relied {
    /// The columns by their tables and names.
    columns: BTreeMap<(String, String), Column>,
    /// Keys, references and checks, each with its table.
    rules: BTreeSet<(String, String)>,
}

#[derive(Debug, PartialEq, Eq, QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    relation: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
    /// Whether a row that is inserted without it gets a value.
    #[diesel(sql_type = Bool)]
    filled: bool,
}

#[derive(QueryableByName)]
struct Rule {
    #[diesel(sql_type = Text)]
    relation: String,
    #[diesel(sql_type = Text)]
    rule: String,
}

const COLUMNS_OF_POSTGRES: &str = "
    SELECT c.relname::text AS relation, a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS kind,
           NOT a.attnotnull AS nullable, a.atthasdef OR a.attidentity <> '' AS filled
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped";

/// Unique indexes without their names, and the constraints that are not a key.
const RULES_OF_POSTGRES: &str = "
    SELECT conrelid::regclass::text AS relation, pg_get_constraintdef(oid) AS rule FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'x')
    UNION ALL
    SELECT tablename::text, regexp_replace(indexdef, '^CREATE UNIQUE INDEX .* USING', 'UNIQUE') FROM pg_indexes
    WHERE schemaname = 'public' AND indexdef LIKE 'CREATE UNIQUE%'";

const COLUMNS_OF_SQLITE: &str = "
    SELECT m.name AS relation, c.name, c.type AS kind, c.\"notnull\" = 0 AND c.pk = 0 AS nullable, c.dflt_value IS NOT NULL AS filled
    FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'";

/// SQLite does not tell its checks apart from the text of the table. A migration of the same name has them on PostgreSQL.
const RULES_OF_SQLITE: &str = "
    SELECT m.name AS relation,
           'UNIQUE' || CASE l.partial WHEN 1 THEN ' in part' ELSE '' END || ' ' ||
               (SELECT coalesce(group_concat(i.name), '') FROM pragma_index_info(l.name) AS i) AS rule
    FROM sqlite_schema AS m JOIN pragma_index_list(m.name) AS l WHERE m.type = 'table' AND l.\"unique\"
    UNION ALL
    SELECT m.name, 'FOREIGN KEY ' || f.\"from\" || ' REFERENCES ' || f.\"table\"
    FROM sqlite_schema AS m JOIN pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table'";

impl Relied {
    fn new(columns: Vec<Column>, rules: Vec<Rule>) -> Self {
        Self {
            columns: columns.into_iter().map(|column| ((column.relation.clone(), column.name.clone()), column)).collect(),
            rules: rules.into_iter().map(|rule| (rule.relation, rule.rule)).collect(),
        }
    }

    fn of_postgres(conn: &mut PgConnection) -> Self {
        Self::new(sql_query(COLUMNS_OF_POSTGRES).load(conn).unwrap(), sql_query(RULES_OF_POSTGRES).load(conn).unwrap())
    }

    fn of_sqlite(conn: &mut SqliteConnection) -> Self {
        Self::new(sql_query(COLUMNS_OF_SQLITE).load(conn).unwrap(), sql_query(RULES_OF_SQLITE).load(conn).unwrap())
    }

    fn has_table(&self, table: &str) -> bool {
        self.columns.keys().any(|(relation, _)| relation == table)
    }
}

/// What a program that was made for the schema `before` can't cope with in the schema `after`.
fn objections(before: &Relied, after: &Relied) -> Vec<String> {
    let mut found = Vec::new();
    for ((table, name), old) in &before.columns {
        let what = match after.columns.get(&(table.clone(), name.clone())) {
            None => "is gone",
            Some(new) if new.kind != old.kind => "has another type",
            Some(new) if new.nullable != old.nullable => "may be null now, or must not be any more",
            Some(new) if old.filled && !new.filled => "has lost its default",
            Some(_) => continue,
        };
        found.push(format!("{table}.{name} {what}"));
    }
    let new_columns: Vec<_> = after.columns.iter().filter(|(key, _)| !before.columns.contains_key(*key)).collect();
    for ((table, name), new) in &new_columns {
        if before.has_table(table) && !new.nullable && !new.filled {
            found.push(format!("{table}.{name} is new and needs a value"));
        }
    }
    for (table, rule) in after.rules.difference(&before.rules) {
        // A rule about a new column does not concern rows without it.
        let is_of_new = new_columns.iter().any(|((relation, name), _)| relation == table && rule.contains(name.as_str()));
        if before.has_table(table) && !is_of_new {
            found.push(format!("{table} has a new rule: {rule}"));
        }
    }
    for (table, rule) in before.rules.difference(&after.rules) {
        // The program before names its keys in ON CONFLICT, and relies on them.
        if after.has_table(table) && rule.starts_with("UNIQUE") {
            found.push(format!("{table} has lost a key: {rule}"));
        }
    }
    found
}

fn version_of(folder: &str) -> String {
    folder.split('_').next().unwrap_or_default().replace('-', "")
}

/// Applies all migrations, and holds each of those after the first release against the rule.
fn hold<C>(conn: &mut C, folder: &Path, relied: fn(&mut C) -> Relied)
where
    C: Connection + MigrationHarness<C::Backend>,
{
    let source = FileBasedMigrations::from_path(folder).unwrap();
    let mut names: Vec<_> = MigrationSource::<C::Backend>::migrations(&source).unwrap().iter().map(|it| it.name().to_string()).collect();
    names.sort();
    let versions: BTreeSet<_> = names.iter().map(|name| version_of(name)).collect();
    let (mut before, mut needs, mut held) = (Relied::default(), FIRST_RELEASE.to_owned(), 0);
    for name in names {
        conn.run_next_migration(source.clone()).unwrap();
        let (after, version) = (relied(conn), version_of(&name));
        if version.as_str() > FIRST_RELEASE {
            held += 1;
            let sql = fs::read_to_string(folder.join(&name).join("up.sql")).unwrap();
            if let Some(since) = sql.lines().find_map(|line| line.strip_prefix(CONTRACT)) {
                let since = since.trim();
                assert!(versions.contains(since) && since < version.as_str(), "{name}: {since} is not a migration before this one");
                assert!(since >= needs.as_str(), "{name}: an earlier contract needs {needs} already");
                assert!(
                    sql.contains(&format!("UPDATE schema_compatibility SET needs = '{since}';")),
                    "{name} does not store what it needs"
                );
                since.clone_into(&mut needs);
            } else {
                let found = objections(&before, &after);
                assert!(found.is_empty(), "{name} breaks older programs (see migrations/README.md): {found:?}");
                assert!(!sql.contains("schema_compatibility"), "{name} changes what is needed, and is not a contract");
            }
        }
        before = after;
    }
    assert!(held > 0, "no migration was held against the rule");
}

#[test]
fn migrations_break_no_program_of_the_release_before_on_postgres() {
    let database = empty_postgres();
    hold(&mut PgConnection::establish(database.url()).unwrap(), &migrations("postgres"), Relied::of_postgres);
}

#[test]
fn migrations_break_no_program_of_the_release_before_on_sqlite() {
    let (_folder, _, path) = empty_sqlite();
    hold(&mut SqliteConnection::establish(&path).unwrap(), &migrations("sqlite"), Relied::of_sqlite);
}

/// Runs statements in a transaction that is rolled back, and returns what an older program can't cope with.
fn tried<C: Connection>(conn: &mut C, relied: fn(&mut C) -> Relied, statements: &str) -> Vec<String> {
    let before = relied(conn);
    conn.batch_execute("BEGIN").unwrap();
    conn.batch_execute(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
    let found = objections(&before, &relied(conn));
    conn.batch_execute("ROLLBACK").unwrap();
    found
}

/// Statements of either database, and what is found in each. Nothing is found in those before the first text.
const OF_BOTH: [(&str, &str); 8] = [
    ("CREATE TABLE notes (id integer PRIMARY KEY, text text NOT NULL)", ""),
    ("CREATE INDEX projects_by_platform ON projects (account_id, platform)", ""),
    ("ALTER TABLE projects ADD COLUMN colour text CHECK (colour <> '')", ""),
    ("ALTER TABLE projects ADD COLUMN colour text NOT NULL DEFAULT ''", ""),
    ("DROP TABLE grading_periods", "grading_periods.title is gone"),
    ("ALTER TABLE grading_periods RENAME COLUMN title TO name", "grading_periods.title is gone"),
    ("ALTER TABLE grading_periods RENAME TO periods", "grading_periods.title is gone"),
    ("CREATE UNIQUE INDEX one_of_each ON projects (account_id, platform)", "projects has a new rule: UNIQUE"),
];

const OF_POSTGRES: [(&str, &str); 8] = [
    ("ALTER TABLE projects ADD COLUMN colour text NOT NULL", "projects.colour is new and needs a value"),
    ("ALTER TABLE projects DROP COLUMN platform", "projects.platform is gone"),
    ("ALTER TABLE projects ALTER COLUMN platform TYPE varchar(20)", "projects.platform has another type"),
    ("ALTER TABLE projects ALTER COLUMN platform DROP NOT NULL", "projects.platform may be null now"),
    ("ALTER TABLE jobs ALTER COLUMN worker SET NOT NULL", "jobs.worker may be null now, or must not be any more"),
    ("ALTER TABLE principals ALTER COLUMN name_key DROP DEFAULT", "principals.name_key has lost its default"),
    ("ALTER TABLE projects ADD CONSTRAINT short CHECK (length(name) < 9)", "projects has a new rule: CHECK"),
    ("ALTER TABLE projects DROP CONSTRAINT projects_name_key_key", "projects has lost a key: UNIQUE"),
];

fn finds<C: Connection>(conn: &mut C, relied: fn(&mut C) -> Relied, cases: &[(&str, &str)]) {
    for (statements, expected) in cases {
        let found = tried(conn, relied, statements);
        let is_expected = if expected.is_empty() { found.is_empty() } else { found.iter().any(|text| text.starts_with(expected)) };
        assert!(is_expected, "{statements}: {found:?}");
    }
}

#[test]
fn a_change_that_breaks_an_older_program_is_noticed_on_postgres() {
    let database = empty_postgres();
    let mut conn = PgConnection::establish(database.url()).unwrap();
    conn.run_pending_migrations(FileBasedMigrations::from_path(migrations("postgres")).unwrap()).unwrap();
    finds(&mut conn, Relied::of_postgres, &OF_BOTH);
    finds(&mut conn, Relied::of_postgres, &OF_POSTGRES);
}

#[test]
fn a_change_that_breaks_an_older_program_is_noticed_on_sqlite() {
    let (_folder, _, path) = empty_sqlite();
    let mut conn = SqliteConnection::establish(&path).unwrap();
    conn.run_pending_migrations(FileBasedMigrations::from_path(migrations("sqlite")).unwrap()).unwrap();
    finds(&mut conn, Relied::of_sqlite, &OF_BOTH);
}
