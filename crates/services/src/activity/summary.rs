//! Summarises the attendance of a data subject.

use derslik_domain::attendee::Attendance;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{ProjectKey, ReferenceId};
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::UnitOfWork;

use super::{Activity, find_subject};

pub(super) async fn run<U: UnitOfWork>(
    service: &Activity<U>,
    actor: &Actor,
    project: &ProjectKey,
    user: &ReferenceId,
) -> Result<Option<Attendance>, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let (account, project, user) = (actor.account_id(), project.clone(), user.clone());
    service
        .uow
        .read(account, move |stores| {
            let (_, who) = find_subject(stores, account, &project, &user)?;
            let attendance = stores.attendees().attendance_of(account, &who)?;
            // A guest or a deleted person is known only as long as a session lists them.
            Ok(Some(attendance).filter(|attendance| who.living().is_some() || attendance.sessions > 0))
        })
        .await
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_domain::identity::{DataSubject, Scopes, User};
    use derslik_domain::job::{Platform, Project, ProjectName};
    use derslik_ports::inbound::ActivityService;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_testkit::builders::{account, actor_of, now, user};

    use super::*;

    const KEY: &str = "3sWXSsqHgSKnE87YkNJK";

    async fn summary(found: Option<User>, attended: u64, scopes: Option<Scopes>, key: &str) -> Result<Option<Attendance>, JobError> {
        let mut stores = MockStores::default();
        stores.projects.expect_find_by_key().returning(|_, key| {
            let name = ProjectName::new("Demo").unwrap();
            let project = Project { id: Id::new(1), key: KEY.parse().unwrap(), name, platform: Platform::Web, created_at: now() };
            Ok((*key == project.key).then_some(project))
        });
        let people: Vec<_> = found.into_iter().collect();
        stores.users.expect_find_subject().returning(move |_, user| Ok(DataSubject::new(user.as_str(), people.clone())));
        stores.attendees.expect_attendance_of().returning(move |_, who| {
            assert!(who.people().iter().all(|person| person.id.get() == 7));
            Ok(Attendance { sessions: attended, first: Some(now()), last: Some(now()) })
        });
        let mut actor = actor_of(account());
        actor.scopes = scopes.unwrap_or(actor.scopes);
        let user = ReferenceId::new("user7").unwrap();
        Activity::new(FakeUnitOfWork::new(stores)).summary(&actor, &key.parse().unwrap(), &user).await
    }

    #[tokio::test]
    async fn a_person_is_counted_and_an_unknown_reference_is_not() {
        for attended in [0, 2] {
            assert_eq!(summary(Some(user(7)), attended, None, KEY).await.unwrap().map(|attendance| attendance.sessions), Some(attended));
        }
        assert_eq!(summary(None, 0, None, KEY).await.unwrap(), None);
    }

    #[tokio::test]
    async fn an_erased_person_is_unknown() {
        assert_eq!(summary(Some(user(7).deleted(now())), 0, None, KEY).await.unwrap(), None);
    }

    #[tokio::test]
    async fn guests_and_deleted_people_that_a_session_lists_are_counted() {
        for found in [None, Some(user(7).deleted(now()))] {
            assert_eq!(summary(found, 3, None, KEY).await.unwrap().map(|attendance| attendance.sessions), Some(3));
        }
    }

    #[tokio::test]
    async fn an_unknown_project_and_a_missing_scope_are_refused() {
        let unknown = summary(Some(user(7)), 2, None, "AAAAAAAAAAAAAAAAAAAA").await;
        assert!(matches!(unknown, Err(JobError::ProjectNotFound)), "{unknown:?}");
        let denied = summary(Some(user(7)), 2, Some(Scopes::default()), KEY).await;
        assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
    }
}
