//! The repository of sessions.

use std::collections::{BTreeSet, HashMap};

use derslik_domain::id::{AccountId, PrincipalId, SessionGuid};
use derslik_domain::page::Page;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::session::{Session, SessionFilter, SessionStatus};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{IdentityRepository, SessionRepository, StoreError, UpcomingEnd};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::rows::{ProjectedRow, SessionRecord, SessionRow, sessions_by_guid, sessions_of};
use super::terms::Terms;
use super::{creators, ends, postgres, search, signature, sqlite, upcoming};
use crate::change_log::{self, ChangeKind, IDS_OF_A_RECORD};
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::readers::padded;
use crate::db::schema::{attendees, sessions};
use crate::db::types::{DbGuid, DbInstant, row_count};

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
            Conn::Sqlite(conn) => insert_into_sqlite(conn, account, sessions),
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
            Conn::Sqlite(conn) => update_in_sqlite(conn, account, sessions),
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
        let terms = Terms::new(account, filter);
        let is_distributed = terms.needs_index() && self.is_distributed()?;
        let found = self.query(|conn| search::search(conn, &terms, is_distributed))?;
        Ok(Page { entries: sessions_of(found.entries)?, more: found.more })
    }

    fn expire(&mut self, account: AccountId, now: Timestamp, limit: u16) -> Result<RowCount, StoreError> {
        self.query(|conn| ends::expire(conn, account, now, limit))
    }

    fn upcoming_ends(&mut self, account: AccountId, limit: u32) -> Result<Vec<UpcomingEnd>, StoreError> {
        upcoming::upcoming(self, account, limit)
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
            let guids = creators::created_by(conn.reborrow(), account, creator, batch)?;
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
fn insert_into_sqlite(conn: &mut SqliteConnection, account: AccountId, sessions: &[&Session]) -> QueryResult<()> {
    let mut written = Vec::with_capacity(sessions.len());
    for session in sessions {
        let record = SessionRecord::new(account, session);
        written.push((record.guid, record.name_key.clone()));
        diesel::insert_into(sessions::table).values(record).execute(conn)?;
    }
    record_in_sqlite(conn, account, &written)
}

/// Records only sessions that a projection has to follow: SQLite indexes while other writers wait.
fn update_in_sqlite(conn: &mut SqliteConnection, account: AccountId, sessions: &[&Session]) -> QueryResult<()> {
    let mut changed = Vec::new();
    for session in sessions {
        let row = sessions::table.filter(sessions::account_id.eq(account.get())).filter(sessions::guid.eq(DbGuid::from(session.guid)));
        let before: Option<ProjectedRow> = row.select(ProjectedRow::as_select()).first(conn).optional()?;
        let record = SessionRecord::new(account, session);
        if before.is_some_and(|before| before.is_changed_by(&record)) {
            changed.push((record.guid, record.name_key.clone()));
        }
        sqlite::update(&record).execute(conn)?;
    }
    record_in_sqlite(conn, account, &changed)
}

/// Records sessions, each with its folded name.
fn record_in_sqlite(conn: &mut SqliteConnection, account: AccountId, written: &[(DbGuid, String)]) -> QueryResult<()> {
    for part in written.chunks(IDS_OF_A_RECORD) {
        let (guids, names): (Vec<_>, Vec<_>) = part.iter().map(|(guid, name)| (*guid, name.as_str())).unzip();
        let bits = signature::of_names(&names);
        change_log::record(Conn::Sqlite(conn), account.get(), ChangeKind::Session, guids, Some(bits))?;
    }
    Ok(())
}
