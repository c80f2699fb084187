//! Searches among the sessions of an account that stay quick however many there are.
//!
//! The page is always read in the order of the starts, which serves whatever is found often. For what is found seldom or
//! never that would go through everything, so PostgreSQL first tells who comes into question, by an index of its own: see
//! the migration that makes `session_texts`.

use derslik_domain::id::AccountId;
use derslik_domain::job::RowCount;
use derslik_domain::session::SessionFilter;
use derslik_domain::time::{CivilTime, Start, Timestamp, Zone};
use diesel::dsl::sql;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::BoxedSqlQuery;
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text};
use diesel::{QueryableByName, sql_query};

use super::rows::SessionRow;
use crate::conn::{Conn, on_conn};
use crate::schema::sessions;
use crate::text::{contains, escaped};
use crate::types::{DbCivil, DbGuid, DbInstant, Guid};

/// The condition of the index `sessions_by_start`, to the letter: a bound parameter would hide from the planner that it holds.
pub(super) const NOT_DELETED: &str = "status >= 0";

/// No zone was ever further from Greenwich than this, so that a clock face bounds the instant that it stands for.
const FURTHEST_OFFSET_MINUTES: i64 = 16 * 60;

/// How many sessions are looked at in the order of their starts before anything else is tried. A page of what every
/// twentieth of them has is full by then.
const FIRST_LOOK: i64 = 2_000;

/// Of what more sessions than this come into question for, a page is soon full in the order of the starts.
const MOST_CANDIDATES: usize = 5_000;

/// A filter in the words of the database.
struct Terms {
    account: i64,
    /// The only one that comes into question; the inside is empty where what was asked for is no GUID.
    #[expect(clippy::option_option, reason = "as the filter of the domain has it")]
    guid: Option<Option<DbGuid>>,
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
}

impl Terms {
    fn new(account: AccountId, filter: &SessionFilter) -> Self {
        let pattern = |text: &Option<String>| text.as_deref().map(contains);
        Self {
            account: account.get(),
            guid: filter.guid.map(|guid| guid.map(DbGuid::from)),
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
        self.guid.is_none() && (self.minutes.is_some() || self.patterns().next().is_some())
    }

    /// What is looked for in texts, as patterns.
    fn patterns(&self) -> impl Iterator<Item = &str> {
        self.name.iter().chain(&self.description).chain(&self.tags).map(String::as_str)
    }

    /// The page, of the sessions within a bound.
    fn page(&self, conn: Conn<'_>, bound: &Bound<'_>) -> QueryResult<Vec<SessionRow>> {
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
            }
            query
                .order((sessions::start_at, sessions::guid))
                .limit(self.size)
                .offset(self.offset)
                .select(SessionRow::as_select())
                .load(conn)
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

    /// The sessions that come into question by the index of texts and durations, and those that are not in it yet; nothing
    /// where they are too many.
    fn candidates(&self, conn: &mut PgConnection) -> QueryResult<Option<Vec<DbGuid>>> {
        let limit = i64::try_from(MOST_CANDIDATES).unwrap_or(i64::MAX) + 1;
        let patterns: Vec<_> = self.patterns().collect();
        // One condition for each pattern: an index finds no list of them.
        let texts: Vec<_> = (4..).zip(&patterns).map(|(number, _)| format!(" AND text_key LIKE ${number}")).collect();
        let texts = texts.concat();
        let minutes = if self.minutes.is_some() { "duration_minutes = $3" } else { "$3::smallint IS NULL" };
        let question = format!(
            "SELECT guid FROM ((SELECT guid FROM session_texts WHERE account_id = $1 AND {minutes}{texts} LIMIT $2) \
             UNION ALL (SELECT unnest(guids) FROM sessions_to_index WHERE account_id = $1 LIMIT $2)) AS found"
        );
        let question = sql_query(question).into_boxed::<Pg>().bind::<BigInt, _>(self.account).bind::<BigInt, _>(limit);
        let question = question.bind::<Nullable<SmallInt>, _>(self.minutes);
        let found: Vec<Found> = patterns.into_iter().fold(question, BoxedSqlQuery::bind::<Text, _>).load(conn)?;
        Ok((found.len() <= MOST_CANDIDATES).then(|| found.into_iter().map(|found| found.guid).collect()))
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Guid)]
    guid: DbGuid,
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
    match terms.candidates(conn)? {
        Some(guids) => terms.page(Conn::Pg(conn), &Bound::OneOf(&guids)),
        None => terms.page(Conn::Pg(conn), &Bound::Nothing),
    }
}

/// Puts sessions that were written into the index, and tells how many it looked at. There is one of these for an account at
/// a time.
pub(super) fn index_texts(conn: &mut PgConnection, account: AccountId, limit: u16) -> QueryResult<RowCount> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    const INDEX: &str = "
        WITH noted AS (
            SELECT id, sum(cardinality(guids)) OVER (ORDER BY id) - cardinality(guids) AS before
            FROM (SELECT id, guids FROM sessions_to_index WHERE account_id = $1 ORDER BY id LIMIT $2) AS first
        ), taken AS (
            DELETE FROM sessions_to_index WHERE account_id = $1 AND id IN (SELECT id FROM noted WHERE before < $2) RETURNING guids
        ), indexed AS (
            INSERT INTO session_texts (account_id, guid, duration_minutes, text_key)
            SELECT account_id, guid, duration_minutes, concat_ws(E'\\n', name_key, description_key, tags_key) FROM sessions
            WHERE account_id = $1 AND guid IN (SELECT unnest(guids) FROM taken) AND status >= 0
            ON CONFLICT (account_id, guid)
            DO UPDATE SET duration_minutes = excluded.duration_minutes, text_key = excluded.text_key
            WHERE (session_texts.duration_minutes, session_texts.text_key) IS DISTINCT FROM (excluded.duration_minutes, excluded.text_key)
        )
        SELECT coalesce(sum(cardinality(guids)), 0)::bigint AS count FROM taken";
    let count: Count = sql_query(INDEX).bind::<BigInt, _>(account.get()).bind::<BigInt, _>(i64::from(limit)).get_result(conn)?;
    Ok(RowCount::new(u64::try_from(count.count).unwrap_or_default()))
}

// Beyond the years 1 to 9999 the texts of SQLite do not sort as the instants do.

fn earliest(face: CivilTime) -> Timestamp {
    Start::at(face, Zone::UTC).instant().minutes_before(FURTHEST_OFFSET_MINUTES).max(Timestamp::MIN)
}

fn latest(face: CivilTime) -> Timestamp {
    Start::at(face, Zone::UTC).instant().minutes_before(-FURTHEST_OFFSET_MINUTES).min(Timestamp::MAX)
}
