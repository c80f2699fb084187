//! The index of PostgreSQL: keys of sessions in a GIN index.

use crate::db::postgres::PgConnection;
use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::job::{BatchSize, RowCount};
use derslik_domain::session::SessionStatus;
use derslik_domain::time::Timestamp;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, SmallInt, Text};
use diesel::{QueryableByName, sql_query};

use super::super::ends::{ends_on_postgres, is_open};
use super::super::terms::Terms;
use super::{Count, MOST_NOTED, Month, Place, Turn, rows};
use crate::db::error::is_connection_lost;
use crate::db::text::{Condition, Dialect};
use crate::db::types::{Civil, DbGuid, DbInstant, Guid, Instant};

/// About how many characters are indexed at a time, which takes about a second. The first session is indexed however long it is.
const MOST_LETTERS: i64 = 200_000;

/// The pending sessions of the account `$1`, each looked up once by its key. `OFFSET 0` keeps conditions out of the lookup. With
/// the status or the order in it, a planner without statistics would read the index of the order for each GUID.
const NOTED_SESSIONS: &str = "(
        SELECT DISTINCT unnest(guids) AS key FROM sessions_to_index WHERE account_id = $1
    ) AS each CROSS JOIN LATERAL (
        SELECT * FROM sessions WHERE account_id = $1 AND guid = each.key OFFSET 0
    ) AS noted";

/// The number of the first parameter that is searched for in a text.
const FIRST_TEXT: usize = 6;

/// The first key of the advisory locks of indexing; the second key comes from the account. A transaction that indexes sessions of
/// the account holds the lock until it ends.
const LOCKS: i32 = 0x6472_7369;

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    is_ours: bool,
}

/// Takes the lock of the account, and returns whether this transaction holds it. It is a statement of its own, because the next
/// statement must see what other transactions have committed.
pub(super) fn take_turn(conn: &mut PgConnection, account: AccountId, turn: Turn) -> QueryResult<bool> {
    let question = match turn {
        Turn::Wait => "SELECT pg_advisory_xact_lock($1, ($2 % 2147483647)::integer) IS NOT NULL AS is_ours",
        Turn::Skip => "SELECT pg_try_advisory_xact_lock($1, ($2 % 2147483647)::integer) AS is_ours",
    };
    let question = sql_query(question).bind::<Integer, _>(LOCKS).bind::<BigInt, _>(account.get());
    Ok(question.get_result::<Taken>(conn)?.is_ours)
}

pub(super) fn follow(conn: &mut PgConnection, account: AccountId, limit: u16) -> QueryResult<RowCount> {
    // Only the owner of an index may clean its pending list. For other roles, the server does it by itself sooner or later.
    const PUT_KEYS_IN_PLACE: &str = "
        SELECT gin_clean_pending_list(oid) FROM pg_class
        WHERE oid = 'session_index_by_key'::regclass AND pg_has_role(relowner, 'USAGE')";
    let (ends_at, is_open) = (ends_on_postgres(), is_open("status"));
    let follow = format!(
        "
        WITH noted AS (
            SELECT id, guids, sum(cardinality(guids)) OVER (ORDER BY id) - cardinality(guids) AS before
            FROM (SELECT id, guids FROM sessions_to_index WHERE account_id = $1 ORDER BY id LIMIT $2) AS first
        ), each AS (
            SELECT id, place, one.guid, (
                SELECT length(name_key) + coalesce(length(description_key), 0) + coalesce(length(tags_key), 0)
                FROM sessions WHERE account_id = $1 AND guid = one.guid
            ) AS letters
            FROM noted, unnest(guids) WITH ORDINALITY AS one (guid, place) WHERE before < $2
        ), counted AS (
            SELECT id, place, guid, coalesce(sum(letters) OVER before, 0) <= $3 AS is_taken
            FROM each WINDOW before AS (ORDER BY id, place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        ), rest AS (
            SELECT id, array_agg(guid ORDER BY place) FILTER (WHERE NOT is_taken) AS guids FROM counted GROUP BY id HAVING bool_or(is_taken)
        ), done AS (
            DELETE FROM sessions_to_index WHERE account_id = $1 AND id IN (SELECT id FROM rest WHERE guids IS NULL)
        ), shortened AS (
            UPDATE sessions_to_index SET guids = rest.guids FROM rest
            WHERE account_id = $1 AND sessions_to_index.id = rest.id AND rest.guids IS NOT NULL
        ), written AS (
            SELECT account_id, guid, status, created_by, start_at, start_civil, duration_minutes, name_key, description_key, tags_key
            FROM sessions WHERE account_id = $1 AND guid = ANY (ARRAY(SELECT guid FROM counted WHERE is_taken))
        ), indexed AS (
            INSERT INTO session_index (account_id, guid, deleted, created_by, start_at, start_civil, duration_minutes, name_key,
                description_key, tags_key)
            SELECT account_id, guid, status < 0, created_by, start_at, start_civil, duration_minutes, name_key, description_key, tags_key
            FROM written
            ON CONFLICT (account_id, guid) DO UPDATE SET deleted = excluded.deleted, created_by = excluded.created_by,
                start_at = excluded.start_at, start_civil = excluded.start_civil, duration_minutes = excluded.duration_minutes,
                name_key = excluded.name_key, description_key = excluded.description_key, tags_key = excluded.tags_key
            WHERE session_index.* IS DISTINCT FROM excluded.*
        ), open AS (
            INSERT INTO session_ends (account_id, ends_at, guid)
            SELECT account_id, {ends_at}, guid FROM written WHERE {is_open}
            ON CONFLICT DO NOTHING
        )
        SELECT count(*) AS count FROM counted WHERE is_taken"
    );
    let question = sql_query(follow).bind::<BigInt, _>(account.get()).bind::<BigInt, _>(i64::from(limit));
    let count: Count = question.bind::<BigInt, _>(MOST_LETTERS).get_result(conn)?;
    // Another session may be cleaning it. A failed cleanup must not undo the indexing.
    if count.count > 0
        && let Err(error) = conn.transaction(|conn| sql_query(PUT_KEYS_IN_PLACE).execute(conn))
    {
        if is_connection_lost(&error) {
            return Err(error);
        }
        tracing::warn!(%error, "the pending list of the index of sessions was not cleaned");
    }
    Ok(rows(count.count))
}

/// Marks sessions as expired whose end has come. Sessions that were never indexed have no end here yet.
pub(in super::super) fn expire(conn: &mut PgConnection, account: AccountId, now: Timestamp, limit: u16) -> QueryResult<RowCount> {
    #[derive(QueryableByName)]
    struct Ends {
        #[diesel(sql_type = BigInt)]
        due: i64,
        #[diesel(sql_type = BigInt)]
        ended: i64,
    }
    // A session may have been moved or ended in the meantime, so the statement checks its end again. `status + 0` keeps the index
    // of the order out of the plan: the planner would read it once for each GUID.
    let (ends_at, is_open) = (ends_on_postgres(), is_open("status + 0"));
    let expire = format!(
        "
        WITH due AS (
            DELETE FROM session_ends WHERE account_id = $1 AND (ends_at, guid) IN (
                SELECT ends_at, guid FROM session_ends WHERE account_id = $1 AND ends_at <= $2 ORDER BY ends_at, guid LIMIT $3
            ) RETURNING guid
        ), ended AS (
            UPDATE sessions SET status = $4, updated_at = $2
            WHERE account_id = $1 AND guid = ANY (ARRAY(SELECT guid FROM due))
              AND {is_open} AND {ends_at} <= $2
            RETURNING guid
        )
        SELECT (SELECT count(*) FROM due) AS due, (SELECT count(*) FROM ended) AS ended"
    );
    let mut expired = 0;
    loop {
        let question = sql_query(&expire).bind::<BigInt, _>(account.get()).bind::<Instant, _>(DbInstant(now));
        let question = question.bind::<BigInt, _>(i64::from(limit)).bind::<SmallInt, _>(SessionStatus::Expired.code());
        let ends: Ends = question.get_result(conn)?;
        expired += ends.ended;
        if ends.due < i64::from(limit) || expired >= i64::from(limit) {
            return Ok(rows(expired));
        }
    }
}

/// Sessions without attendees that a principal made, including deleted ones.
pub(in super::super) fn made_by(
    conn: &mut PgConnection,
    account: AccountId,
    creator: PrincipalId,
    batch: BatchSize,
) -> QueryResult<Vec<DbGuid>> {
    #[derive(QueryableByName)]
    struct Made {
        #[diesel(sql_type = Guid)]
        guid: DbGuid,
    }
    // With very many pending sessions, reading all sessions is cheaper.
    let noted = if noted(conn, account)? > MOST_NOTED { "sessions AS noted" } else { NOTED_SESSIONS };
    // Attendees are checked session by session. As a join, PostgreSQL might read all attendees.
    let made = format!(
        "(SELECT guid FROM session_index WHERE account_id = $1 AND created_by = $2 AND (
            SELECT guid FROM attendees WHERE account_id = $1 AND session_guid = session_index.guid LIMIT 1
        ) IS NULL ORDER BY guid LIMIT $3)
        UNION
        (SELECT guid FROM {noted} WHERE account_id = $1 AND created_by = $2 AND (
            SELECT guid FROM attendees WHERE account_id = $1 AND session_guid = noted.guid LIMIT 1
        ) IS NULL LIMIT $3)
        LIMIT $3"
    );
    let question = sql_query(made).bind::<BigInt, _>(account.get()).bind::<BigInt, _>(creator.get());
    let made: Vec<Made> = question.bind::<BigInt, _>(i64::from(batch.get())).load(conn)?;
    Ok(made.into_iter().map(|made| made.guid).collect())
}

pub(super) fn noted(conn: &mut PgConnection, account: AccountId) -> QueryResult<i64> {
    const NOTED: &str = "SELECT coalesce(sum(cardinality(guids)), 0)::bigint AS count FROM sessions_to_index WHERE account_id = $1";
    Ok(sql_query(NOTED).bind::<BigInt, _>(account.get()).get_result::<Count>(conn)?.count)
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
    let question = sql_query(MONTHS_WITH_SESSIONS).bind::<BigInt, _>(terms.account);
    let question = question.bind::<Instant, _>(terms.earliest_start().unwrap_or(DbInstant(Timestamp::MIN)));
    question.bind::<Instant, _>(terms.latest_start().unwrap_or(DbInstant(Timestamp::MAX))).load(conn)
}

pub(super) fn in_months(conn: &mut PgConnection, terms: &Terms, months: &[i32], limit: i64) -> QueryResult<Vec<Place>> {
    // OFFSET 0 keeps all other conditions out of the innermost query, so that only the index of the keys can serve it.
    const HAVE_KEYS: &str = "
        SELECT * FROM session_index WHERE NOT deleted AND month.keys::tsquery @@
            session_keys(account_id, session_month(start_at), duration_minutes, name_key, description_key, tags_key)
        OFFSET 0";
    // This query never runs with more than 10 000 pending sessions. The limit tells the planner that a hash table can hold all of
    // them.
    const NOT_WRITTEN_SINCE: &str = "guid NOT IN (SELECT unnest(guids) FROM sessions_to_index WHERE account_id = $1 LIMIT 50000)";
    // A nested loop goes from month to month and stops as soon as it has enough.
    let texts = terms.conditions(Dialect::Postgres);
    let first = first_of(&format!("({HAVE_KEYS}) AS in_month"), NOT_WRITTEN_SINCE, &texts);
    let number = FIRST_TEXT + texts.len();
    let question = format!("SELECT found.start_at, found.guid FROM unnest(${number}) AS month (keys), LATERAL ({first}) AS found LIMIT $5");
    let keys: Vec<_> = months.iter().map(|month| terms.keys.tsquery(terms.account, *month)).collect();
    bound(&question, terms, &texts, limit).bind::<Array<Text>, _>(keys).load(conn)
}

pub(super) fn among_noted(conn: &mut PgConnection, terms: &Terms, limit: i64) -> QueryResult<Vec<Place>> {
    let texts = terms.conditions(Dialect::Postgres);
    bound(&first_of(NOTED_SESSIONS, "status >= 0", &texts), terms, &texts, limit).load(conn)
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
fn bound<'q>(question: &str, terms: &Terms, texts: &'q [(&str, Condition)], limit: i64) -> BoxedSqlQuery<'q, Pg, SqlQuery> {
    let question = sql_query(question).into_boxed::<Pg>().bind::<BigInt, _>(terms.account);
    let question = question.bind::<Nullable<SmallInt>, _>(terms.minutes).bind::<Nullable<Civil>, _>(terms.begin);
    let question = question.bind::<Nullable<Civil>, _>(terms.end).bind::<BigInt, _>(limit);
    texts.iter().fold(question, |question, (_, text)| question.bind::<Text, _>(text.value()))
}
