//! The two statements that write many attendees on PostgreSQL.

use derslik_domain::attendee::Attendee;
use derslik_domain::id::AccountId;
use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::rows::AttendeeRecord;
use crate::db::bulk::Columns;
use crate::db::postgres::PgConnection;
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Sql, Statement};
use crate::db::types::{Guid, Instant};

static INSERT_MANY: Statement = Statement::new(
    "attendee_insert_many",
    "
    INSERT INTO attendees (account_id, :columns)
    SELECT :account, * FROM :rows",
);

static UPDATE_MANY: Statement = Statement::new(
    "attendee_update_many",
    "
    UPDATE attendees SET :changes
    FROM :rows AS new (:columns)
    WHERE attendees.account_id = :account AND attendees.session_guid = new.session_guid AND attendees.guid = new.guid",
);

/// The columns besides the account.
fn columns<'r>(rows: &'r [AttendeeRecord<'r>]) -> Columns<'r, AttendeeRecord<'r>> {
    Columns::of(rows)
        .key::<Guid, _>("session_guid", |row| row.session_guid)
        .key::<Guid, _>("guid", |row| row.guid)
        .column::<Nullable<Guid>, _>("user_guid", |row| row.user_guid)
        .column::<Text, _>("attendance_code", |row| row.attendance_code)
        .column::<Text, _>("name", |row| row.name)
        .column::<Text, _>("name_key", |row| row.name_key.as_str())
        .column::<Text, _>("surname", |row| row.surname)
        .column::<Text, _>("surname_key", |row| row.surname_key.as_str())
        .column::<Text, _>("email", |row| row.email)
        .column::<Text, _>("email_key", |row| row.email_key.as_str())
        .column::<Text, _>("role", |row| row.role)
        .column::<Nullable<Text>, _>("mobile", |row| row.mobile)
        .column::<Instant, _>("created_at", |row| row.created_at)
        .column::<Instant, _>("updated_at", |row| row.updated_at)
}

fn records(account: AccountId, attendees: &[Attendee]) -> Vec<AttendeeRecord<'_>> {
    attendees.iter().map(|attendee| AttendeeRecord::new(account, attendee)).collect()
}

fn write<'r>(statement: &'static Statement, account: AccountId, rows: &'r [AttendeeRecord<'r>]) -> Sql<'r, Pg> {
    columns(rows).written_by(statement).bind::<BigInt, _>("account", account.get())
}

/// Inserts attendees in one statement.
pub(super) fn insert_many(conn: &mut PgConnection, account: AccountId, attendees: &[Attendee]) -> QueryResult<usize> {
    write(&INSERT_MANY, account, &records(account, attendees)).execute(conn)
}

/// Updates the attendees that are stored under these GUIDs, in one statement.
pub(super) fn update_many(conn: &mut PgConnection, account: AccountId, attendees: &[Attendee]) -> QueryResult<usize> {
    write(&UPDATE_MANY, account, &records(account, attendees)).execute(conn)
}

#[cfg(test)]
pub(super) fn statements() -> Vec<Printed> {
    [&INSERT_MANY, &UPDATE_MANY].map(|statement| write(statement, AccountId::new(1), &[]).printed()).into()
}
