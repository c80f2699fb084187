//! One attempt at one job.

use std::sync::Arc;
use std::time::Duration;

use derslik_domain::job::{Event, Fact, Failure, FailureReason, Jitter, Job, JobState};
use derslik_ports::outbound::{Reason, StoreError, UnitOfWork};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinError;
use tokio::time::{Instant, sleep};
use tracing::Instrument;

use crate::completion::Finished;
use crate::injected::InjectedFault;
use crate::lease::HeldLease;
use crate::registry::{Handler, Step, StepContext, StepError, StepHandler, Task, TaskHandler};
use crate::report;
use crate::worker::Worker;

/// How long to wait before a failed write is tried again.
const PAUSE: Duration = Duration::from_millis(250);

/// Runs the handler of a job, and makes sure that the outcome is stored.
pub(crate) async fn execute<U: UnitOfWork>(worker: Arc<Worker<U>>, job: Job, lease: HeldLease, done: UnboundedSender<Finished>) {
    let injected = worker.faults.as_ref().and_then(|faults| faults.for_job(lease.account, job.action));
    let handler = match injected {
        Some(fault) => Some(Handler::Task(Arc::new(InjectedFault(fault)))),
        None => worker.registry.get(job.action).cloned(),
    };
    match handler {
        Some(Handler::Steps(handler)) => run_steps(&worker, &job, &lease, &handler).await,
        Some(Handler::Task(handler)) => run_task(&worker, job, lease, handler, &done).await,
        None => {
            // Unreachable: the worker claims only actions that have a handler.
            let text = format!("no handler of {} is registered", job.action.name());
            fail(&worker, &lease, &job, Failure::new(FailureReason::Transient, &text)).await;
        }
    }
}

/// The outcome of a step.
enum Stepped {
    More,
    Ended(Box<Job>, Fact),
    Lost,
}

async fn run_steps<U: UnitOfWork>(worker: &Worker<U>, job: &Job, lease: &HeldLease, handler: &Arc<dyn StepHandler>) {
    loop {
        if worker.giving_up.is_cancelled() {
            return release(worker, lease, job).await;
        }
        match one_step(worker, lease, Arc::clone(handler)).await {
            Ok(Stepped::More) => {}
            Ok(Stepped::Ended(job, fact)) => return report::happened(lease.account, &job, &fact),
            Ok(Stepped::Lost) => return report::lost(lease.account, job),
            Err(StepError::Failed(failure)) => return fail(worker, lease, job, failure).await,
            Err(StepError::Store(error)) => return fail(worker, lease, job, failure_of(&error)).await,
        }
    }
}

/// The lock on the job is held through the step. So a cancellation waits for the end of the step, and a rescue skips the job.
async fn one_step<U: UnitOfWork>(worker: &Worker<U>, lease: &HeldLease, handler: Arc<dyn StepHandler>) -> Result<Stepped, StepError> {
    let (account, held, term, clock) = (lease.account, lease.held, worker.settings.lease, Arc::clone(&worker.clock));
    worker
        .uow
        .write(account, move |stores| {
            let now = clock.now_of(account);
            let Some(before) = stores.jobs().lock(account, held.job)?.filter(|job| is_held(job, held.token)) else {
                return Ok(Stepped::Lost);
            };
            let step = handler.step(stores, &StepContext { account, job: &before, now })?;
            let now = clock.now_of(account);
            let (progress, is_done) = match step {
                Step::More(progress) => (Some(progress), false),
                Step::Done(progress) => (progress, true),
            };
            let after = match progress {
                Some(progress) => before.clone().progressed(held.token, term, progress, now).map_err(broken)?,
                None => before.clone(),
            };
            let (after, fact) = if is_done {
                let (after, fact) = after.apply(Event::Succeed { token: held.token }, now).map_err(broken)?;
                (after, Some(fact))
            } else {
                (after, None)
            };
            if !stores.jobs().replace(account, &before, &after)? {
                return Err(StepError::Store(StoreError::from(Reason::Conflict)));
            }
            if !is_done && clock.is_moved(account) {
                // The lease goes by the time of the machine.
                stores.jobs().renew(account, &[held], term.end(clock.now()))?;
            }
            Ok(fact.map_or(Stepped::More, |fact| Stepped::Ended(Box::new(after), fact)))
        })
        .await
}

pub(crate) fn is_held(job: &Job, token: derslik_domain::job::LeaseToken) -> bool {
    matches!(job.state, JobState::Running(run) if run.lease.token == token)
}

/// Unreachable: the lock on the row keeps other writers out. If it happens anyway, the step is undone.
pub(crate) fn broken(error: derslik_domain::job::TransitionError) -> StepError {
    StepError::Failed(Failure::new(FailureReason::Transient, &error.to_string()))
}

async fn run_task<U: UnitOfWork>(
    worker: &Worker<U>,
    job: Job,
    lease: HeldLease,
    handler: Arc<dyn TaskHandler>,
    done: &UnboundedSender<Finished>,
) {
    let task = Task { account: lease.account, job: job.clone(), cancelled: lease.cancelled.clone() };
    // A separate task contains a panic of the handler.
    let mut running = tokio::spawn(async move { handler.run(task).await }.in_current_span());
    let ended = tokio::select! {
        ended = &mut running => ended,
        () = worker.giving_up.cancelled() => {
            running.abort();
            return release(worker, &lease, &job).await;
        }
    };
    match ended {
        Ok(_) if lease.cancelled.is_cancelled() => report::lost(lease.account, &job),
        // The receiver is dropped after the last attempt, so the send does not fail.
        Ok(Ok(result)) => drop(done.send(Finished { lease, job, result })),
        Ok(Err(failure)) => fail(worker, &lease, &job, failure).await,
        Err(panic) => fail(worker, &lease, &job, panicked(&panic)).await,
    }
}

fn panicked(error: &JoinError) -> Failure {
    Failure::new(FailureReason::Panicked, &format!("the handler panicked: {error}"))
}

pub(crate) fn failure_of(error: &StoreError) -> Failure {
    match error {
        StoreError::Other(cause) if cause.downcast_ref::<JoinError>().is_some_and(JoinError::is_panic) => {
            Failure::new(FailureReason::Panicked, &format!("the handler panicked: {cause}"))
        }
        error => Failure::new(FailureReason::Transient, &error.to_string()),
    }
}

async fn fail<U: UnitOfWork>(worker: &Worker<U>, lease: &HeldLease, job: &Job, failure: Failure) {
    let bits = worker.ids.random_bits().to_le_bytes();
    let jitter = Jitter::from_random(u32::from_le_bytes([bits[0], bits[1], bits[2], bits[3]]));
    conclude(worker, lease, job, Event::Fail { token: lease.held.token, failure, retry: worker.settings.retry, jitter }).await;
}

async fn release<U: UnitOfWork>(worker: &Worker<U>, lease: &HeldLease, job: &Job) {
    conclude(worker, lease, job, Event::Release { token: lease.held.token }).await;
}

/// Stores the outcome of a job. It retries for the length of a lease: after that another worker rescues the job.
async fn conclude<U: UnitOfWork>(worker: &Worker<U>, lease: &HeldLease, job: &Job, event: Event) {
    let began = Instant::now();
    let (account, id) = (lease.account, lease.held.job);
    loop {
        let (event, clock) = (event.clone(), Arc::clone(&worker.clock));
        let concluded = worker
            .uow
            .write(account, move |stores| {
                let Some(before) = stores.jobs().lock(account, id)? else { return Ok(None) };
                let Ok((after, fact)) = before.clone().apply(event, clock.now_of(account)) else { return Ok(None) };
                Ok::<_, StoreError>(stores.jobs().replace(account, &before, &after)?.then_some((after, fact)))
            })
            .await;
        match concluded {
            Ok(Some((job, fact))) => return report::happened(account, &job, &fact),
            Ok(None) => return report::lost(account, job),
            Err(error) if began.elapsed() < worker.settings.lease.duration() => {
                tracing::warn!(cause = report::cause(&error), "the outcome of a job was not stored, trying again");
                sleep(PAUSE).await;
            }
            Err(error) => {
                tracing::error!(cause = report::cause(&error), job = id.get(), "the outcome of a job was lost");
                return;
            }
        }
    }
}
