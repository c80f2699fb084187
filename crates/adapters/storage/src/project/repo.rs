//! The repository of projects.

use derslik_domain::id::{AccountId, Id, ProjectId};
use derslik_domain::job::{Platform, Project, ProjectKey, ProjectName};
use derslik_domain::page::PageRequest;
use derslik_ports::outbound::{ProjectRepository, StoreError};
use diesel::dsl::max;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::schema::projects;
use crate::db::sql::{Sql, Statement};
use crate::db::types::DbInstant;

/// The lowest id that is generated for a project on SQLite. The sequence of PostgreSQL starts with the same number.
const FIRST_PROJECT: i64 = 1_000;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = projects)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct ProjectRow {
    id: i64,
    key: String,
    name: String,
    platform: String,
    created_at: DbInstant,
}

static NEXT_ID: Statement = Statement::new("project_next_id", "SELECT nextval('project_ids')");

pub(super) fn next_id() -> Sql<'static, Pg, BigInt> {
    Sql::of(&NEXT_ID).returning()
}

impl ProjectRepository for DieselStores<'_> {
    fn next_id(&mut self, account: AccountId) -> Result<ProjectId, StoreError> {
        self.query(|conn| match conn {
            Conn::Pg(conn) => next_id().get_result(conn),
            Conn::Sqlite(conn) => {
                let highest: Option<i64> =
                    projects::table.filter(projects::account_id.eq(account.get())).select(max(projects::id)).first(conn)?;
                Ok(highest.map_or(FIRST_PROJECT, |highest| highest.max(FIRST_PROJECT - 1) + 1))
            }
        })
        .map(Id::new)
    }

    fn add(&mut self, account: AccountId, project: &Project) -> Result<bool, StoreError> {
        let row = (
            projects::account_id.eq(account.get()),
            projects::id.eq(project.id.get()),
            projects::key.eq(project.key.as_str()),
            projects::name.eq(project.name.as_str()),
            projects::name_key.eq(Project::name_key(&project.name)),
            projects::platform.eq(project.platform.name()),
            projects::created_at.eq(DbInstant(project.created_at)),
        );
        let insert = diesel::insert_into(projects::table).values(row).on_conflict((projects::account_id, projects::id)).do_nothing();
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn))).map(|rows| rows > 0)
    }

    fn find_by_key(&mut self, account: AccountId, key: &ProjectKey) -> Result<Option<Project>, StoreError> {
        let row = self.query(|conn| {
            on_conn!(conn, |conn| projects::table
                .filter(projects::account_id.eq(account.get()))
                .filter(projects::key.eq(key.as_str()))
                .select(ProjectRow::as_select())
                .first(conn)
                .optional())
        })?;
        row.map(Project::try_from).transpose()
    }

    fn list(&mut self, account: AccountId, page: PageRequest<ProjectId>) -> Result<Vec<Project>, StoreError> {
        let after = page.after.map_or(i64::MIN, Id::get);
        let rows: Vec<ProjectRow> = self.query(|conn| {
            on_conn!(conn, |conn| projects::table
                .filter(projects::account_id.eq(account.get()))
                .filter(projects::id.gt(after))
                .order(projects::id)
                .limit(page.size.into())
                .select(ProjectRow::as_select())
                .load(conn))
        })?;
        rows.into_iter().map(Project::try_from).collect()
    }
}

impl TryFrom<ProjectRow> for Project {
    type Error = StoreError;

    fn try_from(row: ProjectRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "projects", column };
        Ok(Self {
            id: Id::new(row.id),
            key: row.key.parse().map_err(|_| corrupt("key"))?,
            name: ProjectName::new(row.name).map_err(|_| corrupt("name"))?,
            platform: Platform::by_name(&row.platform).ok_or_else(|| corrupt("platform"))?,
            created_at: row.created_at.0,
        })
    }
}
