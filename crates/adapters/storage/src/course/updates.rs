//! The statements that update courses: one of a transaction, and many as they were read.

use derslik_domain::course::{Course, Revision};
use derslik_domain::id::{AccountId, PrincipalId};
use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text};

use super::rows::NewCourseRow;
use crate::db::bulk::Columns;
use crate::db::changes::Changes;
use crate::db::postgres::PgConnection;
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Database, Sql, Statement};
use crate::db::types::{Instant, Json};

static UPDATE: Statement = Statement::new("course_update", "UPDATE courses SET :changes WHERE account_id = :account AND id = :id");

static UPDATE_AS_READ: Statement = Statement::new(
    "course_update_as_read",
    "
    WITH new (:columns) AS (SELECT * FROM :rows),
    -- The courses that are as they were read, and whose author may act. Both stay so until the commit. Rows that another transaction has
    -- locked are left out, so this statement waits for none and is never part of a deadlock.
    held AS (
        SELECT c.id
        FROM new
        JOIN principals p ON p.account_id = :account AND p.id = new.author AND p.status = 'active'
        JOIN courses c ON c.account_id = :account AND c.id = new.id AND c.revision = new.read_revision
        FOR KEY SHARE OF p SKIP LOCKED
        FOR NO KEY UPDATE OF c SKIP LOCKED
    )
    UPDATE courses SET :changes
    FROM new JOIN held ON held.id = new.id
    WHERE courses.account_id = :account AND courses.id = new.id
    RETURNING courses.id",
);

/// A course to write as it was read.
pub(super) struct ReadCourse<'a> {
    row: NewCourseRow<'a>,
    read_revision: i64,
    author: i64,
}

impl<'a> ReadCourse<'a> {
    /// The changed course, with the revision that was read and the principal that changes it.
    pub(super) fn new(account: AccountId, course: &'a Course, read: Revision, author: PrincipalId) -> Self {
        Self { row: NewCourseRow::new(account, course), read_revision: read.get(), author: author.get() }
    }
}

/// Overwrites a course.
pub(super) fn update<'r, DB: Database>(row: &'r NewCourseRow<'r>) -> Sql<'r, DB> {
    // A new column does not compile until it is written.
    let NewCourseRow {
        account_id,
        id,
        revision,
        state,
        owner_id,
        name,
        section,
        description_heading,
        description,
        room,
        subject,
        levels,
        search_key,
        enrollment_code,
        group_name,
        extras,
        guardians_enabled,
        calendar_id,
        created_at,
        updated_at,
        first_active_at,
        suspended_from,
    } = row;
    Changes::none()
        .column::<BigInt, _>("revision", revision)
        .column::<SmallInt, _>("state", state)
        .column::<BigInt, _>("owner_id", owner_id)
        .column::<Text, _>("name", name)
        .column::<Nullable<Text>, _>("section", section)
        .column::<Nullable<Text>, _>("description_heading", description_heading)
        .column::<Nullable<Text>, _>("description", description)
        .column::<Nullable<Text>, _>("room", room)
        .column::<Nullable<Text>, _>("subject", subject)
        .column::<Nullable<Text>, _>("levels", levels)
        .column::<Text, _>("search_key", search_key)
        .column::<Text, _>("enrollment_code", enrollment_code)
        .column::<Text, _>("group_name", group_name)
        .column::<Json, _>("extras", extras)
        .column::<Bool, _>("guardians_enabled", guardians_enabled)
        .column::<Nullable<Text>, _>("calendar_id", calendar_id)
        .column::<Instant, _>("created_at", created_at)
        .column::<Instant, _>("updated_at", updated_at)
        .column::<Nullable<Instant>, _>("first_active_at", first_active_at)
        .column::<Nullable<SmallInt>, _>("suspended_from", suspended_from)
        .written_by(&UPDATE)
        .bind_in_both::<BigInt, _>("account", account_id)
        .bind_in_both::<BigInt, _>("id", id)
}

/// Overwrites the courses that are as they were read, each at most once, and returns their ids.
pub(super) fn update_as_read(conn: &mut PgConnection, account: AccountId, courses: &[ReadCourse<'_>]) -> QueryResult<Vec<i64>> {
    as_read(account, courses).load(conn)
}

fn as_read<'r>(account: AccountId, courses: &'r [ReadCourse<'r>]) -> Sql<'r, Pg, BigInt> {
    Columns::of(courses)
        .of_hidden_count()
        .key::<BigInt, _>("id", |course| course.row.id)
        .key::<BigInt, _>("read_revision", |course| course.read_revision)
        .key::<BigInt, _>("author", |course| course.author)
        .column::<BigInt, _>("revision", |course| course.row.revision)
        .column::<SmallInt, _>("state", |course| course.row.state)
        .column::<BigInt, _>("owner_id", |course| course.row.owner_id)
        .column::<Text, _>("name", |course| course.row.name)
        .column::<Nullable<Text>, _>("section", |course| course.row.section)
        .column::<Nullable<Text>, _>("description_heading", |course| course.row.description_heading)
        .column::<Nullable<Text>, _>("description", |course| course.row.description)
        .column::<Nullable<Text>, _>("room", |course| course.row.room)
        .column::<Nullable<Text>, _>("subject", |course| course.row.subject)
        .column::<Nullable<Text>, _>("levels", |course| course.row.levels)
        .column::<Text, _>("search_key", |course| course.row.search_key.as_str())
        .column::<Text, _>("enrollment_code", |course| course.row.enrollment_code)
        .column::<Text, _>("group_name", |course| course.row.group_name.as_str())
        .column::<Json, _>("extras", |course| &course.row.extras)
        .column::<Bool, _>("guardians_enabled", |course| course.row.guardians_enabled)
        .column::<Nullable<Text>, _>("calendar_id", |course| course.row.calendar_id)
        .column::<Instant, _>("created_at", |course| course.row.created_at)
        .column::<Instant, _>("updated_at", |course| course.row.updated_at)
        .column::<Nullable<Instant>, _>("first_active_at", |course| course.row.first_active_at)
        .column::<Nullable<SmallInt>, _>("suspended_from", |course| course.row.suspended_from)
        .written_by(&UPDATE_AS_READ)
        .bind::<BigInt, _>("account", account.get())
        .returning()
}

#[cfg(test)]
pub(super) fn statements() -> Vec<Printed> {
    use derslik_testkit::builders::course;
    use diesel::sqlite::Sqlite;

    let (account, course) = (AccountId::new(1), course(1));
    let row = NewCourseRow::new(account, &course);
    vec![update::<Pg>(&row).printed(), update::<Sqlite>(&row).printed(), as_read(account, &[]).printed()]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use derslik_testkit::builders::course;

    use super::*;

    /// The columns that a statement sets.
    fn changed(printed: &Printed) -> BTreeSet<&str> {
        let (_, changes) = printed.text.split_once("UPDATE courses SET ").unwrap();
        let end = ["FROM", "WHERE"].into_iter().filter_map(|word| changes.find(word)).min().unwrap();
        changes[..end].split(',').map(|change| change.split_once('=').unwrap().0.trim()).collect()
    }

    #[test]
    fn both_updates_change_the_same_columns() {
        let (account, course) = (AccountId::new(1), course(1));
        let (one, many) = (update::<Pg>(&NewCourseRow::new(account, &course)).printed(), as_read(account, &[]).printed());
        assert_eq!(changed(&one), changed(&many));
        assert!(changed(&one).contains("suspended_from"));
    }
}
