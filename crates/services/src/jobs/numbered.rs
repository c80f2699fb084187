//! The use cases of jobs, with the numbers under which clients know jobs in the place of their ids. Both are the same, unless a test asks
//! for ids that do not depend on other accounts.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::id::JobId;
use derslik_domain::identity::Actor;
use derslik_domain::job::{ErasedUser, ErasureCounts, ErasureUsers, Job, ProjectKey, ReferenceId, ShownJob, UserPlace};
use derslik_domain::page::{OffsetPage, Page, PageRequest};
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
    async fn list(&self, actor: &Actor, project: &ProjectKey, page: PageRequest<JobId>) -> Result<Page<ShownJob>, JobError> {
        let page = PageRequest { size: page.size, after: page.after.map(|after| self.stored(actor, after)) };
        let jobs = self.inner.list(actor, project, page).await?;
        Ok(jobs.map(|job| self.listed(job)))
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

#[cfg(test)]
mod tests {
    use derslik_domain::id::{AccountId, AttendeeGuid, Id, ProjectId, SessionGuid, UserGuid};
    use derslik_domain::job::NewJob;
    use derslik_ports::inbound::MockJobService;
    use derslik_ports::mocks::FixedIds;
    use derslik_ports::outbound::{job_of_number, job_shown_as, shown_number};
    use derslik_testkit::builders::{PROJECT_KEY, account, actor_of, guid, now};

    use super::*;

    /// Ids whose jobs have numbers.
    #[derive(Debug)]
    struct Numbering(FixedIds);

    impl Ids for Numbering {
        fn session_guid(&self) -> SessionGuid {
            self.0.session_guid()
        }

        fn user_guid(&self) -> UserGuid {
            self.0.user_guid()
        }

        fn attendee_guid(&self) -> AttendeeGuid {
            self.0.attendee_guid()
        }

        fn random(&self) -> [u8; 32] {
            self.0.random()
        }

        fn shown_job(&self, job: JobId) -> JobId {
            shown_number(job)
        }

        fn job_shown_as(&self, account: AccountId, shown: JobId) -> JobId {
            job_shown_as(account, shown)
        }
    }

    #[tokio::test]
    async fn clients_send_and_see_numbers() {
        let stored = job_of_number(account().id, 7).unwrap();
        let job = NewJob::delete_user_data(ProjectId::new(1), ReferenceId::new("mehdi").unwrap(), now()).into_job(stored);
        let mut inner = MockJobService::new();
        let found = ShownJob::from(job.clone());
        inner.expect_get().once().withf(move |_, _, id| *id == stored).returning(move |_, _, _| Ok(found.clone()));
        let cancelled = job.clone();
        inner.expect_cancel().once().withf(move |_, _, id| *id == stored).returning(move |_, _, _| Ok(cancelled.clone()));
        let listed = ShownJob::from(job);
        let page = Page { entries: vec![listed], more: false };
        inner.expect_list().once().withf(move |_, _, page| page.after == Some(stored)).returning(move |_, _, _| Ok(page.clone()));
        let jobs = NumberedJobs::new(Arc::new(inner), Arc::new(Numbering(FixedIds(guid(99)))));
        let (actor, project, number) = (actor_of(account()), PROJECT_KEY.parse().unwrap(), Id::new(7));
        assert_eq!(jobs.get(&actor, &project, number).await.unwrap().id, number);
        assert_eq!(jobs.cancel(&actor, &project, number).await.unwrap().id, number);
        let page = PageRequest { size: 10, after: Some(number) };
        let listed = jobs.list(&actor, &project, page).await.unwrap();
        assert_eq!(listed.entries.iter().map(|job| job.id).collect::<Vec<_>>(), [number]);
    }
}
