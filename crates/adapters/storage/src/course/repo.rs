//! The repository of courses.

use std::collections::HashMap;

use derslik_domain::course::roster::Membership;
use derslik_domain::course::{Course, CourseCursor, CourseFilter, Viewer};
use derslik_domain::id::{AccountId, CourseId, Id, PrincipalId};
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::outbound::{Conflict, CourseLookup, CourseRepository, CourseWithMembership, RosterRepository, StoreError};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::list;
use super::postgres;
use super::rows::{CourseRow, NewCourseRow, record};
use super::updates;
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::rows::load_first;
use crate::db::schema::{course_members, courses};

/// The condition of the index `courses_awaiting_calendar`, letter by letter.
const AWAITS_CALENDAR: &str = "first_active_at IS NOT NULL AND calendar_id IS NULL";

impl CourseRepository for DieselStores<'_> {
    fn insert(&mut self, account: AccountId, course: &Course) -> Result<(), StoreError> {
        let row = NewCourseRow::new(account, course);
        // An id that is in use is reported without an error of the database: after an error, a transaction of PostgreSQL can't go
        // on.
        let insert = diesel::insert_into(courses::table).values(row).on_conflict((courses::account_id, courses::id)).do_nothing();
        if self.query(|conn| on_conn!(conn, |conn| insert.execute(conn)))? == 0 {
            return Err(StoreError::Conflict(Conflict::Course));
        }
        RosterRepository::put(self, account, course, course.owner, Membership::Owner, course.created_at)
    }

    fn update(&mut self, account: AccountId, course: &Course) -> Result<(), StoreError> {
        let row = NewCourseRow::new(account, course);
        self.query(|conn| on_conn!(conn, |conn| updates::update(&row).execute(conn))).map(drop)
    }

    fn delete(&mut self, account: AccountId, course: CourseId) -> Result<(), StoreError> {
        let row = courses::table.filter(courses::account_id.eq(account.get())).filter(courses::id.eq(course.get()));
        self.query(|conn| on_conn!(conn, |conn| diesel::delete(row).execute(conn))).map(drop)
    }

    fn find(&mut self, account: AccountId, course: CourseId, viewer: PrincipalId) -> Result<Option<CourseWithMembership>, StoreError> {
        let found = self.query(|conn| {
            on_conn!(conn, |conn| courses::table
                .left_join(
                    course_members::table.on(course_members::account_id
                        .eq(courses::account_id)
                        .and(course_members::course_id.eq(courses::id))
                        .and(course_members::user_id.eq(viewer.get())))
                )
                .filter(courses::account_id.eq(account.get()))
                .filter(courses::id.eq(course.get()))
                .select((CourseRow::as_select(), course_members::membership.nullable()))
                .first::<(CourseRow, Option<String>)>(conn)
                .optional())
        })?;
        found.map(|(row, membership)| record(row, membership.as_deref())).transpose()
    }

    fn find_many(
        &mut self,
        account: AccountId,
        viewed: &[CourseLookup],
    ) -> Result<HashMap<CourseLookup, CourseWithMembership>, StoreError> {
        if !self.is_postgres() || viewed.len() == 1 {
            let found = viewed.iter().map(|viewed| Ok(self.find(account, viewed.course, viewed.viewer)?.map(|record| (*viewed, record))));
            return found.filter_map(Result::transpose).collect();
        }
        let rows = self.query(|conn| match conn {
            Conn::Pg(conn) => postgres::find_many(conn, account, viewed),
            Conn::Sqlite(_) => Ok(Vec::new()),
        })?;
        let found = rows.into_iter().map(|(row, membership, viewer)| {
            let record = record(row, membership.as_deref())?;
            Ok((CourseLookup { course: record.course.id, viewer: Id::new(viewer) }, record))
        });
        found.collect()
    }

    fn lock(
        &mut self,
        account: AccountId,
        course: CourseId,
        viewer: Option<PrincipalId>,
    ) -> Result<Option<CourseWithMembership>, StoreError> {
        let query = courses::table.filter(courses::account_id.eq(account.get())).filter(courses::id.eq(course.get()));
        let row = self.query(|conn| match conn {
            Conn::Pg(conn) => query.for_no_key_update().select(CourseRow::as_select()).first(conn).optional(),
            // SQLite needs no lock here: an immediate transaction is the only writer.
            Conn::Sqlite(conn) => query.select(CourseRow::as_select()).first(conn).optional(),
        })?;
        let Some(row) = row else { return Ok(None) };
        let membership = match viewer {
            Some(viewer) => RosterRepository::membership(self, account, course, viewer)?,
            None => None,
        };
        Ok(Some(CourseWithMembership { course: row.try_into()?, membership }))
    }

    fn list(
        &mut self,
        account: AccountId,
        viewer: Viewer,
        filter: &CourseFilter,
        page: PageRequest<CourseCursor>,
    ) -> Result<Page<CourseWithMembership>, StoreError> {
        let most = usize::try_from(page.size).unwrap_or(usize::MAX);
        let found = self.query(|conn| {
            on_conn!(conn, |conn| {
                let query = list::query(account, viewer, filter, page);
                load_first::<_, _, list::ListedRow>(query, conn, most, CourseFilter::TEXT_BYTES)
            })
        })?;
        let records = found.entries.into_iter().map(|(course, membership)| record(course, membership.as_deref()));
        Ok(Page { entries: records.collect::<Result<_, _>>()?, more: found.more })
    }

    fn awaiting_calendar(&mut self, account: AccountId, limit: u32) -> Result<Vec<CourseId>, StoreError> {
        let ids: Vec<i64> = self.query(|conn| {
            on_conn!(conn, |conn| courses::table
                .filter(courses::account_id.eq(account.get()))
                .filter(sql::<Bool>(AWAITS_CALENDAR))
                .order((courses::first_active_at, courses::id))
                .limit(limit.into())
                .select(courses::id)
                .load(conn))
        })?;
        Ok(ids.into_iter().map(Id::new).collect())
    }
}
