//! The index of PostgreSQL: keys of sessions in a GIN index.

use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Text};

use super::super::pending::{MAX_PENDING_SCAN, listed_sessions};
use super::super::terms::Terms;
use super::rows::{Entry, SessionPosition};
use crate::db::error::is_connection_lost;
use crate::db::postgres::PgConnection;
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Sql, Statement};
use crate::db::text::Dialect;
use crate::db::types::{DbGuid, DbGuids, DbInstant, Guids, Instant};

/// About how many characters are indexed at a time, which takes about a second. The first session is indexed however long it is.
const MAX_CHARS: i64 = 200_000;

static INDEX: Statement = Statement::new(
    "session_index_apply",
    "
    -- The sessions of the list in its order, with the characters of their texts.
    WITH each AS (
        SELECT place, one.guid, (
            SELECT length(name_key) + coalesce(length(description_key), 0) + coalesce(length(tags_key), 0)
            FROM sessions WHERE account_id = :account AND guid = one.guid
        ) AS chars
        FROM unnest(:guids) WITH ORDINALITY AS one (guid, place)
    ),
    -- Sessions are taken from the start of the list until their texts reach the limit.
    counted AS (
        SELECT guid, coalesce(sum(chars) OVER before, 0) <= :max_chars AS is_taken
        FROM each WINDOW before AS (ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ),
    -- Their rows in the index. A row that stays the same is not written again. Without the lock, a session that another transaction
    -- removes meanwhile would break the foreign key.
    indexed AS (
        INSERT INTO session_index (account_id, guid, deleted, start_at, start_civil, duration_minutes, name_key, description_key,
            tags_key)
        SELECT account_id, guid, status < 0, start_at, start_civil, duration_minutes, name_key, description_key, tags_key
        FROM sessions WHERE account_id = :account AND guid = ANY (ARRAY(SELECT guid FROM counted WHERE is_taken))
        ORDER BY guid FOR KEY SHARE
        ON CONFLICT (account_id, guid) DO UPDATE SET deleted = excluded.deleted, start_at = excluded.start_at,
            start_civil = excluded.start_civil, duration_minutes = excluded.duration_minutes, name_key = excluded.name_key,
            description_key = excluded.description_key, tags_key = excluded.tags_key
        WHERE session_index.* IS DISTINCT FROM excluded.*
    )
    SELECT count(*) FROM counted WHERE is_taken",
);

static PUT_KEYS_IN_PLACE: Statement = Statement::new(
    "session_index_put_keys_in_place",
    "
    -- Only the owner of an index may clean its pending list. For other roles, the server does it by itself sooner or later.
    SELECT gin_clean_pending_list(relid) FROM pg_partition_tree('session_index_by_key') JOIN pg_class ON oid = relid
    WHERE isleaf AND pg_has_role(relowner, 'USAGE')",
);

static MONTHS: Statement = Statement::new(
    "session_months",
    "
    -- Goes from the first start to the first one in a later month, and so on.
    WITH RECURSIVE starts (at) AS (
        (SELECT start_at FROM sessions WHERE account_id = :account AND status >= 0 AND start_at >= :earliest ORDER BY start_at LIMIT 1)
        UNION ALL
        SELECT (
            SELECT start_at FROM sessions
            WHERE account_id = :account AND status >= 0 AND start_at <= :latest
              AND start_at >= (date_trunc('month', at AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC'
            ORDER BY start_at LIMIT 1
        )
        FROM starts WHERE at IS NOT NULL
    )
    SELECT session_month(at) FROM starts WHERE at <= :latest",
);

pub(super) fn apply(conn: &mut PgConnection, account: AccountId, guids: &[DbGuid]) -> QueryResult<usize> {
    let count: i64 = index(account, guids).get_result(conn)?;
    // Another session may be cleaning it. A failed cleanup must not undo the indexing.
    if let Err(error) = conn.transaction(|conn| put_keys_in_place().execute(conn)) {
        if is_connection_lost(&error) {
            return Err(error);
        }
        tracing::warn!(%error, "the pending list of the index of sessions was not cleaned");
    }
    Ok(usize::try_from(count).unwrap_or_default())
}

fn index(account: AccountId, guids: &[DbGuid]) -> Sql<'static, Pg, BigInt> {
    Sql::of(&INDEX)
        .bind::<BigInt, _>("account", account.get())
        .bind::<Guids, _>("guids", DbGuids(guids.to_vec()))
        .bind::<BigInt, _>("max_chars", MAX_CHARS)
        .returning()
        .uncached()
}

fn put_keys_in_place() -> Sql<'static, Pg> {
    Sql::of(&PUT_KEYS_IN_PLACE).uncached()
}

pub(super) fn months(terms: &Terms) -> Sql<'static, Pg, Integer> {
    Sql::of(&MONTHS)
        .bind::<BigInt, _>("account", terms.account)
        .bind::<Instant, _>("earliest", terms.earliest_start().unwrap_or(DbInstant(Timestamp::MIN)))
        .bind::<Instant, _>("latest", terms.latest_start().unwrap_or(DbInstant(Timestamp::MAX)))
        .returning()
        .uncached()
}

pub(super) fn search_index(
    conn: &mut PgConnection,
    terms: &Terms,
    months: &[i32],
    limit: i64,
    is_distributed: bool,
) -> QueryResult<Option<Vec<SessionPosition>>> {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    // Nearly always all entries are current. Otherwise more of them are read.
    for asked in [limit, limit.saturating_add(MAX_PENDING_SCAN)] {
        let entries: Vec<Entry> = indexed(terms, months, asked, is_distributed).load(conn)?;
        let are_all = i64::try_from(entries.len()).is_ok_and(|count| count < asked);
        let current = entries.into_iter().filter(|entry| entry.is_current).map(|entry| entry.position);
        let current: Vec<_> = current.take(most).collect();
        if are_all || current.len() == most {
            return Ok(Some(current));
        }
    }
    Ok(None)
}

fn indexed(terms: &Terms, months: &[i32], limit: i64, is_distributed: bool) -> Sql<'static, Pg> {
    // A coordinator of shards finds the shard by the account. On one server another index could then serve the query.
    let query = if is_distributed {
        Sql::composed("session_search_index_of_shard", index_search(terms, "account_id = :account AND "))
    } else {
        Sql::composed("session_search_index", index_search(terms, ""))
    };
    let keys: Vec<_> = months.iter().map(|month| terms.keys.tsquery(terms.account, *month)).collect();
    terms.bind(query, limit).bind::<Array<Text>, _>("keys", keys)
}

/// SQL for the first matching entries of the index. `of_account` is empty, or a condition that ends with `AND`.
fn index_search(terms: &Terms, of_account: &str) -> String {
    let in_month = format!(
        "(
            -- OFFSET 0 keeps all other conditions out of this query, so that only the index of the keys can serve it.
            SELECT * FROM session_index
            WHERE {of_account}NOT deleted AND month.keys::tsquery @@
                session_keys(account_id, session_month(start_at), duration_minutes, name_key, description_key, tags_key)
            OFFSET 0
        ) AS in_month"
    );
    format!(
        "
    -- Goes from month to month and stops as soon as it has enough.
    SELECT found.start_at, found.guid, coalesce((
        -- The session is looked up by its key, as a pending one is, and only for the entries that are returned.
        SELECT true FROM (SELECT * FROM sessions WHERE account_id = :account AND guid = found.guid OFFSET 0) AS written
        WHERE status >= 0 AND start_at = found.start_at{}
    ), false) AS is_current
    FROM unnest(:keys) AS month (keys), LATERAL ({}
    ) AS found
    LIMIT :limit",
        conditions(terms),
        first_of(&in_month, "", terms)
    )
}

pub(super) fn pending(terms: &Terms, guids: Vec<DbGuid>, limit: i64) -> Sql<'static, Pg> {
    let text = first_of(&listed_sessions(Dialect::Postgres), " AND status >= 0", terms);
    terms.bind(Sql::composed("session_search_pending", text), limit).bind::<Guids, _>("guids", DbGuids(guids))
}

/// SQL for the first sessions of `some` that satisfy the conditions other than keys.
fn first_of(some: &str, condition: &str, terms: &Terms) -> String {
    format!(
        "
        SELECT start_at, guid FROM {some}
        WHERE account_id = :account{}{condition}
        ORDER BY start_at, guid LIMIT :limit",
        conditions(terms)
    )
}

/// SQL for the conditions other than keys, each after an `AND`.
fn conditions(terms: &Terms) -> String {
    format!(
        " AND (:minutes::smallint IS NULL OR duration_minutes = :minutes)
            AND (:begin::timestamp IS NULL OR start_civil >= :begin) AND (:end::timestamp IS NULL OR start_civil <= :end){}",
        terms.conditions_in_sql(Dialect::Postgres)
    )
}

#[cfg(test)]
pub(super) fn statements(account: AccountId, terms: &Terms) -> Vec<Printed> {
    vec![
        index(account, &[]).printed(),
        put_keys_in_place().printed(),
        months(terms).printed(),
        indexed(terms, &[], 1, false).printed(),
        indexed(terms, &[], 1, true).printed(),
        pending(terms, Vec::new(), 1).printed(),
    ]
}
