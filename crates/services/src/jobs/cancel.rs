//! Cancels a job, also a running one. The worker of a running job learns of it at its next heartbeat or step and stops. Its
//! later writes for the job have no effect.

use derslik_domain::audit::Requester;
use derslik_domain::id::JobId;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{Event, Job, ProjectKey};
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::{Reason, StoreError, UnitOfWork};

use super::{Jobs, project_id, record_cancel};
use crate::author::{Author, write_as};

pub(super) async fn run<U: UnitOfWork>(service: &Jobs<U>, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<Job, JobError> {
    authorize(actor, Action::CancelJobs)?;
    let requester = Requester::from(actor);
    let (account, project, clock) = (actor.account_id(), project.clone(), service.clock.clone());
    let cancelled = write_as(&service.uow, Author::of(actor), move |stores| {
        let project = project_id(stores, account, &project)?;
        let before = stores.jobs().lock(account, id)?.filter(|job| job.project == Some(project)).ok_or(JobError::JobNotFound)?;
        let status = before.status();
        let (after, _) = before.clone().apply(Event::Cancel, clock.now_of(account)).map_err(|_| JobError::NotCancellable(status))?;
        if !stores.jobs().replace(account, &before, &after)? {
            // Unreachable: the lock on the row keeps other writers out.
            return Err(JobError::from(StoreError::from(Reason::Conflict)));
        }
        record_cancel(stores, account, &after, requester)?;
        Ok((after, status))
    })
    .await;
    let (job, was) = cancelled?;
    tracing::info!(account = account.get(), job = job.id.get(), action = job.action.name(), outcome = "cancelled", %was, "job ended");
    Ok(job)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::audit::{AuditEvent, Erasure, ErasureStage};
    use derslik_domain::id::{Id, ProjectId};
    use derslik_domain::identity::Scopes;
    use derslik_domain::job::{
        ErasedUser, ErasureCounts, ErasureKind, ErasureProgress, ErasuresProgress, JobStatus, NewJob, Platform, Progress, Project,
        ProjectName, ReferenceId, UserPlace,
    };
    use derslik_domain::rows::RowCount;
    use derslik_ports::inbound::JobService;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
    use derslik_ports::outbound::ListedUser;
    use derslik_testkit::builders::{account, actor_of, now};

    use super::*;

    const KEY: &str = "3sWXSsqHgSKnE87YkNJK";

    fn job() -> Job {
        let user = ReferenceId::new("mehdi@okul.example").unwrap();
        NewJob::delete_user_data(ProjectId::new(1), user, now()).into_job(Id::new(3_451))
    }

    /// Stores with project 1 and this job.
    fn stores(job: Option<Job>) -> MockStores {
        let mut stores = MockStores::default();
        let project = Project {
            id: Id::new(1),
            key: KEY.parse().unwrap(),
            name: ProjectName::new("Demo").unwrap(),
            platform: Platform::Web,
            created_at: now(),
        };
        stores.projects.expect_find_by_key().returning(move |_, key| Ok((*key == project.key).then(|| project.clone())));
        stores.jobs.expect_lock().returning(move |_, _| Ok(job.clone()));
        stores
    }

    async fn cancel(stores: MockStores) -> Result<Job, JobError> {
        let service = Jobs::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())));
        service.cancel(&actor_of(account()), &KEY.parse().unwrap(), Id::new(3_451)).await
    }

    #[tokio::test]
    async fn a_waiting_job_is_cancelled() {
        let mut stores = stores(Some(job()));
        stores.audit.expect_add().once().returning(|_, record| {
            let requester = Requester::from(&actor_of(account()));
            let stage = ErasureStage::Cancelled(requester, ErasureCounts::default());
            assert_eq!(record.event, AuditEvent::Erasure(Erasure { job: job().id, subject: job().reference, stage }));
            Ok(())
        });
        stores.jobs.expect_replace().once().returning(|_, before, after| {
            assert_eq!((before.status(), after.status()), (JobStatus::Scheduled, JobStatus::Cancelled));
            Ok(true)
        });
        assert_eq!(cancel(stores).await.unwrap().status(), JobStatus::Cancelled);
    }

    #[tokio::test]
    async fn the_cancel_of_an_erasure_of_many_is_recorded_for_those_who_are_left() {
        let rows = |rows| ErasureCounts::default().with(ErasureKind::Sessions, RowCount::new(rows));
        let current = ErasureProgress { counts: rows(2), ..ErasureProgress::default() };
        let progress = ErasuresProgress { place: UserPlace::new(1), current, counts: rows(5) };
        let list = ReferenceId::new("a list").unwrap();
        let job = NewJob::delete_users_data(ProjectId::new(1), list, now()).into_job(Id::new(3_451));
        let mut stores = stores(Some(Job { progress: Some(Progress::Erasures(progress)), ..job }));
        stores.jobs.expect_replace().once().returning(|_, _, _| Ok(true));
        stores.erasures.expect_list_users().once().returning(|_, _, page| {
            assert_eq!((page.size, page.after), (1_000, Some(UserPlace::FIRST)));
            let listed = |place, user: &str| {
                let user = ErasedUser { user: ReferenceId::new(user).unwrap(), is_erased: false, counts: ErasureCounts::default() };
                ListedUser { place: UserPlace::new(place), user }
            };
            Ok(vec![listed(1, "b"), listed(2, "c")])
        });
        stores.audit.expect_add_many().once().returning(move |_, records| {
            let recorded: Vec<_> = records.iter().map(|record| (record.event.subject().cloned(), record.event.counts())).collect();
            let expected = [("b", rows(2)), ("c", rows(0))].map(|(user, counts)| (ReferenceId::new(user).ok(), Some(counts)));
            assert_eq!(recorded, expected);
            Ok(())
        });
        assert_eq!(cancel(stores).await.unwrap().status(), JobStatus::Cancelled);
    }

    #[tokio::test]
    async fn a_cancelled_job_is_refused_and_not_written() {
        let (cancelled, _) = job().apply(Event::Cancel, now()).unwrap();
        let error = cancel(stores(Some(cancelled))).await.unwrap_err();
        assert!(matches!(error, JobError::NotCancellable(JobStatus::Cancelled)), "{error:?}");
    }

    #[tokio::test]
    async fn a_job_of_another_project_is_not_there() {
        let elsewhere = Job { project: Some(ProjectId::new(2)), ..job() };
        for found in [None, Some(elsewhere), Some(Job { project: None, ..job() })] {
            assert!(matches!(cancel(stores(found)).await.unwrap_err(), JobError::JobNotFound));
        }
    }

    #[tokio::test]
    async fn an_actor_without_the_scope_is_denied_before_any_read() {
        let service = Jobs::new(FakeUnitOfWork::new(MockStores::default()), Arc::new(StoppedClock(now())));
        let actor = Actor { scopes: Scopes::default(), ..actor_of(account()) };
        let error = service.cancel(&actor, &KEY.parse().unwrap(), Id::new(1)).await.unwrap_err();
        assert!(matches!(error, JobError::Denied(_)));
    }
}
