//! `derslik job`

use std::mem::ManuallyDrop;

use clap::{Args, Subcommand};
use derslik_domain::id::{AccountId, Id, JobId};
use derslik_domain::job::{FailedAttempt, Job, JobState, UnknownJob};
use derslik_domain::page::PageRequest;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::outbound::UnitOfWork;
use derslik_services::jobs::{OperateError, Operation, find_unknown, operate};
use derslik_storage::DieselUnitOfWork;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{Context, Failure, Output, clock, database, find_account, open_database, runtime};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum JobCommand {
    /// Lists jobs, internal ones and those of a newer version included, by their ids.
    List {
        #[command(flatten)]
        common: JobArgs,
        /// List jobs after this id.
        #[arg(long, value_name = "JOB")]
        after: Option<i64>,
        /// The maximum number of jobs.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Shows a job.
    Show(OneJob),
    /// Cancels a job.
    Cancel(OneJob),
    /// Gives a failed job a new set of attempts.
    Retry(OneJob),
    /// Starts a job now.
    RunNow(OneJob),
}

#[derive(Debug, Args)]
pub(super) struct JobArgs {
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    pub(super) account: String,
}

#[derive(Debug, Args)]
pub(super) struct OneJob {
    /// The id of the job.
    id: i64,
    #[command(flatten)]
    common: JobArgs,
}

/// The store, the clock and the account that the commands share.
struct Session {
    runtime: ManuallyDrop<Runtime>,
    uow: DieselUnitOfWork,
    account: AccountId,
    now: Timestamp,
}

impl JobCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::List { common, after, limit } => {
                let session = Session::open(context.config, &common)?;
                let jobs = session.list(after.map(Id::new), limit)?;
                context.output.print_list(&jobs, Listed::as_line, Listed::as_json)
            }
            Self::Show(one) => {
                let session = Session::open(context.config, &one.common)?;
                let job = session.find(Id::new(one.id))?;
                print_one(context.output, &job)
            }
            Self::Cancel(one) => change(context, &one, Operation::Cancel),
            Self::Retry(one) => change(context, &one, Operation::Retry),
            Self::RunNow(one) => change(context, &one, Operation::RunNow),
        }
    }
}

fn change(context: &Context<'_>, one: &OneJob, operation: Operation) -> Result<(), Failure> {
    let session = Session::open(context.config, &one.common)?;
    let changed = session.runtime.block_on(operate(&session.uow, session.account, Id::new(one.id), operation, session.now));
    let job = changed.map_err(|error| match error {
        OperateError::Store(error) => Failure::Database(error.into()),
        error => Failure::Usage(anyhow::Error::new(error).context(format!("job {}", one.id))),
    })?;
    print_one(context.output, &Listed::Known(job))
}

impl Session {
    fn open(config: &Config, common: &JobArgs) -> Result<Self, Failure> {
        let runtime = runtime(config)?;
        let uow = open_database(config, &runtime)?;
        let account = runtime.block_on(find_account(&uow, &common.account))?;
        Ok(Self { runtime, uow, account, now: clock(config)?.now() })
    }

    fn list(&self, after: Option<JobId>, limit: u32) -> Result<Vec<Listed>, Failure> {
        let account = self.account;
        let listed = self.runtime.block_on(self.uow.read(account, move |stores| {
            let known = stores.jobs().list(account, None, PageRequest { size: limit, after })?.into_iter();
            let unknown = stores.jobs().list_unknown(account, after, limit)?.into_iter();
            Ok(known.map(Listed::Known).chain(unknown.map(Listed::Unknown)).collect::<Vec<_>>())
        }));
        let mut listed = listed.map_err(database)?;
        listed.sort_by_key(Listed::id);
        listed.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(listed)
    }

    fn find(&self, id: JobId) -> Result<Listed, Failure> {
        let account = self.account;
        let found = self.runtime.block_on(self.uow.read(account, move |stores| match stores.jobs().find(account, id)? {
            Some(job) => Ok(Some(Listed::Known(job))),
            None => Ok(find_unknown(stores, account, id)?.map(Listed::Unknown)),
        }));
        found.map_err(database)?.ok_or_else(|| Failure::Usage(anyhow::anyhow!("there is no such job")))
    }
}

/// A stored job, whether or not this version knows its action.
enum Listed {
    Known(Job),
    Unknown(UnknownJob),
}

impl Listed {
    const fn id(&self) -> JobId {
        match self {
            Self::Known(job) => job.id,
            Self::Unknown(job) => job.id,
        }
    }

    fn as_line(&self) -> String {
        let line = |id, status: &str, at, action: &str, reference: &str| format!("{id}\t{status}\t{}\t{action}\t{reference}", shown(at));
        match self {
            Self::Known(job) => {
                let at = due(job).unwrap_or(job.start_at);
                line(job.id, job.status().name(), at, job.action.name(), job.reference.as_str())
            }
            Self::Unknown(job) => line(job.id, &job.status, job.due_at, &job.action, &job.reference),
        }
    }

    fn as_json(&self) -> Value {
        match self {
            Self::Known(job) => as_json(job),
            Self::Unknown(job) => json!({
                "id": job.id.get(),
                "project": job.project.map(Id::get),
                "action": job.action,
                "known": false,
                "reference": job.reference,
                "status": job.status,
                "due_at": shown(job.due_at),
                "created_at": shown(job.created_at),
                "updated_at": shown(job.updated_at),
            }),
        }
    }

    /// The failed attempts, one line each.
    fn failures(&self) -> String {
        let Self::Known(job) = self else { return "\n  of an action that this version does not know".to_owned() };
        let line = |failed: &FailedAttempt| {
            let (at, failure) = (shown(failed.at), &failed.failure);
            format!("\n  attempt {} failed at {at}: {}: {}", failed.attempt, failure.reason.name(), failure.text)
        };
        job.failures.iter().map(line).collect()
    }
}

fn print_one(output: Output, job: &Listed) -> Result<(), Failure> {
    output.print(|| job.as_line() + &job.failures(), || job.as_json())
}

/// When a live job is due.
fn due(job: &Job) -> Option<Timestamp> {
    match job.state {
        JobState::Scheduled { at, .. } => Some(at),
        JobState::Running(run) => Some(run.due),
        JobState::Cancelled(_) | JobState::Failed(_) | JobState::Completed(_) => None,
    }
}

fn as_json(job: &Job) -> Value {
    let worker = match job.state {
        JobState::Running(run) => Some(run.lease.worker.to_string()),
        JobState::Scheduled { .. } | JobState::Cancelled(_) | JobState::Failed(_) | JobState::Completed(_) => None,
    };
    let failures: Vec<_> = job
        .failures
        .iter()
        .map(|failed| {
            json!({
                "attempt": failed.attempt.get(),
                "at": shown(failed.at),
                "reason": failed.failure.reason.name(),
                "text": failed.failure.text.as_str(),
            })
        })
        .collect();
    json!({
        "id": job.id.get(),
        "project": job.project.map(Id::get),
        "action": job.action.name(),
        "reference": job.reference.as_str(),
        "status": job.status().name(),
        "attempts": job.state.attempts().get(),
        "start_at": shown(job.start_at),
        "due_at": due(job).map(shown),
        "worker": worker,
        "progress": job.progress.map(|progress| progress_json(&progress)),
        "failures": failures,
        "created_at": shown(job.created_at),
        "updated_at": shown(job.updated_at),
    })
}

fn progress_json(progress: &derslik_domain::job::Progress) -> Value {
    match progress {
        derslik_domain::job::Progress::Rows(rows) => json!({ "rows": rows.get() }),
        derslik_domain::job::Progress::Erasure(erasure) => erasure
            .counts
            .iter()
            .map(|(kind, rows)| (kind.name().to_owned(), Value::from(rows.get())))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

fn shown(instant: Timestamp) -> String {
    instant.in_zone(Zone::UTC).to_string()
}
