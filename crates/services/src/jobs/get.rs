//! Reads one job.

use derslik_domain::id::JobId;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{Job, ProjectKey};
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::UnitOfWork;

use super::{Jobs, project_id};

pub(super) async fn run<U: UnitOfWork>(service: &Jobs<U>, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<Job, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let (account, project) = (actor.account_id(), project.clone());
    service
        .uow
        .read(move |stores| {
            if let Some(job) = stores.jobs().find_in(account, &project, id)? {
                return Ok(job);
            }
            // Whoever has no such project learns that first.
            project_id(stores, account, &project)?;
            Err(JobError::JobNotFound)
        })
        .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::id::{Id, ProjectId};
    use derslik_domain::job::{NewJob, Platform, Project, ProjectName, ReferenceId};
    use derslik_ports::inbound::JobService;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
    use derslik_testkit::builders::{account, actor_of, now};

    use super::*;

    const KEY: &str = "3sWXSsqHgSKnE87YkNJK";

    async fn get(job: Option<Job>, is_project_there: bool) -> Result<Job, JobError> {
        let mut stores = MockStores::default();
        stores.jobs.expect_find_in().returning(move |_, _, _| Ok(job.clone()));
        stores.projects.expect_find_by_key().returning(move |_, key| {
            let name = ProjectName::new("Demo").unwrap();
            Ok(is_project_there.then(|| Project { id: Id::new(1), key: key.clone(), name, platform: Platform::Web, created_at: now() }))
        });
        let service = Jobs::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())));
        service.get(&actor_of(account()), &KEY.parse().unwrap(), Id::new(3_451)).await
    }

    #[tokio::test]
    async fn a_job_is_shown_and_what_is_missing_is_named() {
        let job = NewJob::delete_user_data(ProjectId::new(1), ReferenceId::new("mehdi").unwrap(), now()).into_job(Id::new(3_451));
        assert_eq!(get(Some(job.clone()), true).await.unwrap(), job);
        assert!(matches!(get(None, true).await, Err(JobError::JobNotFound)));
        assert!(matches!(get(None, false).await, Err(JobError::ProjectNotFound)));
    }
}
