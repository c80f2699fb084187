//! The repository of aliases.

use derslik_domain::course::alias::{Alias, AliasSpace};
use derslik_domain::id::{AccountId, CourseId, Id, ProjectId};
use derslik_domain::page::{Page, PageRequest};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{AliasRepository, StoreError};
use diesel::prelude::*;

use crate::db::conn::{DieselStores, on_conn};
use crate::db::schema::course_aliases;
use crate::db::types::DbInstant;

/// The project id that is stored for an alias of the whole account.
const NO_PROJECT: i64 = 0;

fn column(space: AliasSpace) -> i64 {
    match space {
        AliasSpace::Domain => NO_PROJECT,
        AliasSpace::Project(project) => project.get(),
    }
}

impl AliasRepository for DieselStores<'_> {
    fn add(&mut self, account: AccountId, course: CourseId, space: AliasSpace, alias: &Alias, at: Timestamp) -> Result<(), StoreError> {
        let row = (
            course_aliases::account_id.eq(account.get()),
            course_aliases::project_id.eq(column(space)),
            course_aliases::alias.eq(alias.as_str()),
            course_aliases::alias_key.eq(alias.key()),
            course_aliases::course_id.eq(course.get()),
            course_aliases::created_at.eq(DbInstant(at)),
        );
        let insert = diesel::insert_into(course_aliases::table).values(row);
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn))).map(drop)
    }

    fn remove(&mut self, account: AccountId, course: CourseId, space: AliasSpace, alias: &Alias) -> Result<bool, StoreError> {
        let row = course_aliases::table
            .filter(course_aliases::account_id.eq(account.get()))
            .filter(course_aliases::project_id.eq(column(space)))
            .filter(course_aliases::alias_key.eq(alias.key()))
            .filter(course_aliases::course_id.eq(course.get()));
        self.query(|conn| on_conn!(conn, |conn| diesel::delete(row).execute(conn))).map(|rows| rows > 0)
    }

    fn resolve(&mut self, account: AccountId, space: AliasSpace, alias: &Alias) -> Result<Option<CourseId>, StoreError> {
        let query = course_aliases::table
            .filter(course_aliases::account_id.eq(account.get()))
            .filter(course_aliases::project_id.eq(column(space)))
            .filter(course_aliases::alias_key.eq(alias.key()))
            .select(course_aliases::course_id);
        let course: Option<i64> = self.query(|conn| on_conn!(conn, |conn| query.first(conn).optional()))?;
        Ok(course.map(Id::new))
    }

    fn list(
        &mut self,
        account: AccountId,
        course: CourseId,
        project: Option<ProjectId>,
        page: &PageRequest<Alias>,
    ) -> Result<Page<Alias>, StoreError> {
        let after = page.after.as_ref().map_or("", Alias::as_str);
        let texts: Vec<String> = self.query(|conn| {
            on_conn!(conn, |conn| course_aliases::table
                .filter(course_aliases::account_id.eq(account.get()))
                .filter(course_aliases::course_id.eq(course.get()))
                .filter(course_aliases::project_id.eq_any([NO_PROJECT, project.map_or(NO_PROJECT, Id::get)]))
                .filter(course_aliases::alias.gt(after))
                .order(course_aliases::alias)
                .limit(i64::from(page.size) + 1)
                .select(course_aliases::alias)
                .load(conn))
        })?;
        let corrupt = |_| StoreError::Corrupt { table: "course_aliases", column: "alias" };
        let aliases = texts.iter().map(|text| Alias::parse(text).map_err(corrupt)).collect::<Result<_, _>>()?;
        Ok(Page::first(aliases, page.size))
    }
}
