//! Searches among the sessions of an account that stay quick however many there are.
//!
//! The page is read in the order of the starts, which serves whatever is found often. For what is found seldom or never, or
//! late, that would go through everything, so PostgreSQL then looks for keys from month to month: see the migration that makes
//! `session_index`. What was written since that index was kept up is looked at one by one.

use std::collections::BTreeSet;

use derslik_domain::id::AccountId;
use derslik_domain::session::SessionFilter;
use derslik_domain::time::{CivilTime, Start, Timestamp, Zone};
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::dsl::sql;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::BoxedSqlQuery;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, SmallInt, Text};
use diesel::{QueryableByName, sql_query};

use super::index;
use super::keys::Keys;
use super::rows::SessionRow;
use crate::conn::{Conn, on_conn};
use crate::schema::sessions;
use crate::text::{contains, escaped};
use crate::types::{Civil, DbCivil, DbGuid, DbInstant, Guid, Instant};

/// The condition of the index `sessions_by_start`, to the letter: a bound parameter would hide from the planner that it holds.
pub(super) const NOT_DELETED: &str = "status >= 0";

/// No zone was ever further from Greenwich than this, so that a clock face bounds the instant that it stands for.
const FURTHEST_OFFSET_MINUTES: i64 = 16 * 60;

/// How many sessions are looked at in the order of their starts before anything else is tried. A page of what every
/// twentieth of them has is full by then.
const FIRST_LOOK: i64 = 2_000;

/// More sessions than this are not looked at one by one because the index does not know them yet. That takes about five
/// microseconds for each; to go through everything is dearer still.
const MOST_NOTED: i64 = 100_000;

/// A page that ends later than this is read in the order of the starts alone.
const LATEST_END: i64 = 20_000;

/// For how many months keys are looked for in one statement.
const MONTHS: usize = 240;

/// A filter in the words of the database.
struct Terms {
    account: i64,
    /// The only one that comes into question; the inside is empty where what was asked for is no GUID.
    #[expect(clippy::option_option, reason = "as the filter of the domain has it")]
    guid: Option<Option<DbGuid>>,
    keys: Keys,
    name: Option<String>,
    description: Option<String>,
    tags: Vec<String>,
    minutes: Option<i16>,
    begin: Option<CivilTime>,
    end: Option<CivilTime>,
    size: i64,
    offset: i64,
}

/// What bounds a search besides its filter.
enum Bound<'a> {
    Nothing,
    StartsBy(DbInstant),
    OneOf(&'a [DbGuid]),
    Noted,
}

/// A session and where it stands among all.
#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Instant)]
    start_at: DbInstant,
    #[diesel(sql_type = Guid)]
    guid: DbGuid,
}

#[derive(QueryableByName)]
struct Month {
    #[diesel(sql_type = Integer)]
    month: i32,
}

impl Terms {
    fn new(account: AccountId, filter: &SessionFilter) -> Self {
        let pattern = |text: &Option<String>| text.as_deref().map(contains);
        Self {
            account: account.get(),
            guid: filter.guid.map(|guid| guid.map(DbGuid::from)),
            keys: Keys::new(filter),
            name: pattern(&filter.name),
            description: pattern(&filter.description),
            tags: filter.tags.iter().map(|tag| format!("%,{},%", escaped(tag))).collect(),
            minutes: filter.duration.map(|minutes| i16::try_from(minutes).unwrap_or(i16::MAX)),
            begin: filter.begin,
            end: filter.end,
            size: i64::from(filter.page.size()),
            offset: i64::try_from(filter.page.offset()).unwrap_or(i64::MAX),
        }
    }

    /// Whether the order of the starts may be a long way to what is looked for.
    fn are_hard(&self) -> bool {
        self.guid.is_none() && !self.keys.is_empty()
    }

    /// What is looked for in texts: the column and the pattern.
    fn patterns(&self) -> impl Iterator<Item = (&str, &str)> {
        let name = self.name.iter().map(|pattern| ("name_key", pattern.as_str()));
        let description = self.description.iter().map(|pattern| ("description_key", pattern.as_str()));
        name.chain(description).chain(self.tags.iter().map(|pattern| ("tags_key", pattern.as_str())))
    }

    /// The page, of the sessions within a bound.
    fn page(&self, conn: Conn<'_>, bound: &Bound<'_>) -> QueryResult<Vec<SessionRow>> {
        self.rows(conn, bound, self.offset, self.size)
    }

    /// The sessions within a bound, in the order of their starts.
    fn rows(&self, conn: Conn<'_>, bound: &Bound<'_>, offset: i64, limit: i64) -> QueryResult<Vec<SessionRow>> {
        on_conn!(conn, |conn| {
            let mut query = sessions::table.filter(sessions::account_id.eq(self.account)).filter(sql::<Bool>(NOT_DELETED)).into_boxed();
            if let Some(guid) = self.guid {
                query = query.filter(sessions::guid.nullable().eq(guid));
            }
            if let Some(name) = &self.name {
                query = query.filter(sessions::name_key.like(name).escape('\\'));
            }
            if let Some(description) = &self.description {
                query = query.filter(sessions::description_key.like(description).escape('\\'));
            }
            for tag in &self.tags {
                query = query.filter(sessions::tags_key.like(tag).escape('\\'));
            }
            if let Some(minutes) = self.minutes {
                query = query.filter(sessions::duration_minutes.eq(minutes));
            }
            if let Some(begin) = self.begin {
                query = query.filter(sessions::start_civil.ge(DbCivil(begin)));
                query = query.filter(sessions::start_at.ge(DbInstant(earliest(begin))));
            }
            if let Some(end) = self.end {
                query = query.filter(sessions::start_civil.le(DbCivil(end)));
                query = query.filter(sessions::start_at.le(DbInstant(latest(end))));
            }
            match bound {
                Bound::Nothing => {}
                Bound::StartsBy(at) => query = query.filter(sessions::start_at.le(*at)),
                Bound::OneOf(guids) => query = query.filter(sessions::guid.eq_any(*guids)),
                Bound::Noted => {
                    let noted = sql::<Bool>("guid = ANY (ARRAY(SELECT unnest(guids) FROM sessions_to_index WHERE account_id = ");
                    query = query.filter(noted.bind::<BigInt, _>(self.account).sql("))"));
                }
            }
            query.order((sessions::start_at, sessions::guid)).limit(limit).offset(offset).select(SessionRow::as_select()).load(conn)
        })
    }

    /// Where a first look ends; nothing if there are no more sessions than it takes.
    fn end_of_first_look(&self, conn: &mut PgConnection) -> QueryResult<Option<DbInstant>> {
        let mut query = sessions::table.filter(sessions::account_id.eq(self.account)).filter(sql::<Bool>(NOT_DELETED)).into_boxed();
        if let Some(begin) = self.begin {
            query = query.filter(sessions::start_at.ge(DbInstant(earliest(begin))));
        }
        if let Some(end) = self.end {
            query = query.filter(sessions::start_at.le(DbInstant(latest(end))));
        }
        query.order((sessions::start_at, sessions::guid)).offset(FIRST_LOOK).select(sessions::start_at).first(conn).optional()
    }

    /// The months in which the account has sessions, in their order.
    fn months(&self, conn: &mut PgConnection) -> QueryResult<Vec<i32>> {
        // From the first start to the first of a later month, and so on.
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
        let question = sql_query(MONTHS_WITH_SESSIONS).bind::<BigInt, _>(self.account);
        let question = question.bind::<Instant, _>(DbInstant(self.begin.map_or(Timestamp::MIN, earliest)));
        let months: Vec<Month> = question.bind::<Instant, _>(DbInstant(self.end.map_or(Timestamp::MAX, latest))).load(conn)?;
        Ok(months.into_iter().map(|month| month.month).collect())
    }

    /// The first sessions that the index has in some months, of those that were not written since.
    fn indexed_in(&self, months: &[i32], limit: i64, conn: &mut PgConnection) -> QueryResult<Vec<Found>> {
        let patterns: Vec<_> = self.patterns().collect();
        let texts: Vec<_> = (7..).zip(&patterns).map(|(number, (column, _))| format!(" AND {column} LIKE ${number}")).collect();
        // A nested loop goes from month to month and no further than it must. OFFSET 0 keeps whatever else is asked for
        // out of the innermost question, which only the index of the keys can answer then.
        let question = format!(
            "SELECT found.start_at, found.guid FROM unnest($2) AS month (keys), LATERAL (
                SELECT start_at, guid FROM (
                    SELECT * FROM session_index WHERE NOT deleted AND month.keys::tsquery @@
                        session_keys(account_id, session_month(start_at), duration_minutes, name_key, description_key, tags_key)
                    OFFSET 0
                ) AS in_month
                WHERE account_id = $1 AND ($3 IS NULL OR duration_minutes = $3)
                  AND ($4 IS NULL OR start_civil >= $4) AND ($5 IS NULL OR start_civil <= $5){}
                  AND guid NOT IN (SELECT unnest(guids) FROM sessions_to_index WHERE account_id = $1)
                ORDER BY start_at, guid LIMIT $6
            ) AS found LIMIT $6",
            texts.concat()
        );
        let months: Vec<_> = months.iter().map(|month| self.keys.query(&format!("{}.{month}", self.account))).collect();
        let question = sql_query(question).into_boxed::<Pg>().bind::<BigInt, _>(self.account).bind::<Array<Text>, _>(months);
        let question = question.bind::<Nullable<SmallInt>, _>(self.minutes).bind::<Nullable<Civil>, _>(self.begin.map(DbCivil));
        let question = question.bind::<Nullable<Civil>, _>(self.end.map(DbCivil)).bind::<BigInt, _>(limit);
        patterns.into_iter().map(|(_, pattern)| pattern).fold(question, BoxedSqlQuery::bind::<Text, _>).load(conn)
    }

    /// The GUIDs of the page, by the index of the keys.
    fn by_keys(&self, conn: &mut PgConnection) -> QueryResult<Vec<DbGuid>> {
        let end = self.offset.saturating_add(self.size);
        let noted = self.rows(Conn::Pg(conn), &Bound::Noted, 0, end)?;
        let mut indexed = Vec::new();
        for months in self.months(conn)?.chunks(MONTHS) {
            let missing = end - i64::try_from(indexed.len()).unwrap_or(end);
            if missing > 0 {
                indexed.append(&mut self.indexed_in(months, missing, conn)?);
            }
        }
        let noted = noted.iter().map(SessionRow::place);
        let places: BTreeSet<_> = indexed.into_iter().map(|found| (found.start_at.0, found.guid.0)).chain(noted).collect();
        let (skipped, taken) = (usize::try_from(self.offset), usize::try_from(self.size));
        let page = places.into_iter().skip(skipped.unwrap_or(usize::MAX)).take(taken.unwrap_or(usize::MAX));
        Ok(page.map(|(_, guid)| DbGuid(guid)).collect())
    }
}

/// The page of the sessions that a filter is about.
pub(super) fn search(conn: Conn<'_>, account: AccountId, filter: &SessionFilter) -> QueryResult<Vec<SessionRow>> {
    let terms = Terms::new(account, filter);
    let conn = match conn {
        Conn::Pg(conn) if terms.are_hard() => conn,
        conn => return terms.page(conn, &Bound::Nothing),
    };
    let Some(end) = terms.end_of_first_look(conn)? else { return terms.page(Conn::Pg(conn), &Bound::Nothing) };
    let rows = terms.page(Conn::Pg(conn), &Bound::StartsBy(end))?;
    if i64::try_from(rows.len()) == Ok(terms.size) {
        return Ok(rows);
    }
    if terms.offset.saturating_add(terms.size) > LATEST_END || index::noted(conn, account)? > MOST_NOTED {
        return terms.page(Conn::Pg(conn), &Bound::Nothing);
    }
    in_one_snapshot(conn, |conn| {
        let guids = terms.by_keys(conn)?;
        terms.rows(Conn::Pg(conn), &Bound::OneOf(&guids), 0, terms.size)
    })
}

/// What is written or taken up between two statements would be among what was noted for neither of them.
fn in_one_snapshot<T>(conn: &mut PgConnection, read: impl FnOnce(&mut PgConnection) -> QueryResult<T>) -> QueryResult<T> {
    let depth = AnsiTransactionManager::transaction_manager_status_mut(conn).transaction_depth()?;
    if depth.is_some() {
        return read(conn);
    }
    conn.build_transaction().read_only().repeatable_read().run(read)
}

// Beyond the years 1 to 9999 the texts of SQLite do not sort as the instants do.

fn earliest(face: CivilTime) -> Timestamp {
    Start::at(face, Zone::UTC).instant().minutes_before(FURTHEST_OFFSET_MINUTES).max(Timestamp::MIN)
}

fn latest(face: CivilTime) -> Timestamp {
    Start::at(face, Zone::UTC).instant().minutes_before(-FURTHEST_OFFSET_MINUTES).min(Timestamp::MAX)
}
