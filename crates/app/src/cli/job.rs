//! `derslik job`

use std::io::Write;

use clap::{Args, Subcommand};
use derslik_domain::id::{AccountId, Id, JobId};
use derslik_domain::job::{Job, JobState};
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::outbound::{JobsPage, UnitOfWork};
use derslik_services::jobs::{OperateError, Operation, operate};
use derslik_storage::DieselUnitOfWork;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{Failure, clock, database, find_account, open_database, runtime};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum JobCommand {
    /// Lists jobs, internal ones included, by their ids.
    List {
        #[command(flatten)]
        common: JobArgs,
        /// The job after which the list begins.
        #[arg(long, value_name = "JOB")]
        after: Option<i64>,
        /// The most jobs.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Shows a job.
    Show(OneJob),
    /// Calls a job off.
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
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct OneJob {
    /// The id of the job.
    id: i64,
    #[command(flatten)]
    common: JobArgs,
}

/// What the commands work with.
struct Session {
    runtime: Runtime,
    uow: DieselUnitOfWork,
    account: AccountId,
    now: Timestamp,
}

impl JobCommand {
    pub(super) fn run(self, config: &Config) -> Result<(), Failure> {
        match self {
            Self::List { common, after, limit } => {
                let session = Session::open(config, &common)?;
                let jobs = session.list(JobsPage { project: None, after: after.map(Id::new), limit })?;
                print(common.json, &jobs)
            }
            Self::Show(one) => {
                let session = Session::open(config, &one.common)?;
                let job = session.find(Id::new(one.id))?;
                print_one(one.common.json, &job)
            }
            Self::Cancel(one) => change(config, &one, Operation::Cancel),
            Self::Retry(one) => change(config, &one, Operation::Retry),
            Self::RunNow(one) => change(config, &one, Operation::RunNow),
        }
    }
}

fn change(config: &Config, one: &OneJob, operation: Operation) -> Result<(), Failure> {
    let session = Session::open(config, &one.common)?;
    let changed = session.runtime.block_on(operate(&session.uow, session.account, Id::new(one.id), operation, session.now));
    let job = changed.map_err(|error| match error {
        OperateError::Store(error) => Failure::Database(error.into()),
        error => Failure::Usage(anyhow::Error::new(error).context(format!("job {}", one.id))),
    })?;
    print_one(one.common.json, &job)
}

impl Session {
    fn open(config: &Config, common: &JobArgs) -> Result<Self, Failure> {
        let runtime = runtime(config)?;
        let uow = open_database(config, &runtime)?;
        let account = runtime.block_on(find_account(&uow, &common.account))?;
        Ok(Self { runtime, uow, account, now: clock(config)?.now() })
    }

    fn list(&self, page: JobsPage) -> Result<Vec<Job>, Failure> {
        let account = self.account;
        self.runtime.block_on(self.uow.read(move |stores| stores.jobs().list(account, &page))).map_err(database)
    }

    fn find(&self, id: JobId) -> Result<Job, Failure> {
        let account = self.account;
        let found = self.runtime.block_on(self.uow.read(move |stores| stores.jobs().find(account, id))).map_err(database)?;
        found.ok_or_else(|| Failure::Usage(anyhow::anyhow!("there is no such job")))
    }
}

fn print(in_json: bool, jobs: &[Job]) -> Result<(), Failure> {
    let text = if in_json {
        Value::Array(jobs.iter().map(as_json).collect()).to_string()
    } else {
        jobs.iter().map(as_line).collect::<Vec<_>>().join("\n")
    };
    writeln!(std::io::stdout(), "{text}").map_err(|error| Failure::Other(error.into()))
}

fn print_one(in_json: bool, job: &Job) -> Result<(), Failure> {
    let text = if in_json {
        as_json(job).to_string()
    } else {
        let failures = job.failures.iter().map(|failed| {
            format!(
                "\n  attempt {} failed at {}: {}: {}",
                failed.attempt,
                shown(failed.at),
                failed.failure.reason.name(),
                failed.failure.text
            )
        });
        std::iter::once(as_line(job)).chain(failures).collect()
    };
    writeln!(std::io::stdout(), "{text}").map_err(|error| Failure::Other(error.into()))
}

fn as_line(job: &Job) -> String {
    format!("{}\t{}\t{}\t{}\t{}", job.id, job.status(), shown(due(job).unwrap_or(job.start_at)), job.action.name(), job.reference)
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
