//! The logs and metrics of the worker. The end of each job is one line of the log.

use std::time::Duration;

use derslik_domain::id::AccountId;
use derslik_domain::job::{Actions, Fact, Job, JobState};
use derslik_domain::time::Timestamp;
use derslik_domain::trace::TraceId;
use derslik_ports::outbound::StoreError;
use metrics::{counter, histogram};
use tracing::Span;
use tracing::field::{self, DisplayValue};

/// Shows the failures of these actions as 0. Prometheus sees a counter rise only if it saw the value before, so an alert would miss the
/// first failure of a process otherwise.
pub(crate) fn started(actions: Actions) {
    for action in actions.iter() {
        counter!("derslik_jobs_ended_total", "action" => action.name(), "outcome" => "failed").increment(0);
        counter!("derslik_jobs_retries_total", "action" => action.name()).increment(0);
        counter!("derslik_jobs_rescued_total", "action" => action.name()).increment(0);
    }
}

/// Records a claim: its duration, and how late its jobs start.
pub(crate) fn claimed(jobs: &[Job], now: Timestamp, took: Duration) {
    histogram!("derslik_jobs_claim_seconds").record(took);
    for job in jobs {
        if let JobState::Running(run) = job.state {
            histogram!("derslik_jobs_start_lag_seconds").record(now.since(run.due));
        }
    }
}

/// Records a fact about a job that a worker holds or held. Each line of the log is complete, so it stands outside of the job's span.
pub(crate) fn happened(account: AccountId, job: &Job, fact: &Fact) {
    match fact {
        Fact::Completed { ran } => {
            measure_end(job, "completed", *ran);
            tracing::info!(
                parent: None,
                account = account.get(),
                job = job.id.get(),
                action = job.action.name(),
                outcome = "completed",
                attempts = job.state.attempts().get(),
                ran_ms = millis(*ran),
                trace_id = trace_id(job),
                "job ended"
            );
        }
        Fact::Failed { failed, ran } => {
            measure_end(job, "failed", *ran);
            tracing::warn!(
                parent: None,
                account = account.get(),
                job = job.id.get(),
                action = job.action.name(),
                outcome = "failed",
                reason = failed.failure.reason.name(),
                attempts = job.state.attempts().get(),
                ran_ms = millis(*ran),
                trace_id = trace_id(job),
                "job ended"
            );
        }
        Fact::Rescheduled { failed, ran } => {
            counter!("derslik_jobs_retries_total", "action" => job.action.name()).increment(1);
            tracing::warn!(
                parent: None,
                account = account.get(),
                job = job.id.get(),
                action = job.action.name(),
                attempt = failed.attempt.get(),
                reason = failed.failure.reason.name(),
                ran_ms = millis(*ran),
                trace_id = trace_id(job),
                "an attempt at a job failed"
            );
        }
        Fact::Released { .. } => {
            tracing::info!(
                parent: None,
                account = account.get(),
                job = job.id.get(),
                action = job.action.name(),
                trace_id = trace_id(job),
                "gave a job back"
            );
        }
        Fact::Claimed { .. } | Fact::Renewed | Fact::Cancelled { .. } | Fact::BroughtForward | Fact::Retried => {}
    }
}

/// Records that a job of the worker was cancelled, or that another worker holds it now.
pub(crate) fn lost(account: AccountId, job: &Job) {
    counter!("derslik_jobs_lost_total", "action" => job.action.name()).increment(1);
    tracing::info!(
        parent: None,
        account = account.get(),
        job = job.id.get(),
        action = job.action.name(),
        trace_id = trace_id(job),
        "stopped a job that was cancelled or lost"
    );
}

/// Records a rescue.
pub(crate) fn rescued(job: &Job) {
    counter!("derslik_jobs_rescued_total", "action" => job.action.name()).increment(1);
}

/// A failure of the store as a log field, which prints its causes too.
pub(crate) fn cause(error: &StoreError) -> &(dyn std::error::Error + 'static) {
    error
}

/// The span of one attempt at a job.
pub(crate) fn span_of(account: AccountId, job: &Job) -> Span {
    tracing::info_span!("job", account = account.get(), job = job.id.get(), action = job.action.name(), trace_id = trace_id(job))
}

/// The trace that asked for the job, as a log field.
fn trace_id(job: &Job) -> Option<DisplayValue<TraceId>> {
    job.trace.map(|step| field::display(step.trace_id()))
}

fn measure_end(job: &Job, outcome: &'static str, ran: Duration) {
    counter!("derslik_jobs_ended_total", "action" => job.action.name(), "outcome" => outcome).increment(1);
    histogram!("derslik_jobs_run_seconds", "action" => job.action.name()).record(ran);
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
