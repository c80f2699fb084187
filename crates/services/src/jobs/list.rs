//! Lists the jobs of a project, a page at a time.

use derslik_domain::id::JobId;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{ProjectKey, ShownJob};
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::UnitOfWork;

use super::{Jobs, project_id};

pub(super) async fn run<U: UnitOfWork>(
    service: &Jobs<U>,
    actor: &Actor,
    project: &ProjectKey,
    page: PageRequest<JobId>,
) -> Result<Page<ShownJob>, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let (account, project) = (actor.account_id(), project.clone());
    service
        .uow
        .read(account, move |stores| {
            let project = project_id(stores, account, &project)?;
            Ok(stores.jobs().list_shown(account, project, page)?)
        })
        .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::id::{Id, ProjectId};
    use derslik_domain::job::{NewJob, ReferenceId};
    use derslik_ports::inbound::JobService;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
    use derslik_testkit::builders::{PROJECT_KEY, account, actor_of, now, project};
    use mockall::{Sequence, predicate::eq};

    use super::*;

    const PAGE: PageRequest<JobId> = PageRequest { size: 2, after: Some(Id::new(3)) };

    async fn list(stores: MockStores) -> Result<Page<ShownJob>, JobError> {
        let service = Jobs::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())));
        service.list(&actor_of(account()), &PROJECT_KEY.parse().unwrap(), PAGE).await
    }

    #[tokio::test]
    async fn lists_the_requested_page_of_the_project() {
        let job = NewJob::delete_user_data(ProjectId::new(1), ReferenceId::new("mehdi").unwrap(), now()).into_job(Id::new(4));
        let shown = Page { entries: vec![ShownJob::from(job)], more: true };
        let (mut stores, mut order, listed) = (MockStores::default(), Sequence::new(), shown.clone());
        stores.projects.expect_find_by_key().once().in_sequence(&mut order).returning(|of, key| {
            assert_eq!((of, key.as_str()), (account().id, PROJECT_KEY));
            Ok(Some(project()))
        });
        stores
            .jobs
            .expect_list_shown()
            .with(eq(account().id), eq(project().id), eq(PAGE))
            .once()
            .in_sequence(&mut order)
            .returning(move |_, _, _| Ok(listed.clone()));
        assert_eq!(list(stores).await.unwrap(), shown);
    }

    #[tokio::test]
    async fn an_unknown_project_is_reported_and_its_jobs_are_not_read() {
        let mut stores = MockStores::default();
        stores.projects.expect_find_by_key().once().returning(|_, _| Ok(None));
        let refused = list(stores).await;
        assert!(matches!(refused, Err(JobError::ProjectNotFound)), "{refused:?}");
    }
}
