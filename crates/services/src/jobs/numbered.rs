//! The use cases of jobs, with the numbers under which clients know jobs in the place of their ids. Both are the same, unless a test asks
//! for ids that do not depend on other accounts.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::id::JobId;
use derslik_domain::identity::Actor;
use derslik_domain::job::{ErasedUser, ErasureCounts, ErasureUsers, Job, ProjectKey, ReferenceId, ShownJob, UserPlace};
use derslik_domain::page::{OffsetPage, PageRequest};
use derslik_ports::inbound::{JobError, JobService, RequestedErasure};
use derslik_ports::outbound::Ids;

/// Jobs by the numbers that clients know.
pub struct NumberedJobs {
    inner: Arc<dyn JobService>,
    ids: Arc<dyn Ids>,
}

impl fmt::Debug for NumberedJobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NumberedJobs").finish_non_exhaustive()
    }
}

impl NumberedJobs {
    /// The same use cases, with the numbers of these ids.
    pub fn new(inner: Arc<dyn JobService>, ids: Arc<dyn Ids>) -> Self {
        Self { inner, ids }
    }

    fn stored(&self, actor: &Actor, shown: JobId) -> JobId {
        self.ids.job_shown_as(actor.account_id(), shown)
    }

    fn job(&self, job: Job) -> Job {
        Job { id: self.ids.shown_job(job.id), ..job }
    }

    fn listed(&self, job: ShownJob) -> ShownJob {
        ShownJob { id: self.ids.shown_job(job.id), ..job }
    }

    fn requested(&self, requested: RequestedErasure) -> RequestedErasure {
        match requested {
            RequestedErasure::Created(job) => RequestedErasure::Created(self.job(job)),
            RequestedErasure::Live(job) => RequestedErasure::Live(self.job(job)),
        }
    }
}

#[async_trait]
impl JobService for NumberedJobs {
    async fn list(&self, actor: &Actor, project: &ProjectKey, page: PageRequest<JobId>) -> Result<Vec<ShownJob>, JobError> {
        let page = PageRequest { size: page.size, after: page.after.map(|after| self.stored(actor, after)) };
        let jobs = self.inner.list(actor, project, page).await?;
        Ok(jobs.into_iter().map(|job| self.listed(job)).collect())
    }

    async fn list_newest(&self, actor: &Actor, project: &ProjectKey, page: OffsetPage) -> Result<Vec<ShownJob>, JobError> {
        let jobs = self.inner.list_newest(actor, project, page).await?;
        Ok(jobs.into_iter().map(|job| self.listed(job)).collect())
    }

    async fn get(&self, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<ShownJob, JobError> {
        Ok(self.listed(self.inner.get(actor, project, self.stored(actor, id)).await?))
    }

    async fn cancel(&self, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<Job, JobError> {
        Ok(self.job(self.inner.cancel(actor, project, self.stored(actor, id)).await?))
    }

    async fn erase_user(&self, actor: &Actor, project: &ProjectKey, user: ReferenceId) -> Result<RequestedErasure, JobError> {
        Ok(self.requested(self.inner.erase_user(actor, project, user).await?))
    }

    async fn erase_users(&self, actor: &Actor, project: &ProjectKey, users: ErasureUsers) -> Result<RequestedErasure, JobError> {
        Ok(self.requested(self.inner.erase_users(actor, project, users).await?))
    }

    async fn preview_erasure(&self, actor: &Actor, project: &ProjectKey, user: ReferenceId) -> Result<ErasureCounts, JobError> {
        self.inner.preview_erasure(actor, project, user).await
    }

    async fn erased_users(
        &self,
        actor: &Actor,
        project: &ProjectKey,
        id: JobId,
        page: PageRequest<UserPlace>,
    ) -> Result<Vec<ErasedUser>, JobError> {
        self.inner.erased_users(actor, project, self.stored(actor, id), page).await
    }
}
