//! The index of SQLite: the same keys as on PostgreSQL, as the tokens of a full-text index.

use std::collections::{HashMap, HashSet};

use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::Projection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::result::Error;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{QueryableByName, sql_query};

use super::super::keys::Keys;
use super::super::pending::pending_sessions;
use super::super::terms::Terms;
use super::rows::{Month, SessionPosition};
use crate::change_log::{is_listed, numbered, pending_ids};
use crate::db::schema::sessions;
use crate::db::text::{Condition, Dialect};
use crate::db::types::{Civil, DbGuid, DbGuids, DbInstant, Guid, Guids, Instant};

/// About how many bytes of text are indexed at a time, while other writers wait. The first session is indexed however long it is.
const MAX_BYTES: usize = 20_000;

/// The number of the first parameter that is searched for in a text.
const FIRST_TEXT: usize = 6;

/// The limit of a query whose rows are read until there are enough.
const NO_LIMIT: i64 = -1;

/// The SQL for the number of the month of a start since the year 0.
const MONTH: &str = "CAST(substr(start_at, 1, 4) AS INTEGER) * 12 + CAST(substr(start_at, 6, 2) AS INTEGER)";

/// The month, the duration and the folded texts of a session.
type IndexedTexts = (i32, i16, String, Option<String>, Option<String>);

#[derive(QueryableByName)]
struct Indexed {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Guid)]
    guid: DbGuid,
}

#[derive(QueryableByName)]
struct Pending {
    #[diesel(sql_type = Guid)]
    key: DbGuid,
}

pub(super) fn apply(conn: &mut SqliteConnection, account: AccountId, guids: &[DbGuid]) -> QueryResult<usize> {
    const INSERT_TOKENS: &str = "INSERT INTO session_words (rowid, words) SELECT value ->> 0, value ->> 1 FROM json_each(?1)";
    let is_listed = is_listed(Dialect::Sqlite);
    let delete = format!("DELETE FROM session_index WHERE account_id = $1 AND {is_listed}");
    let insert = format!(
        "INSERT INTO session_index (account_id, guid, start_at)
        SELECT account_id, guid, start_at FROM sessions WHERE account_id = $1 AND {is_listed} AND status >= 0
        RETURNING id, guid"
    );
    let account = account.get();
    let (taken, tokens) = tokens_of(conn, account, guids)?;
    let listed = |statement: &str| {
        let statement = sql_query(numbered(statement, Dialect::Sqlite));
        statement.bind::<BigInt, _>(account).bind::<Guids, _>(DbGuids(taken.to_vec()))
    };
    // A trigger deletes the tokens.
    listed(&delete).execute(conn)?;
    let indexed: Vec<Indexed> = listed(&insert).load(conn)?;
    let tokens: Vec<_> = indexed.iter().filter_map(|indexed| Some((indexed.id, tokens.get(&indexed.guid)?))).collect();
    let tokens = serde_json::to_string(&tokens).map_err(|error| Error::SerializationError(Box::new(error)))?;
    sql_query(INSERT_TOKENS).bind::<Text, _>(tokens).execute(conn)?;
    Ok(taken.len())
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

pub(super) fn months(conn: &mut SqliteConnection, terms: &Terms) -> QueryResult<Vec<Month>> {
    // Goes from the first start to the first one in a later month, and so on.
    const MONTHS_WITH_SESSIONS: &str = "
        WITH RECURSIVE starts (at) AS (
            SELECT (SELECT start_at FROM sessions WHERE account_id = ?1 AND status >= 0 AND start_at >= ?2 ORDER BY start_at LIMIT 1)
            UNION ALL
            SELECT (
                SELECT start_at FROM sessions WHERE account_id = ?1 AND status >= 0 AND start_at <= ?3
                  AND start_at >= strftime('%Y-%m-%dT%H:%M:%S.000000Z', at, 'start of month', '1 month') ORDER BY start_at LIMIT 1
            ) FROM starts WHERE at IS NOT NULL
        )
        SELECT CAST(substr(at, 1, 4) AS INTEGER) * 12 + CAST(substr(at, 6, 2) AS INTEGER) AS month FROM starts WHERE at <= ?3";
    let query = sql_query(MONTHS_WITH_SESSIONS).bind::<BigInt, _>(terms.account);
    let query = query.bind::<Instant, _>(terms.earliest_start().unwrap_or(DbInstant(Timestamp::MIN)));
    query.bind::<Instant, _>(terms.latest_start().unwrap_or(DbInstant(Timestamp::MAX))).load(conn)
}

pub(super) fn search_index(conn: &mut SqliteConnection, terms: &Terms, months: &[i32], limit: i64) -> QueryResult<Vec<SessionPosition>> {
    let pending = sql_query(numbered(&pending_ids(Projection::SearchIndex, Dialect::Sqlite), Dialect::Sqlite));
    let pending: Vec<Pending> = pending.bind::<BigInt, _>(terms.account).load(conn)?;
    let pending: HashSet<_> = pending.into_iter().map(|pending| pending.key.0).collect();
    // CROSS JOIN fixes the order in which SQLite reads the tables, and LIMIT keeps it from merging the two queries. So the
    // sessions with the tokens are sorted first, and no more of them are compared than needed.
    let texts = terms.conditions(Dialect::Sqlite);
    let some = format!(
        "(
            SELECT session_index.guid AS key
            FROM session_words CROSS JOIN session_index ON session_index.id = session_words.rowid
            WHERE session_words MATCH ?{} AND session_index.account_id = ?1
            ORDER BY session_index.start_at, session_index.guid LIMIT -1
        ) AS in_month
        CROSS JOIN sessions ON sessions.account_id = ?1 AND sessions.guid = in_month.key",
        FIRST_TEXT + texts.len()
    );
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for month in months {
        let tokens = terms.keys.match_tokens(terms.account, *month);
        let query = first_of(&some, "", terms, &texts, NO_LIMIT).bind::<Text, _>(tokens);
        for position in query.load_iter::<SessionPosition, _>(conn)? {
            let position = position?;
            if pending.contains(&position.guid.0) {
                continue;
            }
            found.push(position);
            if found.len() >= limit {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

pub(super) fn search_pending(conn: &mut SqliteConnection, terms: &Terms, limit: i64) -> QueryResult<Vec<SessionPosition>> {
    let texts = terms.conditions(Dialect::Sqlite);
    let pending = numbered(&pending_sessions(Projection::SearchIndex, Dialect::Sqlite), Dialect::Sqlite);
    first_of(&pending, "ORDER BY start_at, guid", terms, &texts, limit).load(conn)
}

/// The query for the first sessions of `some` that satisfy the conditions other than tokens.
fn first_of<'q>(some: &str, order: &str, terms: &Terms, texts: &'q [(&str, Condition)], limit: i64) -> BoxedSqlQuery<'q, Sqlite, SqlQuery> {
    let conditions = (FIRST_TEXT..).zip(texts).map(|(number, (column, text))| format!(" AND {}", text.on(column, &format!("?{number}"))));
    let query = format!(
        "SELECT start_at, guid FROM {some} WHERE status >= 0 AND (?2 IS NULL OR duration_minutes = ?2)
            AND (?3 IS NULL OR start_civil >= ?3) AND (?4 IS NULL OR start_civil <= ?4){}
        {order} LIMIT ?5",
        conditions.collect::<String>()
    );
    let query = sql_query(query).into_boxed::<Sqlite>().bind::<BigInt, _>(terms.account);
    let query = query.bind::<Nullable<SmallInt>, _>(terms.minutes).bind::<Nullable<Civil>, _>(terms.begin);
    let query = query.bind::<Nullable<Civil>, _>(terms.end).bind::<BigInt, _>(limit);
    texts.iter().fold(query, |query, (_, text)| query.bind::<Text, _>(text.value()))
}
