//! Tells what an erasure has removed of each of its users so far.

use derslik_domain::id::JobId;
use derslik_domain::identity::{Action as Right, Actor, authorize};
use derslik_domain::job::{Action, ErasedUser, Job, JobStatus, ProjectKey, UserPlace};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::{ListedUser, UnitOfWork};

use super::{Jobs, counts_of_one, progress_of_many, project_id};

pub(super) async fn run<U: UnitOfWork>(
    service: &Jobs<U>,
    actor: &Actor,
    project: &ProjectKey,
    id: JobId,
    page: PageRequest<UserPlace>,
) -> Result<Vec<ErasedUser>, JobError> {
    authorize(actor, Right::ReadJobs)?;
    let (account, project) = (actor.account_id(), project.clone());
    service
        .uow
        .read(account, move |stores| {
            let project = project_id(stores, account, &project)?;
            let job = stores.jobs().find(account, id)?.filter(|job| job.project == Some(project)).ok_or(JobError::JobNotFound)?;
            match job.action {
                Action::DeleteUserData => Ok(if page.after.is_none() { vec![one_user(&job)] } else { Vec::new() }),
                Action::DeleteUsersData => {
                    let listed = stores.erasures().list_users(account, id, page)?;
                    Ok(listed.into_iter().map(|listed| one_of_many(&job, listed)).collect())
                }
                Action::AssignCalendarId
                | Action::ExpireSessions
                | Action::IndexSessions
                | Action::SealAudit
                | Action::Prune
                | Action::PruneAudit => Ok(Vec::new()),
            }
        })
        .await
}

fn one_user(job: &Job) -> ErasedUser {
    let is_erased = job.status() == JobStatus::Completed;
    ErasedUser { user: job.reference.clone(), is_erased, counts: counts_of_one(job) }
}

/// A user of the list. The rows of the one who is being erased stand in the progress of the job.
fn one_of_many(job: &Job, listed: ListedUser) -> ErasedUser {
    let ListedUser { place, user } = listed;
    if user.is_erased { user } else { ErasedUser { counts: progress_of_many(job).counts_at(place), ..user } }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::id::{Id, ProjectId};
    use derslik_domain::job::{ErasureCounts, ErasureKind, ErasureProgress, ErasuresProgress, NewJob, Progress, ReferenceId};
    use derslik_domain::rows::RowCount;
    use derslik_ports::inbound::JobService;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
    use derslik_testkit::builders::{PROJECT_KEY, account, actor_of, now, project};

    use super::*;

    const ALL: PageRequest<UserPlace> = PageRequest { size: 250, after: None };

    fn reference(text: &str) -> ReferenceId {
        ReferenceId::new(text).unwrap()
    }

    fn counts(rows: u64) -> ErasureCounts {
        ErasureCounts::default().with(ErasureKind::Sessions, RowCount::new(rows))
    }

    fn stores(job: Option<Job>) -> MockStores {
        let mut stores = MockStores::default();
        stores.projects.expect_find_by_key().returning(|_, _| Ok(Some(project())));
        stores.jobs.expect_find().once().returning(move |_, _| Ok(job.clone()));
        stores
    }

    async fn erased(stores: MockStores, page: PageRequest<UserPlace>) -> Result<Vec<ErasedUser>, JobError> {
        let service = Jobs::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())));
        service.erased_users(&actor_of(account()), &PROJECT_KEY.parse().unwrap(), Id::new(9), page).await
    }

    #[tokio::test]
    async fn the_current_user_is_shown_with_the_rows_of_the_progress() {
        let current = ErasureProgress { counts: counts(2), ..ErasureProgress::default() };
        let progress = ErasuresProgress { place: UserPlace::new(1), current, counts: counts(5) };
        let job = NewJob::delete_users_data(ProjectId::new(1), reference("a list"), now()).into_job(Id::new(9));
        let mut stores = stores(Some(Job { progress: Some(Progress::Erasures(progress)), ..job }));
        let user = |name, is_erased, rows| ErasedUser { user: reference(name), is_erased, counts: counts(rows) };
        stores.erasures.expect_list_users().once().returning(move |of, job, page| {
            assert_eq!((of, job, page), (account().id, Id::new(9), ALL));
            let users = [user("a", true, 5), user("b", false, 0), user("c", false, 0)];
            Ok((0..).map(UserPlace::new).zip(users).map(|(place, user)| ListedUser { place, user }).collect())
        });
        assert_eq!(erased(stores, ALL).await.unwrap(), [user("a", true, 5), user("b", false, 2), user("c", false, 0)]);
    }

    #[tokio::test]
    async fn the_erasure_of_one_user_has_one() {
        let job = NewJob::delete_user_data(ProjectId::new(1), reference("a"), now()).into_job(Id::new(9));
        let progress = Progress::Erasure(ErasureProgress { counts: counts(7), ..ErasureProgress::default() });
        let job = Job { progress: Some(progress), ..job };
        let expected = ErasedUser { user: reference("a"), is_erased: false, counts: counts(7) };
        assert_eq!(erased(stores(Some(job.clone())), ALL).await.unwrap(), [expected]);
        let page = PageRequest { size: 250, after: Some(UserPlace::FIRST) };
        assert!(erased(stores(Some(job)), page).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_job_of_another_project_is_not_there() {
        let elsewhere = NewJob::delete_user_data(ProjectId::new(2), reference("a"), now()).into_job(Id::new(9));
        for found in [None, Some(elsewhere)] {
            assert!(matches!(erased(stores(found), ALL).await, Err(JobError::JobNotFound)));
        }
    }
}
