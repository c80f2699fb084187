//! Tells whether the account has a session.

use derslik_domain::id::SessionGuid;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::ProjectKey;
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::UnitOfWork;

use super::Activity;

pub(super) async fn run<U: UnitOfWork>(
    service: &Activity<U>,
    actor: &Actor,
    project: &ProjectKey,
    session: SessionGuid,
) -> Result<bool, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let (account, project) = (actor.account_id(), project.clone());
    service
        .uow
        .read(account, move |stores| {
            stores.projects().find_by_key(account, &project)?.ok_or(JobError::ProjectNotFound)?;
            Ok(stores.sessions().find(account, session)?.is_some())
        })
        .await
}

#[cfg(test)]
mod tests {
    use derslik_ports::inbound::ActivityService;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_testkit::builders::{PROJECT_KEY, account, actor_of, denied_actors, guid, project, session};

    use super::*;

    async fn has_session(actor: &Actor, stores: MockStores) -> Result<bool, JobError> {
        Activity::new(FakeUnitOfWork::new(stores)).has_session(actor, &PROJECT_KEY.parse().unwrap(), guid(1)).await
    }

    #[tokio::test]
    async fn a_session_of_the_account_is_there_and_any_other_is_not() {
        for found in [Some(session(guid(1))), None] {
            let (mut stores, expected) = (MockStores::default(), found.is_some());
            stores.projects.expect_find_by_key().once().returning(|_, _| Ok(Some(project())));
            stores.sessions.expect_find().once().returning(move |of, asked| {
                assert_eq!((of, asked), (account().id, guid(1)));
                Ok(found.clone())
            });
            assert_eq!(has_session(&actor_of(account()), stores).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn an_unknown_project_is_reported_before_the_session_is_read() {
        let mut stores = MockStores::default();
        stores.projects.expect_find_by_key().once().returning(|_, _| Ok(None));
        let refused = has_session(&actor_of(account()), stores).await;
        assert!(matches!(refused, Err(JobError::ProjectNotFound)), "{refused:?}");
    }

    #[tokio::test]
    async fn a_denied_actor_reads_nothing() {
        for actor in denied_actors() {
            let denied = has_session(&actor, MockStores::default()).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
        }
    }
}
