//! The statement that updates an attendee on SQLite.

use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;

use super::rows::AttendeeRecord;
use crate::db::changes::Changes;
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Sql, Statement};
use crate::db::types::{Guid, Instant};

static UPDATE: Statement = Statement::new(
    "attendee_update",
    "UPDATE attendees SET :changes WHERE account_id = :account AND session_guid = :session_guid AND guid = :guid",
);

/// Overwrites an attendee.
pub(super) fn update<'r>(record: &'r AttendeeRecord<'r>) -> Sql<'r, Sqlite> {
    // A new column does not compile until it is written.
    let AttendeeRecord {
        account_id,
        session_guid,
        guid,
        user_guid,
        attendance_code,
        name,
        name_key,
        surname,
        surname_key,
        email,
        email_key,
        role,
        mobile,
        created_at,
        updated_at,
    } = record;
    Changes::none()
        .column::<Nullable<Guid>, _>("user_guid", user_guid)
        .column::<Text, _>("attendance_code", attendance_code)
        .column::<Text, _>("name", name)
        .column::<Text, _>("name_key", name_key)
        .column::<Text, _>("surname", surname)
        .column::<Text, _>("surname_key", surname_key)
        .column::<Text, _>("email", email)
        .column::<Text, _>("email_key", email_key)
        .column::<Text, _>("role", role)
        .column::<Nullable<Text>, _>("mobile", mobile)
        .column::<Instant, _>("created_at", created_at)
        .column::<Instant, _>("updated_at", updated_at)
        .written_by(&UPDATE)
        .bind_in_both::<BigInt, _>("account", account_id)
        .bind_in_both::<Guid, _>("session_guid", session_guid)
        .bind_in_both::<Guid, _>("guid", guid)
}

#[cfg(test)]
pub(super) fn statements() -> Vec<Printed> {
    use derslik_domain::id::AccountId;
    use derslik_testkit::builders::attendee;

    let attendee = attendee(1, 1);
    vec![update(&AttendeeRecord::new(AccountId::new(1), &attendee)).printed()]
}
