//! Creates the erasure job of a user, and records the requester in the audit log.

use derslik_domain::audit::{AuditEvent, Erasure, ErasureStage, NewAuditRecord, Requester};
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{NewJob, ProjectKey, ReferenceId};
use derslik_ports::inbound::{JobError, RequestedErasure};
use derslik_ports::outbound::{Enqueued, UnitOfWork};

use super::{Jobs, project_id};
use crate::author::{Author, write_as};

pub(super) async fn run<U: UnitOfWork>(
    service: &Jobs<U>,
    actor: &Actor,
    project: &ProjectKey,
    user: ReferenceId,
) -> Result<RequestedErasure, JobError> {
    authorize(actor, Action::EraseUser)?;
    let (account, project, now) = (actor.account_id(), project.clone(), service.clock.now_of(actor.account_id()));
    let (requester, trace) = (Requester::from(actor), actor.trace);
    let id = service.new_id(account);
    write_as(&service.uow, Author::of(actor), move |stores| {
        let project = project_id(stores, account, &project)?;
        let new = NewJob::delete_user_data(project, user, now).with_trace(trace).with_id(id);
        match stores.jobs().enqueue(account, &new)? {
            Enqueued::Live(job) => Ok(RequestedErasure::Live(job)),
            Enqueued::Created(job) => {
                let stage = ErasureStage::Requested(requester);
                let event = AuditEvent::Erasure(Erasure { job: job.id, subject: job.reference.clone(), stage });
                stores.audit().add(account, &NewAuditRecord { at: now, event })?;
                Ok(RequestedErasure::Created(job))
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::id::Id;
    use derslik_domain::job::{Job, Platform, Project, ProjectName};
    use derslik_ports::inbound::JobService;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
    use derslik_testkit::builders::{account, actor_of, now};

    use super::*;

    const KEY: &str = "3sWXSsqHgSKnE87YkNJK";

    /// Stores with one project, with or without a live erasure job.
    fn stores(is_live: bool) -> MockStores {
        let mut stores = MockStores::default();
        stores.projects.expect_find_by_key().returning(|_, _| {
            let name = ProjectName::new("Demo").unwrap();
            Ok(Some(Project { id: Id::new(1), key: KEY.parse().unwrap(), name, platform: Platform::Web, created_at: now() }))
        });
        stores.jobs.expect_enqueue().once().returning(move |_, job| {
            let job = job.clone().into_job(Id::new(3_451));
            Ok(if is_live { Enqueued::Live(job) } else { Enqueued::Created(job) })
        });
        stores
    }

    async fn erase(stores: MockStores) -> Job {
        erase_as(&actor_of(account()), stores).await
    }

    async fn erase_as(actor: &Actor, stores: MockStores) -> Job {
        let service = Jobs::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())));
        service.erase_user(actor, &KEY.parse().unwrap(), ReferenceId::new("mehdi").unwrap()).await.unwrap().into_job()
    }

    #[tokio::test]
    async fn the_requester_of_an_erasure_is_recorded() {
        let mut stores = stores(false);
        stores.audit.expect_add().once().returning(|of, record| {
            let stage = ErasureStage::Requested(Requester::from(&actor_of(account())));
            let event = AuditEvent::Erasure(Erasure { job: Id::new(3_451), subject: ReferenceId::new("mehdi").unwrap(), stage });
            assert_eq!((of, record), (account().id, &NewAuditRecord { at: now(), event }));
            Ok(())
        });
        assert_eq!(erase(stores).await.id, Id::new(3_451));
    }

    #[tokio::test]
    async fn an_erasure_continues_the_trace_of_its_request() {
        let trace = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap());
        assert_eq!(erase_as(&Actor { trace, ..actor_of(account()) }, stores(true)).await.trace, trace);
        assert_eq!(erase(stores(true)).await.trace, None);
    }

    #[tokio::test]
    async fn a_live_erasure_is_told_from_a_new_one_and_not_recorded_again() {
        let service = Jobs::new(FakeUnitOfWork::new(stores(true)), Arc::new(StoppedClock(now())));
        let live = service.erase_user(&actor_of(account()), &KEY.parse().unwrap(), ReferenceId::new("mehdi").unwrap()).await.unwrap();
        assert!(matches!(live, RequestedErasure::Live(job) if job.id == Id::new(3_451)));
    }
}
