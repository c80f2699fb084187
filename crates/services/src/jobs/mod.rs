//! The use cases of jobs.

mod cancel;
mod erase_user;
mod get;
mod list;

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::audit::{AuditEvent, Erasure, ErasureStage, NewAuditRecord, Requester};
use derslik_domain::id::{AccountId, JobId, ProjectId};
use derslik_domain::identity::Actor;
use derslik_domain::job::{Action, ErasureCounts, Job, Progress, ProjectKey, ReferenceId, ShownJob};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::{JobError, JobService};
use derslik_ports::outbound::{Clock, JobReader, StoreError, Stores, UnitOfWork};

/// The use cases of jobs over a unit of work.
#[derive(Debug, Clone)]
pub struct Jobs<U> {
    uow: U,
    clock: Arc<dyn Clock>,
}

impl<U: UnitOfWork> Jobs<U> {
    /// The use cases over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>) -> Self {
        Self { uow, clock }
    }
}

#[async_trait]
impl<U: UnitOfWork + JobReader> JobService for Jobs<U> {
    async fn list(&self, actor: &Actor, project: &ProjectKey, page: PageRequest<JobId>) -> Result<Vec<ShownJob>, JobError> {
        list::run(self, actor, project, page).await
    }

    async fn get(&self, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<ShownJob, JobError> {
        get::run(self, actor, project, id).await
    }

    async fn cancel(&self, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<Job, JobError> {
        cancel::run(self, actor, project, id).await
    }

    async fn erase_user(&self, actor: &Actor, project: &ProjectKey, user: ReferenceId) -> Result<Job, JobError> {
        erase_user::run(self, actor, project, user).await
    }
}

/// Records the requester of the cancellation of an erasure in the audit log. The cancellations of other jobs are recorded if the
/// operator asks for them.
pub(crate) fn record_cancel(stores: &mut dyn Stores, account: AccountId, job: &Job, by: Requester) -> Result<(), StoreError> {
    if job.action != Action::DeleteUserData {
        return Ok(());
    }
    let counts = match job.progress {
        Some(Progress::Erasure(erasure)) => erasure.counts,
        Some(Progress::Rows(_)) | None => ErasureCounts::default(),
    };
    let stage = ErasureStage::Cancelled(by, counts);
    let event = AuditEvent::Erasure(Erasure { job: job.id, subject: job.reference.clone(), stage });
    stores.audit().add(account, &NewAuditRecord { at: job.updated_at, event })
}

/// The id of the project that a client names by its key.
fn project_id(stores: &mut dyn Stores, account: AccountId, key: &ProjectKey) -> Result<ProjectId, JobError> {
    Ok(stores.projects().find_by_key(account, key)?.ok_or(JobError::ProjectNotFound)?.id)
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
    use derslik_testkit::builders::{PROJECT_KEY, denied_actors, now};

    use super::*;

    #[tokio::test]
    async fn a_denied_actor_reads_and_writes_no_job() {
        // No call of the stores is expected, so any call fails the test.
        let jobs = Jobs::new(FakeUnitOfWork::new(MockStores::without_principals()), Arc::new(StoppedClock(now())));
        let (project, user) = (PROJECT_KEY.parse().unwrap(), ReferenceId::new("mehdi").unwrap());
        for actor in denied_actors() {
            let denied = jobs.list(&actor, &project, PageRequest { size: 1, after: None }).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
            let denied = jobs.get(&actor, &project, Id::new(1)).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
            let denied = jobs.cancel(&actor, &project, Id::new(1)).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
            let denied = jobs.erase_user(&actor, &project, user.clone()).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
        }
    }
}
