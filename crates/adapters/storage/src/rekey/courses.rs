//! Courses, whose keys serve searches, and their aliases, whose keys are unique.

use derslik_domain::course::Course as Searched;
use derslik_domain::text::composed_key;
use diesel::prelude::*;

use super::rows::{Rewrite, Rows, unless_taken};
use crate::db::conn::{Conn, on_conn};
use crate::db::schema::{course_aliases, courses};

pub(super) struct Courses;

#[derive(Queryable, Selectable)]
#[diesel(table_name = courses)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct Course {
    id: i64,
    name: String,
    section: Option<String>,
    room: Option<String>,
    search_key: String,
}

impl Rows for Courses {
    type Row = Course;

    fn load(conn: Conn<'_>, account: i64, after: &str, limit: i64) -> QueryResult<Vec<Course>> {
        let after: i64 = after.parse().unwrap_or(i64::MIN);
        let rows = courses::table.filter(courses::account_id.eq(account)).filter(courses::id.gt(after));
        on_conn!(conn, |conn| rows.order(courses::id).limit(limit).select(Course::as_select()).load(conn))
    }

    fn find(conn: Conn<'_>, account: i64, id: &str) -> QueryResult<Vec<Course>> {
        let Ok(id) = id.parse::<i64>() else { return Ok(Vec::new()) };
        let row = courses::table.filter(courses::account_id.eq(account)).filter(courses::id.eq(id));
        on_conn!(conn, |conn| row.select(Course::as_select()).load(conn))
    }

    fn id(row: &Course) -> String {
        row.id.to_string()
    }

    fn rewrite(conn: Conn<'_>, account: i64, row: &Course) -> QueryResult<Rewrite> {
        let key = Searched::search_key_of(&row.name, row.section.as_deref(), row.room.as_deref());
        if key == row.search_key {
            return Ok(Rewrite::Same);
        }
        let this = courses::table.filter(courses::account_id.eq(account)).filter(courses::id.eq(row.id));
        on_conn!(conn, |conn| diesel::update(this).set(courses::search_key.eq(key)).execute(conn))?;
        Ok(Rewrite::Done)
    }
}

/// The aliases of courses. The id of a row is that of the course, since the alias itself may name a person.
pub(super) struct Aliases;

#[derive(Queryable, Selectable)]
#[diesel(table_name = course_aliases)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct AliasRow {
    project_id: i64,
    course_id: i64,
    alias: String,
    alias_key: String,
}

impl Rows for Aliases {
    type Row = AliasRow;

    fn load(conn: Conn<'_>, account: i64, after: &str, limit: i64) -> QueryResult<Vec<AliasRow>> {
        let (course, alias) = after.split_once('/').unwrap_or((after, ""));
        let course: i64 = course.parse().unwrap_or(i64::MIN);
        // The first condition on the course is where the range of the index begins.
        let rows = course_aliases::table
            .filter(course_aliases::account_id.eq(account))
            .filter(course_aliases::course_id.ge(course))
            .filter(course_aliases::course_id.gt(course).or(course_aliases::alias.gt(alias)));
        let order = (course_aliases::course_id, course_aliases::alias);
        on_conn!(conn, |conn| rows.order(order).limit(limit).select(AliasRow::as_select()).load(conn))
    }

    fn find(conn: Conn<'_>, account: i64, id: &str) -> QueryResult<Vec<AliasRow>> {
        let Ok(id) = id.parse::<i64>() else { return Ok(Vec::new()) };
        let rows = course_aliases::table.filter(course_aliases::account_id.eq(account)).filter(course_aliases::course_id.eq(id));
        on_conn!(conn, |conn| rows.select(AliasRow::as_select()).load(conn))
    }

    fn id(row: &AliasRow) -> String {
        row.course_id.to_string()
    }

    fn position(row: &AliasRow) -> String {
        format!("{}/{}", row.course_id, row.alias)
    }

    fn rewrite(conn: Conn<'_>, account: i64, row: &AliasRow) -> QueryResult<Rewrite> {
        let key = composed_key(&row.alias);
        if key == row.alias_key {
            return Ok(Rewrite::Same);
        }
        let this = course_aliases::table
            .filter(course_aliases::account_id.eq(account))
            .filter(course_aliases::project_id.eq(row.project_id))
            .filter(course_aliases::alias_key.eq(&row.alias_key));
        let update = diesel::update(this).set(course_aliases::alias_key.eq(key));
        unless_taken(on_conn!(conn, |conn| conn.transaction(|conn| update.execute(conn))))
    }
}
