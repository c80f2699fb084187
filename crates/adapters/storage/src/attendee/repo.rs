//! The repository of attendees.

use std::collections::BTreeMap;

use derslik_domain::attendee::{
    Attendance, AttendanceCode, AttendanceFilter, AttendedCursor, AttendedSession, Attendee, AttendeeKey, AttendeeKeys,
};
use derslik_domain::id::{AccountId, JobId, SessionGuid};
use derslik_domain::identity::{DataSubject, PersonFilter};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::session::SessionDuration;
use derslik_ports::outbound::{AttendeeRepository, StoreError};
use diesel::dsl::{count_star, max, min, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::found::keys_of;
use super::rows::{AttendeeRecord, AttendeeRow};
use super::{postgres, sqlite};
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::schema::{attendees, sessions};
use crate::db::text::{Contains, Part};
use crate::db::types::{DbGuid, DbInstant, row_count};
use crate::idempotency::keep_erased;

/// The most keys in one statement, well below the 32 766 parameters that SQLite allows.
const KEYS_IN_ONE_STATEMENT: usize = 10_000;

/// Sessions that are not deleted, written so that the index `sessions_by_start` can't serve it. With that index, a planner
/// without statistics would read all sessions of the account, and search the attendees of each.
const NOT_DELETED: &str = "status + 0 >= 0";

/// Keys of one kind, by which attendees are loaded.
#[derive(Clone, Copy)]
enum Keys<'a> {
    Codes(&'a [&'a str]),
    Users(&'a [DbGuid]),
    Emails(&'a [&'a str]),
}

impl AttendeeRepository for DieselStores<'_> {
    fn find_many(&mut self, account: AccountId, session: SessionGuid, keys: &AttendeeKeys) -> Result<Vec<Attendee>, StoreError> {
        let codes: Vec<_> = keys.codes.iter().map(AttendanceCode::as_str).collect();
        let users: Vec<_> = keys.users.iter().copied().map(DbGuid::from).collect();
        let emails: Vec<_> = keys.emails.iter().map(String::as_str).collect();
        let lists = codes.chunks(KEYS_IN_ONE_STATEMENT).map(Keys::Codes);
        let lists = lists.chain(users.chunks(KEYS_IN_ONE_STATEMENT).map(Keys::Users));
        let lists = lists.chain(emails.chunks(KEYS_IN_ONE_STATEMENT).map(Keys::Emails));
        let mut found = BTreeMap::new();
        for keys in lists {
            for row in self.query(|conn| load_by(conn, account, session, keys))? {
                let attendee = Attendee::try_from(row)?;
                found.insert(attendee.guid, attendee);
            }
        }
        Ok(found.into_values().collect())
    }

    fn insert_many(&mut self, account: AccountId, attendees: &[Attendee]) -> Result<(), StoreError> {
        self.query(|conn| match conn {
            Conn::Pg(conn) => postgres::insert_many(conn, account, attendees).map(drop),
            Conn::Sqlite(conn) => attendees.iter().try_for_each(|attendee| {
                diesel::insert_into(attendees::table).values(AttendeeRecord::new(account, attendee)).execute(conn).map(drop)
            }),
        })
    }

    fn update_many(&mut self, account: AccountId, attendees: &[Attendee]) -> Result<(), StoreError> {
        self.query(|conn| match conn {
            Conn::Pg(conn) => postgres::update_many(conn, account, attendees).map(drop),
            Conn::Sqlite(conn) => {
                attendees.iter().try_for_each(|attendee| sqlite::update(&AttendeeRecord::new(account, attendee)).execute(conn).map(drop))
            }
        })
    }

    fn find(&mut self, account: AccountId, session: SessionGuid, key: &AttendeeKey) -> Result<Option<Attendee>, StoreError> {
        let rows = self.query(|conn| match key {
            AttendeeKey::Code(code) => load_by(conn, account, session, Keys::Codes(&[code.as_str()])),
            AttendeeKey::User(user) => load_by(conn, account, session, Keys::Users(&[DbGuid::from(*user)])),
            AttendeeKey::Email(email) => load_by(conn, account, session, Keys::Emails(&[&email.key()])),
        })?;
        rows.into_iter().next().map(Attendee::try_from).transpose()
    }

    fn list(&mut self, account: AccountId, session: SessionGuid, filter: &PersonFilter) -> Result<Vec<Attendee>, StoreError> {
        let (name, surname) = (filter.name.as_deref().map(Part::new), filter.surname.as_deref().map(Part::new));
        let page = (i64::from(filter.page.size()), i64::try_from(filter.page.offset()).unwrap_or(i64::MAX));
        let is_postgres = self.is_postgres();
        let rows: Vec<AttendeeRow> = self.query(|conn| {
            on_conn!(conn, |conn| {
                let mut query = attendees::table
                    .filter(attendees::account_id.eq(account.get()))
                    .filter(attendees::session_guid.eq(DbGuid::from(session)))
                    .into_boxed();
                if let Some(name) = &name {
                    query = query.filter(Contains::new(attendees::name_key, name));
                }
                if let Some(surname) = &surname {
                    query = query.filter(Contains::new(attendees::surname_key, surname));
                }
                if let Some(email) = &filter.email {
                    query = query.filter(attendees::email_key.eq(email));
                }
                if let Some(role) = filter.role {
                    query = query.filter(attendees::role.eq(role.code()));
                }
                let query = query.order((attendees::created_at, attendees::guid)).limit(page.0).offset(page.1);
                if is_postgres {
                    return query.select(AttendeeRow::as_select()).load(conn);
                }
                // SQLite holds in memory the rows that it sorts: here all attendees of the session up to the end of the page. So
                // only their GUIDs are sorted, and then the rows of the page are read.
                let guids: Vec<DbGuid> = query.select(attendees::guid).load(conn)?;
                let page = attendees::table
                    .filter(attendees::account_id.eq(account.get()))
                    .filter(attendees::session_guid.eq(DbGuid::from(session)))
                    .filter(attendees::guid.eq_any(guids));
                let mut rows: Vec<AttendeeRow> = page.select(AttendeeRow::as_select()).load(conn)?;
                rows.sort_unstable_by_key(AttendeeRow::sort_key);
                Ok(rows)
            })
        })?;
        rows.into_iter().map(Attendee::try_from).collect()
    }

    fn attendance_of(&mut self, account: AccountId, subject: &DataSubject) -> Result<Attendance, StoreError> {
        let (guids, emails) = keys_of(subject);
        let (count, first, last): (i64, Option<DbInstant>, Option<DbInstant>) = self.query(|conn| {
            on_conn!(conn, |conn| {
                let is_of_subject = attendees::user_guid.eq_any(&guids).or(attendees::email_key.nullable().eq_any(&emails));
                let attended =
                    attendees::table.filter(attendees::account_id.eq(account.get())).filter(is_of_subject).select(attendees::session_guid);
                sessions::table
                    .filter(sessions::account_id.eq(account.get()))
                    .filter(sql::<Bool>(NOT_DELETED))
                    .filter(sessions::guid.eq_any(attended))
                    .select((count_star(), min(sessions::start_at), max(sessions::start_at)))
                    .first(conn)
            })
        })?;
        Ok(Attendance { sessions: count.unsigned_abs(), first: first.map(|at| at.0), last: last.map(|at| at.0) })
    }

    fn attended_by(
        &mut self,
        account: AccountId,
        subject: &DataSubject,
        filter: AttendanceFilter,
        page: PageRequest<AttendedCursor>,
    ) -> Result<Vec<AttendedSession>, StoreError> {
        let (guids, emails) = keys_of(subject);
        let rows: Vec<(DbGuid, DbInstant, i16)> = self.query(|conn| {
            on_conn!(conn, |conn| {
                let is_of_subject = attendees::user_guid.eq_any(&guids).or(attendees::email_key.nullable().eq_any(&emails));
                let attended =
                    attendees::table.filter(attendees::account_id.eq(account.get())).filter(is_of_subject).select(attendees::session_guid);
                let mut query = sessions::table
                    .filter(sessions::account_id.eq(account.get()))
                    .filter(sql::<Bool>(NOT_DELETED))
                    .filter(sessions::guid.eq_any(attended))
                    .filter(sessions::start_at.between(DbInstant(filter.from), DbInstant(filter.to)))
                    .into_boxed();
                if let Some(after) = page.after {
                    let (start, guid) = (DbInstant(after.start), DbGuid::from(after.guid));
                    query = query.filter(sessions::start_at.gt(start).or(sessions::start_at.eq(start).and(sessions::guid.gt(guid))));
                }
                let order = (sessions::start_at, sessions::guid);
                query
                    .order(order)
                    .limit(page.size.into())
                    .select((sessions::guid, sessions::start_at, sessions::duration_minutes))
                    .load(conn)
            })
        })?;
        let attended = |(guid, start, minutes): (DbGuid, DbInstant, i16)| {
            let duration = SessionDuration::from_minutes(minutes.into());
            let duration = duration.map_err(|_| StoreError::Corrupt { table: "sessions", column: "duration_minutes" })?;
            Ok(AttendedSession { guid: SessionGuid::new(guid.0), start: start.0, duration })
        };
        rows.into_iter().map(attended).collect()
    }

    fn remove(&mut self, account: AccountId, session: SessionGuid, key: &AttendeeKey) -> Result<bool, StoreError> {
        let Some(attendee) = AttendeeRepository::find(self, account, session, key)? else { return Ok(false) };
        let row = attendees::table.find((account.get(), DbGuid::from(session), DbGuid::from(attendee.guid)));
        self.query(|conn| on_conn!(conn, |conn| diesel::delete(row).execute(conn))).map(|rows| rows > 0)
    }

    fn erase_of(&mut self, account: AccountId, subject: &DataSubject, job: JobId, batch: BatchSize) -> Result<RowCount, StoreError> {
        let (guids, emails) = keys_of(subject);
        let erased: Vec<(DbGuid, String, String)> = self.query(|conn| {
            on_conn!(conn, |conn| {
                let is_of_subject = attendees::user_guid.eq_any(&guids).or(attendees::email_key.nullable().eq_any(&emails));
                let of_subject = attendees::table.filter(attendees::account_id.eq(account.get())).filter(is_of_subject);
                // Without an order: in the order of the primary key, the database would read the whole key.
                let sessions: Vec<DbGuid> = of_subject.clone().limit(batch.get().into()).select(attendees::session_guid).load(conn)?;
                let rows = of_subject.filter(attendees::session_guid.eq_any(sessions));
                let known_by = (attendees::guid, attendees::attendance_code, attendees::email_key);
                diesel::delete(rows).returning(known_by).get_results(conn)
            })
        })?;
        let names = erased.iter().flat_map(|(guid, code, email)| [guid.0.to_string(), code.clone(), email.clone()]).collect();
        keep_erased(self, account, job, &names)?;
        Ok(row_count(erased.len()))
    }
}

fn load_by(conn: Conn<'_>, account: AccountId, session: SessionGuid, keys: Keys<'_>) -> QueryResult<Vec<AttendeeRow>> {
    on_conn!(conn, |conn| {
        let base = attendees::table
            .filter(attendees::account_id.eq(account.get()))
            .filter(attendees::session_guid.eq(DbGuid::from(session)))
            .select(AttendeeRow::as_select());
        match keys {
            Keys::Codes(codes) => base.filter(attendees::attendance_code.eq_any(codes)).load(conn),
            Keys::Users(users) => base.filter(attendees::user_guid.eq_any(users)).load(conn),
            Keys::Emails(emails) => base.filter(attendees::email_key.eq_any(emails)).load(conn),
        }
    })
}
