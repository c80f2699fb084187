//! The repository of the members of courses.

use derslik_domain::course::Course;
use derslik_domain::course::roster::{Membership, Roster};
use derslik_domain::id::{AccountId, CourseId, Id, PrincipalId};
use derslik_domain::page::{Page, PageRequest};
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Member, RosterRepository, StoreError};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::rows::read_membership;
use crate::db::conn::{DieselStores, on_conn};
use crate::db::schema::{course_members, principals};
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Database, Sql, Statement};
use crate::db::types::{DbInstant, Instant, row_count};
use crate::identity::users::UserRow;

static PUT: Statement = Statement::new(
    "course_member_put",
    "
    INSERT INTO course_members (account_id, course_id, user_id, membership, course_created_at, added_at)
    VALUES (:account, :course, :user, :membership, :course_created_at, :added_at)
    ON CONFLICT (account_id, course_id, user_id) DO UPDATE SET membership = excluded.membership",
);

impl RosterRepository for DieselStores<'_> {
    fn membership(&mut self, account: AccountId, course: CourseId, user: PrincipalId) -> Result<Option<Membership>, StoreError> {
        let query = course_members::table.find((account.get(), course.get(), user.get())).select(course_members::membership);
        let name: Option<String> = self.query(|conn| on_conn!(conn, |conn| query.first(conn).optional()))?;
        name.as_deref().map(read_membership).transpose()
    }

    fn put(
        &mut self,
        account: AccountId,
        course: &Course,
        user: PrincipalId,
        membership: Membership,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.query(|conn| on_conn!(conn, |conn| put(account, course, user, membership, at).execute(conn))).map(drop)
    }

    fn remove(&mut self, account: AccountId, course: CourseId, user: PrincipalId) -> Result<(), StoreError> {
        let row = course_members::table.find((account.get(), course.get(), user.get()));
        self.query(|conn| on_conn!(conn, |conn| diesel::delete(row).execute(conn))).map(drop)
    }

    fn list(
        &mut self,
        account: AccountId,
        course: CourseId,
        roster: Roster,
        page: PageRequest<PrincipalId>,
    ) -> Result<Page<Member>, StoreError> {
        let memberships: Vec<_> =
            Membership::ALL.into_iter().filter(|membership| membership.roster() == roster).map(Membership::name).collect();
        let rows: Vec<(String, UserRow)> = self.query(|conn| {
            on_conn!(conn, |conn| course_members::table
                .inner_join(
                    principals::table
                        .on(principals::account_id.eq(course_members::account_id).and(principals::id.eq(course_members::user_id)))
                )
                .filter(course_members::account_id.eq(account.get()))
                .filter(course_members::course_id.eq(course.get()))
                .filter(course_members::membership.eq_any(memberships))
                .filter(course_members::user_id.gt(page.after.map_or(i64::MIN, Id::get)))
                .order(course_members::user_id)
                .limit(i64::from(page.size) + 1)
                .select((course_members::membership, UserRow::as_select()))
                .load(conn))
        })?;
        let members = rows
            .into_iter()
            .map(|(membership, user)| Ok(Member { membership: read_membership(&membership)?, user: user.try_into()? }))
            .collect::<Result<_, StoreError>>()?;
        Ok(Page::first(members, page.size))
    }

    fn share_course(&mut self, account: AccountId, one: PrincipalId, other: PrincipalId) -> Result<bool, StoreError> {
        let (of_one, of_other) = diesel::alias!(course_members as of_one, course_members as of_other);
        let shared = of_one
            .inner_join(
                of_other.on(of_other
                    .field(course_members::account_id)
                    .eq(of_one.field(course_members::account_id))
                    .and(of_other.field(course_members::course_id).eq(of_one.field(course_members::course_id)))),
            )
            .filter(of_one.field(course_members::account_id).eq(account.get()))
            .filter(of_one.field(course_members::user_id).eq(one.get()))
            .filter(of_other.field(course_members::user_id).eq(other.get()));
        self.query(|conn| on_conn!(conn, |conn| diesel::select(exists(shared)).get_result(conn)))
    }

    fn erase_memberships(&mut self, account: AccountId, user: PrincipalId, batch: BatchSize) -> Result<RowCount, StoreError> {
        self.query(|conn| {
            on_conn!(conn, |conn| {
                let of_user = course_members::table
                    .filter(course_members::account_id.eq(account.get()))
                    .filter(course_members::user_id.eq(user.get()))
                    .filter(course_members::membership.ne(Membership::Owner.name()));
                let courses: Vec<i64> =
                    of_user.order(course_members::course_id).limit(batch.get().into()).select(course_members::course_id).load(conn)?;
                diesel::delete(of_user.filter(course_members::course_id.eq_any(courses))).execute(conn)
            })
        })
        .map(row_count)
    }
}

fn put<DB: Database>(account: AccountId, course: &Course, user: PrincipalId, membership: Membership, at: Timestamp) -> Sql<'static, DB> {
    Sql::of(&PUT)
        .bind_in_both::<BigInt, _>("account", account.get())
        .bind_in_both::<BigInt, _>("course", course.id.get())
        .bind_in_both::<BigInt, _>("user", user.get())
        .bind_in_both::<Text, _>("membership", membership.name())
        .bind_in_both::<Instant, _>("course_created_at", DbInstant(course.created_at))
        .bind_in_both::<Instant, _>("added_at", DbInstant(at))
}

#[cfg(test)]
pub(super) fn statements() -> Vec<Printed> {
    use derslik_testkit::builders::{course, now};
    use diesel::pg::Pg;
    use diesel::sqlite::Sqlite;

    let (account, course, user) = (AccountId::new(1), course(1), PrincipalId::new(1));
    let postgres = put::<Pg>(account, &course, user, Membership::Teacher, now()).printed();
    vec![postgres, put::<Sqlite>(account, &course, user, Membership::Teacher, now()).printed()]
}
