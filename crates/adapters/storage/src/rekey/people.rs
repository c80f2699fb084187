//! Users, projects, attendees and admins. The keys of their names and addresses are unique.

use derslik_domain::text::{fold, identity_key};
use diesel::prelude::*;
use uuid::Uuid;

use super::rows::{Rewrite, Rows, unless_taken};
use crate::db::conn::{Conn, on_conn};
use crate::db::schema::{admins, attendees, principals, projects};
use crate::db::types::DbGuid;

pub(super) struct Users;

#[derive(Queryable, Selectable)]
#[diesel(table_name = principals)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct User {
    id: i64,
    username: Option<String>,
    username_key: Option<String>,
    email: Option<String>,
    email_key: Option<String>,
    name: String,
    name_key: String,
    surname: String,
    surname_key: String,
}

impl Rows for Users {
    type Row = User;

    fn load(conn: Conn<'_>, account: i64, after: &str, limit: i64) -> QueryResult<Vec<User>> {
        let after: i64 = after.parse().unwrap_or(i64::MIN);
        let rows = principals::table.filter(principals::account_id.eq(account)).filter(principals::id.gt(after));
        on_conn!(conn, |conn| rows.order(principals::id).limit(limit).select(User::as_select()).load(conn))
    }

    fn find(conn: Conn<'_>, account: i64, id: &str) -> QueryResult<Vec<User>> {
        let Ok(id) = id.parse::<i64>() else { return Ok(Vec::new()) };
        let row = principals::table.filter(principals::account_id.eq(account)).filter(principals::id.eq(id));
        on_conn!(conn, |conn| row.select(User::as_select()).load(conn))
    }

    fn id(row: &User) -> String {
        row.id.to_string()
    }

    fn rewrite(mut conn: Conn<'_>, account: i64, row: &User) -> QueryResult<Rewrite> {
        let this = || principals::table.filter(principals::account_id.eq(account)).filter(principals::id.eq(row.id));
        let (name, surname) = (fold(&row.name), fold(&row.surname));
        let mut worst = Rewrite::Same;
        if (&name, &surname) != (&row.name_key, &row.surname_key) {
            let keys = (principals::name_key.eq(name), principals::surname_key.eq(surname));
            on_conn!(conn.reborrow(), |conn| diesel::update(this()).set(keys).execute(conn))?;
            worst = Rewrite::Done;
        }
        let username = row.username.as_deref().map(identity_key);
        if username != row.username_key {
            let key = principals::username_key.eq(username);
            let written = on_conn!(conn.reborrow(), |conn| conn.transaction(|conn| diesel::update(this()).set(key).execute(conn)));
            worst = worst.max(unless_taken(written)?);
        }
        let email = row.email.as_deref().map(identity_key);
        if email != row.email_key {
            let key = principals::email_key.eq(email);
            let written = on_conn!(conn.reborrow(), |conn| conn.transaction(|conn| diesel::update(this()).set(key).execute(conn)));
            worst = worst.max(unless_taken(written)?);
        }
        Ok(worst)
    }
}

pub(super) struct Projects;

#[derive(Queryable, Selectable)]
#[diesel(table_name = projects)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct Project {
    id: i64,
    name: String,
    name_key: String,
}

impl Rows for Projects {
    type Row = Project;

    fn load(conn: Conn<'_>, account: i64, after: &str, limit: i64) -> QueryResult<Vec<Project>> {
        let after: i64 = after.parse().unwrap_or(i64::MIN);
        let rows = projects::table.filter(projects::account_id.eq(account)).filter(projects::id.gt(after));
        on_conn!(conn, |conn| rows.order(projects::id).limit(limit).select(Project::as_select()).load(conn))
    }

    fn find(conn: Conn<'_>, account: i64, id: &str) -> QueryResult<Vec<Project>> {
        let Ok(id) = id.parse::<i64>() else { return Ok(Vec::new()) };
        let row = projects::table.filter(projects::account_id.eq(account)).filter(projects::id.eq(id));
        on_conn!(conn, |conn| row.select(Project::as_select()).load(conn))
    }

    fn id(row: &Project) -> String {
        row.id.to_string()
    }

    fn rewrite(conn: Conn<'_>, account: i64, row: &Project) -> QueryResult<Rewrite> {
        let key = identity_key(&row.name);
        if key == row.name_key {
            return Ok(Rewrite::Same);
        }
        let this = projects::table.filter(projects::account_id.eq(account)).filter(projects::id.eq(row.id));
        let update = diesel::update(this).set(projects::name_key.eq(key));
        unless_taken(on_conn!(conn, |conn| conn.transaction(|conn| update.execute(conn))))
    }
}

pub(super) struct Attendees;

#[derive(Queryable, Selectable)]
#[diesel(table_name = attendees)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct Attendee {
    session_guid: DbGuid,
    guid: DbGuid,
    name: String,
    name_key: String,
    surname: String,
    surname_key: String,
    email: String,
    email_key: String,
}

/// Parses the GUIDs of the session and of the attendee.
fn guids(id: &str) -> Option<(DbGuid, DbGuid)> {
    let (session, attendee) = id.split_once('/')?;
    Some((DbGuid(session.parse().ok()?), DbGuid(attendee.parse().ok()?)))
}

impl Rows for Attendees {
    type Row = Attendee;

    fn load(conn: Conn<'_>, account: i64, after: &str, limit: i64) -> QueryResult<Vec<Attendee>> {
        let (session, attendee) = guids(after).unwrap_or((DbGuid(Uuid::nil()), DbGuid(Uuid::nil())));
        // The first condition on the session is where the range of the index begins.
        let rows = attendees::table
            .filter(attendees::account_id.eq(account))
            .filter(attendees::session_guid.ge(session))
            .filter(attendees::session_guid.gt(session).or(attendees::guid.gt(attendee)));
        let order = (attendees::session_guid, attendees::guid);
        on_conn!(conn, |conn| rows.order(order).limit(limit).select(Attendee::as_select()).load(conn))
    }

    fn find(conn: Conn<'_>, account: i64, id: &str) -> QueryResult<Vec<Attendee>> {
        let Some((session, attendee)) = guids(id) else { return Ok(Vec::new()) };
        on_conn!(conn, |conn| attendees::table.find((account, session, attendee)).select(Attendee::as_select()).load(conn))
    }

    fn id(row: &Attendee) -> String {
        format!("{}/{}", row.session_guid.0, row.guid.0)
    }

    fn rewrite(mut conn: Conn<'_>, account: i64, row: &Attendee) -> QueryResult<Rewrite> {
        let this = || attendees::table.find((account, row.session_guid, row.guid));
        let (name, surname) = (fold(&row.name), fold(&row.surname));
        let mut worst = Rewrite::Same;
        if (&name, &surname) != (&row.name_key, &row.surname_key) {
            let keys = (attendees::name_key.eq(name), attendees::surname_key.eq(surname));
            on_conn!(conn.reborrow(), |conn| diesel::update(this()).set(keys).execute(conn))?;
            worst = Rewrite::Done;
        }
        let email = identity_key(&row.email);
        if email != row.email_key {
            let key = attendees::email_key.eq(email);
            let written = on_conn!(conn.reborrow(), |conn| conn.transaction(|conn| diesel::update(this()).set(key).execute(conn)));
            worst = worst.max(unless_taken(written)?);
        }
        Ok(worst)
    }
}

/// Admins belong to no account, so the number of one is not looked at.
pub(super) struct Admins;

#[derive(Queryable, Selectable)]
#[diesel(table_name = admins)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct Admin {
    id: i64,
    name: String,
    name_key: String,
}

impl Rows for Admins {
    type Row = Admin;

    fn load(conn: Conn<'_>, _account: i64, after: &str, limit: i64) -> QueryResult<Vec<Admin>> {
        let after: i64 = after.parse().unwrap_or(i64::MIN);
        let rows = admins::table.filter(admins::id.gt(after));
        on_conn!(conn, |conn| rows.order(admins::id).limit(limit).select(Admin::as_select()).load(conn))
    }

    fn find(conn: Conn<'_>, _account: i64, id: &str) -> QueryResult<Vec<Admin>> {
        let Ok(id) = id.parse::<i64>() else { return Ok(Vec::new()) };
        on_conn!(conn, |conn| admins::table.find(id).select(Admin::as_select()).load(conn))
    }

    fn id(row: &Admin) -> String {
        row.id.to_string()
    }

    fn rewrite(conn: Conn<'_>, _account: i64, row: &Admin) -> QueryResult<Rewrite> {
        let key = identity_key(&row.name);
        if key == row.name_key {
            return Ok(Rewrite::Same);
        }
        let update = diesel::update(admins::table.find(row.id)).set(admins::name_key.eq(key));
        unless_taken(on_conn!(conn, |conn| conn.transaction(|conn| update.execute(conn))))
    }
}
