//! The two statements that write many attendees on PostgreSQL, with one array for each column.

use crate::db::postgres::PgConnection;
use derslik_domain::attendee::Attendee;
use derslik_domain::id::AccountId;
use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Nullable, Text};

use super::rows::AttendeeRecord;
use crate::db::types::{DbGuid, DbInstant, Guid, Instant};

/// The columns besides the account, in the order in which [`AttendeeColumns`] binds them.
const COLUMNS: &str = "session_guid, guid, user_guid, attendance_code, name, name_key, surname, surname_key, email, \
     email_key, role, mobile, created_at, updated_at";

/// Many attendees, column by column.
#[derive(Debug, Default)]
struct AttendeeColumns<'a> {
    account_id: i64,
    session_guid: Vec<DbGuid>,
    guid: Vec<DbGuid>,
    user_guid: Vec<Option<DbGuid>>,
    attendance_code: Vec<&'a str>,
    name: Vec<&'a str>,
    name_key: Vec<String>,
    surname: Vec<&'a str>,
    surname_key: Vec<String>,
    email: Vec<&'a str>,
    email_key: Vec<String>,
    role: Vec<&'static str>,
    mobile: Vec<Option<&'a str>>,
    created_at: Vec<DbInstant>,
    updated_at: Vec<DbInstant>,
}

impl<'a> AttendeeColumns<'a> {
    fn new(account: AccountId, attendees: &'a [Attendee]) -> Self {
        let mut columns = Self { account_id: account.get(), ..Self::default() };
        for attendee in attendees {
            let record = AttendeeRecord::new(account, attendee);
            columns.session_guid.push(record.session_guid);
            columns.guid.push(record.guid);
            columns.user_guid.push(record.user_guid);
            columns.attendance_code.push(record.attendance_code);
            columns.name.push(record.name);
            columns.name_key.push(record.name_key);
            columns.surname.push(record.surname);
            columns.surname_key.push(record.surname_key);
            columns.email.push(record.email);
            columns.email_key.push(record.email_key);
            columns.role.push(record.role);
            columns.mobile.push(record.mobile);
            columns.created_at.push(record.created_at);
            columns.updated_at.push(record.updated_at);
        }
        columns
    }

    /// `unnest($n, …)`, one row for each attendee.
    fn push_unnest<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("unnest(");
        out.push_bind_param::<Array<Guid>, _>(&self.session_guid)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Guid>, _>(&self.guid)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Guid>>, _>(&self.user_guid)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.attendance_code)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.name)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.name_key)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.surname)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.surname_key)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.email)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.email_key)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.role)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.mobile)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Instant>, _>(&self.created_at)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Instant>, _>(&self.updated_at)?;
        out.push_sql(")");
        Ok(())
    }
}

/// Inserts attendees in one statement.
pub(super) fn insert_many(conn: &mut PgConnection, account: AccountId, attendees: &[Attendee]) -> QueryResult<usize> {
    InsertAttendees(AttendeeColumns::new(account, attendees)).execute(conn)
}

/// Updates the attendees that are stored under these GUIDs, in one statement.
pub(super) fn update_many(conn: &mut PgConnection, account: AccountId, attendees: &[Attendee]) -> QueryResult<usize> {
    UpdateAttendees(AttendeeColumns::new(account, attendees)).execute(conn)
}

#[derive(Debug)]
struct InsertAttendees<'a>(AttendeeColumns<'a>);

impl QueryFragment<Pg> for InsertAttendees<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("INSERT INTO attendees (account_id, ");
        out.push_sql(COLUMNS);
        out.push_sql(") SELECT ");
        out.push_bind_param::<BigInt, _>(&self.0.account_id)?;
        out.push_sql(", * FROM ");
        self.0.push_unnest(&mut out)
    }
}

impl QueryId for InsertAttendees<'_> {
    type QueryId = InsertAttendees<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for InsertAttendees<'_> {}

#[derive(Debug)]
struct UpdateAttendees<'a>(AttendeeColumns<'a>);

impl QueryFragment<Pg> for UpdateAttendees<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "UPDATE attendees SET user_guid = new.user_guid, attendance_code = new.attendance_code, name = new.name, name_key = \
             new.name_key, surname = new.surname, surname_key = new.surname_key, email = new.email, email_key = \
             new.email_key, role = new.role, mobile = new.mobile, created_at = new.created_at, updated_at = \
             new.updated_at FROM ",
        );
        self.0.push_unnest(&mut out)?;
        out.push_sql(" AS new (");
        out.push_sql(COLUMNS);
        out.push_sql(") WHERE attendees.account_id = ");
        out.push_bind_param::<BigInt, _>(&self.0.account_id)?;
        out.push_sql(" AND attendees.session_guid = new.session_guid AND attendees.guid = new.guid");
        Ok(())
    }
}

impl QueryId for UpdateAttendees<'_> {
    type QueryId = UpdateAttendees<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for UpdateAttendees<'_> {}
