//! The index that answers searches by trigrams and month. It is written after the sessions and apart from them, since indexing
//! all trigrams of a batch takes longer than the batch itself. A writer only marks its sessions as pending.

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
use crate::db::conn::{Conn, on_conn};
use crate::db::types::{DbGuid, DbInstant, Guid, Instant};

/// The most pending sessions that a search or an erasure reads one by one. A lookup takes about four microseconds, as long as
/// reading 25 sessions in order. So many are pending only while clients write more than the sweep can index.
pub(super) const MOST_NOTED: i64 = 10_000;

/// The start and the GUID of a session.
#[derive(QueryableByName)]
pub(super) struct Place {
    #[diesel(sql_type = Instant)]
    start_at: DbInstant,
    #[diesel(sql_type = Guid)]
    guid: DbGuid,
}

impl Place {
    /// The sort key of sessions.
    pub(super) fn in_order(&self) -> (Timestamp, Uuid) {
        (self.start_at.0, self.guid.0)
    }
}

#[derive(QueryableByName)]
struct Month {
    /// The number of the month since the year 0.
    #[diesel(sql_type = Integer)]
    month: i32,
}

#[derive(QueryableByName)]
struct Account {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// What to do while another transaction indexes sessions of the account.
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

/// Indexes pending sessions and returns how many. The number is below the limit where sessions have long texts. It is zero only
/// if none is pending, or if another transaction is indexing and `turn` says to skip. One transaction at a time indexes an
/// account: of two, the one that began earlier could overwrite a newer state with an older one.
pub(super) fn follow(conn: Conn<'_>, account: AccountId, limit: u16, turn: Turn) -> QueryResult<RowCount> {
    match conn {
        Conn::Pg(conn) => {
            if postgres::take_turn(conn, account, turn)? {
                postgres::follow(conn, account, limit)
            } else {
                Ok(RowCount::ZERO)
            }
        }
        // A writer of SQLite is alone, so it needs no lock.
        Conn::Sqlite(conn) => sqlite::follow(conn, account, limit),
    }
}

/// The accounts after `after` with more than `more_than` pending sessions.
pub(super) fn accounts(conn: Conn<'_>, after: Option<AccountId>, more_than: u32, limit: u16) -> QueryResult<Vec<AccountId>> {
    // Goes from each account with pending sessions to the next. It counts no more rows of an account than needed, since each row
    // holds at least one session.
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

/// The number of pending sessions.
pub(super) fn noted(conn: Conn<'_>, account: AccountId) -> QueryResult<i64> {
    match conn {
        Conn::Pg(conn) => postgres::noted(conn, account),
        Conn::Sqlite(conn) => sqlite::noted(conn, account),
    }
}

/// The months in which the account has sessions, in order.
pub(super) fn months(conn: Conn<'_>, terms: &Terms) -> QueryResult<Vec<i32>> {
    let months: Vec<Month> = match conn {
        Conn::Pg(conn) => postgres::months(conn, terms),
        Conn::Sqlite(conn) => sqlite::months(conn, terms),
    }?;
    Ok(months.into_iter().map(|month| month.month).collect())
}

/// The first matching sessions of the index in these months. Pending sessions are left out, since their entries may be stale.
pub(super) fn in_months(conn: Conn<'_>, terms: &Terms, months: &[i32], limit: i64) -> QueryResult<Vec<Place>> {
    match conn {
        Conn::Pg(conn) => postgres::in_months(conn, terms, months, limit),
        Conn::Sqlite(conn) => sqlite::in_months(conn, terms, months, limit),
    }
}

/// The first matching sessions among the pending ones.
pub(super) fn among_noted(conn: Conn<'_>, terms: &Terms, limit: i64) -> QueryResult<Vec<Place>> {
    match conn {
        Conn::Pg(conn) => postgres::among_noted(conn, terms, limit),
        Conn::Sqlite(conn) => sqlite::among_noted(conn, terms, limit),
    }
}

fn rows(count: i64) -> RowCount {
    RowCount::new(u64::try_from(count).unwrap_or_default())
}
