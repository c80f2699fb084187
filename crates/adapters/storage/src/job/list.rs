//! The list of the jobs of a project, in the form that clients see. Its statement is prepared, its columns are found by their places, and
//! of the failed attempts only the last text is read. It does not know who may see the list.

use derslik_domain::id::{AccountId, Id, JobId, ProjectId};
use derslik_domain::job::{Action, FailureText, JobStatus, ReferenceId, ShownJob};
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::outbound::StoreError;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::Queryable;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;

use super::terms::{OF_A_PROJECT, known_actions};
use crate::db::conn::{DieselStores, on_conn};
use crate::db::rows::{Lengthy, load_first, written_bytes};
use crate::db::sql::{Database, Sql, Statement};
use crate::db::text::Dialect;
use crate::db::types::{DbInstant, Instant};

/// The length in bytes at which a page ends early. With it, the rows of a page and their JSON take about one MiB.
const TEXT_BYTES: usize = 256 * 1024;

static LIST_SHOWN: Statement = Statement::new(
    "job_list_shown",
    "
    SELECT id, action, reference, status, start_at, :last_error AS last_error, created_at, updated_at FROM jobs
    WHERE account_id = :account AND :of_a_project AND project_id = :project AND id > :after AND action IN (:actions)
    ORDER BY id LIMIT :limit",
);

/// The SQL types of a [`ListedRow`].
type Columns = (BigInt, Text, Text, Text, Instant, Nullable<Text>, Instant, Instant);

/// The columns that clients are shown.
#[derive(Debug, Queryable)]
struct ListedRow {
    id: i64,
    action: StoredAction,
    reference: String,
    status: StoredStatus,
    start_at: DbInstant,
    last_error: Option<String>,
    created_at: DbInstant,
    updated_at: DbInstant,
}

/// The action of a stored name. `None` if this program does not know it.
#[derive(Debug, Clone, Copy, FromSqlRow)]
struct StoredAction(Option<Action>);

/// The status of a stored name. `None` if this program does not know it.
#[derive(Debug, Clone, Copy, FromSqlRow)]
struct StoredStatus(Option<JobStatus>);

impl FromSql<Text, Pg> for StoredAction {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Action::by_name(std::str::from_utf8(value.as_bytes())?)))
    }
}

impl FromSql<Text, Sqlite> for StoredAction {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <String as FromSql<Text, Sqlite>>::from_sql(value).map(|name| Self(Action::by_name(&name)))
    }
}

impl FromSql<Text, Pg> for StoredStatus {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(JobStatus::by_name(std::str::from_utf8(value.as_bytes())?)))
    }
}

impl FromSql<Text, Sqlite> for StoredStatus {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <String as FromSql<Text, Sqlite>>::from_sql(value).map(|name| Self(JobStatus::by_name(&name)))
    }
}

impl Lengthy for ListedRow {
    fn text_bytes(&self) -> usize {
        written_bytes(&self.reference) + self.last_error.as_deref().map_or(0, written_bytes)
    }
}

impl ListedRow {
    fn shown(self, project: ProjectId) -> Result<ShownJob, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "jobs", column };
        Ok(ShownJob {
            id: Id::new(self.id),
            project: Some(project),
            action: self.action.0.ok_or_else(|| corrupt("action"))?,
            reference: ReferenceId::new(self.reference).map_err(|_| corrupt("reference"))?,
            status: self.status.0.ok_or_else(|| corrupt("status"))?,
            start_at: self.start_at.0,
            last_error: self.last_error.as_deref().map(FailureText::cut),
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
        })
    }
}

/// A page of the jobs of a project.
pub(super) fn list_shown(
    stores: &mut DieselStores<'_>,
    account: AccountId,
    project: ProjectId,
    page: PageRequest<JobId>,
) -> Result<Page<ShownJob>, StoreError> {
    let most = usize::try_from(page.size).unwrap_or(usize::MAX);
    let found: Page<ListedRow> =
        stores.query(|conn| on_conn!(conn, |conn| load_first(shown(account, project, page), conn, most, TEXT_BYTES)))?;
    let entries = found.entries.into_iter().map(|row| row.shown(project)).collect::<Result<_, _>>()?;
    Ok(Page { entries, more: found.more })
}

/// The statement for one page and the job after it. The limit of a full page stands in the text: with a parameter the planner would assume
/// many rows.
pub(super) fn shown<DB: Database>(account: AccountId, project: ProjectId, page: PageRequest<JobId>) -> Sql<'static, DB, Columns> {
    let last_error = match DB::DIALECT {
        Dialect::Postgres => "failures -> -1 ->> 'text'",
        Dialect::Sqlite => "json_extract(failures, '$[#-1].text')",
    };
    let limit = i64::from(page.size) + 1;
    let statement = Sql::of(&LIST_SHOWN)
        .text("last_error", last_error)
        .text("of_a_project", OF_A_PROJECT)
        .text("actions", format!("'{}'", known_actions().join("', '")))
        .bind_in_both::<BigInt, _>("account", account.get())
        .bind_in_both::<BigInt, _>("project", project.get())
        .bind_in_both::<BigInt, _>("after", page.after.map_or(i64::MIN, Id::get));
    if page.size == PageRequest::<JobId>::MAX_SIZE {
        statement.text("limit", limit.to_string()).returning()
    } else {
        statement.bind_in_both::<BigInt, _>("limit", limit).returning()
    }
}
