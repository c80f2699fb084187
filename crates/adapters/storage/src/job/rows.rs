//! A job as a row of the table `jobs`.

use std::collections::{HashMap, HashSet};

use derslik_domain::id::{AccountId, Id, ProjectId};
use derslik_domain::job::{
    Action, Attempts, Ended, Job, JobState, JobStatus, Lease, LeaseToken, NewJob, ReferenceId, Run, ShownJob, UnknownJob, WorkerId,
};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Claim, JobOfProject, StoreError};
use diesel::prelude::{AsChangeset, Insertable, Queryable, Selectable};
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text};

use super::history::{failures_from_json, failures_to_json, progress_from_json, progress_to_json};
use crate::db::digest::sha256;
use crate::db::schema::jobs;
use crate::db::types::{DbInstant, DbJson, DbUuid, Instant, Json};

/// The project id that is stored for a job without a project.
const NO_PROJECT: i64 = 0;

/// The columns that are read.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = jobs)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct JobRow {
    pub(super) id: i64,
    project_id: i64,
    action: String,
    reference: String,
    status: String,
    start_at: DbInstant,
    due_at: DbInstant,
    attempts: i16,
    worker: Option<DbUuid>,
    lease_token: Option<DbUuid>,
    lease_until: Option<DbInstant>,
    started_at: Option<DbInstant>,
    ended_at: Option<DbInstant>,
    progress: Option<DbJson>,
    failures: DbJson,
    created_at: DbInstant,
    updated_at: DbInstant,
    trace_parent: Option<String>,
}

/// The columns that clients are shown.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = jobs)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct ShownRow {
    id: i64,
    project_id: i64,
    action: String,
    reference: String,
    status: String,
    start_at: DbInstant,
    failures: DbJson,
    created_at: DbInstant,
    updated_at: DbInstant,
}

/// The columns that are read of a job whose action this program does not know.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = jobs)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct UnknownRow {
    id: i64,
    project_id: i64,
    action: String,
    reference: String,
    status: String,
    due_at: DbInstant,
    created_at: DbInstant,
    updated_at: DbInstant,
}

/// The columns of [`JobRow`], in its order, for SQL that is written by hand.
pub(super) const READ_COLUMNS: &str = "jobs.id, jobs.project_id, jobs.action, jobs.reference, jobs.status, jobs.start_at, jobs.due_at, \
     jobs.attempts, jobs.worker, jobs.lease_token, jobs.lease_until, jobs.started_at, jobs.ended_at, jobs.progress, jobs.failures, \
     jobs.created_at, jobs.updated_at, jobs.trace_parent";

/// The columns that are read of a job that a worker has claimed. The others follow from the claim.
#[derive(Debug, Queryable)]
pub(super) struct ClaimedRow {
    id: i64,
    project_id: i64,
    action: String,
    reference: String,
    start_at: DbInstant,
    due_at: DbInstant,
    attempts: i16,
    progress: Option<DbJson>,
    /// Absent if no attempt has failed.
    failures: Option<DbJson>,
    created_at: DbInstant,
    updated_at: DbInstant,
    trace_parent: Option<String>,
}

/// The SQL types of a [`ClaimedRow`].
pub(super) type ClaimedColumns =
    (BigInt, BigInt, Text, Text, Instant, Instant, SmallInt, Nullable<Json>, Nullable<Json>, Instant, Instant, Nullable<Text>);

/// The columns of [`ClaimedRow`], in its order.
pub(super) const CLAIMED_COLUMNS: &str = "jobs.id, jobs.project_id, jobs.action, jobs.reference, jobs.start_at, jobs.due_at, \
     jobs.attempts, jobs.progress, nullif(jobs.failures, '[]') AS failures, jobs.created_at, jobs.updated_at, jobs.trace_parent";

/// The columns that are written when a job is created.
#[derive(Debug, Insertable)]
#[diesel(table_name = jobs)]
pub(super) struct JobRecord<'a> {
    pub(super) account_id: i64,
    pub(super) project_id: i64,
    pub(super) action: &'static str,
    pub(super) reference: &'a str,
    pub(super) reference_digest: Vec<u8>,
    pub(super) priority: i16,
    pub(super) status: &'static str,
    pub(super) start_at: DbInstant,
    pub(super) due_at: DbInstant,
    pub(super) attempts: i16,
    pub(super) failures: DbJson,
    pub(super) created_at: DbInstant,
    pub(super) updated_at: DbInstant,
    pub(super) trace_parent: Option<String>,
}

/// The columns that may change later.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = jobs)]
#[diesel(treat_none_as_null = true)]
pub(super) struct JobChanges {
    status: &'static str,
    start_at: DbInstant,
    due_at: DbInstant,
    attempts: i16,
    worker: Option<DbUuid>,
    lease_token: Option<DbUuid>,
    lease_until: Option<DbInstant>,
    started_at: Option<DbInstant>,
    ended_at: Option<DbInstant>,
    progress: Option<DbJson>,
    failures: DbJson,
    updated_at: DbInstant,
    completed: Option<bool>,
}

pub(super) fn project_number(project: Option<ProjectId>) -> i64 {
    project.map_or(NO_PROJECT, Id::get)
}

fn project_of(number: i64) -> Option<ProjectId> {
    (number != NO_PROJECT).then(|| Id::new(number))
}

pub(super) fn reference_digest(reference: &ReferenceId) -> Vec<u8> {
    sha256(&[reference.as_str().as_bytes()]).to_vec()
}

/// The lease token of a running job.
pub(super) fn token_of(job: &Job) -> Option<DbUuid> {
    match job.state {
        JobState::Running(run) => Some(DbUuid(run.lease.token.get())),
        JobState::Scheduled { .. } | JobState::Cancelled(_) | JobState::Failed(_) | JobState::Completed(_) => None,
    }
}

fn count(attempts: Attempts) -> i16 {
    i16::try_from(attempts.get()).unwrap_or(i16::MAX)
}

impl<'a> JobRecord<'a> {
    pub(super) fn new(account: AccountId, job: &'a NewJob) -> Self {
        let (start_at, created_at) = (DbInstant(job.start_at()), DbInstant(job.created_at()));
        Self {
            account_id: account.get(),
            project_id: project_number(job.project()),
            action: job.action().name(),
            reference: job.reference().as_str(),
            reference_digest: reference_digest(job.reference()),
            priority: job.action().priority().get(),
            status: JobStatus::Scheduled.name(),
            start_at,
            due_at: start_at,
            attempts: 0,
            failures: DbJson("[]".to_owned()),
            created_at,
            updated_at: created_at,
            trace_parent: job.trace().map(|trace| trace.to_string()),
        }
    }
}

impl JobChanges {
    /// The changes that lead to `job`. Once a job has ended its due time does not matter any more, so the row keeps `due_before`.
    pub(super) fn new(job: &Job, due_before: Timestamp) -> Self {
        let (due, attempts, run, ended_at) = match job.state {
            JobState::Scheduled { at, attempts } => (at, attempts, None, None),
            JobState::Running(run) => (run.due, run.attempt, Some(run), None),
            JobState::Cancelled(ended) | JobState::Failed(ended) | JobState::Completed(ended) => {
                (due_before, ended.attempts, None, Some(ended.at))
            }
        };
        Self {
            status: job.status().name(),
            start_at: DbInstant(job.start_at),
            due_at: DbInstant(due),
            attempts: count(attempts),
            worker: run.map(|run| DbUuid(run.lease.worker.get())),
            lease_token: run.map(|run| DbUuid(run.lease.token.get())),
            lease_until: run.map(|run| DbInstant(run.lease.until)),
            started_at: run.map(|run| DbInstant(run.started_at)),
            ended_at: ended_at.map(DbInstant),
            progress: job.progress.map(|progress| DbJson(progress_to_json(progress))),
            failures: DbJson(failures_to_json(&job.failures)),
            updated_at: DbInstant(job.updated_at),
            completed: (job.status() == JobStatus::Completed).then_some(true),
        }
    }
}

impl ClaimedRow {
    /// The row as the claim has left it.
    pub(super) fn after(self, claim: &Claim) -> JobRow {
        JobRow {
            id: self.id,
            project_id: self.project_id,
            action: self.action,
            reference: self.reference,
            status: JobStatus::Running.name().to_owned(),
            start_at: self.start_at,
            due_at: self.due_at,
            attempts: self.attempts,
            worker: Some(DbUuid(claim.worker.get())),
            lease_token: Some(DbUuid(claim.token.get())),
            lease_until: Some(DbInstant(claim.term.end(claim.at))),
            started_at: Some(DbInstant(claim.at)),
            ended_at: None,
            progress: self.progress,
            failures: self.failures.unwrap_or_else(|| DbJson("[]".to_owned())),
            created_at: self.created_at,
            updated_at: self.updated_at,
            trace_parent: self.trace_parent,
        }
    }
}

impl JobRow {
    /// Whether this program knows the action.
    pub(super) fn is_known(&self) -> bool {
        Action::by_name(&self.action).is_some()
    }

    fn state(&self) -> Option<JobState> {
        let attempts = Attempts::new(u16::try_from(self.attempts).ok()?);
        let ended = || self.ended_at.map(|at| Ended { at: at.0, attempts });
        Some(match JobStatus::by_name(&self.status)? {
            JobStatus::Scheduled => JobState::Scheduled { at: self.due_at.0, attempts },
            JobStatus::Running => {
                let lease = Lease {
                    token: LeaseToken::new(self.lease_token?.0),
                    worker: WorkerId::new(self.worker?.0),
                    until: self.lease_until?.0,
                };
                JobState::Running(Run { lease, due: self.due_at.0, started_at: self.started_at?.0, attempt: attempts })
            }
            JobStatus::Cancelled => JobState::Cancelled(ended()?),
            JobStatus::Failed => JobState::Failed(ended()?),
            JobStatus::Completed => JobState::Completed(ended()?),
        })
    }
}

impl ShownRow {
    /// Whether this program knows the action.
    pub(super) fn is_known(&self) -> bool {
        Action::by_name(&self.action).is_some()
    }
}

impl From<UnknownRow> for UnknownJob {
    fn from(row: UnknownRow) -> Self {
        Self {
            id: Id::new(row.id),
            project: project_of(row.project_id),
            action: row.action,
            reference: row.reference,
            status: row.status,
            due_at: row.due_at.0,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

impl TryFrom<JobRow> for Job {
    type Error = StoreError;

    fn try_from(row: JobRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "jobs", column };
        let state = row.state().ok_or_else(|| corrupt("status"))?;
        let progress = row.progress.map(|json| progress_from_json(&json.0).ok_or_else(|| corrupt("progress"))).transpose()?;
        Ok(Self {
            id: Id::new(row.id),
            project: project_of(row.project_id),
            action: Action::by_name(&row.action).ok_or_else(|| corrupt("action"))?,
            reference: ReferenceId::new(row.reference).map_err(|_| corrupt("reference"))?,
            start_at: row.start_at.0,
            state,
            progress,
            failures: failures_from_json(&row.failures.0).ok_or_else(|| corrupt("failures"))?,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            // A job runs as well without its trace, so a text of another kind does not stop it.
            trace: row.trace_parent.and_then(|text| text.parse().ok()),
        })
    }
}

impl TryFrom<ShownRow> for ShownJob {
    type Error = StoreError;

    fn try_from(row: ShownRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "jobs", column };
        let failures = failures_from_json(&row.failures.0).ok_or_else(|| corrupt("failures"))?;
        Ok(Self {
            id: Id::new(row.id),
            project: project_of(row.project_id),
            action: Action::by_name(&row.action).ok_or_else(|| corrupt("action"))?,
            reference: ReferenceId::new(row.reference).map_err(|_| corrupt("reference"))?,
            status: JobStatus::by_name(&row.status).ok_or_else(|| corrupt("status"))?,
            start_at: row.start_at.0,
            last_error: failures.last().map(|failed| failed.failure.text.clone()),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    }
}

/// The jobs of the rows, in the order of the rows.
pub(super) fn jobs_of(rows: Vec<JobRow>) -> Result<Vec<Job>, StoreError> {
    rows.into_iter().map(Job::try_from).collect()
}

/// The jobs that were asked for, each under the key of its project. Rows of a job in another project are left out.
pub(super) fn shown_of(rows: Vec<(String, ShownRow)>, wanted: &[JobOfProject]) -> Result<HashMap<JobOfProject, ShownJob>, StoreError> {
    let wanted: HashSet<_> = wanted.iter().collect();
    let mut shown = HashMap::with_capacity(rows.len());
    for (key, row) in rows.into_iter().filter(|(_, row)| row.is_known()) {
        let project = key.parse().map_err(|_| StoreError::Corrupt { table: "projects", column: "key" })?;
        let name = JobOfProject { project, job: Id::new(row.id) };
        if wanted.contains(&name) {
            shown.insert(name, row.try_into()?);
        }
    }
    Ok(shown)
}

/// The job of a row, if it can be read. A row that is corrupt, or that only a newer program understands, is logged. It must not
/// delay the other jobs.
pub(super) fn readable(row: JobRow) -> Option<Job> {
    let id = row.id;
    Job::try_from(row).map_err(|error| tracing::error!(job = id, %error, "passed over a job that can not be read")).ok()
}
