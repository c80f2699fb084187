//! Attempts at jobs that a test lets go wrong. Each stands in for the handler of the job.

use std::panic::panic_any;

use async_trait::async_trait;
use derslik_domain::fault::JobFault;
use derslik_domain::job::{Failure, FailureReason, Progress};

use crate::registry::{Task, TaskHandler};

/// What the job shows as the cause.
const CAUSE: &str = "a fault was injected for a test";

/// The failure of an attempt that a test lets fail.
pub(crate) fn failed() -> Failure {
    Failure::new(FailureReason::Transient, CAUSE)
}

/// The failure of an attempt that a test lets panic, where no handler is run.
pub(crate) fn panicked() -> Failure {
    Failure::new(FailureReason::Panicked, CAUSE)
}

/// A handler that does nothing but meet a fault.
#[derive(Debug)]
pub(crate) struct InjectedFault(pub(crate) JobFault);

#[async_trait]
impl TaskHandler for InjectedFault {
    #[expect(clippy::panic, reason = "a test asked for this panic, and the worker has to get over it")]
    async fn run(&self, task: Task) -> Result<Option<Progress>, Failure> {
        match self.0 {
            JobFault::Fail => {}
            JobFault::Hang => task.cancelled.cancelled().await,
            JobFault::Panic => panic_any(CAUSE),
        }
        Err(failed())
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_domain::job::{NewJob, ReferenceId};
    use derslik_testkit::builders::now;
    use tokio_util::sync::CancellationToken;

    use super::*;

    fn task(cancelled: CancellationToken) -> Task {
        let reference = ReferenceId::new("7").unwrap();
        Task { account: Id::new(1), job: NewJob::assign_calendar_id(reference, now()).into_job(Id::new(1)), cancelled }
    }

    #[tokio::test]
    async fn a_failing_attempt_is_tried_again() {
        let failure = InjectedFault(JobFault::Fail).run(task(CancellationToken::new())).await.unwrap_err();
        assert_eq!(failure, Failure::new(FailureReason::Transient, CAUSE));
    }

    #[tokio::test]
    async fn a_hanging_attempt_ends_when_its_job_is_cancelled() {
        let cancelled = CancellationToken::new();
        let attempt = tokio::spawn({
            let task = task(cancelled.clone());
            async move { InjectedFault(JobFault::Hang).run(task).await }
        });
        tokio::task::yield_now().await;
        assert!(!attempt.is_finished());
        cancelled.cancel();
        assert!(attempt.await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_panicking_attempt_panics() {
        let task = task(CancellationToken::new());
        let attempt = tokio::spawn(async move { InjectedFault(JobFault::Panic).run(task).await });
        assert!(attempt.await.unwrap_err().is_panic());
    }
}
