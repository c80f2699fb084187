//! Tests of reading courses, their aliases and grading periods.

use derslik_domain::course::alias::{Alias, AliasSpace, CourseRef};
use derslik_domain::course::roster::{Membership, UserRef};
use derslik_domain::course::{Course, CourseDenial, CourseListForm, CourseState};
use derslik_domain::id::Id;
use derslik_domain::identity::{Actor, Operator, Role, UserKey};
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::inbound::{CourseError, CourseService};
use derslik_ports::mocks::MockStores;
use derslik_ports::outbound::CourseWithMembership;
use derslik_testkit::builders::{course, text, user};

use super::{OWNER, actor, admin, finding, its_owner, owner, record, service, seven};

#[tokio::test]
async fn get_shows_a_course_only_to_actors_that_may_see_it() {
    let get = |role, found: Option<CourseWithMembership>| async move {
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
async fn a_suspended_course_is_found_by_the_operator_alone() {
    let suspended = || Some(record(Course { state: CourseState::Suspended, ..course(7) }, None));
    let operator = Actor { operator: Some(Operator::Installation), ..admin() };
    for (actor, found) in [(admin(), false), (operator, true)] {
        let mut stores = MockStores::default();
        finding(&mut stores, 9, suspended());
        let got = service(stores).0.get(&actor, seven()).await;
        assert_eq!(got.is_ok(), found, "{got:?}");
    }
}

#[tokio::test]
async fn list_reads_one_page_and_tells_whether_there_is_more() {
    let mut stores = MockStores::default();
    stores.courses.expect_list().once().returning(|_, viewer, filter, page| {
        assert_eq!((viewer.principal, filter.member.as_ref().map(|member| member.user), page.size), (Id::new(OWNER), Some(Id::new(4)), 2));
        Ok(Page { entries: (1..=2).map(|number| record(course(number), Some(Membership::Owner))).collect(), more: true })
    });
    stores.users.expect_find().once().returning(|_, key| {
        assert_eq!(*key, UserKey::Id(Id::new(4)));
        Ok(Some(user(4)))
    });
    let form = CourseListForm { student: text("4"), ..CourseListForm::default() };
    let listed = service(stores).0.list(&owner(), form, PageRequest::new(Some(2), None).unwrap()).await.unwrap();
    assert_eq!((listed.entries.len(), listed.more), (2, true));
}

#[tokio::test]
async fn list_refuses_before_it_reads() {
    let page = || PageRequest::new(None, None).unwrap();
    let both = CourseListForm { student: text("me"), teacher: text("me"), ..CourseListForm::default() };
    let refused = service(MockStores::default()).0.list(&owner(), both, page()).await;
    assert!(matches!(refused, Err(CourseError::List(_))), "{refused:?}");
    let mut stores = MockStores::default();
    stores.users.expect_find().once().returning(|_, _| Ok(None));
    let unknown = CourseListForm { teacher: text("unknown@demo.example"), ..CourseListForm::default() };
    let refused = service(stores).0.list(&owner(), unknown, page()).await;
    assert!(matches!(refused, Err(CourseError::UnknownUser)), "{refused:?}");
}

#[tokio::test]
async fn list_finds_the_owner_that_the_form_names() {
    let mut stores = MockStores::default();
    stores.courses.expect_list().once().returning(|_, _, filter, _| {
        assert_eq!((filter.member.as_ref().map(|member| member.user), filter.owner), (Some(Id::new(OWNER)), Some(Id::new(4))));
        Ok(Page { entries: Vec::new(), more: false })
    });
    stores.users.expect_find().once().returning(|_, _| Ok(Some(user(4))));
    let form = CourseListForm { teacher: text("me"), owner: Some(UserRef::Id(Id::new(4))), ..CourseListForm::default() };
    assert!(service(stores).0.list(&owner(), form, PageRequest::new(None, None).unwrap()).await.unwrap().entries.is_empty());
    let mut stores = MockStores::default();
    stores.users.expect_find().once().returning(|_, _| Ok(None));
    let unknown = CourseListForm { owner: Some(UserRef::Id(Id::new(5))), ..CourseListForm::default() };
    let refused = service(stores).0.list(&owner(), unknown, PageRequest::new(None, None).unwrap()).await;
    assert!(matches!(refused, Err(CourseError::UnknownUser)), "{refused:?}");
}

#[tokio::test]
async fn aliases_are_listed_as_the_credential_sees_them() {
    let mut stores = MockStores::default();
    finding(&mut stores, OWNER, its_owner());
    stores.aliases.expect_list().once().returning(|_, course, project, page| {
        assert_eq!((course, project, page.size), (Id::new(7), Some(Id::new(1)), 1));
        Ok(Page { entries: vec![Alias::parse("d:a").unwrap()], more: true })
    });
    let listed = service(stores).0.list_aliases(&owner(), seven(), PageRequest { size: 1, after: None }).await.unwrap();
    assert_eq!((listed.entries, listed.more), (vec![Alias::parse("d:a").unwrap()], true));
}

#[tokio::test]
async fn eligibility_follows_the_state_of_the_course() {
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
