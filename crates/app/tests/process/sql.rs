//! Statements that a test runs directly on the database of a process.

use derslik_storage::DatabaseUrl;
use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use libtest_mimic::Failed;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn sqlite(path: &std::path::Path) -> Result<SqliteConnection, Failed> {
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    // The program may be writing; this waits for a gap between its writes.
    conn.batch_execute("PRAGMA busy_timeout = 60000")?;
    Ok(conn)
}

/// Executes SQL statements on a new connection.
pub(crate) fn execute(url: &DatabaseUrl, statements: &str) -> Result<(), Failed> {
    match url {
        DatabaseUrl::Postgres(url) => PgConnection::establish(url)?.batch_execute(statements)?,
        DatabaseUrl::Sqlite(path) => sqlite(path)?.batch_execute(statements)?,
    }
    Ok(())
}

/// The values of a query's only column, which must be called `line`.
pub(crate) fn lines(url: &DatabaseUrl, query: &str) -> Result<Vec<String>, Failed> {
    match url {
        DatabaseUrl::Postgres(url) => load(&mut PgConnection::establish(url)?, query),
        DatabaseUrl::Sqlite(path) => load(&mut sqlite(path)?, query),
    }
}

fn load<C>(conn: &mut C, query: &str) -> Result<Vec<String>, Failed>
where
    C: Connection,
    diesel::query_builder::SqlQuery: for<'query> LoadQuery<'query, C, Line>,
{
    let found: Vec<Line> = sql_query(query).load(conn)?;
    Ok(found.into_iter().map(|found| found.line).collect())
}
