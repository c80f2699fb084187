//! Tests of creating courses and their aliases.

use derslik_domain::course::alias::{Alias, AliasSpace};
use derslik_domain::course::roster::Membership;
use derslik_domain::course::{Course, CourseDenial, CourseForm, CourseState, CreateError};
use derslik_domain::id::Id;
use derslik_domain::idempotency::{Answer, AnswerCode, KeptAnswer, RequestDigest};
use derslik_domain::identity::{Actor, UserKey};
use derslik_domain::job::Action;
use derslik_ports::inbound::{CourseError, CourseService, CourseWithAccess, IdempotentOutcome, KeyRefusal};
use derslik_ports::mocks::MockStores;
use derslik_ports::outbound::{Conflict, CourseWithMembership, Enqueued, KeyState, Reason, StoreError};
use derslik_testkit::builders::{account, course, now, text, user};
use mockall::Sequence;

use super::{OWNER, admin, done, form, its_owner, keyed, keyed_request, knows_owner, locking, named_state, owner, record, service, seven};

#[tokio::test]
async fn create_inserts_the_course_then_its_alias() {
    let (mut stores, mut order) = (MockStores::default(), Sequence::new());
    knows_owner(&mut stores);
    stores.courses.expect_insert().once().in_sequence(&mut order).returning(|id, course| {
        assert_eq!((id, course.owner, course.state), (account().id, Id::new(OWNER), CourseState::Provisioned));
        Ok(())
    });
    stores.aliases.expect_add().once().in_sequence(&mut order).returning(|_, _, space, alias, at| {
        assert_eq!((space, alias.as_str(), at), (AliasSpace::Project(Id::new(1)), "p:fizik", now()));
        Ok(())
    });
    let (service, uow) = service(stores);
    let created = service.create(&owner(), CourseForm { alias: text("p:fizik"), ..form("Fizik") }, None).await;
    let seen = done(created);
    assert_eq!((seen.course.details.name.as_str(), seen.course.calendar, uow.commits()), ("Fizik", None, 1));
    assert!(seen.access.is_teacher());
}

#[tokio::test]
async fn create_enqueues_the_calendar_job_of_an_active_course_in_the_same_transaction() {
    let mut stores = MockStores::default();
    stores.users.expect_find().returning(|_, _| Ok(Some(user(9))));
    stores.courses.expect_insert().once().returning(|_, _| Ok(()));
    stores.jobs.expect_enqueue().once().returning(|id, job| {
        assert_eq!((id, job.action(), job.project(), job.start_at()), (account().id, Action::AssignCalendarId, None, now()));
        Ok(Enqueued::Created(job.clone().into_job(Id::new(1))))
    });
    let (service, uow) = service(stores);
    assert_eq!(done(service.create(&admin(), named_state(CourseState::Active), None).await).course.first_active_at, Some(now()));
    assert_eq!(uow.commits(), 1);
}

#[tokio::test]
async fn create_rolls_back_if_the_calendar_job_can_not_be_enqueued() {
    let mut stores = MockStores::default();
    stores.users.expect_find().returning(|_, _| Ok(Some(user(9))));
    stores.courses.expect_insert().once().returning(|_, _| Ok(()));
    stores.jobs.expect_enqueue().once().returning(|_, _| Err(StoreError::from(Reason::Unreachable)));
    let (service, uow) = service(stores);
    let failed = service.create(&admin(), named_state(CourseState::Active), None).await;
    assert!(matches!(failed, Err(CourseError::Store(StoreError::Unavailable(_)))), "{failed:?}");
    assert_eq!(uow.commits(), 0);
}

#[tokio::test]
async fn create_tries_another_id_where_one_is_taken_and_gives_up_in_the_end() {
    let taken = || Err(StoreError::Conflict(Conflict::Course));
    let mut stores = MockStores::default();
    stores.users.expect_find().returning(|_, _| Ok(Some(user(OWNER))));
    let mut order = Sequence::new();
    stores.courses.expect_insert().times(2).in_sequence(&mut order).returning(move |_, _| taken());
    stores.courses.expect_insert().once().in_sequence(&mut order).returning(|_, _| Ok(()));
    stores.courses.expect_insert().times(3).in_sequence(&mut order).returning(move |_, _| taken());
    let (service, uow) = service(stores);
    done(service.create(&owner(), form("Fizik"), None).await);
    let failed = service.create(&owner(), form("Fizik"), None).await;
    assert!(matches!(failed, Err(CourseError::Store(StoreError::Conflict(Conflict::Course)))), "{failed:?}");
    assert_eq!(uow.commits(), 1);
}

#[tokio::test]
async fn create_commits_nothing_where_the_alias_is_taken() {
    let mut stores = MockStores::default();
    knows_owner(&mut stores);
    stores.courses.expect_insert().once().returning(|_, _| Ok(()));
    stores.aliases.expect_add().once().returning(|_, _, _, _, _| Err(StoreError::Conflict(Conflict::Alias)));
    let (service, uow) = service(stores);
    let taken = service.create(&owner(), CourseForm { alias: text("p:fizik"), ..form("Fizik") }, None).await;
    assert!(matches!(taken, Err(CourseError::AliasTaken)), "{taken:?}");
    assert_eq!(uow.commits(), 0);
}

#[tokio::test]
async fn create_refuses_before_it_writes() {
    let refused = |actor: Actor, form: CourseForm| async move {
        let mut stores = MockStores::default();
        stores.users.expect_find().returning(|_, key| Ok(Some(user(OWNER)).filter(|_| *key == UserKey::Id(Id::new(OWNER)))));
        let (service, uow) = service(stores);
        let refused = service.create(&actor, form, None).await;
        assert_eq!(uow.commits(), 0);
        refused.unwrap_err()
    };
    let of = |owner: &str| CourseForm { owner: text(owner), ..form("Fizik") };
    assert!(matches!(refused(owner(), form("")).await, CourseError::Create(CreateError::Invalid(_))));
    assert!(matches!(refused(owner(), of("4")).await, CourseError::Create(CreateError::NotSelf)));
    assert!(matches!(refused(admin(), of("4")).await, CourseError::Create(CreateError::UnknownOwner)));
    assert!(matches!(refused(owner(), named_state(CourseState::Active)).await, CourseError::Create(CreateError::ActiveNotAllowed)));
    let domain = CourseForm { alias: text("d:fizik"), ..form("Fizik") };
    assert!(matches!(refused(owner(), domain).await, CourseError::Denied(CourseDenial::Role)));
    let project = CourseForm { alias: text("p:fizik"), ..form("Fizik") };
    assert!(matches!(refused(Actor { project: None, ..owner() }, project).await, CourseError::NoProject));
    let reader = Actor { scopes: std::iter::empty().collect(), ..owner() };
    assert!(matches!(refused(reader, form("Fizik")).await, CourseError::Denied(CourseDenial::Scope(_))));
}

#[tokio::test]
async fn the_answer_to_an_idempotent_create_is_stored() {
    let mut stores = keyed(KeyState::Free);
    knows_owner(&mut stores);
    let mut order = Sequence::new();
    stores.courses.expect_insert().once().in_sequence(&mut order).returning(|_, _| Ok(()));
    stores.idempotency.expect_keep().once().in_sequence(&mut order).returning(|_, kept, _| {
        assert_eq!(kept.answer.body, b"rendered");
        Ok(())
    });
    let (service, uow) = service(stores);
    let kept = service.create(&owner(), form("Fizik"), Some(keyed_request::<CourseWithAccess>())).await;
    assert!(matches!(kept, Ok(IdempotentOutcome::Stored(answer)) if answer.body == b"rendered"));
    assert_eq!(uow.commits(), 1);
}

#[tokio::test]
async fn a_repeated_create_is_replayed_and_a_reused_or_busy_key_refused() {
    let kept = |request| {
        let answer = Answer { code: AnswerCode::new(7), body: b"before".to_vec() };
        KeyState::Answered(KeptAnswer { request: RequestDigest::new([request; 32]), answer, at: now() })
    };
    let before = service(keyed(kept(1))).0.create(&owner(), form("Fizik"), Some(keyed_request())).await;
    assert!(matches!(before, Ok(IdempotentOutcome::Replayed(answer)) if answer.body == b"before"));
    let alias = Alias::parse("p:a").unwrap();
    let before = service(keyed(kept(1))).0.create_alias(&owner(), seven(), alias, Some(keyed_request())).await;
    assert!(matches!(before, Ok(IdempotentOutcome::Replayed(answer)) if answer.body == b"before"));
    let reused = service(keyed(kept(2))).0.create(&owner(), form("Fizik"), Some(keyed_request())).await;
    assert!(matches!(reused, Err(CourseError::Key(KeyRefusal::Reused))), "{reused:?}");
    let busy = service(keyed(KeyState::Busy)).0.create(&owner(), form("Fizik"), Some(keyed_request())).await;
    assert!(matches!(busy, Err(CourseError::Key(KeyRefusal::Busy))), "{busy:?}");
}

#[tokio::test]
async fn an_alias_is_added_and_removed_in_its_space() {
    let alias = || Alias::parse("p:a").unwrap();
    let mut stores = MockStores::default();
    locking(&mut stores, OWNER, its_owner());
    stores.aliases.expect_add().once().returning(|_, course, space, _, _| {
        assert_eq!((course, space), (Id::new(7), AliasSpace::Project(Id::new(1))));
        Ok(())
    });
    assert_eq!(done(service(stores).0.create_alias(&owner(), seven(), alias(), None).await), alias());
    for (removed, found) in [(true, true), (false, false)] {
        let mut stores = MockStores::default();
        locking(&mut stores, OWNER, its_owner());
        stores.aliases.expect_remove().once().returning(move |_, _, _, _| Ok(removed));
        let outcome = service(stores).0.delete_alias(&owner(), seven(), alias()).await;
        assert_eq!(outcome.is_ok(), found);
        assert!(found || matches!(outcome, Err(CourseError::NotFound)));
    }
}

#[tokio::test]
async fn an_alias_is_refused_before_it_is_written() {
    let refused = |actor: Actor, found: Option<CourseWithMembership>, alias: &'static str| async move {
        let mut stores = MockStores::default();
        locking(&mut stores, actor.principal.id.get(), found);
        stores.aliases.expect_add().returning(|_, _, _, _, _| Err(StoreError::Conflict(Conflict::Alias)));
        let (service, uow) = service(stores);
        let refused = service.create_alias(&actor, seven(), Alias::parse(alias).unwrap(), None).await;
        assert_eq!(uow.commits(), 0);
        refused.unwrap_err()
    };
    assert!(matches!(refused(owner(), its_owner(), "p:a").await, CourseError::AliasTaken));
    assert!(matches!(refused(owner(), its_owner(), "d:a").await, CourseError::Denied(CourseDenial::Role)));
    let closed = Some(record(Course { state: CourseState::Suspended, ..course(7) }, Some(Membership::Owner)));
    assert!(matches!(refused(owner(), closed, "p:a").await, CourseError::NoAliases(CourseState::Suspended)));
    assert!(matches!(refused(Actor { project: None, ..owner() }, its_owner(), "p:a").await, CourseError::NoProject));
}
