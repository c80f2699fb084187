//! The repository of sessions.

use std::collections::{BTreeSet, HashMap};

use derslik_domain::id::{AccountId, PrincipalId, SessionGuid};
use derslik_domain::job::{BatchSize, RowCount};
use derslik_domain::page::Page;
use derslik_domain::session::{Session, SessionDuration, SessionFilter, SessionStatus};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{IdentityRepository, SessionRepository, StoreError};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::SqliteConnection;

use super::ends::{ends_on_sqlite, is_open};
use super::index::{self, Turn};
use super::postgres;
use super::rows::{SessionRecord, SessionRow, sessions_by_guid, sessions_of};
use super::search;
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::readers::padded;
use crate::db::schema::{attendees, sessions};
use crate::db::types::{DbGuid, DbInstant, Instant, row_count};

/// The lowest status that is shown, as a parameter. Use it in statements on the primary key: with literal SQL in a query, diesel
/// would not prepare the statement once.
const LOWEST_SHOWN: i16 = 0;

/// The most GUIDs in one statement, well below the 32 766 parameters that SQLite allows.
const GUIDS_IN_ONE_STATEMENT: usize = 10_000;

/// A session without attendees, checked session by session. As a join, the database might read all attendees.
macro_rules! unattended {
    ($account:expr) => {
        attendees::table
            .filter(attendees::account_id.eq($account.get()))
            .filter(attendees::session_guid.eq(sessions::guid))
            .select(attendees::guid)
            .single_value()
            .is_null()
    };
}

impl SessionRepository for DieselStores<'_> {
    fn lock_many(&mut self, account: AccountId, guids: &BTreeSet<SessionGuid>) -> Result<HashMap<SessionGuid, Session>, StoreError> {
        let guids: Vec<_> = guids.iter().copied().map(DbGuid::from).collect();
        let rows = self.query(|mut conn| {
            let mut rows = Vec::with_capacity(guids.len());
            for guids in guids.chunks(GUIDS_IN_ONE_STATEMENT) {
                rows.append(&mut lock_chunk(conn.reborrow(), account, guids)?);
            }
            Ok(rows)
        })?;
        sessions_by_guid(rows)
    }

    fn insert_many(&mut self, account: AccountId, sessions: &[&Session]) -> Result<(), StoreError> {
        self.query(|conn| match conn {
            Conn::Pg(conn) => postgres::insert_many(conn, account, sessions).map(drop),
            Conn::Sqlite(conn) => sessions.iter().try_for_each(|session| insert_into_sqlite(conn, account, session)),
        })
    }

    fn insert_many_by(&mut self, account: AccountId, author: PrincipalId, sessions: &[&Session]) -> Result<bool, StoreError> {
        if self.is_postgres() {
            return self.query(|conn| match conn {
                Conn::Pg(conn) => postgres::insert_many_by(conn, account, author, sessions).map(|rows| rows > 0 || sessions.is_empty()),
                Conn::Sqlite(_) => Ok(false),
            });
        }
        self.as_one_statement(|stores| {
            let may_act = stores.hold_principal(account, author)?;
            if may_act {
                SessionRepository::insert_many(stores, account, sessions)?;
            }
            Ok(may_act)
        })
    }

    fn update_many(&mut self, account: AccountId, sessions: &[&Session]) -> Result<(), StoreError> {
        self.query(|conn| match conn {
            Conn::Pg(conn) => postgres::update_many(conn, account, sessions).map(drop),
            Conn::Sqlite(conn) => sessions.iter().try_for_each(|session| update_in_sqlite(conn, account, session)),
        })
    }

    fn find(&mut self, account: AccountId, guid: SessionGuid) -> Result<Option<Session>, StoreError> {
        let row = self.query(|conn| {
            on_conn!(conn, |conn| sessions::table
                .filter(sessions::account_id.eq(account.get()))
                .filter(sessions::guid.eq(DbGuid::from(guid)))
                .filter(sessions::status.ge(LOWEST_SHOWN))
                .select(SessionRow::as_select())
                .first(conn)
                .optional())
        })?;
        row.map(Session::try_from).transpose()
    }

    fn find_many(&mut self, account: AccountId, guids: &[SessionGuid]) -> Result<HashMap<SessionGuid, Session>, StoreError> {
        if !self.is_postgres() || guids.len() == 1 {
            let found = guids.iter().filter_map(|guid| self.find(account, *guid).transpose());
            return found.map(|session| session.map(|session| (session.guid, session))).collect();
        }
        let guids = padded(guids.iter().copied().map(DbGuid::from));
        let rows = self.query(|conn| {
            on_conn!(conn, |conn| sessions::table
                .filter(sessions::account_id.eq(account.get()))
                .filter(sessions::guid.eq_any(&guids))
                .filter(sessions::status.ge(LOWEST_SHOWN))
                .select(SessionRow::as_select())
                .load(conn))
        })?;
        sessions_by_guid(rows)
    }

    fn search(&mut self, account: AccountId, filter: &SessionFilter) -> Result<Page<Session>, StoreError> {
        let found = self.query(|conn| search::search(conn, account, filter))?;
        Ok(Page { entries: sessions_of(found.entries)?, more: found.more })
    }

    fn index(&mut self, account: AccountId, limit: u16) -> Result<RowCount, StoreError> {
        self.query(|conn| index::follow(conn, account, limit, Turn::Wait))
    }

    fn try_index(&mut self, account: AccountId, limit: u16) -> Result<RowCount, StoreError> {
        self.query(|conn| index::follow(conn, account, limit, Turn::Skip))
    }

    fn accounts_to_index(&mut self, after: Option<AccountId>, more_than: u32, limit: u16) -> Result<Vec<AccountId>, StoreError> {
        self.query(|conn| index::accounts(conn, after, more_than, limit))
    }

    fn expire(&mut self, account: AccountId, now: Timestamp, limit: u16) -> Result<RowCount, StoreError> {
        self.query(|conn| match conn {
            Conn::Pg(conn) => index::postgres::expire(conn, account, now, limit),
            Conn::Sqlite(conn) => expire_in_sqlite(conn, account, now, limit).map(row_count),
        })
    }

    fn prune(&mut self, account: AccountId, before: Timestamp, limit: u16) -> Result<RowCount, StoreError> {
        let deleted = SessionStatus::Deleted.code();
        self.query(|conn| {
            on_conn!(conn, |conn| {
                let gone = sessions::table
                    .filter(sessions::account_id.eq(account.get()))
                    .filter(sessions::status.eq(deleted))
                    .filter(sessions::updated_at.lt(DbInstant(before)));
                let guids: Vec<DbGuid> = gone.order(sessions::guid).limit(limit.into()).select(sessions::guid).load(conn)?;
                diesel::delete(gone.filter(sessions::guid.eq_any(guids))).execute(conn)
            })
        })
        .map(row_count)
    }

    fn erase_created_by(&mut self, account: AccountId, creator: PrincipalId, batch: BatchSize) -> Result<RowCount, StoreError> {
        self.query(|mut conn| {
            let guids = match conn.reborrow() {
                Conn::Pg(conn) => index::postgres::made_by(conn, account, creator, batch)?,
                Conn::Sqlite(conn) => made_by_in_sqlite(conn, account, creator, batch)?,
            };
            on_conn!(conn, |conn| {
                let theirs = sessions::table.filter(sessions::account_id.eq(account.get())).filter(sessions::guid.eq_any(guids));
                diesel::delete(theirs.filter(sessions::created_by.eq(creator.get())).filter(unattended!(account))).execute(conn)
            })
        })
        .map(row_count)
    }
}

fn lock_chunk(conn: Conn<'_>, account: AccountId, guids: &[DbGuid]) -> QueryResult<Vec<SessionRow>> {
    match conn {
        Conn::Pg(conn) => sessions::table
            .filter(sessions::account_id.eq(account.get()))
            .filter(sessions::guid.eq_any(guids))
            .filter(sessions::status.ge(LOWEST_SHOWN))
            .order(sessions::guid)
            .for_no_key_update()
            .select(SessionRow::as_select())
            .load(conn),
        // SQLite needs no lock here: an immediate transaction is the only writer.
        Conn::Sqlite(conn) => sessions::table
            .filter(sessions::account_id.eq(account.get()))
            .filter(sessions::guid.eq_any(guids))
            .filter(sessions::status.ge(LOWEST_SHOWN))
            .select(SessionRow::as_select())
            .load(conn),
    }
}

/// One row per statement. It is prepared once, which is faster than statements of many rows, which are parsed each time.
fn insert_into_sqlite(conn: &mut SqliteConnection, account: AccountId, session: &Session) -> QueryResult<()> {
    diesel::insert_into(sessions::table).values(SessionRecord::new(account, session)).execute(conn).map(drop)
}

fn update_in_sqlite(conn: &mut SqliteConnection, account: AccountId, session: &Session) -> QueryResult<()> {
    let row = sessions::table.filter(sessions::account_id.eq(account.get())).filter(sessions::guid.eq(DbGuid::from(session.guid)));
    diesel::update(row).set(SessionRecord::new(account, session)).execute(conn).map(drop)
}

fn expire_in_sqlite(conn: &mut SqliteConnection, account: AccountId, now: Timestamp, limit: u16) -> QueryResult<usize> {
    let ended = sessions::table.filter(sessions::account_id.eq(account.get())).filter(sql::<Bool>(&is_open("status")));
    // A session that started later has not ended, so that the index of the starts bounds the rows to read.
    let latest_start = now.minutes_before(SessionDuration::MIN_MINUTES.into());
    let guids: Vec<DbGuid> = ended
        .clone()
        .filter(sessions::start_at.le(DbInstant(latest_start)))
        .filter(sql::<Instant>(&ends_on_sqlite()).le(DbInstant(now)))
        .order((sessions::start_at, sessions::guid))
        .limit(limit.into())
        .select(sessions::guid)
        .load(conn)?;
    let expired = (sessions::status.eq(SessionStatus::Expired.code()), sessions::updated_at.eq(DbInstant(now)));
    diesel::update(ended.filter(sessions::guid.eq_any(guids))).set(expired).execute(conn)
}

fn made_by_in_sqlite(conn: &mut SqliteConnection, account: AccountId, creator: PrincipalId, batch: BatchSize) -> QueryResult<Vec<DbGuid>> {
    let theirs = sessions::table.filter(sessions::account_id.eq(account.get())).filter(sessions::created_by.eq(creator.get()));
    theirs.filter(unattended!(account)).order(sessions::guid).limit(batch.get().into()).select(sessions::guid).load(conn)
}
