//! The use cases of jobs.

mod cancel;
mod erase_user;
mod erase_users;
mod erased_users;
mod get;
mod list;
mod list_newest;
mod numbered;
mod preview_erasure;

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::audit::{AuditEvent, Erasure, ErasureStage, NewAuditRecord, Requester};
use derslik_domain::id::{AccountId, JobId, ProjectId};
use derslik_domain::identity::Actor;
use derslik_domain::job::{
    Action, ErasedUser, ErasureCounts, ErasureUsers, ErasuresProgress, Job, Progress, ProjectKey, ReferenceId, ShownJob, UserPlace,
};
use derslik_domain::page::{OffsetPage, Page, PageRequest};
use derslik_ports::inbound::{JobError, JobService, RequestedErasure};
use derslik_ports::outbound::{Clock, Ids, JobReader, StoreError, Stores, UnitOfWork};

pub use numbered::NumberedJobs;

/// The use cases of jobs over a unit of work.
#[derive(Debug, Clone)]
pub struct Jobs<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    /// What chooses the ids of new jobs, if it is not left to the store.
    ids: Option<Arc<dyn Ids>>,
}

impl<U: UnitOfWork> Jobs<U> {
    /// The use cases over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>) -> Self {
        Self { uow, clock, ids: None }
    }

    /// Takes the ids of new jobs from there, where it has any.
    #[must_use]
    pub fn with_ids(self, ids: Arc<dyn Ids>) -> Self {
        Self { ids: Some(ids), ..self }
    }

    /// The id of a new job, if it is not left to the store.
    fn new_id(&self, account: AccountId) -> Option<JobId> {
        self.ids.as_ref().and_then(|ids| ids.job_of(account))
    }
}

#[async_trait]
impl<U: UnitOfWork + JobReader> JobService for Jobs<U> {
    async fn list(&self, actor: &Actor, project: &ProjectKey, page: PageRequest<JobId>) -> Result<Page<ShownJob>, JobError> {
        list::run(self, actor, project, page).await
    }

    async fn list_newest(&self, actor: &Actor, project: &ProjectKey, page: OffsetPage) -> Result<Vec<ShownJob>, JobError> {
        list_newest::run(self, actor, project, page).await
    }

    async fn get(&self, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<ShownJob, JobError> {
        get::run(self, actor, project, id).await
    }

    async fn cancel(&self, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<Job, JobError> {
        cancel::run(self, actor, project, id).await
    }

    async fn erase_user(&self, actor: &Actor, project: &ProjectKey, user: ReferenceId) -> Result<RequestedErasure, JobError> {
        erase_user::run(self, actor, project, user).await
    }

    async fn erase_users(&self, actor: &Actor, project: &ProjectKey, users: ErasureUsers) -> Result<RequestedErasure, JobError> {
        erase_users::run(self, actor, project, users).await
    }

    async fn preview_erasure(&self, actor: &Actor, project: &ProjectKey, user: ReferenceId) -> Result<ErasureCounts, JobError> {
        preview_erasure::run(self, actor, project, user).await
    }

    async fn erased_users(
        &self,
        actor: &Actor,
        project: &ProjectKey,
        id: JobId,
        page: PageRequest<UserPlace>,
    ) -> Result<Vec<ErasedUser>, JobError> {
        erased_users::run(self, actor, project, id, page).await
    }
}

/// Records the requester of the cancellation of an erasure in the audit log. The cancellations of other jobs are recorded if the
/// operator asks for them.
pub(crate) fn record_cancel(stores: &mut dyn Stores, account: AccountId, job: &Job, by: Requester) -> Result<(), StoreError> {
    let record = |subject, counts| {
        let event = AuditEvent::Erasure(Erasure { job: job.id, subject, stage: ErasureStage::Cancelled(by, counts) });
        NewAuditRecord { at: job.updated_at, event }
    };
    match job.action {
        Action::DeleteUserData => stores.audit().add(account, &record(job.reference.clone(), counts_of_one(job))),
        Action::DeleteUsersData => {
            // The users before this place are erased, and that is recorded.
            let progress = progress_of_many(job);
            let after = progress.place.get().checked_sub(1).map(UserPlace::new);
            let size = u32::try_from(ErasureUsers::MAX).unwrap_or(u32::MAX);
            let left = stores.erasures().list_users(account, job.id, PageRequest { size, after })?;
            let records: Vec<_> = left.into_iter().map(|listed| record(listed.user.user, progress.counts_at(listed.place))).collect();
            stores.audit().add_many(account, &records)
        }
        Action::AssignCalendarId
        | Action::ExpireSessions
        | Action::IndexSessions
        | Action::SealAudit
        | Action::Prune
        | Action::PruneAudit => Ok(()),
    }
}

/// What the erasure of one user has removed.
fn counts_of_one(job: &Job) -> ErasureCounts {
    match job.progress {
        Some(Progress::Erasure(erasure)) => erasure.counts,
        Some(Progress::Rows(_) | Progress::Erasures(_)) | None => ErasureCounts::default(),
    }
}

/// How far the erasure of many users has come.
fn progress_of_many(job: &Job) -> ErasuresProgress {
    match job.progress {
        Some(Progress::Erasures(progress)) => progress,
        Some(Progress::Rows(_) | Progress::Erasure(_)) | None => ErasuresProgress::default(),
    }
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
            let denied = jobs.list_newest(&actor, &project, OffsetPage::at(0, 1).unwrap()).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
            let denied = jobs.erase_user(&actor, &project, user.clone()).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
            let denied = jobs.erase_users(&actor, &project, ErasureUsers::new(vec![user.clone()]).unwrap()).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
            let denied = jobs.preview_erasure(&actor, &project, user.clone()).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
            let denied = jobs.erased_users(&actor, &project, Id::new(1), PageRequest { size: 1, after: None }).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
        }
    }
}
