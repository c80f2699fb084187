//! What sessions are found by, besides their order: kept apart from them and after them, since an index of all parts of all
//! texts takes longer to keep up than a batch takes altogether. Whoever writes sessions only notes which.

pub(super) mod postgres;
pub(super) mod sqlite;

use derslik_domain::id::AccountId;
use derslik_domain::job::RowCount;
use derslik_domain::time::Timestamp;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Integer};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use uuid::Uuid;

use super::terms::Terms;
use crate::conn::{Conn, on_conn};
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
struct Account {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// What to do where another transaction takes up sessions of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Wait,
    Skip,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Takes up what was noted, and tells how many sessions that was: fewer than the limit where they have long texts, and none only
/// where nothing is left, or another transaction is at it and is not waited for. There is one of these for an account at a time:
/// of two, the one that began earlier could write an older state over a newer one.
pub(super) fn follow(conn: Conn<'_>, account: AccountId, limit: u16, turn: Turn) -> QueryResult<RowCount> {
    match conn {
        Conn::Pg(conn) => {
            if postgres::take_turn(conn, account, turn)? {
                postgres::follow(conn, account, limit)
            } else {
                Ok(RowCount::ZERO)
            }
        }
        // Who writes there is alone.
        Conn::Sqlite(conn) => sqlite::follow(conn, account, limit),
    }
}

/// The accounts after one in which more than so many sessions were noted, and not taken up yet.
pub(super) fn accounts(conn: Conn<'_>, after: Option<AccountId>, more_than: u32, limit: u16) -> QueryResult<Vec<AccountId>> {
    // From the first account with a note to the next. No more notes of each are counted than it takes, each of a session at least.
    const COUNTED: &str = "SELECT guids FROM sessions_to_index WHERE account_id = accounts.id ORDER BY id LIMIT $2 + 1";
    const OVER: &str = "SELECT 1 FROM sessions_to_index WHERE account_id = accounts.id ORDER BY guid LIMIT 1 OFFSET $2";
    let is_over = match conn {
        Conn::Pg(_) => format!("(SELECT sum(cardinality(guids)) FROM ({COUNTED}) AS counted) > $2"),
        Conn::Sqlite(_) => format!("EXISTS ({OVER})"),
    };
    let question = format!(
        "WITH RECURSIVE accounts (id) AS (
            SELECT (SELECT account_id FROM sessions_to_index WHERE account_id > $1 ORDER BY account_id LIMIT 1)
            UNION ALL
            SELECT (SELECT account_id FROM sessions_to_index WHERE account_id > accounts.id ORDER BY account_id LIMIT 1)
            FROM accounts WHERE accounts.id IS NOT NULL
        )
        SELECT id FROM accounts WHERE id IS NOT NULL AND {is_over} LIMIT $3"
    );
    let question = sql_query(question).bind::<BigInt, _>(after.map_or(i64::MIN, AccountId::get));
    let question = question.bind::<BigInt, _>(i64::from(more_than)).bind::<BigInt, _>(i64::from(limit));
    let accounts: Vec<Account> = on_conn!(conn, |conn| question.load(conn))?;
    Ok(accounts.into_iter().map(|account| AccountId::new(account.id)).collect())
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
