//! An attendee as a row of the table `attendees`.
#![expect(clippy::ref_option_ref, reason = "the derives of diesel borrow every field, optional references too")]

use derslik_domain::attendee::{AttendanceCode, Attendee};
use derslik_domain::id::{AccountId, AttendeeGuid, SessionGuid, UserGuid};
use derslik_domain::identity::{ClassroomRole, Email, Mobile, PersonName};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::StoreError;
use diesel::prelude::{Insertable, Queryable, Selectable};
use uuid::Uuid;

use crate::db::schema::attendees;
use crate::db::types::{DbGuid, DbInstant};

/// The columns that are read. The folded columns of searches are never read.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = attendees)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct AttendeeRow {
    session_guid: DbGuid,
    guid: DbGuid,
    user_guid: Option<DbGuid>,
    attendance_code: String,
    name: String,
    surname: String,
    email: String,
    role: String,
    mobile: Option<String>,
    created_at: DbInstant,
    updated_at: DbInstant,
}

impl AttendeeRow {
    /// The sort key of the attendees of a session.
    pub(super) fn sort_key(&self) -> (Timestamp, Uuid) {
        (self.created_at.0, self.guid.0)
    }
}

/// The columns that are written.
#[derive(Debug, Insertable)]
#[diesel(table_name = attendees)]
#[diesel(treat_none_as_default_value = false)]
pub(super) struct AttendeeRecord<'a> {
    pub(super) account_id: i64,
    pub(super) session_guid: DbGuid,
    pub(super) guid: DbGuid,
    pub(super) user_guid: Option<DbGuid>,
    pub(super) attendance_code: &'a str,
    pub(super) name: &'a str,
    pub(super) name_key: String,
    pub(super) surname: &'a str,
    pub(super) surname_key: String,
    pub(super) email: &'a str,
    pub(super) email_key: String,
    pub(super) role: &'static str,
    pub(super) mobile: Option<&'a str>,
    pub(super) created_at: DbInstant,
    pub(super) updated_at: DbInstant,
}

impl<'a> AttendeeRecord<'a> {
    pub(super) fn new(account: AccountId, attendee: &'a Attendee) -> Self {
        let (name_key, surname_key) = attendee.name_keys();
        Self {
            account_id: account.get(),
            session_guid: attendee.session.into(),
            guid: attendee.guid.into(),
            user_guid: attendee.user.map(DbGuid::from),
            attendance_code: attendee.code.as_str(),
            name: attendee.name.as_str(),
            name_key,
            surname: attendee.surname.as_str(),
            surname_key,
            email: attendee.email.as_str(),
            email_key: attendee.email.key(),
            role: attendee.role.code(),
            mobile: attendee.mobile.as_ref().map(Mobile::as_str),
            created_at: DbInstant(attendee.created_at),
            updated_at: DbInstant(attendee.updated_at),
        }
    }
}

impl TryFrom<AttendeeRow> for Attendee {
    type Error = StoreError;

    fn try_from(row: AttendeeRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "attendees", column };
        Ok(Self {
            guid: AttendeeGuid::new(row.guid.0),
            session: SessionGuid::new(row.session_guid.0),
            user: row.user_guid.map(|guid| UserGuid::new(guid.0)),
            code: AttendanceCode::parse(&row.attendance_code).map_err(|_| corrupt("attendance_code"))?,
            name: PersonName::new(row.name).map_err(|_| corrupt("name"))?,
            surname: PersonName::new(row.surname).map_err(|_| corrupt("surname"))?,
            email: Email::parse(&row.email).map_err(|_| corrupt("email"))?,
            role: ClassroomRole::by_code(&row.role).ok_or_else(|| corrupt("role"))?,
            mobile: row.mobile.map(Mobile::new).transpose().map_err(|_| corrupt("mobile"))?,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    }
}
