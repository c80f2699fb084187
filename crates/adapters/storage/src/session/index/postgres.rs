//! The index of PostgreSQL: keys of sessions in a GIN index.

use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::Projection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Nullable, SmallInt, Text};
use diesel::{QueryableByName, sql_query};

use super::super::pending::pending_sessions;
use super::super::terms::Terms;
use super::rows::{Month, SessionPosition};
use crate::change_log::pending_ids;
use crate::db::error::is_connection_lost;
use crate::db::postgres::PgConnection;
use crate::db::text::{Condition, Dialect};
use crate::db::types::{Civil, DbGuid, DbGuids, DbInstant, Guids, Instant};

/// About how many characters are indexed at a time, which takes about a second. The first session is indexed however long it is.
const MAX_CHARS: i64 = 200_000;

/// The number of the first parameter that is searched for in a text.
const FIRST_TEXT: usize = 6;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

pub(super) fn apply(conn: &mut PgConnection, account: AccountId, guids: &[DbGuid]) -> QueryResult<usize> {
    // `counted` takes sessions from the start of the list until their texts reach the limit `$3`.
    const INDEX: &str = "
        WITH each AS (
            SELECT place, one.guid, (
                SELECT length(name_key) + coalesce(length(description_key), 0) + coalesce(length(tags_key), 0)
                FROM sessions WHERE account_id = $1 AND guid = one.guid
            ) AS chars
            FROM unnest($2) WITH ORDINALITY AS one (guid, place)
        ), counted AS (
            SELECT guid, coalesce(sum(chars) OVER before, 0) <= $3 AS is_taken
            FROM each WINDOW before AS (ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        ), indexed AS (
            INSERT INTO session_index (account_id, guid, deleted, start_at, start_civil, duration_minutes, name_key, description_key,
                tags_key)
            SELECT account_id, guid, status < 0, start_at, start_civil, duration_minutes, name_key, description_key, tags_key
            FROM sessions WHERE account_id = $1 AND guid = ANY (ARRAY(SELECT guid FROM counted WHERE is_taken))
            ON CONFLICT (account_id, guid) DO UPDATE SET deleted = excluded.deleted, start_at = excluded.start_at,
                start_civil = excluded.start_civil, duration_minutes = excluded.duration_minutes, name_key = excluded.name_key,
                description_key = excluded.description_key, tags_key = excluded.tags_key
            WHERE session_index.* IS DISTINCT FROM excluded.*
        )
        SELECT count(*) AS count FROM counted WHERE is_taken";
    // Only the owner of an index may clean its pending list. For other roles, the server does it by itself sooner or later.
    const PUT_KEYS_IN_PLACE: &str = "
        SELECT gin_clean_pending_list(oid) FROM pg_class
        WHERE oid = 'session_index_by_key'::regclass AND pg_has_role(relowner, 'USAGE')";
    let index = sql_query(INDEX).bind::<BigInt, _>(account.get()).bind::<Guids, _>(DbGuids(guids.to_vec()));
    let count: Count = index.bind::<BigInt, _>(MAX_CHARS).get_result(conn)?;
    // Another session may be cleaning it. A failed cleanup must not undo the indexing.
    if let Err(error) = conn.transaction(|conn| sql_query(PUT_KEYS_IN_PLACE).execute(conn)) {
        if is_connection_lost(&error) {
            return Err(error);
        }
        tracing::warn!(%error, "the pending list of the index of sessions was not cleaned");
    }
    Ok(usize::try_from(count.count).unwrap_or_default())
}

pub(super) fn months(conn: &mut PgConnection, terms: &Terms) -> QueryResult<Vec<Month>> {
    // Goes from the first start to the first one in a later month, and so on.
    const MONTHS_WITH_SESSIONS: &str = "
        WITH RECURSIVE starts (at) AS (
            (SELECT start_at FROM sessions WHERE account_id = $1 AND status >= 0 AND start_at >= $2 ORDER BY start_at LIMIT 1)
            UNION ALL
            SELECT (
                SELECT start_at FROM sessions WHERE account_id = $1 AND status >= 0 AND start_at <= $3
                  AND start_at >= (date_trunc('month', at AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC'
                ORDER BY start_at LIMIT 1
            ) FROM starts WHERE at IS NOT NULL
        )
        SELECT session_month(at) AS month FROM starts WHERE at <= $3";
    let query = sql_query(MONTHS_WITH_SESSIONS).bind::<BigInt, _>(terms.account);
    let query = query.bind::<Instant, _>(terms.earliest_start().unwrap_or(DbInstant(Timestamp::MIN)));
    query.bind::<Instant, _>(terms.latest_start().unwrap_or(DbInstant(Timestamp::MAX))).load(conn)
}

pub(super) fn search_index(conn: &mut PgConnection, terms: &Terms, months: &[i32], limit: i64) -> QueryResult<Vec<SessionPosition>> {
    // OFFSET 0 keeps all other conditions out of the innermost query, so that only the index of the keys can serve it.
    const HAVE_KEYS: &str = "
        SELECT * FROM session_index WHERE NOT deleted AND month.keys::tsquery @@
            session_keys(account_id, session_month(start_at), duration_minutes, name_key, description_key, tags_key)
        OFFSET 0";
    // This query never runs with more than 10 000 pending sessions. The limit tells the planner that a hash table can hold all of
    // them.
    let is_indexed = format!("guid NOT IN ({} LIMIT 50000)", pending_ids(Projection::SearchIndex, Dialect::Postgres));
    // A nested loop goes from month to month and stops as soon as it has enough.
    let texts = terms.conditions(Dialect::Postgres);
    let first = first_of(&format!("({HAVE_KEYS}) AS in_month"), &is_indexed, &texts);
    let number = FIRST_TEXT + texts.len();
    let query = format!("SELECT found.start_at, found.guid FROM unnest(${number}) AS month (keys), LATERAL ({first}) AS found LIMIT $5");
    let keys: Vec<_> = months.iter().map(|month| terms.keys.tsquery(terms.account, *month)).collect();
    bound(&query, terms, &texts, limit).bind::<Array<Text>, _>(keys).load(conn)
}

pub(super) fn search_pending(conn: &mut PgConnection, terms: &Terms, limit: i64) -> QueryResult<Vec<SessionPosition>> {
    let texts = terms.conditions(Dialect::Postgres);
    let pending = pending_sessions(Projection::SearchIndex, Dialect::Postgres);
    bound(&first_of(&pending, "status >= 0", &texts), terms, &texts, limit).load(conn)
}

/// SQL for the first sessions of `some` that satisfy the conditions other than keys.
fn first_of(some: &str, condition: &str, texts: &[(&str, Condition)]) -> String {
    let texts = (FIRST_TEXT..).zip(texts).map(|(number, (column, text))| format!(" AND {}", text.on(column, &format!("${number}"))));
    format!(
        "SELECT start_at, guid FROM {some} WHERE account_id = $1 AND ($2::smallint IS NULL OR duration_minutes = $2)
            AND ($3::timestamp IS NULL OR start_civil >= $3) AND ($4::timestamp IS NULL OR start_civil <= $4){} AND {condition}
        ORDER BY start_at, guid LIMIT $5",
        texts.collect::<String>()
    )
}

/// A query with the values of the parameters that [`first_of`] uses.
fn bound<'q>(query: &str, terms: &Terms, texts: &'q [(&str, Condition)], limit: i64) -> BoxedSqlQuery<'q, Pg, SqlQuery> {
    let query = sql_query(query).into_boxed::<Pg>().bind::<BigInt, _>(terms.account);
    let query = query.bind::<Nullable<SmallInt>, _>(terms.minutes).bind::<Nullable<Civil>, _>(terms.begin);
    let query = query.bind::<Nullable<Civil>, _>(terms.end).bind::<BigInt, _>(limit);
    texts.iter().fold(query, |query, (_, text)| query.bind::<Text, _>(text.value()))
}
