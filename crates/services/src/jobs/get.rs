//! Reads one job.

use derslik_domain::id::JobId;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{ProjectKey, ShownJob};
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::{JobOfProject, JobReader, UnitOfWork};

use super::{Jobs, project_id};

pub(super) async fn run<U: UnitOfWork + JobReader>(
    service: &Jobs<U>,
    actor: &Actor,
    project: &ProjectKey,
    id: JobId,
) -> Result<ShownJob, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let account = actor.account_id();
    let name = JobOfProject { project: project.clone(), job: id };
    if let Some(job) = service.uow.read_job(account, name).await? {
        return Ok(job);
    }
    // A missing project is reported before a missing job.
    let project = project.clone();
    service.uow.read(account, move |stores| project_id(stores, account, &project)).await?;
    Err(JobError::JobNotFound)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::id::{Id, ProjectId};
    use derslik_domain::job::{Job, NewJob, Platform, Project, ProjectName, ReferenceId};
    use derslik_ports::inbound::JobService;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
    use derslik_testkit::builders::{account, actor_of, now};

    use super::*;

    const KEY: &str = "3sWXSsqHgSKnE87YkNJK";

    async fn get(job: Option<Job>, is_project_there: bool) -> Result<ShownJob, JobError> {
        let mut stores = MockStores::default();
        stores.jobs.expect_find_shown().returning(move |of, asked| {
            assert_eq!((of, asked), (account().id, &JobOfProject { project: KEY.parse().unwrap(), job: Id::new(3_451) }));
            Ok(job.clone().map(ShownJob::from))
        });
        stores.projects.expect_find_by_key().returning(move |_, key| {
            let name = ProjectName::new("Demo").unwrap();
            Ok(is_project_there.then(|| Project { id: Id::new(1), key: key.clone(), name, platform: Platform::Web, created_at: now() }))
        });
        let service = Jobs::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())));
        service.get(&actor_of(account()), &KEY.parse().unwrap(), Id::new(3_451)).await
    }

    #[tokio::test]
    async fn a_job_is_shown_and_a_missing_project_or_job_is_reported() {
        let job = NewJob::delete_user_data(ProjectId::new(1), ReferenceId::new("mehdi").unwrap(), now()).into_job(Id::new(3_451));
        assert_eq!(get(Some(job.clone()), true).await.unwrap(), job.into());
        assert!(matches!(get(None, true).await, Err(JobError::JobNotFound)));
        assert!(matches!(get(None, false).await, Err(JobError::ProjectNotFound)));
    }
}
