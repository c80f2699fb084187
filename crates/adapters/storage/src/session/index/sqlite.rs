//! The index of SQLite: the same keys as on PostgreSQL, as the words of a full-text index.

use std::collections::HashMap;

use derslik_domain::id::AccountId;
use derslik_domain::job::RowCount;
use derslik_domain::time::Timestamp;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::result::Error;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{QueryableByName, sql_query};

use super::super::keys::Keys;
use super::super::terms::Terms;
use super::{Count, Month, Place, rows};
use crate::db::text::{Condition, Dialect};
use crate::db::types::{Civil, DbGuid, DbInstant, Guid, Instant};

/// About how many bytes of text are indexed at a time, while other writers wait. The first session is indexed however long it is.
const MOST_BYTES: usize = 20_000;

/// The number of the first parameter that is searched for in a text.
const FIRST_TEXT: usize = 6;

#[derive(QueryableByName)]
struct Noted {
    #[diesel(sql_type = Guid)]
    guid: DbGuid,
    /// `None` for a session that is deleted or removed.
    #[diesel(sql_type = Nullable<Integer>)]
    month: Option<i32>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    duration_minutes: Option<i16>,
    #[diesel(sql_type = Nullable<Text>)]
    name_key: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    description_key: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    tags_key: Option<String>,
}

#[derive(QueryableByName)]
struct Indexed {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Guid)]
    guid: DbGuid,
}

impl Noted {
    fn bytes(&self) -> usize {
        [&self.name_key, &self.description_key, &self.tags_key].into_iter().flatten().map(String::len).sum()
    }

    /// The words of the session, if it exists.
    fn words(&self, account: i64) -> Option<String> {
        let (month, minutes, name) = (self.month?, self.duration_minutes?, self.name_key.as_deref()?);
        let keys = Keys::of_texts(minutes, name, self.description_key.as_deref(), self.tags_key.as_deref());
        Some(keys.words(account, month))
    }
}

pub(super) fn follow(conn: &mut SqliteConnection, account: AccountId, limit: u16) -> QueryResult<RowCount> {
    const NOTED: &str = "
        SELECT noted.guid, CAST(substr(start_at, 1, 4) AS INTEGER) * 12 + CAST(substr(start_at, 6, 2) AS INTEGER) AS month,
            duration_minutes, name_key, description_key, tags_key
        FROM sessions_to_index AS noted
        LEFT JOIN sessions ON sessions.account_id = noted.account_id AND sessions.guid = noted.guid AND status >= 0
        WHERE noted.account_id = ?1 ORDER BY noted.guid LIMIT ?2";
    // The pending sessions up to a GUID are indexed.
    const FORGET: &str = "
        DELETE FROM session_index WHERE account_id = ?1
          AND guid IN (SELECT guid FROM sessions_to_index WHERE account_id = ?1 AND guid <= ?2)";
    const KEEP: &str = "
        INSERT INTO session_index (account_id, guid, start_at)
        SELECT sessions.account_id, sessions.guid, start_at
        FROM sessions_to_index AS noted
        CROSS JOIN sessions ON sessions.account_id = noted.account_id AND sessions.guid = noted.guid AND status >= 0
        WHERE noted.account_id = ?1 AND noted.guid <= ?2
        RETURNING id, guid";
    const KEEP_WORDS: &str = "INSERT INTO session_words (rowid, words) SELECT value ->> 0, value ->> 1 FROM json_each(?1)";
    const DONE: &str = "DELETE FROM sessions_to_index WHERE account_id = ?1 AND guid <= ?2";

    let account = account.get();
    let (mut bytes, mut count, mut last) = (0, 0, None);
    let mut words = HashMap::new();
    let question = sql_query(NOTED).bind::<BigInt, _>(account).bind::<BigInt, _>(i64::from(limit));
    for noted in question.load_iter::<Noted, _>(conn)? {
        let noted = noted?;
        bytes += noted.bytes();
        if bytes > MOST_BYTES && last.is_some() {
            break;
        }
        words.extend(noted.words(account).map(|words| (noted.guid, words)));
        (count, last) = (count + 1, Some(noted.guid));
    }
    let Some(last) = last else { return Ok(RowCount::ZERO) };
    let up_to_last = |statement| sql_query(statement).bind::<BigInt, _>(account).bind::<Guid, _>(last);
    up_to_last(FORGET).execute(conn)?;
    let kept: Vec<Indexed> = up_to_last(KEEP).load(conn)?;
    let words: Vec<_> = kept.iter().filter_map(|kept| Some((kept.id, words.get(&kept.guid)?))).collect();
    let words = serde_json::to_string(&words).map_err(|error| Error::SerializationError(Box::new(error)))?;
    sql_query(KEEP_WORDS).bind::<Text, _>(words).execute(conn)?;
    up_to_last(DONE).execute(conn)?;
    Ok(rows(count))
}

pub(super) fn noted(conn: &mut SqliteConnection, account: AccountId) -> QueryResult<i64> {
    const NOTED: &str = "SELECT count(*) AS count FROM sessions_to_index WHERE account_id = ?1";
    Ok(sql_query(NOTED).bind::<BigInt, _>(account.get()).get_result::<Count>(conn)?.count)
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
    let question = sql_query(MONTHS_WITH_SESSIONS).bind::<BigInt, _>(terms.account);
    let question = question.bind::<Instant, _>(terms.earliest_start().unwrap_or(DbInstant(Timestamp::MIN)));
    question.bind::<Instant, _>(terms.latest_start().unwrap_or(DbInstant(Timestamp::MAX))).load(conn)
}

pub(super) fn in_months(conn: &mut SqliteConnection, terms: &Terms, months: &[i32], limit: i64) -> QueryResult<Vec<Place>> {
    // CROSS JOIN fixes the order in which SQLite reads the tables, and LIMIT keeps it from merging the two queries. So the
    // sessions with the words are sorted first, and no more of them are compared than needed.
    let texts = terms.conditions(Dialect::Sqlite);
    let some = format!(
        "(
            SELECT session_index.account_id, session_index.guid
            FROM session_words CROSS JOIN session_index ON session_index.id = session_words.rowid
            WHERE session_words MATCH ?{} AND session_index.account_id = ?1
            ORDER BY session_index.start_at, session_index.guid LIMIT -1
        ) AS in_month
        CROSS JOIN sessions ON sessions.account_id = in_month.account_id AND sessions.guid = in_month.guid
        WHERE NOT EXISTS (
            SELECT 1 FROM sessions_to_index AS noted WHERE noted.account_id = sessions.account_id AND noted.guid = sessions.guid
        )",
        FIRST_TEXT + texts.len()
    );
    let mut found = Vec::new();
    for month in months {
        let missing = limit - i64::try_from(found.len()).unwrap_or(limit);
        if missing <= 0 {
            break;
        }
        let words = terms.keys.match_words(terms.account, *month);
        found.append(&mut first_of(&some, "", terms, &texts, missing).bind::<Text, _>(words).load(conn)?);
    }
    Ok(found)
}

pub(super) fn among_noted(conn: &mut SqliteConnection, terms: &Terms, limit: i64) -> QueryResult<Vec<Place>> {
    const NOTED: &str = "
        sessions_to_index AS noted
        CROSS JOIN sessions ON sessions.account_id = noted.account_id AND sessions.guid = noted.guid
        WHERE noted.account_id = ?1";
    let texts = terms.conditions(Dialect::Sqlite);
    first_of(NOTED, "ORDER BY start_at, sessions.guid", terms, &texts, limit).load(conn)
}

/// The query for the first sessions of `some` that satisfy the conditions other than words.
fn first_of<'q>(some: &str, order: &str, terms: &Terms, texts: &'q [(&str, Condition)], limit: i64) -> BoxedSqlQuery<'q, Sqlite, SqlQuery> {
    let conditions = (FIRST_TEXT..).zip(texts).map(|(number, (column, text))| format!(" AND {}", text.on(column, &format!("?{number}"))));
    let question = format!(
        "SELECT start_at, sessions.guid FROM {some} AND status >= 0 AND (?2 IS NULL OR duration_minutes = ?2)
            AND (?3 IS NULL OR start_civil >= ?3) AND (?4 IS NULL OR start_civil <= ?4){}
        {order} LIMIT ?5",
        conditions.collect::<String>()
    );
    let question = sql_query(question).into_boxed::<Sqlite>().bind::<BigInt, _>(terms.account);
    let question = question.bind::<Nullable<SmallInt>, _>(terms.minutes).bind::<Nullable<Civil>, _>(terms.begin);
    let question = question.bind::<Nullable<Civil>, _>(terms.end).bind::<BigInt, _>(limit);
    texts.iter().fold(question, |question, (_, text)| question.bind::<Text, _>(text.value()))
}
