//! The index of SQLite: the same keys as on PostgreSQL, as the tokens of a full-text index.

use std::collections::HashMap;

use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::super::keys::Keys;
use super::super::pending::listed_sessions;
use super::super::terms::Terms;
use super::rows::SessionPosition;
use crate::db::schema::sessions;
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Sql, Statement};
use crate::db::text::Dialect;
use crate::db::types::{DbGuid, DbGuids, DbInstant, Guid, Guids, Instant};

/// About how many bytes of text are indexed at a time, while other writers wait. The first session is indexed however long it is.
const MAX_BYTES: usize = 20_000;

/// The limit of a query whose rows are read until there are enough.
const NO_LIMIT: i64 = -1;

/// The SQL for the number of the month of a start since the year 0.
const MONTH: &str = "CAST(substr(start_at, 1, 4) AS INTEGER) * 12 + CAST(substr(start_at, 6, 2) AS INTEGER)";

/// The month, the duration and the folded texts of a session.
type IndexedTexts = (i32, i16, String, Option<String>, Option<String>);

static DELETE: Statement = Statement::new(
    "session_index_delete",
    "
    -- A trigger deletes the tokens.
    DELETE FROM session_index WHERE account_id = :account AND guid IN (SELECT unhex(value) FROM json_each(:guids))",
);

static INSERT: Statement = Statement::new(
    "session_index_insert",
    "
    INSERT INTO session_index (account_id, guid, start_at)
    SELECT account_id, guid, start_at
    FROM sessions WHERE account_id = :account AND guid IN (SELECT unhex(value) FROM json_each(:guids)) AND status >= 0
    RETURNING id, guid",
);

static INSERT_TOKENS: Statement = Statement::new(
    "session_index_insert_tokens",
    "INSERT INTO session_words (rowid, words) SELECT value ->> 0, value ->> 1 FROM json_each(:tokens)",
);

static MONTHS: Statement = Statement::new(
    "session_months",
    "
    -- Goes from the first start to the first one in a later month, and so on.
    WITH RECURSIVE starts (at) AS (
        SELECT (
            SELECT start_at FROM sessions WHERE account_id = :account AND status >= 0 AND start_at >= :earliest ORDER BY start_at LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT start_at FROM sessions
            WHERE account_id = :account AND status >= 0 AND start_at <= :latest
              AND start_at >= strftime('%Y-%m-%dT%H:%M:%S.000000Z', at, 'start of month', '1 month')
            ORDER BY start_at LIMIT 1
        )
        FROM starts WHERE at IS NOT NULL
    )
    SELECT CAST(substr(at, 1, 4) AS INTEGER) * 12 + CAST(substr(at, 6, 2) AS INTEGER) FROM starts WHERE at <= :latest",
);

pub(super) fn apply(conn: &mut SqliteConnection, account: AccountId, guids: &[DbGuid]) -> QueryResult<usize> {
    let (taken, tokens) = tokens_of(conn, account.get(), guids)?;
    of_listed(&DELETE, account, taken).execute(conn)?;
    let indexed: Vec<(i64, DbGuid)> = of_listed(&INSERT, account, taken).returning::<(BigInt, Guid)>().load(conn)?;
    let tokens: Vec<_> = indexed.iter().filter_map(|(id, guid)| Some((id, tokens.get(guid)?))).collect();
    let tokens = serde_json::to_string(&tokens).map_err(|error| Error::SerializationError(Box::new(error)))?;
    insert_tokens(tokens).execute(conn)?;
    Ok(taken.len())
}

/// A statement about listed sessions.
fn of_listed(statement: &'static Statement, account: AccountId, guids: &[DbGuid]) -> Sql<'static, Sqlite> {
    Sql::of(statement).bind::<BigInt, _>("account", account.get()).bind::<Guids, _>("guids", DbGuids(guids.to_vec())).uncached()
}

fn insert_tokens(tokens: String) -> Sql<'static, Sqlite> {
    Sql::of(&INSERT_TOKENS).bind::<Text, _>("tokens", tokens).uncached()
}

/// The sessions from the start of the list until their texts reach the limit, and the tokens of those that exist.
fn tokens_of<'g>(conn: &mut SqliteConnection, account: i64, guids: &'g [DbGuid]) -> QueryResult<(&'g [DbGuid], HashMap<DbGuid, String>)> {
    let columns = (sql::<Integer>(MONTH), sessions::duration_minutes, sessions::name_key, sessions::description_key, sessions::tags_key);
    let (mut bytes, mut tokens) = (0, HashMap::new());
    for (place, guid) in guids.iter().enumerate() {
        let session =
            sessions::table.filter(sessions::account_id.eq(account)).filter(sessions::guid.eq(guid)).filter(sessions::status.ge(0_i16));
        let found: Option<IndexedTexts> = session.select(columns.clone()).first(conn).optional()?;
        let Some((month, minutes, name, description, tags)) = found else { continue };
        bytes += name.len() + description.as_ref().map_or(0, String::len) + tags.as_ref().map_or(0, String::len);
        if bytes > MAX_BYTES && place > 0 {
            return Ok((guids.get(..place).unwrap_or_default(), tokens));
        }
        let keys = Keys::of_texts(minutes, &name, description.as_deref(), tags.as_deref());
        tokens.insert(*guid, keys.tokens(account, month));
    }
    Ok((guids, tokens))
}

pub(super) fn months(terms: &Terms) -> Sql<'static, Sqlite, Integer> {
    Sql::of(&MONTHS)
        .bind::<BigInt, _>("account", terms.account)
        .bind::<Instant, _>("earliest", terms.earliest_start().unwrap_or(DbInstant(Timestamp::MIN)))
        .bind::<Instant, _>("latest", terms.latest_start().unwrap_or(DbInstant(Timestamp::MAX)))
        .returning()
        .uncached()
}

pub(super) fn search_index(conn: &mut SqliteConnection, terms: &Terms, months: &[i32], limit: i64) -> QueryResult<Vec<SessionPosition>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for month in months {
        for position in indexed(terms, *month).load_iter::<SessionPosition, _>(conn)? {
            found.push(position?);
            if found.len() >= limit {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// The sessions in the index for a month.
fn indexed(terms: &Terms, month: i32) -> Sql<'static, Sqlite> {
    let in_month = "(
            -- CROSS JOIN fixes the order in which SQLite reads the tables, and LIMIT keeps it from merging the two queries. So the
            -- sessions with the tokens are sorted first, and no more of them are compared than needed.
            SELECT session_index.guid AS key, session_index.start_at AS place
            FROM session_words CROSS JOIN session_index ON session_index.id = session_words.rowid
            WHERE session_words MATCH :tokens AND session_index.account_id = :account
            ORDER BY session_index.start_at, session_index.guid LIMIT -1
        ) AS in_month
        -- A session that was moved since is pending, and found there. The sign keeps the index of the order out of the lookup.
        CROSS JOIN sessions ON sessions.account_id = :account AND sessions.guid = in_month.key AND +sessions.start_at = in_month.place";
    let text = first_of(in_month, "", terms);
    let tokens = terms.keys.match_tokens(terms.account, month);
    terms.bind(Sql::composed("session_search_index", text), NO_LIMIT).bind::<Text, _>("tokens", tokens)
}

pub(super) fn pending(terms: &Terms, guids: Vec<DbGuid>, limit: i64) -> Sql<'static, Sqlite> {
    let text = first_of(&listed_sessions(Dialect::Sqlite), "ORDER BY start_at, guid ", terms);
    terms.bind(Sql::composed("session_search_pending", text), limit).bind::<Guids, _>("guids", DbGuids(guids))
}

/// SQL for the first sessions of `some` that satisfy the conditions other than tokens.
fn first_of(some: &str, order: &str, terms: &Terms) -> String {
    format!(
        "
        SELECT start_at, guid FROM {some}
        WHERE status >= 0 AND (:minutes IS NULL OR duration_minutes = :minutes) AND (:begin IS NULL OR start_civil >= :begin)
            AND (:end IS NULL OR start_civil <= :end){}
        {order}LIMIT :limit",
        terms.conditions_in_sql(Dialect::Sqlite)
    )
}

#[cfg(test)]
pub(super) fn statements(account: AccountId, terms: &Terms) -> Vec<Printed> {
    vec![
        of_listed(&DELETE, account, &[]).printed(),
        of_listed(&INSERT, account, &[]).printed(),
        insert_tokens(String::new()).printed(),
        months(terms).printed(),
        indexed(terms, 1).printed(),
        pending(terms, Vec::new(), 1).printed(),
    ]
}
