//! The statements that update courses: one of a transaction, and many as they were read.

use derslik_domain::course::{Course, Revision};
use derslik_domain::id::{AccountId, PrincipalId};
use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Nullable, SmallInt, Text};
use diesel::sqlite::Sqlite;

use super::rows::NewCourseRow;
use crate::db::bulk::{Columns, Element};
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
    WITH new (:columns) AS :rows,
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

/// Takes the columns of a course that an update changes. There is one implementation for each way of an update to send its values.
trait ChangedColumns<'r>: Sized {
    /// Takes a column, with its SQL type and its value in a row.
    fn take<T, V>(self, name: &'static str, value: fn(&'r NewCourseRow<'r>) -> V) -> Self
    where
        Pg: HasSqlType<T>,
        Sqlite: HasSqlType<T>,
        V: ToSql<T, Pg> + ToSql<T, Sqlite> + Element<T> + 'r,
        T: 'static;
}

/// One course, with a value for each column.
struct OneCourse<'r, DB: Database> {
    row: &'r NewCourseRow<'r>,
    changes: Changes<'r, DB>,
}

impl<'r, DB: Database> ChangedColumns<'r> for OneCourse<'r, DB> {
    fn take<T, V>(self, name: &'static str, value: fn(&'r NewCourseRow<'r>) -> V) -> Self
    where
        Pg: HasSqlType<T>,
        Sqlite: HasSqlType<T>,
        V: ToSql<T, Pg> + ToSql<T, Sqlite> + Element<T> + 'r,
        T: 'static,
    {
        Self { changes: self.changes.column::<T, V>(name, value(self.row)), ..self }
    }
}

/// Many courses, with an array for each column.
impl<'r> ChangedColumns<'r> for Columns<'r, ReadCourse<'r>> {
    fn take<T, V>(self, name: &'static str, value: fn(&'r NewCourseRow<'r>) -> V) -> Self
    where
        Pg: HasSqlType<T>,
        Sqlite: HasSqlType<T>,
        V: ToSql<T, Pg> + ToSql<T, Sqlite> + Element<T> + 'r,
        T: 'static,
    {
        self.column::<T, V>(name, move |course: &'r ReadCourse<'r>| value(&course.row))
    }
}

/// Hands over all columns but those of the key. Both updates change these.
fn changed<'r, C: ChangedColumns<'r>>(columns: C) -> C {
    columns
        .take::<BigInt, _>("revision", |row| row.revision)
        .take::<SmallInt, _>("state", |row| row.state)
        .take::<BigInt, _>("owner_id", |row| row.owner_id)
        .take::<Text, _>("name", |row| row.name)
        .take::<Nullable<Text>, _>("section", |row| row.section)
        .take::<Nullable<Text>, _>("description_heading", |row| row.description_heading)
        .take::<Nullable<Text>, _>("description", |row| row.description)
        .take::<Nullable<Text>, _>("room", |row| row.room)
        .take::<Nullable<Text>, _>("subject", |row| row.subject)
        .take::<Nullable<Text>, _>("levels", |row| row.levels)
        .take::<Text, _>("search_key", |row| row.search_key.as_str())
        .take::<Text, _>("enrollment_code", |row| row.enrollment_code)
        .take::<Text, _>("group_name", |row| row.group_name.as_str())
        .take::<Json, _>("extras", |row| &row.extras)
        .take::<Bool, _>("guardians_enabled", |row| row.guardians_enabled)
        .take::<Nullable<Text>, _>("calendar_id", |row| row.calendar_id)
        .take::<Instant, _>("created_at", |row| row.created_at)
        .take::<Instant, _>("updated_at", |row| row.updated_at)
        .take::<Nullable<Instant>, _>("first_active_at", |row| row.first_active_at)
        .take::<Nullable<SmallInt>, _>("suspended_from", |row| row.suspended_from)
}

/// Overwrites a course.
pub(super) fn update<'r, DB: Database>(row: &'r NewCourseRow<'r>) -> Sql<'r, DB> {
    let OneCourse { row, changes } = changed(OneCourse { row, changes: Changes::none() });
    changes.written_by(&UPDATE).bind_in_both::<BigInt, _>("account", row.account_id).bind_in_both::<BigInt, _>("id", row.id)
}

/// Overwrites the courses that are as they were read, each at most once, and returns their ids.
pub(super) fn update_as_read(conn: &mut PgConnection, account: AccountId, courses: &[ReadCourse<'_>]) -> QueryResult<Vec<i64>> {
    as_read(account, courses).load(conn)
}

fn as_read<'r>(account: AccountId, courses: &'r [ReadCourse<'r>]) -> Sql<'r, Pg, BigInt> {
    let keys = Columns::of(courses)
        .of_hidden_count()
        .key::<BigInt, _>("id", |course| course.row.id)
        .key::<BigInt, _>("read_revision", |course| course.read_revision)
        .key::<BigInt, _>("author", |course| course.author);
    changed(keys).written_by(&UPDATE_AS_READ).bind::<BigInt, _>("account", account.get()).returning()
}

#[cfg(test)]
pub(super) fn statements() -> Vec<Printed> {
    use derslik_testkit::builders::course;

    let (account, course) = (AccountId::new(1), course(1));
    let row = NewCourseRow::new(account, &course);
    vec![update::<Pg>(&row).printed(), update::<Sqlite>(&row).printed(), as_read(account, &[]).printed()]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use derslik_testkit::builders::course;
    use diesel::debug_query;

    use super::*;
    use crate::db::schema::courses;

    /// The columns that an update sets.
    fn updated(statement: &Printed) -> BTreeSet<&str> {
        let (_, changes) = statement.text.split_once("UPDATE courses SET ").unwrap();
        let end = ["FROM", "WHERE"].into_iter().filter_map(|word| changes.find(word)).min().unwrap();
        changes[..end].split(',').map(|change| change.split_once('=').unwrap().0.trim()).collect()
    }

    #[test]
    fn an_update_writes_what_an_insert_writes_except_for_the_key() {
        let (account, course) = (AccountId::new(1), course(1));
        let insert = diesel::insert_into(courses::table).values(NewCourseRow::new(account, &course));
        let insert = debug_query::<Pg, _>(&insert).to_string();
        let columns = insert.split(['(', ')']).nth(1).unwrap();
        let mut written: BTreeSet<_> = columns.split(", ").map(|column| column.trim_matches('"')).collect();
        assert!(written.remove("account_id") && written.remove("id"), "{insert}");
        assert_eq!(updated(&update::<Pg>(&NewCourseRow::new(account, &course)).printed()), written);
        assert_eq!(updated(&as_read(account, &[]).printed()), written);
    }
}
