//! The statement that reads many courses at once on PostgreSQL. It takes arrays, so its text never changes and the server parses
//! and plans it once for a connection.

use derslik_domain::id::AccountId;
use derslik_ports::outbound::CourseLookup;
use diesel::RunQueryDsl;
use diesel::dsl::{AsSelect, SqlTypeOf};
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Nullable, Text};

use super::rows::CourseRow;
use crate::db::postgres::PgConnection;
use crate::db::sql::{Sql, Statement};

/// A course, the membership of the viewer, and the id of the viewer.
pub(super) type ViewedRow = (CourseRow, Option<String>, i64);

/// The SQL types of a [`ViewedRow`].
type Columns = (SqlTypeOf<AsSelect<CourseRow, Pg>>, Nullable<Text>, BigInt);

static FIND_MANY: Statement = Statement::new(
    "course_find_many",
    "
    SELECT :columns, v.membership, viewed.viewer
    -- Each array stands in a subquery of its own, so that the planner can't see its length. For a short array the planner would make a
    -- new plan each time.
    FROM unnest((SELECT :courses), (SELECT :viewers)) AS viewed (course, viewer)
    JOIN courses c ON c.account_id = :account AND c.id = viewed.course
    LEFT JOIN course_members v ON v.account_id = :account AND v.course_id = viewed.course AND v.user_id = viewed.viewer",
);

/// The courses that exist, each with the membership of its viewer.
pub(super) fn find_many(conn: &mut PgConnection, account: AccountId, viewed: &[CourseLookup]) -> QueryResult<Vec<ViewedRow>> {
    found(account, viewed).load(conn)
}

pub(super) fn found(account: AccountId, viewed: &[CourseLookup]) -> Sql<'static, Pg, Columns> {
    let (courses, viewers): (Vec<_>, Vec<_>) = viewed.iter().map(|viewed| (viewed.course.get(), viewed.viewer.get())).unzip();
    Sql::of(&FIND_MANY)
        .bind::<BigInt, _>("account", account.get())
        .bind::<Array<BigInt>, _>("courses", courses)
        .bind::<Array<BigInt>, _>("viewers", viewers)
        .text("columns", CourseRow::columns("c"))
        .returning()
}
