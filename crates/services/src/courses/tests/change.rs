//! Tests of changing and deleting courses.

use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::grading_period::{GradingPeriodError, GradingPeriodForm, GradingPeriodSettings, GradingPeriodSettingsForm};
use derslik_domain::course::roster::{Membership, TransferError};
use derslik_domain::course::{ChangeError, Course, CourseAccess, CourseDenial, CourseField, CourseForm, CourseState};
use derslik_domain::form::Field;
use derslik_domain::id::{Id, PrincipalId};
use derslik_domain::identity::{Actor, Role};
use derslik_domain::job::Action;
use derslik_ports::inbound::{CourseError, CourseService, Precondition};
use derslik_ports::mocks::MockStores;
use derslik_ports::outbound::{CourseWithMembership, Enqueued, Reason, StoreError};
use derslik_testkit::builders::{account, course, text, user};
use mockall::{Sequence, predicate::eq};

use super::{
    OWNER, TEACHER, actor, admin, finding, form, its_owner, locking, mask, named_state, owner, record, service, service_where_read, seven,
};

#[tokio::test]
async fn a_change_of_the_course_alone_is_written_where_the_course_was_read() {
    for (actor, membership) in [(owner(), Some(Membership::Owner)), (admin(), None), (admin(), Some(Membership::Teacher))] {
        for replaces in [false, true] {
            let mut stores = MockStores::default();
            finding(&mut stores, actor.principal.id.get(), Some(record(course(7), membership)));
            stores.courses.expect_update().once().returning(|_, changed| {
                assert_eq!((changed.details.name.as_str(), changed.revision), ("Kimya", course(7).revision.next()));
                Ok(())
            });
            let (service, uow) = service_where_read(stores);
            let seen = if replaces {
                service.replace(&actor, seven(), form("Kimya"), Precondition::Any).await
            } else {
                service.patch(&actor, seven(), form("Kimya"), mask(CourseField::Name), Precondition::Any).await
            };
            let seen = seen.unwrap();
            assert_eq!((seen.course.details.name.as_str(), uow.commits()), ("Kimya", 1));
            assert_eq!(seen.access, CourseAccess::of_actor(&actor, membership));
        }
    }
}

#[tokio::test]
async fn any_other_outcome_of_a_change_is_decided_again_under_the_lock() {
    let patch = |actor: Actor,
                 found: Option<CourseWithMembership>,
                 body: CourseForm,
                 field: CourseField,
                 precondition: Precondition,
                 writes: usize| async move {
        let mut stores = MockStores::default();
        finding(&mut stores, actor.principal.id.get(), found.clone());
        locking(&mut stores, actor.principal.id.get(), found);
        stores.users.expect_find().returning(|_, _| Ok(Some(user(OWNER))));
        stores.courses.expect_update().times(writes).returning(|_, _| Ok(()));
        stores.jobs.expect_enqueue().returning(|_, job| Ok(Enqueued::Created(job.clone().into_job(Id::new(1)))));
        service_where_read(stores).0.patch(&actor, seven(), body, mask(field), precondition).await
    };
    let any = Precondition::Any;
    let teaches = Some(record(course(7), Some(Membership::Teacher)));
    let by_teacher = patch(actor(Role::Member, TEACHER), teaches, form("b"), CourseField::Name, any.clone(), 1).await;
    assert_eq!(by_teacher.unwrap().course.details.name.as_str(), "b");
    let waiting = Course { state: CourseState::Provisioned, first_active_at: None, ..course(7) };
    let waiting = Some(record(waiting, Some(Membership::Owner)));
    let activated = patch(owner(), waiting, named_state(CourseState::Active), CourseField::State, any.clone(), 1).await;
    assert_eq!(activated.unwrap().course.state, CourseState::Active);
    let unchanged = patch(owner(), its_owner(), named_state(CourseState::Active), CourseField::State, any.clone(), 0).await;
    assert_eq!(unchanged.unwrap().course, course(7));
    let stale = Precondition::OneOf(vec![(Id::new(7), course(7).revision.next())]);
    let refused = patch(owner(), its_owner(), form("b"), CourseField::Name, stale, 0).await;
    assert!(matches!(refused, Err(CourseError::Stale)), "{refused:?}");
    let missing = patch(owner(), None, form("b"), CourseField::Name, any, 0).await;
    assert!(matches!(missing, Err(CourseError::Denied(CourseDenial::Missing))), "{missing:?}");
}

#[tokio::test]
async fn a_course_that_is_named_by_an_alias_is_changed_in_a_transaction() {
    let mut stores = MockStores::default();
    stores.aliases.expect_resolve().once().returning(|_, _, _| Ok(Some(Id::new(7))));
    locking(&mut stores, OWNER, its_owner());
    stores.courses.expect_update().once().returning(|_, _| Ok(()));
    let named = CourseRef::parse("d:fizik");
    let changed = service_where_read(stores).0.patch(&owner(), named, form("b"), mask(CourseField::Name), Precondition::Any).await;
    assert_eq!(changed.unwrap().course.details.name.as_str(), "b");
}

#[tokio::test]
async fn a_change_whose_outcome_is_unknown_is_not_made_again() {
    let mut stores = MockStores::default();
    finding(&mut stores, OWNER, its_owner());
    stores.courses.expect_update().once().returning(|_, _| Err(StoreError::from(Reason::Unreachable)));
    let (service, uow) = service_where_read(stores);
    let unknown = service.patch(&owner(), seven(), form("b"), mask(CourseField::Name), Precondition::Any).await;
    assert!(matches!(unknown, Err(CourseError::Store(StoreError::Unavailable(_)))), "{unknown:?}");
    assert_eq!(uow.commits(), 0);
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
    let seen = service.patch(&owner(), seven(), body, mask(CourseField::Name), Precondition::Any).await.unwrap();
    assert_eq!((seen.course.details.room, uow.commits()), (None, 1));
}

#[tokio::test]
async fn patch_writes_nothing_if_nothing_changes() {
    let mut stores = MockStores::default();
    locking(&mut stores, OWNER, its_owner());
    let seen =
        service(stores).0.patch(&owner(), seven(), named_state(CourseState::Active), mask(CourseField::State), Precondition::Any).await;
    assert_eq!(seen.unwrap().course, course(7));
}

#[tokio::test]
async fn patch_enqueues_the_calendar_job_when_the_course_first_becomes_active() {
    let waiting = Course { state: CourseState::Provisioned, first_active_at: None, ..course(7) };
    let mut stores = MockStores::default();
    locking(&mut stores, OWNER, Some(record(waiting, Some(Membership::Owner))));
    stores.courses.expect_update().once().returning(|_, _| Ok(()));
    stores.jobs.expect_enqueue().once().returning(|_, job| {
        assert_eq!((job.action(), job.reference().as_str()), (Action::AssignCalendarId, "7"));
        Ok(Enqueued::Created(job.clone().into_job(Id::new(1))))
    });
    let seen =
        service(stores).0.patch(&owner(), seven(), named_state(CourseState::Active), mask(CourseField::State), Precondition::Any).await;
    assert_eq!(seen.unwrap().course.state, CourseState::Active);
    // A course that was active before gets no second calendar job.
    let again = Course { state: CourseState::Archived, ..course(7) };
    let mut stores = MockStores::default();
    locking(&mut stores, OWNER, Some(record(again, Some(Membership::Owner))));
    stores.courses.expect_update().once().returning(|_, _| Ok(()));
    let seen =
        service(stores).0.patch(&owner(), seven(), named_state(CourseState::Active), mask(CourseField::State), Precondition::Any).await;
    assert_eq!(seen.unwrap().course.state, CourseState::Active);
}

#[tokio::test]
async fn patch_transfers_a_course_and_swaps_both_memberships() {
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
    let seen = service_where_read(stores).0.patch(&admin(), seven(), to, mask(CourseField::Owner), Precondition::Any).await.unwrap();
    assert_eq!(seen.course.owner, Id::new(TEACHER));
}

#[tokio::test]
async fn a_refused_change_writes_nothing() {
    let refused = |actor: Actor, found: Option<CourseWithMembership>, body: CourseForm, field: CourseField, precondition: Precondition| async move {
        let mut stores = MockStores::default();
        locking(&mut stores, actor.principal.id.get(), found);
        stores.users.expect_find().returning(|_, _| Ok(Some(user(5))));
        stores.rosters.expect_membership().returning(|_, _, _| Ok(Some(Membership::Student)));
        let (service, uow) = service(stores);
        let refused = service.patch(&actor, seven(), body, mask(field), precondition).await;
        assert_eq!(uow.commits(), 0);
        refused.unwrap_err()
    };
    let stale = Precondition::OneOf(vec![(Id::new(7), course(7).revision.next())]);
    assert!(matches!(refused(owner(), its_owner(), form("b"), CourseField::Name, stale).await, CourseError::Stale));
    let any = Precondition::Any;
    let archived = Some(record(Course { state: CourseState::Archived, ..course(7) }, Some(Membership::Owner)));
    let error = refused(owner(), archived, form("b"), CourseField::Name, any.clone()).await;
    assert!(matches!(error, CourseError::Change(ChangeError::NotModifiable(CourseState::Archived))), "{error:?}");
    let error = refused(owner(), its_owner(), named_state(CourseState::Declined), CourseField::State, any.clone()).await;
    assert!(matches!(error, CourseError::Change(ChangeError::State(_))), "{error:?}");
    let to = CourseForm { owner: text("5"), ..CourseForm::default() };
    let error = refused(admin(), Some(record(course(7), None)), to.clone(), CourseField::Owner, any.clone()).await;
    assert!(matches!(error, CourseError::Change(ChangeError::Transfer(TransferError::IneligibleOwner))), "{error:?}");
    let error = refused(owner(), its_owner(), to, CourseField::Owner, any.clone()).await;
    assert!(matches!(error, CourseError::Denied(CourseDenial::Role)), "{error:?}");
    let student = Some(record(course(7), Some(Membership::Student)));
    let error = refused(owner(), student, form("b"), CourseField::Name, any.clone()).await;
    assert!(matches!(error, CourseError::Denied(CourseDenial::Role)), "{error:?}");
    assert!(matches!(refused(owner(), None, form("b"), CourseField::Name, any).await, CourseError::Denied(CourseDenial::Missing)));
}

#[tokio::test]
async fn replace_clears_missing_fields() {
    let mut full = course(7);
    full.details.room = derslik_domain::course::CourseRoom::new("301").ok();
    let mut stores = MockStores::default();
    locking(&mut stores, OWNER, Some(record(full, Some(Membership::Owner))));
    stores.courses.expect_update().once().returning(|_, _| Ok(()));
    let seen = service(stores).0.replace(&owner(), seven(), form("Kimya"), Precondition::Any).await.unwrap();
    assert_eq!((seen.course.details.name.as_str(), seen.course.details.room, seen.course.state), ("Kimya", None, CourseState::Active));
}

#[tokio::test]
async fn delete_removes_only_an_archived_course() {
    let delete = |state, membership, removes: bool| async move {
        let mut stores = MockStores::default();
        locking(&mut stores, OWNER, Some(record(Course { state, ..course(7) }, Some(membership))));
        if removes {
            stores.courses.expect_delete().once().with(eq(account().id), eq(Id::new(7))).returning(|_, _| Ok(()));
        }
        let (service, uow) = service(stores);
        let deleted = service.delete(&owner(), seven(), Precondition::Any).await;
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
async fn grading_periods_are_read_and_replaced() {
    let mut stores = MockStores::default();
    finding(&mut stores, OWNER, its_owner());
    stores.grading_periods.expect_find().once().returning(|_, _| Ok(GradingPeriodSettings::default()));
    assert_eq!(service(stores).0.grading_periods(&owner(), seven()).await.unwrap(), GradingPeriodSettings::default());

    let change = |found: Option<CourseWithMembership>, form: GradingPeriodSettingsForm, writes: usize| async move {
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
