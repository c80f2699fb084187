//! Plans of statements as they were recorded, without values.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

#[derive(QueryableByName)]
struct PostgresLine {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

#[derive(QueryableByName)]
struct SqliteStep {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The generic plan of a statement on PostgreSQL, which serves all values.
pub(crate) fn generic_plan(conn: &mut PgConnection, statement: &str) -> String {
    let parameters = (1..100).take_while(|number| statement.contains(&format!("${number}"))).count();
    conn.batch_execute(&format!("SET plan_cache_mode = force_generic_plan; PREPARE query AS {statement}")).unwrap();
    let explain = sql_query(format!("EXPLAIN EXECUTE query({})", vec!["NULL"; parameters].join(", ")));
    let plan: Vec<_> = explain.load::<PostgresLine>(conn).unwrap().into_iter().map(|row| row.line).collect();
    conn.batch_execute("DEALLOCATE query").unwrap();
    plan.join("\n")
}

/// The steps of a statement on SQLite.
pub(crate) fn steps(conn: &mut SqliteConnection, statement: &str) -> Vec<String> {
    let plan: Vec<SqliteStep> = sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(conn).unwrap();
    plan.into_iter().map(|step| step.detail).collect()
}
