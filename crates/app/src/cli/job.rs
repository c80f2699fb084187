//! `derslik job`

use std::collections::VecDeque;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use derslik_domain::id::Id;
use derslik_domain::job::{ErasureCounts, FailedAttempt, Job, JobState, JobStatus, Progress};
use derslik_domain::page::PageRequest;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::operators::{JobOperation, JobOperationError, StoredJob};
use serde_json::{Map, Value, json};

use super::list_args::PAGE_SIZE;
use super::output::second;
use super::{Context, Failure, Operator, Output, database};

#[derive(Debug, Subcommand)]
pub(super) enum JobCommand {
    /// Lists jobs, internal ones and those of a newer version included, by their ids.
    List(JobList),
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
pub(super) struct JobList {
    #[command(flatten)]
    common: JobArgs,
    /// List jobs after this id.
    #[arg(long, value_name = "JOB")]
    after: Option<i64>,
    /// The maximum number of jobs.
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// List the jobs in this state alone.
    #[arg(long, value_name = "STATE", value_parser = PossibleValuesParser::new(JobStatus::ALL.map(JobStatus::name)))]
    state: Option<String>,
    /// List the newest jobs if there are more than the limit, and not the oldest ones.
    #[arg(long)]
    newest: bool,
}

#[derive(Debug, Args)]
pub(super) struct OneJob {
    /// The id of the job.
    id: i64,
    #[command(flatten)]
    common: JobArgs,
}

impl JobCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::List(list) => context.output.print_list(&list.read(&Operator::open(context.config)?)?, as_line, as_json),
            Self::Show(one) => print_one(context.output, &find(&Operator::open(context.config)?, &one)?),
            Self::Cancel(one) => change(context, &one, JobOperation::Cancel),
            Self::Retry(one) => change(context, &one, JobOperation::Retry),
            Self::RunNow(one) => change(context, &one, JobOperation::RunNow),
        }
    }
}

impl JobList {
    /// The jobs that were asked for, ordered by their ids. With a state, and for the newest ones, all jobs after `after` are read.
    fn read(&self, operator: &Operator) -> Result<Vec<StoredJob>, Failure> {
        let account = operator.account(&self.common.account)?;
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let size = if self.state.is_some() || self.newest { PAGE_SIZE } else { self.limit.min(PAGE_SIZE) };
        let (mut found, mut after) = (VecDeque::new(), self.after.map(Id::new));
        while self.newest || found.len() < limit {
            let jobs = operator.wait_for(operator.ports.jobs.list(account, PageRequest { size, after })).map_err(database)?;
            let is_last = u32::try_from(jobs.len()).is_ok_and(|count| count < size);
            after = jobs.last().map(StoredJob::id);
            for job in jobs.into_iter().filter(|job| self.includes(job)) {
                found.push_back(job);
                if self.newest && found.len() > limit {
                    found.pop_front();
                }
            }
            if is_last {
                break;
            }
        }
        found.truncate(limit);
        Ok(found.into())
    }

    fn includes(&self, job: &StoredJob) -> bool {
        let status = match job {
            StoredJob::Known(job) => job.status().name(),
            StoredJob::Unknown(job) => job.status.as_str(),
        };
        self.state.as_ref().is_none_or(|state| state == status)
    }
}

fn change(context: &Context<'_>, one: &OneJob, operation: JobOperation) -> Result<(), Failure> {
    let job = operate(&Operator::open(context.config)?, one, operation)?;
    print_one(context.output, &StoredJob::Known(job))
}

fn find(operator: &Operator, one: &OneJob) -> Result<StoredJob, Failure> {
    let account = operator.account(&one.common.account)?;
    let found = operator.wait_for(operator.ports.jobs.find(account, Id::new(one.id))).map_err(database)?;
    found.ok_or_else(|| Failure::Usage(anyhow::anyhow!("there is no such job")))
}

fn operate(operator: &Operator, one: &OneJob, operation: JobOperation) -> Result<Job, Failure> {
    let account = operator.account(&one.common.account)?;
    let changed = operator.wait_for(operator.ports.jobs.operate(account, Id::new(one.id), operation));
    changed.map_err(|error| match error {
        JobOperationError::Store(error) => database(error),
        error => Failure::Usage(anyhow::Error::new(error).context(format!("job {}", one.id))),
    })
}

fn print_one(output: Output, job: &StoredJob) -> Result<(), Failure> {
    output.print(|| as_line(job) + &failures(job), || as_json(job))
}

fn as_line(job: &StoredJob) -> String {
    let line = |id, status: &str, at, action: &str, reference: &str| format!("{id}\t{status}\t{}\t{action}\t{reference}", second(at));
    match job {
        StoredJob::Known(job) => {
            let at = due(job).unwrap_or(job.start_at);
            line(job.id, job.status().name(), at, job.action.name(), job.reference.as_str())
        }
        StoredJob::Unknown(job) => line(job.id, &job.status, job.due_at, &job.action, &job.reference),
    }
}

/// The failed attempts, one line each.
fn failures(job: &StoredJob) -> String {
    let StoredJob::Known(job) = job else { return "\n  of an action that this version does not know".to_owned() };
    let line = |failed: &FailedAttempt| {
        let (at, failure) = (second(failed.at), &failed.failure);
        format!("\n  attempt {} failed at {at}: {}: {}", failed.attempt, failure.reason.name(), failure.text)
    };
    job.failures.iter().map(line).collect()
}

fn as_json(job: &StoredJob) -> Value {
    match job {
        StoredJob::Known(job) => known_json(job),
        StoredJob::Unknown(job) => json!({
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

/// When a live job is due.
fn due(job: &Job) -> Option<Timestamp> {
    match job.state {
        JobState::Scheduled { at, .. } => Some(at),
        JobState::Running(run) => Some(run.due),
        JobState::Cancelled(_) | JobState::Failed(_) | JobState::Completed(_) => None,
    }
}

fn known_json(job: &Job) -> Value {
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

fn progress_json(progress: &Progress) -> Value {
    match progress {
        Progress::Rows(rows) => json!({ "rows": rows.get() }),
        Progress::Erasure(erasure) => counts_json(&erasure.counts),
        Progress::Erasures(erasures) => json!({ "users": erasures.place.get(), "counts": counts_json(&erasures.total()) }),
    }
}

fn counts_json(counts: &ErasureCounts) -> Value {
    counts.iter().map(|(kind, rows)| (kind.name().to_owned(), Value::from(rows.get()))).collect::<Map<_, _>>().into()
}

fn shown(instant: Timestamp) -> String {
    instant.in_zone(Zone::UTC).to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::id::ProjectId;
    use derslik_domain::job::{ErasureKind, ErasureProgress, ErasuresProgress, Event, NewJob, ReferenceId, UnknownJob, UserPlace};
    use derslik_domain::rows::RowCount;
    use derslik_ports::inbound::operators::MockJobOperations;
    use derslik_ports::{Reason, StoreError};
    use derslik_testkit::builders::now;

    use super::*;
    use crate::cli::operator::testing::{code_and_text, operator, operators};
    use crate::wiring::Operators;

    fn job() -> Job {
        NewJob::delete_user_data(ProjectId::new(1), ReferenceId::new("mehdi").unwrap(), now()).into_job(Id::new(9))
    }

    fn with(jobs: MockJobOperations) -> Operator {
        operator(Operators { jobs: Arc::new(jobs), ..operators() })
    }

    fn ninth() -> OneJob {
        OneJob { id: 9, common: JobArgs { account: "okul".to_owned() } }
    }

    /// The jobs 1 to 2 500, every tenth of which is cancelled.
    fn many() -> Operator {
        let numbered = |id: i64| {
            let job = Job { id: Id::new(id), ..job() };
            StoredJob::Known(if id % 10 == 0 { job.apply(Event::Cancel, now()).unwrap().0 } else { job })
        };
        let mut jobs = MockJobOperations::new();
        jobs.expect_list().returning(move |_, page| {
            let first = page.after.map_or(0, Id::get) + 1;
            Ok((first..=2_500).take(usize::try_from(page.size).unwrap()).map(numbered).collect())
        });
        with(jobs)
    }

    #[test]
    fn a_list_has_the_oldest_or_the_newest_jobs_of_a_state_in_the_order_of_their_ids() {
        let operator = many();
        let listed = |state: Option<&str>, newest, after, limit| {
            let common = JobArgs { account: "okul".to_owned() };
            let list = JobList { common, after, limit, state: state.map(str::to_owned), newest };
            let ids: Vec<_> = list.read(&operator).map_err(code_and_text).unwrap().iter().map(|job| job.id().get()).collect();
            (ids.len(), ids.first().copied(), ids.last().copied())
        };
        assert_eq!(listed(None, false, None, 3), (3, Some(1), Some(3)));
        assert_eq!(listed(None, false, None, 1_500), (1_500, Some(1), Some(1_500)));
        assert_eq!(listed(None, false, Some(2_498), 100), (2, Some(2_499), Some(2_500)));
        assert_eq!(listed(None, true, None, 3), (3, Some(2_498), Some(2_500)));
        assert_eq!(listed(Some("cancelled"), false, None, 150), (150, Some(10), Some(1_500)));
        assert_eq!(listed(Some("cancelled"), true, None, 2), (2, Some(2_490), Some(2_500)));
        assert_eq!(listed(Some("cancelled"), true, Some(2_490), 2), (1, Some(2_500), Some(2_500)));
        assert_eq!(listed(Some("running"), false, None, 100), (0, None, None));
    }

    #[test]
    fn a_missing_job_is_a_wrong_argument() {
        let mut jobs = MockJobOperations::new();
        jobs.expect_find().once().withf(|account, id| (account.get(), id.get()) == (7, 9)).returning(|_, _| Ok(None));
        let missing = find(&with(jobs), &ninth()).map_err(code_and_text);
        assert_eq!(missing, Err((2, "there is no such job".to_owned())));
    }

    #[test]
    fn a_refused_operation_names_the_job_and_a_failed_store_is_another_exit_code() {
        let retry = |done: fn() -> Result<Job, JobOperationError>| {
            let mut jobs = MockJobOperations::new();
            jobs.expect_operate().once().returning(move |account, id, operation| {
                assert_eq!((account.get(), id.get(), operation), (7, 9, JobOperation::Retry));
                done()
            });
            operate(&with(jobs), &ninth(), JobOperation::Retry).map_err(code_and_text)
        };
        assert_eq!(retry(|| Ok(job())), Ok(job()));
        assert_eq!(retry(|| Err(JobOperationError::AnotherIsLive)), Err((2, "job 9: another job for the same is live".to_owned())));
        assert_eq!(retry(|| Err(StoreError::from(Reason::Locked).into())).unwrap_err().0, 3);
    }

    #[test]
    fn the_progress_of_an_erasure_of_many_counts_the_erased_users_and_all_rows() {
        let current =
            ErasureProgress { counts: ErasureCounts::default().with(ErasureKind::Sessions, RowCount::new(2)), ..Default::default() };
        let counts = ErasureCounts::default().with(ErasureKind::Sessions, RowCount::new(5));
        let progress = Progress::Erasures(ErasuresProgress { place: UserPlace::new(3), current, counts });
        let shown = progress_json(&progress);
        assert_eq!((shown["users"].as_u64(), shown["counts"]["sessions"].as_u64()), (Some(3), Some(7)));
    }

    #[test]
    fn a_job_of_a_newer_version_is_shown_with_the_names_that_are_stored() {
        let job = UnknownJob {
            id: Id::new(9),
            project: Some(Id::new(1)),
            action: "summarise".to_owned(),
            reference: "math".to_owned(),
            status: "paused".to_owned(),
            due_at: now(),
            created_at: now(),
            updated_at: now(),
        };
        let job = StoredJob::Unknown(job);
        assert_eq!(as_line(&job), format!("9\tpaused\t{}\tsummarise\tmath", second(now())));
        assert_eq!((as_json(&job)["known"].as_bool(), as_json(&job)["project"].as_i64()), (Some(false), Some(1)));
        assert!(failures(&job).contains("does not know"));
    }
}
