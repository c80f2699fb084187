//! Reads and changes any job, also internal ones and those of a newer program.

use async_trait::async_trait;
use derslik_domain::audit::{Change, Object};
use derslik_domain::id::{AccountId, Id, JobId};
use derslik_domain::job::{Action, Event, Job, JobCounts, JobFilter, UnknownJob};
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::inbound::operators::{JobOperation, JobOperationError, JobOperations, StoredJob};
use derslik_ports::outbound::{Reason, StoreError, Stores, UnitOfWork};

use super::UseCases;
use crate::jobs::record_cancel;
use crate::record::record;

#[async_trait]
impl<U: UnitOfWork> JobOperations for UseCases<U> {
    async fn list(&self, account: AccountId, page: PageRequest<JobId>) -> Result<Vec<StoredJob>, StoreError> {
        self.uow
            .read(account, move |stores| {
                let known = stores.jobs().list(account, None, page)?.into_iter();
                let unknown = stores.jobs().list_unknown(account, page)?.into_iter();
                let mut jobs: Vec<_> = known.map(StoredJob::Known).chain(unknown.map(StoredJob::Unknown)).collect();
                jobs.sort_by_key(StoredJob::id);
                jobs.truncate(usize::try_from(page.size).unwrap_or(usize::MAX));
                Ok(jobs)
            })
            .await
    }

    async fn search(&self, account: AccountId, filter: JobFilter, before: Option<JobId>, size: u32) -> Result<Page<StoredJob>, StoreError> {
        let found: Result<_, StoreError> = self.uow.read(account, move |stores| stores.jobs().search(account, &filter, before, size)).await;
        Ok(found?.map(StoredJob::Known))
    }

    async fn counts(&self, account: AccountId) -> Result<JobCounts, StoreError> {
        self.uow.read(account, move |stores| stores.jobs().count_by_status(account)).await
    }

    async fn find(&self, account: AccountId, id: JobId) -> Result<Option<StoredJob>, StoreError> {
        self.uow
            .read(account, move |stores| match stores.jobs().find(account, id)? {
                Some(job) => Ok(Some(StoredJob::Known(job))),
                None => Ok(find_unknown(stores, account, id)?.map(StoredJob::Unknown)),
            })
            .await
    }

    async fn operate(&self, account: AccountId, id: JobId, operation: JobOperation) -> Result<Job, JobOperationError> {
        let at = self.clock.now_of(account);
        let event = match operation {
            JobOperation::Cancel => Event::Cancel,
            JobOperation::Retry => Event::Retry,
            JobOperation::RunNow => Event::RunNow,
        };
        let requester = self.requester;
        self.uow
            .write(account, move |stores| {
                let Some(before) = stores.jobs().lock(account, id)? else {
                    let unknown = find_unknown(stores, account, id)?;
                    return Err(unknown.map_or(JobOperationError::NotFound, |_| JobOperationError::Unknown));
                };
                let (after, _) = before.clone().apply(event, at)?;
                if !stores.jobs().replace(account, &before, &after)? {
                    return Err(JobOperationError::Store(StoreError::from(Reason::Conflict)));
                }
                let change = match operation {
                    // The cancellation of an erasure has an event of its own.
                    JobOperation::Cancel if matches!(after.action, Action::DeleteUserData | Action::DeleteUsersData) => {
                        record_cancel(stores, account, &after, requester)?;
                        return Ok(after);
                    }
                    JobOperation::Cancel => Change::Cancelled,
                    JobOperation::Retry => Change::Retried,
                    JobOperation::RunNow => Change::RunNow,
                };
                record(stores, account, at, requester, change, Object::Job(id))?;
                Ok(after)
            })
            .await
    }
}

/// The job of that id, if it is of an action that this program does not know.
fn find_unknown(stores: &mut dyn Stores, account: AccountId, id: JobId) -> Result<Option<UnknownJob>, StoreError> {
    let page = PageRequest { size: 1, after: id.get().checked_sub(1).map(Id::new) };
    Ok(stores.jobs().list_unknown(account, page)?.into_iter().find(|job| job.id == id))
}

#[cfg(test)]
mod tests {
    use derslik_domain::audit::{AuditEvent, Erasure, ErasureStage, Requester};
    use derslik_domain::id::ProjectId;
    use derslik_domain::job::{
        Count, ErasureCounts, Failure, FailureReason, Jitter, JobStatus, LeaseTerm, LeaseToken, NewJob, ReferenceId, RetryPolicy, WorkerId,
    };
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_ports::outbound::{Conflict, MockPasswords};
    use derslik_testkit::builders::{account, now};
    use uuid::Uuid;

    use super::*;
    use crate::operators::testing::{operators, operators_with};

    fn erasure(id: i64) -> Job {
        let user = ReferenceId::new("mehdi").unwrap();
        NewJob::delete_user_data(ProjectId::new(1), user, now()).into_job(Id::new(id))
    }

    fn cancelled(job: Job) -> Job {
        job.apply(Event::Cancel, now()).unwrap().0
    }

    fn failed(job: Job) -> Job {
        let token = LeaseToken::new(Uuid::from_u128(7));
        let claim = Event::Claim { worker: WorkerId::new(Uuid::from_u128(1)), token, term: LeaseTerm::DEFAULT };
        let failure = Failure::new(FailureReason::Permanent, "no use in trying again");
        let fail = Event::Fail { token, failure, retry: RetryPolicy::DEFAULT, jitter: Jitter::NONE };
        job.apply(claim, now()).unwrap().0.apply(fail, now()).unwrap().0
    }

    fn unknown(id: i64) -> UnknownJob {
        UnknownJob {
            id: Id::new(id),
            project: None,
            action: "from_the_future".to_owned(),
            reference: "x".to_owned(),
            status: "scheduled".to_owned(),
            due_at: now(),
            created_at: now(),
            updated_at: now(),
        }
    }

    /// Stores with unknown jobs of these ids.
    fn with_unknown(ids: &'static [i64]) -> MockStores {
        let mut stores = MockStores::default();
        stores.jobs.expect_list_unknown().returning(|of, page| {
            assert_eq!(of, account().id);
            let after = page.after.map_or(i64::MIN, Id::get);
            Ok(ids.iter().filter(|id| **id > after).map(|id| unknown(*id)).take(usize::try_from(page.size).unwrap()).collect())
        });
        stores
    }

    async fn operate(stores: MockStores, operation: JobOperation) -> (Result<Job, JobOperationError>, usize) {
        let uow = FakeUnitOfWork::new(stores);
        let done = operators_with(uow.clone(), MockPasswords::new()).operate(account().id, Id::new(7), operation).await;
        (done, uow.commits())
    }

    #[tokio::test]
    async fn known_and_unknown_jobs_are_listed_together_by_their_ids() {
        let mut stores = with_unknown(&[2, 4, 8]);
        stores.jobs.expect_list().once().returning(|_, project, page| {
            assert_eq!((project, page.after, page.size), (None, Some(Id::new(1)), 3));
            Ok(vec![erasure(3), erasure(7), erasure(9)])
        });
        let page = PageRequest { size: 3, after: Some(Id::new(1)) };
        let ids: Vec<_> = operators(stores).list(account().id, page).await.unwrap().iter().map(|job| job.id().get()).collect();
        assert_eq!(ids, [2, 3, 4]);
    }

    #[tokio::test]
    async fn a_search_reads_one_page_of_the_account() {
        let filter = JobFilter { states: vec![JobStatus::Failed], ..JobFilter::default() };
        let (mut stores, expected) = (MockStores::default(), filter.clone());
        stores.jobs.expect_search().once().returning(move |of, filter, before, size| {
            assert_eq!((of, filter, before, size), (account().id, &expected, Some(Id::new(9)), 2));
            Ok(Page { entries: vec![erasure(8), erasure(3)], more: true })
        });
        let found = operators(stores).search(account().id, filter, Some(Id::new(9)), 2).await.unwrap();
        assert_eq!(found, Page { entries: [8, 3].map(erasure).map(StoredJob::Known).to_vec(), more: true });
    }

    #[tokio::test]
    async fn jobs_of_the_account_are_counted() {
        let (mut stores, counts) = (MockStores::default(), JobCounts { failed: Count::of(3), ..JobCounts::default() });
        stores.jobs.expect_count_by_status().once().returning(move |of| {
            assert_eq!(of, account().id);
            Ok(counts)
        });
        assert_eq!(operators(stores).counts(account().id).await.unwrap(), counts);
    }

    #[tokio::test]
    async fn a_job_is_found_whether_or_not_its_action_is_known() {
        let found = |id: i64| async move {
            let mut stores = with_unknown(&[8]);
            stores.jobs.expect_find().once().returning(|_, id| Ok((id.get() == 7).then(|| erasure(7))));
            operators(stores).find(account().id, Id::new(id)).await.unwrap()
        };
        assert_eq!(found(7).await, Some(StoredJob::Known(erasure(7))));
        assert_eq!(found(8).await, Some(StoredJob::Unknown(unknown(8))));
        assert_eq!(found(6).await, None);
    }

    #[tokio::test]
    async fn the_cancellation_of_an_erasure_is_recorded_as_the_operators() {
        let mut stores = MockStores::default();
        stores.jobs.expect_lock().once().returning(|_, _| Ok(Some(erasure(7))));
        stores.jobs.expect_replace().once().returning(|_, before, after| {
            assert_eq!((before.status(), after.status()), (JobStatus::Scheduled, JobStatus::Cancelled));
            Ok(true)
        });
        stores.audit.expect_add().once().returning(|_, record| {
            let stage = ErasureStage::Cancelled(Requester::Operator, ErasureCounts::default());
            assert_eq!(record.event, AuditEvent::Erasure(Erasure { job: Id::new(7), subject: erasure(7).reference, stage }));
            Ok(())
        });
        assert_eq!(operate(stores, JobOperation::Cancel).await.0.unwrap(), cancelled(erasure(7)));
    }

    #[tokio::test]
    async fn each_other_operation_on_a_job_is_recorded() {
        let sweep = || NewJob::index_sessions(now(), now()).into_job(Id::new(7));
        for (job, operation, change) in [
            (erasure(7), JobOperation::RunNow, Change::RunNow),
            (sweep(), JobOperation::Cancel, Change::Cancelled),
            (failed(sweep()), JobOperation::Retry, Change::Retried),
        ] {
            let mut stores = MockStores::default();
            stores.jobs.expect_lock().once().returning(move |_, _| Ok(Some(job.clone())));
            stores.jobs.expect_replace().once().returning(|_, _, _| Ok(true));
            stores.audit.expect_add().once().returning(move |of, record| {
                let event = AuditEvent::Change(Requester::Operator, change, Object::Job(Id::new(7)));
                assert_eq!((of, record.at, &record.event), (account().id, now(), &event));
                Ok(())
            });
            assert!(operate(stores, operation).await.0.is_ok(), "{change:?}");
        }
    }

    #[tokio::test]
    async fn an_operation_that_its_state_does_not_allow_writes_nothing() {
        let mut stores = MockStores::default();
        stores.jobs.expect_lock().once().returning(|_, _| Ok(Some(cancelled(erasure(7)))));
        let (refused, commits) = operate(stores, JobOperation::Cancel).await;
        assert!(matches!(refused, Err(JobOperationError::Refused(_))), "{refused:?}");
        assert_eq!(commits, 0);
    }

    #[tokio::test]
    async fn a_missing_job_is_told_from_one_of_an_unknown_action() {
        for (ids, is_unknown) in [(&[7][..], true), (&[8][..], false)] {
            let mut stores = with_unknown(ids);
            stores.jobs.expect_lock().once().returning(|_, _| Ok(None));
            let (refused, commits) = operate(stores, JobOperation::RunNow).await;
            let error = refused.unwrap_err();
            assert_eq!(matches!(error, JobOperationError::Unknown), is_unknown, "{error:?}");
            assert_eq!(matches!(error, JobOperationError::NotFound), !is_unknown, "{error:?}");
            assert_eq!(commits, 0);
        }
    }

    #[tokio::test]
    async fn a_job_is_not_revived_beside_a_live_one() {
        let mut stores = MockStores::default();
        stores.jobs.expect_lock().once().returning(|_, _| Ok(Some(erasure(7))));
        stores.jobs.expect_replace().once().returning(|_, _, _| Err(StoreError::Conflict(Conflict::LiveJob)));
        let (refused, commits) = operate(stores, JobOperation::RunNow).await;
        assert!(matches!(refused, Err(JobOperationError::AnotherIsLive)), "{refused:?}");
        assert_eq!(commits, 0);
    }
}
