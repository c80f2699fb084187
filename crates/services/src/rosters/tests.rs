//! Tests of each use case over stores that accept only expected calls.

use std::sync::Arc;

use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::roster::{JoinError, LeaveError, Membership, Roster, UserRef};
use derslik_domain::course::{Course, CourseDenial, CourseState};
use derslik_domain::id::{Id, PrincipalId};
use derslik_domain::idempotency::{Answer, AnswerCode, IdempotencyKey, RequestDigest};
use derslik_domain::identity::{Actor, Principal, PrincipalKind, Role, User, UserKey, UserState};
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::inbound::{CourseError, IdempotentOutcome, IdempotentRequest, MemberWithAccess, NewMember, RosterService};
use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
use derslik_ports::outbound::{CourseWithMembership, KeyState, Member};
use derslik_testkit::builders::{account, actor_of, course, now, user};

use super::Rosters;

const ME: i64 = 2;
const OTHER: i64 = 5;

fn service(stores: MockStores) -> (Rosters<FakeUnitOfWork>, FakeUnitOfWork) {
    let uow = FakeUnitOfWork::new(stores);
    (Rosters::new(uow.clone(), Arc::new(StoppedClock(now()))), uow)
}

fn me(role: Role) -> Actor {
    Actor { principal: Principal { id: PrincipalId::new(ME), kind: PrincipalKind::User, role }, ..actor_of(account()) }
}

fn seven() -> CourseRef {
    CourseRef::parse("7")
}

/// Stores with a course and users. `mine` is the actor's membership, `current` that of each user.
fn stores(course: Course, mine: Option<Membership>, current: Option<Membership>) -> MockStores {
    let mut stores = MockStores::default();
    let record = CourseWithMembership { course, membership: mine };
    let same = record.clone();
    stores.courses.expect_find().returning(move |_, _, _| Ok(Some(record.clone())));
    stores.courses.expect_lock().returning(move |_, _, _| Ok(Some(same.clone())));
    stores.rosters.expect_membership().returning(move |_, _, _| Ok(current));
    stores.users.expect_find().returning(|id, key| {
        assert_eq!(id, account().id);
        Ok(match key {
            UserKey::Id(id) if id.get() < 9 => Some(user(id.get())),
            UserKey::Email(email) => email.as_str().strip_prefix("user").and_then(|rest| rest.get(..1)?.parse().ok()).map(user),
            _ => None,
        })
    });
    stores
}

fn new_member(roster: Roster, user: &str, code: Option<&str>) -> NewMember {
    NewMember { roster, user: UserRef::parse(user), code: code.map(str::to_owned) }
}

fn puts(mut stores: MockStores, user: i64, membership: Membership) -> MockStores {
    stores.rosters.expect_put().once().returning(move |id, course, who, becomes, at| {
        assert_eq!((id, course.id, who.get(), becomes, at), (account().id, Id::new(7), user, membership, now()));
        Ok(())
    });
    stores
}

async fn add(stores: MockStores, actor: Actor, new_member: NewMember) -> Result<MemberWithAccess, CourseError> {
    let (service, uow) = service(stores);
    let added = service.add(&actor, seven(), new_member, None).await;
    assert_eq!(uow.commits(), usize::from(added.is_ok()));
    added.map(|performed| match performed {
        IdempotentOutcome::Unkeyed(member) => member,
        other => panic!("done under a key: {other:?}"),
    })
}

#[tokio::test]
async fn an_administrator_adds_any_user_to_either_roster() {
    for (roster, membership) in [(Roster::Teachers, Membership::Teacher), (Roster::Students, Membership::Student)] {
        let stores = puts(stores(course(7), None, None), OTHER, membership);
        let added = add(stores, me(Role::Admin), new_member(roster, "user5@demo.example", None)).await.unwrap();
        assert_eq!((added.course, added.user), (Id::new(7), user(OTHER)));
    }
}

#[tokio::test]
async fn an_actor_with_the_code_joins_as_a_student() {
    let code = course(7).enrollment_code.as_str().to_owned();
    let stores_of = || stores(course(7), None, None);
    let joined = add(puts(stores_of(), ME, Membership::Student), me(Role::Member), new_member(Roster::Students, "me", Some(&code))).await;
    assert!(joined.is_ok(), "{joined:?}");
    for caller in ["2", "user2@demo.example", "USER2@demo.example"] {
        let stores = puts(stores_of(), ME, Membership::Student);
        let joined = add(stores, me(Role::Member), new_member(Roster::Students, caller, Some(&code))).await;
        assert!(joined.is_ok(), "{caller}: {joined:?}");
    }
    for (user, code) in [("me", Some("wrong77")), ("me", None)] {
        let refused = add(stores_of(), me(Role::Member), new_member(Roster::Students, user, code)).await;
        assert!(matches!(refused, Err(CourseError::Join(JoinError::NotAdmitted))), "{refused:?}");
    }
    let teacher = stores(course(7), Some(Membership::Teacher), None);
    let refused = add(teacher, me(Role::Member), new_member(Roster::Students, "5", Some(&code))).await;
    assert!(matches!(refused, Err(CourseError::Denied(CourseDenial::CannotDirectAdd))), "{refused:?}");
}

#[tokio::test]
async fn members_closed_courses_unknown_and_inactive_users_are_refused() {
    let admin = || me(Role::Admin);
    let student = || new_member(Roster::Students, "5", None);
    let twice = add(stores(course(7), None, Some(Membership::Teacher)), admin(), student()).await;
    assert!(matches!(twice, Err(CourseError::Join(JoinError::AlreadyMember(Membership::Teacher)))), "{twice:?}");
    let archived = Course { state: CourseState::Archived, ..course(7) };
    let over = add(stores(archived, None, None), admin(), student()).await;
    assert!(matches!(over, Err(CourseError::Join(JoinError::NotModifiable(CourseState::Archived)))), "{over:?}");
    let unknown = add(stores(course(7), None, None), admin(), new_member(Roster::Students, "77", None)).await;
    assert!(matches!(unknown, Err(CourseError::UnknownUser)), "{unknown:?}");
    let mut passive = stores(course(7), None, None);
    passive.users.checkpoint();
    passive.users.expect_find().returning(|_, _| Ok(Some(User { status: UserState::Passive, ..user(OTHER) })));
    let inactive = add(passive, admin(), student()).await;
    assert!(matches!(inactive, Err(CourseError::Join(JoinError::InactiveUser))), "{inactive:?}");
}

#[tokio::test]
async fn the_answer_to_an_idempotent_add_is_stored() {
    let mut stores = puts(stores(course(7), None, None), OTHER, Membership::Student);
    stores.idempotency.expect_hold().once().returning(|_, _| Ok(KeyState::Free));
    stores.idempotency.expect_keep().once().returning(|_, kept, _| {
        assert_eq!(kept.answer.body, b"5");
        Ok(())
    });
    let render = |member: &MemberWithAccess| Answer { code: AnswerCode::new(7), body: member.user.id.to_string().into_bytes() };
    let idempotent =
        IdempotentRequest { key: IdempotencyKey::parse("k").unwrap(), request: RequestDigest::new([1; 32]), render: Box::new(render) };
    let kept = service(stores).0.add(&me(Role::Admin), seven(), new_member(Roster::Students, "5", None), Some(idempotent)).await;
    assert!(matches!(kept, Ok(IdempotentOutcome::Stored(answer)) if answer.body == b"5"));
}

#[tokio::test]
async fn a_member_is_found_only_on_its_own_roster() {
    let get = |current, roster| async move {
        let (service, _) = service(stores(course(7), Some(Membership::Student), current));
        service.get(&me(Role::Member), seven(), roster, UserRef::parse("5")).await
    };
    assert_eq!(get(Some(Membership::Owner), Roster::Teachers).await.unwrap().user, user(OTHER));
    for (current, roster) in [(Some(Membership::Owner), Roster::Students), (None, Roster::Teachers)] {
        assert!(matches!(get(current, roster).await, Err(CourseError::NotFound)));
    }
    let outsider = service(stores(course(7), None, None)).0.get(&me(Role::Member), seven(), Roster::Students, UserRef::Me).await;
    assert!(matches!(outsider, Err(CourseError::Denied(CourseDenial::Invisible))), "{outsider:?}");
}

#[tokio::test]
async fn a_roster_is_read_page_by_page() {
    let mut stores = stores(course(7), Some(Membership::Student), None);
    stores.rosters.expect_list().once().returning(|_, course, roster, page| {
        assert_eq!((course, roster, page.size, page.after), (Id::new(7), Roster::Students, 2, Some(Id::new(1))));
        let entries = (2..=3).map(|number| Member { membership: Membership::Student, user: user(number) }).collect();
        Ok(Page { entries, more: true })
    });
    let page = PageRequest { size: 2, after: Some(Id::new(1)) };
    let listed = service(stores).0.list(&me(Role::Member), seven(), Roster::Students, page).await.unwrap();
    assert_eq!((listed.entries.iter().map(|member| member.user.id.get()).collect::<Vec<_>>(), listed.more), (vec![2, 3], true));
}

#[tokio::test]
async fn teachers_remove_students_and_each_member_can_leave() {
    let remove = |mine, current, user: &'static str, roster, removes: Option<i64>| async move {
        let mut stores = stores(course(7), mine, current);
        if let Some(number) = removes {
            stores.rosters.expect_remove().once().returning(move |_, _, user| {
                assert_eq!(user.get(), number);
                Ok(())
            });
        }
        let (service, uow) = service(stores);
        let removed = service.remove(&me(Role::Member), seven(), roster, UserRef::parse(user)).await;
        assert_eq!(uow.commits(), usize::from(removes.is_some()));
        removed
    };
    let (teacher, student) = (Some(Membership::Teacher), Some(Membership::Student));
    assert!(remove(teacher, student, "5", Roster::Students, Some(OTHER)).await.is_ok());
    assert!(remove(student, student, "me", Roster::Students, Some(ME)).await.is_ok());
    let refused = remove(student, student, "5", Roster::Students, None).await;
    assert!(matches!(refused, Err(CourseError::Denied(CourseDenial::Role))), "{refused:?}");
    let refused = remove(teacher, Some(Membership::Owner), "5", Roster::Teachers, None).await;
    assert!(matches!(refused, Err(CourseError::Leave(LeaveError::Owner))), "{refused:?}");
    let refused = remove(teacher, student, "5", Roster::Teachers, None).await;
    assert!(matches!(refused, Err(CourseError::Leave(LeaveError::NotMember))), "{refused:?}");
    let refused = remove(teacher, None, "77", Roster::Students, None).await;
    assert!(matches!(refused, Err(CourseError::NotFound)), "{refused:?}");
}

#[tokio::test]
async fn a_profile_is_read_by_its_owner_administrators_and_fellow_members() {
    let profile = |role, user: &'static str, shares: Option<bool>| async move {
        let mut stores = stores(course(7), None, None);
        if let Some(shares) = shares {
            stores.rosters.expect_share_course().once().returning(move |_, one, other| {
                assert_eq!((one.get(), other.get()), (ME, OTHER));
                Ok(shares)
            });
        }
        service(stores).0.profile(&me(role), UserRef::parse(user)).await
    };
    assert_eq!(profile(Role::Member, "me", None).await.unwrap(), user(ME));
    assert_eq!(profile(Role::Admin, "5", None).await.unwrap(), user(OTHER));
    assert_eq!(profile(Role::Member, "5", Some(true)).await.unwrap(), user(OTHER));
    assert!(matches!(profile(Role::Member, "5", Some(false)).await, Err(CourseError::PrivateProfile)));
    assert!(matches!(profile(Role::Member, "77", None).await, Err(CourseError::PrivateProfile)));
    assert!(matches!(profile(Role::Admin, "77", None).await, Err(CourseError::UnknownUser)));
}
