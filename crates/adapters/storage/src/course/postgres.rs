//! The statement that reads many courses at once on PostgreSQL. It takes arrays, so its text never changes and the server parses
//! and plans it once for a connection.

use crate::db::postgres::PgConnection;
use derslik_domain::id::AccountId;
use derslik_ports::outbound::CourseLookup;
use diesel::RunQueryDsl;
use diesel::dsl::{AsSelect, SqlTypeOf};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Nullable, Text};

use super::rows::CourseRow;

/// A course, the membership of the viewer, and the id of the viewer.
pub(super) type ViewedRow = (CourseRow, Option<String>, i64);

/// The courses that exist, each with the membership of its viewer.
pub(super) fn find_many(conn: &mut PgConnection, account: AccountId, asked: &[CourseLookup]) -> QueryResult<Vec<ViewedRow>> {
    let (course, viewer) = asked.iter().map(|asked| (asked.course.get(), asked.viewer.get())).unzip();
    FindCourses { account_id: account.get(), course, viewer }.load(conn)
}

#[derive(Debug)]
struct FindCourses {
    account_id: i64,
    course: Vec<i64>,
    viewer: Vec<i64>,
}

impl QueryFragment<Pg> for FindCourses {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        out.push_sql(&CourseRow::columns("c"));
        // Each array stands in a subquery of its own, so that the planner can't see its length. For a short array the planner
        // would make a new plan each time.
        out.push_sql(", v.membership, viewed.viewer FROM unnest((SELECT ");
        out.push_bind_param::<Array<BigInt>, _>(&self.course)?;
        out.push_sql("), (SELECT ");
        out.push_bind_param::<Array<BigInt>, _>(&self.viewer)?;
        out.push_sql(")) AS viewed (course, viewer) JOIN courses c ON c.account_id = ");
        out.push_bind_param::<BigInt, _>(&self.account_id)?;
        out.push_sql(" AND c.id = viewed.course LEFT JOIN course_members v ON v.account_id = ");
        out.push_bind_param::<BigInt, _>(&self.account_id)?;
        out.push_sql(" AND v.course_id = viewed.course AND v.user_id = viewed.viewer");
        Ok(())
    }
}

impl QueryId for FindCourses {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for FindCourses {
    type SqlType = (SqlTypeOf<AsSelect<CourseRow, Pg>>, Nullable<Text>, BigInt);
}

impl RunQueryDsl<PgConnection> for FindCourses {}
