//! The repository of jobs.

use std::collections::HashMap;

use derslik_domain::id::{AccountId, Id, JobId, ProjectId};
use derslik_domain::job::{
    Action, Actions, Event, Job, JobCounts, JobFilter, JobState, LeaseTerm, LeaseToken, NewJob, ShownJob, UnknownJob,
};
use derslik_domain::page::{OffsetPage, Page, PageRequest};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Claim, Completion, Enqueued, Exchanged, HeldJob, JobOfProject, JobRepository, QueueDepth, StoreError};
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::{min, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::rows::{
    JobChanges, JobRecord, JobRow, ShownRow, UnknownRow, jobs_of, project_number, readable, reference_digest, shown_of, token_of,
};
use super::terms::{Conditions, OF_A_PROJECT, due_of, known_actions, names};
use super::{list, postgres, search};
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::readers::padded;
use crate::db::schema::{jobs, projects};
use crate::db::sql::{Sql, Statement};
use crate::db::types::{DbInstant, DbUuid, Instant, row_count};

/// Live jobs, by the conditions of the unique keys of both databases, and of PostgreSQL before older programs are gone.
const LIVE: &str = "ended_at IS NULL AND status IN ('scheduled', 'running')";

/// Appended to the action in conditions about leases on SQLite, so that an index of actions can't serve the query. Without statistics
/// the planner would choose that index, and read the whole backlog.
const UNINDEXED: &str = "";

static DUE_ACCOUNTS: Statement = Statement::new(
    "job_due_accounts",
    "
    -- Without `INDEXED BY`, SQLite would read the whole backlog in the order of accounts, to save a sort.
    SELECT account_id FROM jobs INDEXED BY jobs_due
    WHERE :scheduled AND due_at <= :now AND action IN (:actions)
    GROUP BY account_id
    ORDER BY min(due_at), account_id LIMIT :limit",
);

/// The most jobs of a state that are counted. An index has them in a row, so that takes a few milliseconds.
const MAX_COUNTED: i64 = 10_000;

static DEPTH: Statement = Statement::new(
    "job_depth",
    "
    SELECT
        (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE :scheduled LIMIT :limit) AS counted) AS scheduled,
        (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE :running LIMIT :limit) AS counted) AS running,
        (SELECT due_at FROM jobs WHERE :scheduled ORDER BY due_at LIMIT 1) AS next_due",
);

impl JobRepository for DieselStores<'_> {
    fn enqueue(&mut self, account: AccountId, job: &NewJob) -> Result<Enqueued, StoreError> {
        let mut chosen = job.id();
        // The live job may end between the two statements. Then the next turn of the loop creates ours.
        loop {
            let record = JobRecord::new(account, job);
            let id: Option<i64> = if let Some(chosen) = chosen {
                let values = (jobs::id.eq(chosen.get()), record);
                let insert = diesel::insert_into(jobs::table).values(values).on_conflict_do_nothing().returning(jobs::id);
                self.query(|conn| on_conn!(conn, |conn| insert.get_result(conn).optional()))?
            } else {
                let insert = diesel::insert_into(jobs::table).values(record).on_conflict_do_nothing().returning(jobs::id);
                self.query(|conn| on_conn!(conn, |conn| insert.get_result(conn).optional()))?
            };
            if let Some(id) = id {
                self.wake_for(job.start_at() <= job.created_at())?;
                return Ok(Enqueued::Created(job.clone().into_job(Id::new(id))));
            }
            let digest = reference_digest(job.reference());
            let live: Option<JobRow> = self.query(|conn| {
                on_conn!(conn, |conn| jobs::table
                    .filter(jobs::account_id.eq(account.get()))
                    .filter(jobs::project_id.eq(project_number(job.project())))
                    .filter(jobs::action.eq(job.action().name()))
                    .filter(jobs::reference_digest.eq(&digest))
                    .filter(sql::<Bool>(LIVE))
                    .select(JobRow::as_select())
                    .first(conn)
                    .optional())
            })?;
            if let Some(row) = live {
                return Job::try_from(row).map(Enqueued::Live);
            }
            // Another job has the id that was chosen.
            chosen = None;
        }
    }

    fn enqueue_many(&mut self, account: AccountId, jobs: &[NewJob]) -> Result<usize, StoreError> {
        let created = self.query(|conn| match conn {
            Conn::Pg(conn) => postgres::insert_many(conn, account, jobs),
            Conn::Sqlite(conn) => jobs.iter().try_fold(0, |created, job| {
                let insert = diesel::insert_into(jobs::table).values(JobRecord::new(account, job)).on_conflict_do_nothing();
                Ok(created + insert.execute(conn)?)
            }),
        })?;
        self.wake_for(created > 0 && jobs.iter().any(|job| job.start_at() <= job.created_at()))?;
        Ok(created)
    }

    fn find(&mut self, account: AccountId, id: JobId) -> Result<Option<Job>, StoreError> {
        let row: Option<JobRow> = self.query(|conn| {
            on_conn!(conn, |conn| jobs::table
                .filter(jobs::account_id.eq(account.get()))
                .filter(jobs::id.eq(id.get()))
                .select(JobRow::as_select())
                .first(conn)
                .optional())
        })?;
        row.filter(JobRow::is_known).map(Job::try_from).transpose()
    }

    fn find_shown(&mut self, account: AccountId, job: &JobOfProject) -> Result<Option<ShownJob>, StoreError> {
        let row: Option<ShownRow> = self.query(|conn| {
            on_conn!(conn, |conn| in_projects(account)
                .filter(jobs::id.eq(job.job.get()))
                .filter(projects::key.eq(job.project.as_str()))
                .select(ShownRow::as_select())
                .first(conn)
                .optional())
        })?;
        row.filter(ShownRow::is_known).map(ShownJob::try_from).transpose()
    }

    fn find_many_shown(&mut self, account: AccountId, jobs: &[JobOfProject]) -> Result<HashMap<JobOfProject, ShownJob>, StoreError> {
        if !self.is_postgres() || jobs.len() == 1 {
            let found = jobs.iter().map(|job| Ok(self.find_shown(account, job)?.map(|shown| (job.clone(), shown))));
            return found.filter_map(Result::transpose).collect();
        }
        let ids = padded(jobs.iter().map(|job| job.job.get()));
        let rows: Vec<(String, ShownRow)> = self.query(|conn| {
            on_conn!(conn, |conn| in_projects(account)
                .filter(jobs::id.eq_any(&ids))
                .select((projects::key, ShownRow::as_select()))
                .load(conn))
        })?;
        shown_of(rows, jobs)
    }

    fn lock(&mut self, account: AccountId, id: JobId) -> Result<Option<Job>, StoreError> {
        let job = jobs::table.filter(jobs::account_id.eq(account.get())).filter(jobs::id.eq(id.get()));
        let row: Option<JobRow> = self.query(|conn| match conn {
            Conn::Pg(conn) => job.select(JobRow::as_select()).for_update().first(conn).optional(),
            Conn::Sqlite(conn) => job.select(JobRow::as_select()).first(conn).optional(),
        })?;
        row.filter(JobRow::is_known).map(Job::try_from).transpose()
    }

    fn list(&mut self, account: AccountId, project: Option<ProjectId>, page: PageRequest<JobId>) -> Result<Vec<Job>, StoreError> {
        let rows: Vec<JobRow> = self.query(|conn| {
            on_conn!(conn, |conn| match project {
                Some(project) => page_of(account, page)
                    .filter(jobs::project_id.eq(project.get()))
                    .filter(sql::<Bool>(OF_A_PROJECT))
                    .select(JobRow::as_select())
                    .load(conn),
                None => page_of(account, page).select(JobRow::as_select()).load(conn),
            })
        })?;
        jobs_of(rows)
    }

    fn list_shown(&mut self, account: AccountId, project: ProjectId, page: PageRequest<JobId>) -> Result<Page<ShownJob>, StoreError> {
        list::list_shown(self, account, project, page)
    }

    fn list_newest(&mut self, account: AccountId, project: ProjectId, page: OffsetPage) -> Result<Vec<ShownJob>, StoreError> {
        let (size, offset) = (i64::from(page.size()), i64::try_from(page.offset()).unwrap_or(i64::MAX));
        let rows: Vec<ShownRow> = self.query(|conn| {
            on_conn!(conn, |conn| jobs::table
                .filter(jobs::account_id.eq(account.get()))
                .filter(jobs::project_id.eq(project.get()))
                .filter(sql::<Bool>(OF_A_PROJECT))
                .filter(jobs::action.eq_any(known_actions()))
                // It excludes nothing. With a bound, PostgreSQL without statistics follows the index, and does not collect and sort all.
                .filter(jobs::id.lt(i64::MAX))
                .order(jobs::id.desc())
                .limit(size)
                .offset(offset)
                .select(ShownRow::as_select())
                .load(conn))
        })?;
        rows.into_iter().map(ShownJob::try_from).collect()
    }

    fn search(&mut self, account: AccountId, filter: &JobFilter, before: Option<JobId>, size: u32) -> Result<Page<Job>, StoreError> {
        search::search(self, account, filter, before, size)
    }

    fn count_by_status(&mut self, account: AccountId) -> Result<JobCounts, StoreError> {
        search::count_by_status(self, account)
    }

    fn upcoming(&mut self, account: AccountId, actions: Actions, limit: u32) -> Result<Vec<Job>, StoreError> {
        search::upcoming(self, account, actions, limit)
    }

    fn list_unknown(&mut self, account: AccountId, page: PageRequest<JobId>) -> Result<Vec<UnknownJob>, StoreError> {
        let rows: Vec<UnknownRow> = self.query(|conn| {
            on_conn!(conn, |conn| jobs::table
                .filter(jobs::account_id.eq(account.get()))
                .filter(jobs::id.gt(page.after.map_or(i64::MIN, Id::get)))
                .filter(jobs::action.ne_all(known_actions()))
                .order(jobs::id)
                .limit(page.size.into())
                .select(UnknownRow::as_select())
                .load(conn))
        })?;
        Ok(rows.into_iter().map(UnknownJob::from).collect())
    }

    fn replace(&mut self, account: AccountId, before: &Job, after: &Job) -> Result<bool, StoreError> {
        let changes = JobChanges::new(after, due_of(before));
        let rows = self.query(|conn| {
            on_conn!(conn, |conn| {
                let row = jobs::table
                    .filter(jobs::account_id.eq(account.get()))
                    .filter(jobs::id.eq(before.id.get()))
                    .filter(jobs::status.eq(before.status().name()));
                match token_of(before) {
                    Some(token) => diesel::update(row.filter(jobs::lease_token.eq(token))).set(changes).execute(conn),
                    None => diesel::update(row.filter(jobs::lease_token.is_null())).set(changes).execute(conn),
                }
            })
        })?;
        if rows > 0
            && token_of(before).is_none()
            && let JobState::Running(run) = after.state
        {
            self.query(|conn| match conn {
                Conn::Pg(conn) => postgres::lease_one(conn, account, after.id.get(), run.lease),
                Conn::Sqlite(_) => Ok(0),
            })?;
        }
        let due_at_once = matches!(after.state, JobState::Scheduled { at, .. } if at <= after.updated_at);
        self.wake_for(rows > 0 && due_at_once)?;
        Ok(rows > 0)
    }

    fn accounts_with_due(&mut self, now: Timestamp, actions: Actions, limit: u16) -> Result<Vec<AccountId>, StoreError> {
        let actions = names(actions);
        let accounts: Vec<i64> = self.query(|conn| match conn {
            Conn::Pg(conn) => jobs::table
                .filter(sql::<Bool>(Conditions::POSTGRES.in_any_account))
                .filter(jobs::due_at.le(DbInstant(now)))
                .filter(jobs::action.eq_any(&actions))
                .group_by(jobs::account_id)
                .order((min(jobs::due_at), jobs::account_id))
                .limit(limit.into())
                .select(jobs::account_id)
                .load(conn),
            Conn::Sqlite(conn) => due_accounts(&actions, now, limit).load(conn),
        })?;
        Ok(accounts.into_iter().map(Id::new).collect())
    }

    fn claim(&mut self, account: AccountId, claim: &Claim) -> Result<Vec<Job>, StoreError> {
        self.as_one_statement(|stores| {
            let jobs: Vec<_> = stores.query(|conn| match conn {
                Conn::Pg(conn) => {
                    Ok(postgres::claim(conn, account, claim)?.into_iter().filter_map(|row| readable(row.after(claim))).collect())
                }
                Conn::Sqlite(conn) => due_on_sqlite(conn, account, claim),
            })?;
            if stores.is_postgres() {
                return Ok(in_order(jobs));
            }
            let event = || Event::Claim { worker: claim.worker, token: claim.token, term: claim.term };
            let mut claimed = Vec::with_capacity(jobs.len());
            for job in jobs {
                // The query selects only jobs that can be claimed.
                let Ok((after, _)) = job.clone().apply(event(), claim.at) else { continue };
                if stores.replace(account, &job, &after)? {
                    claimed.push(after);
                }
            }
            Ok(claimed)
        })
    }

    fn renew(&mut self, account: AccountId, held: &[HeldJob], until: Timestamp) -> Result<Vec<HeldJob>, StoreError> {
        let renewed = self.query(|conn| match conn {
            Conn::Pg(conn) => postgres::renew(conn, account, held, until),
            Conn::Sqlite(conn) => each_held(held, |job, token| {
                let row = jobs::table
                    .filter(jobs::account_id.eq(account.get()))
                    .filter(jobs::id.eq(job))
                    .filter(sql::<Bool>(Conditions::SQLITE.running))
                    .filter(jobs::lease_token.eq(token));
                diesel::update(row).set(jobs::lease_until.eq(DbInstant(until))).execute(conn)
            }),
        })?;
        Ok(renewed.into_iter().map(held_job).collect())
    }

    fn complete_many(&mut self, account: AccountId, done: &[Completion], at: Timestamp) -> Result<Vec<HeldJob>, StoreError> {
        if done.is_empty() {
            return Ok(Vec::new());
        }
        if self.is_postgres() {
            let completed = self.query(|conn| match conn {
                Conn::Pg(conn) => postgres::complete_many(conn, account, done, at),
                Conn::Sqlite(_) => Ok(Vec::new()),
            })?;
            return Ok(completed.into_iter().map(held_job).collect());
        }
        self.as_one_statement(|stores| {
            let mut completed = Vec::with_capacity(done.len());
            for Completion { held, result } in done {
                let Some(before) = stores.lock(account, held.job)? else { continue };
                let Ok((mut after, _)) = before.clone().apply(Event::Succeed { token: held.token }, at) else { continue };
                after.progress = result.or(after.progress);
                if stores.replace(account, &before, &after)? {
                    completed.push(*held);
                }
            }
            Ok(completed)
        })
    }

    fn exchange(&mut self, account: AccountId, done: &[Completion], claim: &Claim) -> Result<Exchanged, StoreError> {
        if done.is_empty() || !self.is_postgres() {
            return self.as_one_statement(|stores| {
                Ok(Exchanged { completed: stores.complete_many(account, done, claim.at)?, claimed: stores.claim(account, claim)? })
            });
        }
        let (completed, claimed) = self.query(|conn| match conn {
            Conn::Pg(conn) => postgres::exchange(conn, account, done, claim),
            Conn::Sqlite(_) => Ok(Default::default()),
        })?;
        Ok(Exchanged {
            completed: completed.into_iter().map(held_job).collect(),
            claimed: in_order(claimed.into_iter().filter_map(|row| readable(row.after(claim))).collect()),
        })
    }

    fn accounts_with_expired(&mut self, now: Timestamp, term: LeaseTerm) -> Result<Vec<AccountId>, StoreError> {
        let (at, latest) = (DbInstant(now), DbInstant(term.latest_end(now)));
        let accounts: Vec<i64> = self.query(|conn| match conn {
            Conn::Pg(conn) => postgres::accounts_with_expired(conn, now, term),
            Conn::Sqlite(conn) => jobs::table
                .filter(sql::<Bool>(Conditions::SQLITE.running))
                .filter(jobs::lease_until.le(at).or(jobs::lease_until.gt(latest)))
                .filter(jobs::action.concat(UNINDEXED).eq_any(known_actions()))
                .select(jobs::account_id)
                .order(jobs::account_id)
                .distinct()
                .load(conn),
        })?;
        Ok(accounts.into_iter().map(Id::new).collect())
    }

    fn lock_expired(&mut self, account: AccountId, now: Timestamp, term: LeaseTerm, limit: u16) -> Result<Vec<Job>, StoreError> {
        let (at, latest) = (DbInstant(now), DbInstant(term.latest_end(now)));
        let rows: Vec<JobRow> = self.query(|conn| match conn {
            Conn::Pg(conn) => postgres::lock_expired(conn, account, now, term, limit),
            Conn::Sqlite(conn) => jobs::table
                .filter(jobs::account_id.eq(account.get()))
                .filter(sql::<Bool>(Conditions::SQLITE.running))
                .filter(jobs::lease_until.le(at).or(jobs::lease_until.gt(latest)))
                .filter(jobs::action.concat(UNINDEXED).eq_any(known_actions()))
                .order(jobs::id)
                .limit(limit.into())
                .select(JobRow::as_select())
                .load(conn),
        })?;
        Ok(rows.into_iter().filter_map(readable).collect())
    }

    fn adopt_running(&mut self) -> Result<RowCount, StoreError> {
        let adopted = self.query(|conn| match conn {
            Conn::Pg(conn) => postgres::adopt_running(conn),
            // An index has all running jobs.
            Conn::Sqlite(_) => Ok(0),
        })?;
        Ok(row_count(adopted))
    }

    fn prune(&mut self, account: AccountId, before: Timestamp, limit: u16) -> Result<RowCount, StoreError> {
        let removed = self.query(|conn| {
            on_conn!(conn, |conn| {
                let ended: Vec<i64> = jobs::table
                    .filter(jobs::account_id.eq(account.get()))
                    .filter(jobs::ended_at.lt(DbInstant(before)))
                    .order(jobs::id)
                    .limit(limit.into())
                    .select(jobs::id)
                    .load(conn)?;
                let ended = jobs::table.filter(jobs::account_id.eq(account.get())).filter(jobs::id.eq_any(ended));
                // An operator may have restarted one of them in the meantime.
                diesel::delete(ended.filter(jobs::ended_at.lt(DbInstant(before)))).execute(conn)
            })
        })?;
        Ok(row_count(removed))
    }

    fn next_due(&mut self, actions: Actions) -> Result<Option<Timestamp>, StoreError> {
        let (actions, waiting) = (names(actions), Conditions::of(self.dialect()).in_any_account);
        let next: Option<DbInstant> = self.query(|conn| {
            on_conn!(conn, |conn| jobs::table
                .filter(sql::<Bool>(waiting))
                .filter(jobs::action.eq_any(&actions))
                .order(jobs::due_at)
                .select(jobs::due_at)
                .first(conn)
                .optional())
        })?;
        Ok(next.map(|at| at.0))
    }

    fn depth(&mut self) -> Result<QueueDepth, StoreError> {
        let number = |count: i64| u64::try_from(count).unwrap_or_default();
        let (scheduled, running, next_due) = self.query(|conn| match conn {
            Conn::Pg(conn) => postgres::depth(conn, MAX_COUNTED),
            Conn::Sqlite(conn) => depth().get_result(conn),
        })?;
        Ok(QueueDepth { scheduled: number(scheduled), running: number(running), next_due: next_due.map(|at| at.0) })
    }
}

/// The accounts with due jobs of some actions, on SQLite. Only the text varies with the actions, which are names of ours.
pub(super) fn due_accounts(actions: &[&'static str], now: Timestamp, limit: u16) -> Sql<'static, Sqlite, BigInt> {
    Sql::of(&DUE_ACCOUNTS)
        .text("scheduled", Conditions::SQLITE.in_any_account)
        .text("actions", format!("'{}'", actions.join("', '")))
        .bind::<Instant, _>("now", DbInstant(now))
        .bind::<BigInt, _>("limit", i64::from(limit))
        .returning()
        .uncached()
}

/// The depth of the queue of all accounts together, on SQLite.
pub(super) fn depth() -> Sql<'static, Sqlite, (BigInt, BigInt, Nullable<Instant>)> {
    let depth = Sql::of(&DEPTH).text("scheduled", Conditions::SQLITE.in_any_account).text("running", Conditions::SQLITE.running);
    depth.bind::<BigInt, _>("limit", MAX_COUNTED).returning()
}

/// The jobs of an account that belong to projects, each joined with its project.
#[diesel::dsl::auto_type(no_type_alias)]
fn in_projects(account: AccountId) -> _ {
    let account: i64 = account.get();
    let of_project = projects::account_id.eq(jobs::account_id).and(projects::id.eq(jobs::project_id));
    jobs::table.inner_join(projects::table.on(of_project)).filter(jobs::account_id.eq(account))
}

/// One page of the jobs of an account.
#[diesel::dsl::auto_type(no_type_alias)]
fn page_of(account: AccountId, page: PageRequest<JobId>) -> _ {
    let account: i64 = account.get();
    let after: i64 = page.after.map_or(i64::MIN, Id::get);
    let limit: i64 = page.size.into();
    let known: [&'static str; Action::ALL.len()] = known_actions();
    jobs::table
        .filter(jobs::account_id.eq(account))
        .filter(jobs::id.gt(after))
        .filter(jobs::action.eq_any(known))
        .order(jobs::id)
        .limit(limit)
}

/// The due jobs of a claim. Each priority has its own query, so jobs whose time has not come are skipped and not read.
fn due_on_sqlite(conn: &mut SqliteConnection, account: AccountId, claim: &Claim) -> QueryResult<Vec<Job>> {
    let (actions, limit) = (names(claim.actions), usize::from(claim.limit));
    let of_account = || jobs::table.filter(jobs::account_id.eq(account.get())).filter(sql::<Bool>(Conditions::SQLITE.scheduled));
    let (mut due, mut last) = (Vec::new(), None);
    loop {
        let above = of_account().filter(jobs::priority.gt(last.unwrap_or(i16::MIN)));
        let next: Option<i16> = above.order(jobs::priority).select(jobs::priority).first(conn).optional()?;
        let Some(priority) = next.filter(|_| due.len() < limit) else { return Ok(due) };
        let rows = of_account()
            .filter(jobs::priority.eq(priority))
            .filter(jobs::due_at.le(DbInstant(claim.at)))
            .filter(jobs::action.eq_any(&actions))
            .order((jobs::due_at, jobs::id))
            .select(JobRow::as_select());
        // Rows are read one by one: how many of them are unreadable is not known beforehand.
        for row in rows.load_iter::<JobRow, DefaultLoadingMode>(conn)? {
            due.extend(readable(row?));
            if due.len() >= limit {
                break;
            }
        }
        last = Some(priority);
    }
}

/// Claimed jobs in the order of claims. PostgreSQL does not return them in order.
fn in_order(mut jobs: Vec<Job>) -> Vec<Job> {
    jobs.sort_by_key(|job| (job.priority(), due_of(job), job.id));
    jobs
}

/// Runs a statement for each job, and returns the jobs whose rows it changed.
fn each_held(held: &[HeldJob], mut statement: impl FnMut(i64, DbUuid) -> QueryResult<usize>) -> QueryResult<Vec<(i64, DbUuid)>> {
    let mut changed = Vec::with_capacity(held.len());
    for HeldJob { job, token } in held {
        let pair = (job.get(), DbUuid(token.get()));
        if statement(pair.0, pair.1)? > 0 {
            changed.push(pair);
        }
    }
    Ok(changed)
}

fn held_job((job, token): (i64, DbUuid)) -> HeldJob {
    HeldJob { job: Id::new(job), token: LeaseToken::new(token.0) }
}
