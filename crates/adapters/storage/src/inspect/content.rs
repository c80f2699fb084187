//! Facts about the schema and the content, read the same way from both databases.

use derslik_domain::id::Id;
use derslik_domain::time::Timestamp;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{Bool, Text};
use diesel::{QueryableByName, sql_query};

use super::{ContentFacts, Fact, Unread, WaitingJob};
use crate::db::conn::{Conn, on_conn};
use crate::db::connector::Database;
use crate::db::migrations::MigrateError;
use crate::db::schema::jobs;
use crate::db::schema_versions::Inspect;
use crate::db::types::DbInstant;
use crate::job::Conditions;
use crate::upgrade::{SchemaState, inspect_with_twins};

const SIMILAR_ACCOUNTS: &str = "
    SELECT min(name) AS text FROM accounts GROUP BY lower(name) HAVING count(*) > 1 ORDER BY 1 LIMIT 10";

/// A value that is a text.
#[derive(QueryableByName)]
pub(super) struct TextRow {
    #[diesel(sql_type = Text)]
    pub(super) text: String,
}

/// Reads the facts. `explain` turns a failure to read the schema into one that an operator can use, and `unread` any other.
pub(super) fn read_content<C: Inspect + Database>(
    conn: &mut C,
    now: Timestamp,
    explain: impl Fn(MigrateError) -> MigrateError,
    unread: impl Fn(Error) -> Unread,
) -> ContentFacts {
    let (schema, twins) = match inspect_with_twins(conn) {
        Ok((state, twins)) => (Ok(state), twins),
        Err(error) => (Err(Unread::of(&explain(error))), Vec::new()),
    };
    if !matches!(schema, Ok(SchemaState::Current | SchemaState::Newer(_) | SchemaState::OldKeys)) {
        return ContentFacts { schema, twins, similar_accounts: Ok(Vec::new()), oldest_due: Ok(None) };
    }
    let similar_accounts: Fact<Vec<TextRow>> = on_conn!(conn.as_conn(), |conn| sql_query(SIMILAR_ACCOUNTS).load(conn)).map_err(&unread);
    ContentFacts {
        schema,
        twins,
        similar_accounts: similar_accounts.map(|rows| rows.into_iter().map(|row| row.text).collect()),
        oldest_due: oldest_due(conn.as_conn(), now).map_err(&unread),
    }
}

fn oldest_due(conn: Conn<'_>, now: Timestamp) -> QueryResult<Option<WaitingJob>> {
    let waiting = Conditions::of(conn.dialect()).in_any_account;
    let oldest: Option<(i64, i64, String, DbInstant)> = on_conn!(conn, |conn| jobs::table
        .filter(sql::<Bool>(waiting))
        .filter(jobs::due_at.le(DbInstant(now)))
        .order(jobs::due_at)
        .select((jobs::account_id, jobs::id, jobs::action, jobs::due_at))
        .first(conn)
        .optional())?;
    Ok(oldest.map(|(account, id, action, due)| WaitingJob { account: Id::new(account), id: Id::new(id), action, due: due.0 }))
}
