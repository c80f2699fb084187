//! Each use case over stores whose every call is expected beforehand: what is asked of them in which order, and that nothing is
//! written where something is refused.

use std::sync::Arc;

use derslik_domain::course::{
    Alias, AliasSpace, ChangeError, Course, CourseDenial, CourseForm, CourseListForm, CoursePage, CourseRef, CourseState, CreateError,
    GradingPeriodError, GradingPeriodForm, GradingPeriodSettings, GradingPeriodSettingsForm, Membership, TransferError, UpdateMask,
};
use derslik_domain::form::Field;
use derslik_domain::id::{Id, PrincipalId, SessionGuid};
use derslik_domain::idempotency::{Answer, IdempotencyKey, KeptAnswer, RequestDigest};
use derslik_domain::identity::{Actor, Principal, PrincipalKind, Role, UserKey};
use derslik_domain::job::Action;
use derslik_ports::inbound::{CourseError, CourseService, Expected, KeyRefusal, Once, Performed, SeenCourse};
use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
use derslik_ports::outbound::{Conflict, CourseRecord, Enqueued, KeyState, Slice, StoreError};
use derslik_testkit::builders::{account, actor_of, course, now, text, user};
use mockall::{Sequence, predicate::eq};
use uuid::Uuid;

use super::Courses;

const OWNER: i64 = 2;
const TEACHER: i64 = 3;

fn service(stores: MockStores) -> (Courses<FakeUnitOfWork>, FakeUnitOfWork) {
    let uow = FakeUnitOfWork::new(stores);
    let ids = FixedIds(SessionGuid::new(Uuid::from_u128(5)));
    (Courses::new(uow.clone(), Arc::new(StoppedClock(now())), Arc::new(ids)), uow)
}

/// Somebody in the account with that role and number, through a credential of project 1.
fn actor(role: Role, number: i64) -> Actor {
    let principal = Principal { id: PrincipalId::new(number), kind: PrincipalKind::User, role };
    Actor { principal, project: Some(Id::new(1)), ..actor_of(account()) }
}

fn owner() -> Actor {
    actor(Role::Member, OWNER)
}

fn admin() -> Actor {
    actor(Role::Admin, 9)
}

fn record(course: Course, membership: Option<Membership>) -> CourseRecord {
    CourseRecord { course, membership }
}

/// Stores in which somebody finds the course, and is that to it.
fn finding(stores: &mut MockStores, viewer: i64, found: Option<CourseRecord>) {
    let viewer = PrincipalId::new(viewer);
    stores.courses.expect_find().once().with(eq(account().id), eq(Id::new(7)), eq(viewer)).returning(move |_, _, _| Ok(found.clone()));
}

/// Likewise, the course being held.
fn locking(stores: &mut MockStores, viewer: i64, found: Option<CourseRecord>) {
    let viewer = Some(PrincipalId::new(viewer));
    stores.courses.expect_lock().once().with(eq(account().id), eq(Id::new(7)), eq(viewer)).returning(move |_, _, _| Ok(found.clone()));
}

#[expect(clippy::unnecessary_wraps, reason = "as a store finds it")]
fn its_owner() -> Option<CourseRecord> {
    Some(record(course(7), Some(Membership::Owner)))
}

fn seven() -> CourseRef {
    CourseRef::parse("7")
}

fn form(name: &str) -> CourseForm {
    CourseForm { name: text(name), owner: text("me"), ..CourseForm::default() }
}

fn named_state(state: CourseState) -> CourseForm {
    CourseForm { state: Field::Given(state), ..form("Fizik") }
}

fn mask(fields: &str) -> UpdateMask {
    UpdateMask::parse(fields).unwrap()
}

/// The outcome of a request that no key guards.
fn done<T: std::fmt::Debug>(performed: Result<Performed<T>, CourseError>) -> T {
    match performed {
        Ok(Performed::Now(outcome)) => outcome,
        other => panic!("{other:?}"),
    }
}

fn knows_owner(stores: &mut MockStores) {
    stores.users.expect_find().once().with(eq(account().id), eq(UserKey::Id(Id::new(OWNER)))).returning(|_, _| Ok(Some(user(OWNER))));
}

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
    assert!(seen.standing.is_teacher());
}

#[tokio::test]
async fn create_asks_for_the_calendar_of_an_active_course_in_the_same_transaction() {
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
async fn create_is_undone_where_the_calendar_can_not_be_asked_for() {
    let mut stores = MockStores::default();
    stores.users.expect_find().returning(|_, _| Ok(Some(user(9))));
    stores.courses.expect_insert().once().returning(|_, _| Ok(()));
    stores.jobs.expect_enqueue().once().returning(|_, _| Err(StoreError::Unavailable(None)));
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

fn once<T>() -> Once<T> {
    let render = |_: &T| Answer { status: 200, body: b"rendered".to_vec() };
    Once { key: IdempotencyKey::parse("k").unwrap(), request: RequestDigest::new([1; 32]), render: Box::new(render) }
}

fn keyed(state: KeyState) -> MockStores {
    let mut stores = MockStores::default();
    stores.idempotency.expect_hold().once().returning(move |key, _| {
        assert_eq!((key.account, key.principal, key.key.as_str()), (account().id, Id::new(OWNER), "k"));
        Ok(state.clone())
    });
    stores
}

#[tokio::test]
async fn what_was_created_under_a_key_is_kept_with_its_answer() {
    let mut stores = keyed(KeyState::Free);
    knows_owner(&mut stores);
    let mut order = Sequence::new();
    stores.courses.expect_insert().once().in_sequence(&mut order).returning(|_, _| Ok(()));
    stores.idempotency.expect_keep().once().in_sequence(&mut order).returning(|_, kept, _| {
        assert_eq!(kept.answer.body, b"rendered");
        Ok(())
    });
    let (service, uow) = service(stores);
    let kept = service.create(&owner(), form("Fizik"), Some(once::<SeenCourse>())).await;
    assert!(matches!(kept, Ok(Performed::Kept(answer)) if answer.body == b"rendered"));
    assert_eq!(uow.commits(), 1);
}

#[tokio::test]
async fn what_was_created_before_is_not_created_again() {
    let kept = |request| {
        let answer = Answer { status: 200, body: b"before".to_vec() };
        KeyState::Answered(KeptAnswer { request: RequestDigest::new([request; 32]), answer, at: now() })
    };
    let before = service(keyed(kept(1))).0.create(&owner(), form("Fizik"), Some(once())).await;
    assert!(matches!(before, Ok(Performed::Before(answer)) if answer.body == b"before"));
    let alias = Alias::parse("p:a").unwrap();
    let before = service(keyed(kept(1))).0.create_alias(&owner(), seven(), alias, Some(once())).await;
    assert!(matches!(before, Ok(Performed::Before(answer)) if answer.body == b"before"));
    let reused = service(keyed(kept(2))).0.create(&owner(), form("Fizik"), Some(once())).await;
    assert!(matches!(reused, Err(CourseError::Key(KeyRefusal::Reused))), "{reused:?}");
    let busy = service(keyed(KeyState::Busy)).0.create(&owner(), form("Fizik"), Some(once())).await;
    assert!(matches!(busy, Err(CourseError::Key(KeyRefusal::Busy))), "{busy:?}");
}

#[tokio::test]
async fn get_shows_a_course_to_whom_it_is_visible() {
    let get = |role, found: Option<CourseRecord>| async move {
        let mut stores = MockStores::default();
        finding(&mut stores, OWNER, found);
        let (service, uow) = service(stores);
        let got = service.get(&actor(role, OWNER), seven()).await;
        assert_eq!(uow.commits(), 0);
        got
    };
    assert_eq!(get(Role::Member, its_owner()).await.unwrap().course, course(7));
    let stranger = get(Role::Member, Some(record(course(7), None))).await;
    assert!(matches!(stranger, Err(CourseError::Denied(CourseDenial::Invisible))), "{stranger:?}");
    assert!(matches!(get(Role::Admin, None).await, Err(CourseError::Denied(CourseDenial::Missing))));
    let impossible = service(MockStores::default()).0.get(&owner(), CourseRef::parse("math")).await;
    assert!(matches!(impossible, Err(CourseError::Denied(CourseDenial::Missing))));
}

#[tokio::test]
async fn get_resolves_an_alias_in_the_space_of_the_credential() {
    let mut stores = MockStores::default();
    stores.aliases.expect_resolve().once().returning(|_, space, alias| {
        assert_eq!((space, alias.as_str()), (AliasSpace::Project(Id::new(1)), "p:a"));
        Ok(Some(Id::new(7)))
    });
    finding(&mut stores, OWNER, its_owner());
    assert!(service(stores).0.get(&owner(), CourseRef::parse("p:a")).await.is_ok());
    let without = Actor { project: None, ..owner() };
    let unseen = service(MockStores::default()).0.get(&without, CourseRef::parse("p:a")).await;
    assert!(matches!(unseen, Err(CourseError::Denied(CourseDenial::Missing))));
}

#[tokio::test]
async fn list_reads_one_page_and_tells_whether_there_is_more() {
    let mut stores = MockStores::default();
    stores.courses.expect_list().once().returning(|_, viewer, filter, page| {
        assert_eq!(
            (viewer.principal, filter.member.as_ref().map(|member| member.user), page.size()),
            (Id::new(OWNER), Some(Id::new(4)), 2)
        );
        Ok((1..=3).map(|number| record(course(number), Some(Membership::Owner))).collect())
    });
    stores.users.expect_find().once().returning(|_, key| {
        assert_eq!(*key, UserKey::Id(Id::new(4)));
        Ok(Some(user(4)))
    });
    let form = CourseListForm { student: text("4"), ..CourseListForm::default() };
    let listed = service(stores).0.list(&owner(), form, CoursePage::new(Some(2), None).unwrap()).await.unwrap();
    assert_eq!((listed.entries.len(), listed.more), (2, true));
}

#[tokio::test]
async fn list_refuses_before_it_reads() {
    let page = || CoursePage::new(None, None).unwrap();
    let both = CourseListForm { student: text("me"), teacher: text("me"), ..CourseListForm::default() };
    let refused = service(MockStores::default()).0.list(&owner(), both, page()).await;
    assert!(matches!(refused, Err(CourseError::List(_))), "{refused:?}");
    let mut stores = MockStores::default();
    stores.users.expect_find().once().returning(|_, _| Ok(None));
    let nobody = CourseListForm { teacher: text("nobody@demo.example"), ..CourseListForm::default() };
    let refused = service(stores).0.list(&owner(), nobody, page()).await;
    assert!(matches!(refused, Err(CourseError::UnknownUser)), "{refused:?}");
}

#[tokio::test]
async fn patch_locks_then_updates_what_the_mask_names() {
    let (mut stores, mut order) = (MockStores::default(), Sequence::new());
    stores.courses.expect_lock().once().in_sequence(&mut order).returning(|_, _, _| Ok(its_owner()));
    stores.courses.expect_update().once().in_sequence(&mut order).returning(|_, changed| {
        assert_eq!((changed.details.name.as_str(), changed.revision), ("Kimya", course(7).revision.next()));
        Ok(())
    });
    let (service, uow) = service(stores);
    let body = CourseForm { room: text("301"), ..form("Kimya") };
    let seen = service.patch(&owner(), seven(), body, mask("name"), Expected::Any).await.unwrap();
    assert_eq!((seen.course.details.room, uow.commits()), (None, 1));
}

#[tokio::test]
async fn patch_writes_nothing_where_nothing_is_different() {
    let mut stores = MockStores::default();
    locking(&mut stores, OWNER, its_owner());
    let seen = service(stores).0.patch(&owner(), seven(), named_state(CourseState::Active), mask("courseState"), Expected::Any).await;
    assert_eq!(seen.unwrap().course, course(7));
}

#[tokio::test]
async fn patch_asks_for_the_calendar_when_the_course_becomes_active_for_the_first_time() {
    let waiting = Course { state: CourseState::Provisioned, first_active_at: None, ..course(7) };
    let mut stores = MockStores::default();
    locking(&mut stores, OWNER, Some(record(waiting, Some(Membership::Owner))));
    stores.courses.expect_update().once().returning(|_, _| Ok(()));
    stores.jobs.expect_enqueue().once().returning(|_, job| {
        assert_eq!((job.action(), job.reference().as_str()), (Action::AssignCalendarId, "7"));
        Ok(Enqueued::Created(job.clone().into_job(Id::new(1))))
    });
    let seen = service(stores).0.patch(&owner(), seven(), named_state(CourseState::Active), mask("courseState"), Expected::Any).await;
    assert_eq!(seen.unwrap().course.state, CourseState::Active);
    // One that was active before is not asked for again.
    let again = Course { state: CourseState::Archived, ..course(7) };
    let mut stores = MockStores::default();
    locking(&mut stores, OWNER, Some(record(again, Some(Membership::Owner))));
    stores.courses.expect_update().once().returning(|_, _| Ok(()));
    let seen = service(stores).0.patch(&owner(), seven(), named_state(CourseState::Active), mask("courseState"), Expected::Any).await;
    assert_eq!(seen.unwrap().course.state, CourseState::Active);
}

#[tokio::test]
async fn patch_hands_a_course_over_and_swaps_what_both_are_to_it() {
    let mut stores = MockStores::default();
    locking(&mut stores, 9, Some(record(course(7), None)));
    stores.users.expect_find().once().returning(|_, _| Ok(Some(user(TEACHER))));
    let mut order = Sequence::new();
    let candidate = PrincipalId::new(TEACHER);
    stores
        .rosters
        .expect_membership()
        .once()
        .in_sequence(&mut order)
        .withf(move |_, _, user| *user == candidate)
        .returning(|_, _, _| Ok(Some(Membership::Teacher)));
    stores.courses.expect_update().once().in_sequence(&mut order).returning(|_, changed| {
        assert_eq!(changed.owner, Id::new(TEACHER));
        Ok(())
    });
    for (user, membership) in [(OWNER, Membership::Teacher), (TEACHER, Membership::Owner)] {
        let put = stores.rosters.expect_put().once().in_sequence(&mut order);
        put.withf(move |_, _, id, becomes, _| (id.get(), *becomes) == (user, membership)).returning(|_, _, _, _, _| Ok(()));
    }
    stores.rosters.expect_membership().once().in_sequence(&mut order).returning(|_, _, _| Ok(None));
    let to = CourseForm { owner: text("3"), ..CourseForm::default() };
    let seen = service(stores).0.patch(&admin(), seven(), to, mask("ownerId"), Expected::Any).await.unwrap();
    assert_eq!(seen.course.owner, Id::new(TEACHER));
}

#[tokio::test]
async fn a_refused_change_writes_nothing() {
    let refused = |actor: Actor, found: Option<CourseRecord>, body: CourseForm, fields: &'static str, expected: Expected| async move {
        let mut stores = MockStores::default();
        locking(&mut stores, actor.principal.id.get(), found);
        stores.users.expect_find().returning(|_, _| Ok(Some(user(5))));
        stores.rosters.expect_membership().returning(|_, _, _| Ok(Some(Membership::Student)));
        let (service, uow) = service(stores);
        let refused = service.patch(&actor, seven(), body, mask(fields), expected).await;
        assert_eq!(uow.commits(), 0);
        refused.unwrap_err()
    };
    let stale = Expected::OneOf(vec![(Id::new(7), course(7).revision.next())]);
    assert!(matches!(refused(owner(), its_owner(), form("b"), "name", stale).await, CourseError::Stale));
    let any = Expected::Any;
    let archived = Some(record(Course { state: CourseState::Archived, ..course(7) }, Some(Membership::Owner)));
    let error = refused(owner(), archived, form("b"), "name", any.clone()).await;
    assert!(matches!(error, CourseError::Change(ChangeError::NotModifiable(CourseState::Archived))), "{error:?}");
    let error = refused(owner(), its_owner(), named_state(CourseState::Declined), "courseState", any.clone()).await;
    assert!(matches!(error, CourseError::Change(ChangeError::State(_))), "{error:?}");
    let to = CourseForm { owner: text("5"), ..CourseForm::default() };
    let error = refused(admin(), Some(record(course(7), None)), to.clone(), "ownerId", any.clone()).await;
    assert!(matches!(error, CourseError::Change(ChangeError::Transfer(TransferError::IneligibleOwner))), "{error:?}");
    let error = refused(owner(), its_owner(), to, "ownerId", any.clone()).await;
    assert!(matches!(error, CourseError::Denied(CourseDenial::Role)), "{error:?}");
    let student = Some(record(course(7), Some(Membership::Student)));
    let error = refused(owner(), student, form("b"), "name", any.clone()).await;
    assert!(matches!(error, CourseError::Denied(CourseDenial::Role)), "{error:?}");
    assert!(matches!(refused(owner(), None, form("b"), "name", any).await, CourseError::Denied(CourseDenial::Missing)));
}

#[tokio::test]
async fn replace_clears_what_was_left_out() {
    let mut full = course(7);
    full.details.room = derslik_domain::course::CourseRoom::new("301").ok();
    let mut stores = MockStores::default();
    locking(&mut stores, OWNER, Some(record(full, Some(Membership::Owner))));
    stores.courses.expect_update().once().returning(|_, _| Ok(()));
    let seen = service(stores).0.replace(&owner(), seven(), form("Kimya"), Expected::Any).await.unwrap();
    assert_eq!((seen.course.details.name.as_str(), seen.course.details.room, seen.course.state), ("Kimya", None, CourseState::Active));
}

#[tokio::test]
async fn delete_removes_an_archived_course_alone() {
    let delete = |state, membership, removes: bool| async move {
        let mut stores = MockStores::default();
        locking(&mut stores, OWNER, Some(record(Course { state, ..course(7) }, Some(membership))));
        if removes {
            stores.courses.expect_delete().once().with(eq(account().id), eq(Id::new(7))).returning(|_, _| Ok(()));
        }
        let (service, uow) = service(stores);
        let deleted = service.delete(&owner(), seven(), Expected::Any).await;
        assert_eq!(uow.commits(), usize::from(removes));
        deleted
    };
    assert!(delete(CourseState::Archived, Membership::Owner, true).await.is_ok());
    let error = delete(CourseState::Active, Membership::Owner, false).await;
    assert!(
        matches!(&error, Err(CourseError::NotArchived { state: CourseState::Active, reachable }) if reachable.contains(CourseState::Archived))
    );
    let error = delete(CourseState::Archived, Membership::Teacher, false).await;
    assert!(matches!(error, Err(CourseError::Denied(CourseDenial::Role))), "{error:?}");
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
    let refused = |actor: Actor, found: Option<CourseRecord>, alias: &'static str| async move {
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

#[tokio::test]
async fn aliases_are_listed_as_the_credential_sees_them() {
    let mut stores = MockStores::default();
    finding(&mut stores, OWNER, its_owner());
    stores.aliases.expect_list().once().returning(|_, course, project, slice| {
        assert_eq!((course, project, slice.size), (Id::new(7), Some(Id::new(1)), 1));
        Ok(["d:a", "d:b"].map(|alias| Alias::parse(alias).unwrap()).to_vec())
    });
    let listed = service(stores).0.list_aliases(&owner(), seven(), Slice { size: 1, after: None }).await.unwrap();
    assert_eq!((listed.entries, listed.more), (vec![Alias::parse("d:a").unwrap()], true));
}

#[tokio::test]
async fn grading_periods_are_read_and_replaced() {
    let mut stores = MockStores::default();
    finding(&mut stores, OWNER, its_owner());
    stores.grading_periods.expect_find().once().returning(|_, _| Ok(GradingPeriodSettings::default()));
    assert_eq!(service(stores).0.grading_periods(&owner(), seven()).await.unwrap(), GradingPeriodSettings::default());

    let change = |found: Option<CourseRecord>, form: GradingPeriodSettingsForm, writes: usize| async move {
        let mut stores = MockStores::default();
        locking(&mut stores, OWNER, found);
        stores.grading_periods.expect_find().returning(|_, _| Ok(GradingPeriodSettings::default()));
        stores.grading_periods.expect_replace().times(writes).returning(|_, _, settings| {
            assert!(settings.applies_to_existing_coursework());
            Ok(())
        });
        service(stores).0.change_grading_periods(&owner(), seven(), form, None).await
    };
    let apply = |apply| GradingPeriodSettingsForm { apply_to_existing_coursework: Field::Given(apply), ..Default::default() };
    assert!(change(its_owner(), apply(true), 1).await.unwrap().applies_to_existing_coursework());
    assert!(!change(its_owner(), apply(false), 0).await.unwrap().applies_to_existing_coursework());
    let untitled = GradingPeriodSettingsForm { periods: Field::Given(vec![GradingPeriodForm::default()]), ..Default::default() };
    let refused = change(its_owner(), untitled, 0).await;
    assert!(matches!(refused, Err(CourseError::GradingPeriods(GradingPeriodError::Invalid(_)))), "{refused:?}");
    let archived = Some(record(Course { state: CourseState::Archived, ..course(7) }, Some(Membership::Owner)));
    let refused = change(archived, apply(true), 0).await;
    assert!(matches!(refused, Err(CourseError::GradingPeriods(GradingPeriodError::NotModifiable(_)))), "{refused:?}");
    let student = Some(record(course(7), Some(Membership::Student)));
    let refused = change(student, apply(true), 0).await;
    assert!(matches!(refused, Err(CourseError::Denied(CourseDenial::IneligibleForGradingPeriods))), "{refused:?}");
}

#[tokio::test]
async fn eligibility_is_what_the_write_would_come_to() {
    for (state, eligible) in [(CourseState::Active, true), (CourseState::Archived, false)] {
        let found = move || Some(record(Course { state, ..course(7) }, Some(Membership::Owner)));
        let mut stores = MockStores::default();
        stores.courses.expect_find().times(2).returning(move |_, _, _| Ok(found()));
        let (service, _) = service(stores);
        let periods = service.check_grading_periods(&owner(), seven()).await.unwrap();
        let add_ons = service.check_add_ons(&owner(), seven()).await.unwrap();
        assert_eq!((periods.eligible, add_ons.eligible, periods.course), (eligible, eligible, Id::new(7)));
    }
}
