//! Lists the sessions that a data subject attends, a page at a time.

use derslik_domain::attendee::{AttendanceFilter, AttendedCursor};
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{ProjectKey, ReferenceId};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::{AttendedSessions, JobError};
use derslik_ports::outbound::UnitOfWork;

use super::{Activity, find_subject};

pub(super) async fn run<U: UnitOfWork>(
    service: &Activity<U>,
    actor: &Actor,
    project: &ProjectKey,
    user: &ReferenceId,
    filter: AttendanceFilter,
    page: PageRequest<AttendedCursor>,
) -> Result<AttendedSessions, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let (account, project, user) = (actor.account_id(), project.clone(), user.clone());
    service
        .uow
        .read(account, move |stores| {
            let (project, who) = find_subject(stores, account, &project, &user)?;
            let sessions = stores.attendees().attended_by(account, &who, filter, page)?;
            let person = who.living().or_else(|| who.people().first());
            Ok(AttendedSessions { project, user: person.map(|person| person.guid), sessions })
        })
        .await
}

#[cfg(test)]
mod tests {
    use derslik_domain::attendee::AttendedSession;
    use derslik_domain::identity::{DataSubject, User};
    use derslik_domain::session::SessionDuration;
    use derslik_domain::time::Timestamp;
    use derslik_ports::inbound::ActivityService;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_testkit::builders::{PROJECT_KEY, account, actor_of, denied_actors, guid, now, project, user};

    use super::*;

    const FILTER: AttendanceFilter = AttendanceFilter { from: Timestamp::MIN, to: Timestamp::MAX };
    const PAGE: PageRequest<AttendedCursor> = PageRequest { size: 7, after: None };

    fn attended() -> AttendedSession {
        AttendedSession { guid: guid(1), start: now(), duration: SessionDuration::from_minutes(80).unwrap() }
    }

    async fn sessions(actor: &Actor, stores: MockStores) -> Result<AttendedSessions, JobError> {
        let user = ReferenceId::new("user7").unwrap();
        Activity::new(FakeUnitOfWork::new(stores)).sessions(actor, &PROJECT_KEY.parse().unwrap(), &user, FILTER, PAGE).await
    }

    async fn sessions_of(people: Vec<User>) -> AttendedSessions {
        let mut stores = MockStores::default();
        stores.projects.expect_find_by_key().once().returning(|_, _| Ok(Some(project())));
        let subject = DataSubject::new("user7", people);
        let found = subject.clone();
        stores.users.expect_find_subject().once().returning(move |of, reference| {
            assert_eq!((of, reference.as_str()), (account().id, "user7"));
            Ok(found.clone())
        });
        stores.attendees.expect_attended_by().once().returning(move |of, who, filter, page| {
            assert_eq!((of, who, filter, page), (account().id, &subject, FILTER, PAGE));
            Ok(vec![attended()])
        });
        sessions(&actor_of(account()), stores).await.unwrap()
    }

    #[tokio::test]
    async fn the_sessions_are_listed_with_the_project_and_the_living_person() {
        let expected = AttendedSessions { project: project().id, user: Some(user(7).guid), sessions: vec![attended()] };
        assert_eq!(sessions_of(vec![user(8).deleted(now()), user(7)]).await, expected);
    }

    #[tokio::test]
    async fn a_deleted_person_is_named_if_there_is_no_living_one_and_a_guest_is_not() {
        assert_eq!(sessions_of(vec![user(8).deleted(now())]).await.user, Some(user(8).guid));
        assert_eq!(sessions_of(Vec::new()).await.user, None);
    }

    #[tokio::test]
    async fn an_unknown_project_is_reported_before_the_data_subject_is_read() {
        let mut stores = MockStores::default();
        stores.projects.expect_find_by_key().once().returning(|_, _| Ok(None));
        let refused = sessions(&actor_of(account()), stores).await;
        assert!(matches!(refused, Err(JobError::ProjectNotFound)), "{refused:?}");
    }

    #[tokio::test]
    async fn a_denied_actor_reads_nothing() {
        for actor in denied_actors() {
            let denied = sessions(&actor, MockStores::default()).await;
            assert!(matches!(denied, Err(JobError::Denied(_))), "{denied:?}");
        }
    }
}
