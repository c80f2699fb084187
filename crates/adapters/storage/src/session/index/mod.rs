//! What sessions are found by, besides their order: kept apart from them and after them, since an index of all parts of all
//! texts takes longer to keep up than a batch takes altogether. Whoever writes sessions only notes which.

pub(super) mod postgres;
pub(super) mod sqlite;

use derslik_domain::id::AccountId;
use derslik_domain::job::RowCount;
use derslik_domain::time::Timestamp;
use diesel::QueryableByName;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Integer};
use uuid::Uuid;

use super::terms::Terms;
use crate::conn::Conn;
use crate::types::{DbGuid, DbInstant, Guid, Instant};

/// More sessions than this are not looked at one by one because the index does not know them yet. A look-up takes some four
/// microseconds, as long as reading 25 sessions in a row. So many are only noted while more is written than the index follows.
pub(super) const MOST_NOTED: i64 = 10_000;

/// A session and where it stands among all.
#[derive(QueryableByName)]
pub(super) struct Place {
    #[diesel(sql_type = Instant)]
    start_at: DbInstant,
    #[diesel(sql_type = Guid)]
    guid: DbGuid,
}

impl Place {
    /// What sorts as the sessions do.
    pub(super) fn in_order(&self) -> (Timestamp, Uuid) {
        (self.start_at.0, self.guid.0)
    }
}

#[derive(QueryableByName)]
struct Month {
    /// Its number since the year 0.
    #[diesel(sql_type = Integer)]
    month: i32,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Takes up what was noted, and tells how many sessions that was: fewer than the limit where they have long texts, and none only
/// where nothing is left. There is one of these for an account at a time.
pub(super) fn follow(conn: Conn<'_>, account: AccountId, limit: u16) -> QueryResult<RowCount> {
    match conn {
        Conn::Pg(conn) => postgres::follow(conn, account, limit),
        Conn::Sqlite(conn) => sqlite::follow(conn, account, limit),
    }
}

/// How many sessions were noted and not taken up yet.
pub(super) fn noted(conn: Conn<'_>, account: AccountId) -> QueryResult<i64> {
    match conn {
        Conn::Pg(conn) => postgres::noted(conn, account),
        Conn::Sqlite(conn) => sqlite::noted(conn, account),
    }
}

/// The months in which the account has sessions, in their order.
pub(super) fn months(conn: Conn<'_>, terms: &Terms) -> QueryResult<Vec<i32>> {
    let months: Vec<Month> = match conn {
        Conn::Pg(conn) => postgres::months(conn, terms),
        Conn::Sqlite(conn) => sqlite::months(conn, terms),
    }?;
    Ok(months.into_iter().map(|month| month.month).collect())
}

/// The first sessions that the index has in some months, of those that were not written since.
pub(super) fn in_months(conn: Conn<'_>, terms: &Terms, months: &[i32], limit: i64) -> QueryResult<Vec<Place>> {
    match conn {
        Conn::Pg(conn) => postgres::in_months(conn, terms, months, limit),
        Conn::Sqlite(conn) => sqlite::in_months(conn, terms, months, limit),
    }
}

/// The first sessions of those that were noted and not taken up yet.
pub(super) fn among_noted(conn: Conn<'_>, terms: &Terms, limit: i64) -> QueryResult<Vec<Place>> {
    match conn {
        Conn::Pg(conn) => postgres::among_noted(conn, terms, limit),
        Conn::Sqlite(conn) => sqlite::among_noted(conn, terms, limit),
    }
}

fn rows(count: i64) -> RowCount {
    RowCount::new(u64::try_from(count).unwrap_or_default())
}
