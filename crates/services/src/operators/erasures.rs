//! Asks for erasures in the name of the operator, and records that in the audit log.

use async_trait::async_trait;
use derslik_domain::audit::{AuditEvent, Erasure, ErasureStage, NewAuditRecord};
use derslik_domain::id::{AccountId, Id, JobId, ProjectId};
use derslik_domain::job::{Event, NewJob, ReferenceId};
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::operators::{ErasureRequests, ErasureStart};
use derslik_ports::outbound::{Enqueued, Reason, StoreError, Stores, UnitOfWork};

use super::UseCases;

/// Where an account without a project lists the job. Every account is set up with a project of this id or a higher one.
const NO_PROJECT: ProjectId = Id::new(1);

#[async_trait]
impl<U: UnitOfWork> ErasureRequests for UseCases<U> {
    async fn request(
        &self,
        account: AccountId,
        project: Option<ProjectId>,
        user: ReferenceId,
        start: ErasureStart,
    ) -> Result<JobId, StoreError> {
        let now = self.clock.now_of(account);
        let requester = self.requester;
        self.uow
            .write(account, move |stores| {
                let project = match project {
                    Some(project) => project,
                    None => first_project(stores, account)?,
                };
                let job = match stores.jobs().enqueue(account, &NewJob::delete_user_data(project, user, now))? {
                    Enqueued::Live(job) => job,
                    Enqueued::Created(job) => {
                        let stage = ErasureStage::Requested(requester);
                        let event = AuditEvent::Erasure(Erasure { job: job.id, subject: job.reference.clone(), stage });
                        stores.audit().add(account, &NewAuditRecord { at: now, event })?;
                        job
                    }
                };
                match start {
                    ErasureStart::Now => bring_forward(stores, account, job.id, now)?,
                    ErasureStart::Midnight => {}
                }
                Ok(job.id)
            })
            .await
    }
}

fn first_project(stores: &mut dyn Stores, account: AccountId) -> Result<ProjectId, StoreError> {
    let first = stores.projects().list(account, PageRequest { size: 1, after: None })?;
    Ok(first.first().map_or(NO_PROJECT, |project| project.id))
}

/// Makes a waiting job due. A running one needs nothing.
fn bring_forward(stores: &mut dyn Stores, account: AccountId, job: JobId, now: Timestamp) -> Result<(), StoreError> {
    let Some(before) = stores.jobs().lock(account, job)? else { return Ok(()) };
    let Ok((after, _)) = before.clone().apply(Event::RunNow, now) else { return Ok(()) };
    if stores.jobs().replace(account, &before, &after)? { Ok(()) } else { Err(StoreError::from(Reason::Conflict)) }
}

#[cfg(test)]
mod tests {
    use derslik_domain::audit::Requester;
    use derslik_domain::job::{Job, Platform, Project, ProjectName};
    use derslik_ports::mocks::MockStores;
    use derslik_testkit::builders::{account, now};

    use super::*;
    use crate::operators::testing::operators;

    fn user() -> ReferenceId {
        ReferenceId::new("ayse@okul.example").unwrap()
    }

    fn job() -> Job {
        NewJob::delete_user_data(Id::new(7), user(), now()).into_job(Id::new(3))
    }

    fn stores(enqueued: fn(Job) -> Enqueued) -> MockStores {
        let mut stores = MockStores::default();
        stores.jobs.expect_enqueue().once().returning(move |_, new| {
            assert_eq!((new.project(), new.reference()), (Some(Id::new(7)), &user()));
            Ok(enqueued(job()))
        });
        stores
    }

    #[tokio::test]
    async fn a_new_erasure_is_recorded_as_the_operators_and_is_due_at_once() {
        let mut stores = stores(Enqueued::Created);
        stores.audit.expect_add().once().returning(|of, record| {
            let stage = ErasureStage::Requested(Requester::Operator);
            assert_eq!((of, record.at), (account().id, now()));
            assert_eq!(record.event, AuditEvent::Erasure(Erasure { job: Id::new(3), subject: user(), stage }));
            Ok(())
        });
        stores.jobs.expect_lock().once().returning(|_, _| Ok(Some(job())));
        stores.jobs.expect_replace().once().returning(|_, _, after| {
            assert_eq!(after.start_at, now());
            Ok(true)
        });
        let id = operators(stores).request(account().id, Some(Id::new(7)), user(), ErasureStart::Now).await.unwrap();
        assert_eq!(id, Id::new(3));
    }

    #[tokio::test]
    async fn one_that_waits_for_midnight_already_is_left_as_it_is_under_the_first_project() {
        let mut stores = stores(Enqueued::Live);
        stores.projects.expect_list().once().returning(|_, page| {
            assert_eq!(page.size, 1);
            let name = ProjectName::new("Demo").unwrap();
            let key = "3sWXSsqHgSKnE87YkNJK".parse().unwrap();
            Ok(vec![Project { id: Id::new(7), key, name, platform: Platform::Web, created_at: now() }])
        });
        let id = operators(stores).request(account().id, None, user(), ErasureStart::Midnight).await.unwrap();
        assert_eq!(id, Id::new(3));
    }
}
