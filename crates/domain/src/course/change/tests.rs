use rstest::rstest;

use super::*;
use crate::course::roster::Membership;
use crate::course::testing::{OWNER, course, given, named};
use crate::course::{CourseLevels, CourseName, CourseRoom, CourseSection, GradingPeriodLicence};
use crate::form::RawText;
use crate::id::Id;
use crate::text::TextError;

const NOW: Timestamp = Timestamp::from_micros(9_000);
const ADMIN: CourseRole = CourseRole::Admin;
const TEACHER: CourseRole = CourseRole::CoTeacher;

fn in_state(state: CourseState) -> Course {
    Course { state, ..course() }
}

fn mask(fields: &[CourseField]) -> UpdateMask {
    UpdateMask::of(fields.iter().copied().collect()).unwrap()
}

fn of(form: CourseForm, fields: &[CourseField]) -> Patch {
    Patch { form, mask: mask(fields), owner: None }
}

fn to(state: CourseState) -> CourseForm {
    CourseForm { state: Field::Given(state), ..Default::default() }
}

fn co_teacher(user: i64) -> OwnerCandidate {
    OwnerCandidate { user: Id::new(user), membership: Some(Membership::Teacher), status: UserStatus::Active }
}

fn hand_over(owner: Option<OwnerCandidate>) -> Patch {
    Patch { form: CourseForm { owner: given("9"), ..Default::default() }, mask: mask(&[CourseField::Owner]), owner }
}

fn violations(outcome: Result<Change, ChangeError>) -> Vec<(CourseField, CourseProblem)> {
    match outcome {
        Err(ChangeError::Invalid(violations)) => violations.into_iter().map(|violation| (violation.field, violation.problem)).collect(),
        other => panic!("{other:?}"),
    }
}

fn fields(fields: &[CourseField]) -> CourseFact {
    CourseFact::Edited(fields.iter().copied().collect())
}

mod creation {
    use super::*;

    fn context(settings: &CourseSettings) -> NewCourseContext<'_> {
        NewCourseContext {
            id: Id::new(70),
            enrollment_code: EnrollmentCode::from_random(7),
            group_random: 7,
            teacher_folder: None,
            creator: Id::new(OWNER),
            role: Role::Member,
            settings,
            owner: Some(myself()),
            at: NOW,
        }
    }

    fn myself() -> NamedOwner {
        NamedOwner { user: Id::new(OWNER), kind: PrincipalKind::User, status: UserStatus::Active }
    }

    fn form() -> CourseForm {
        CourseForm { owner: given("me"), ..named("10. Sınıf Biyoloji") }
    }

    const PERMISSIVE: CourseSettings =
        CourseSettings { member_creation: MemberCreation::ActiveToo, grading_periods: GradingPeriodLicence::Held };

    #[rstest]
    #[case(Field::Missing)]
    #[case(Field::Null)]
    #[case(Field::Given(CourseState::Provisioned))]
    fn a_course_begins_provisioned_unless_the_form_names_a_state(#[case] state: Field<CourseState>) {
        let created = create(CourseForm { state, ..form() }, context(&PERMISSIVE)).unwrap();
        assert_eq!(created.course.state, CourseState::Provisioned);
        assert_eq!((created.course.first_active_at, created.facts.len()), (None, 0));
        assert_eq!((created.course.created_at, created.course.updated_at), (NOW, NOW));
        assert_eq!(created.course.revision, Revision::FIRST);
        assert_eq!(created.course.owner, Id::new(OWNER));
        assert_eq!(created.course.group.of_members(), "10_Sinif_Biyoloji_haaaaa");
    }

    #[test]
    fn an_active_course_is_active_for_the_first_time() {
        let created = create(CourseForm { state: Field::Given(CourseState::Active), ..form() }, context(&PERMISSIVE)).unwrap();
        assert_eq!(created.facts, [CourseFact::FirstActivated]);
        assert!(created.course.awaits_calendar());
    }

    #[rstest]
    fn no_course_begins_in_any_other_state(
        #[values(CourseState::Archived, CourseState::Declined, CourseState::Suspended)] state: CourseState,
    ) {
        let refused = create(CourseForm { state: Field::Given(state), ..form() }, context(&PERMISSIVE));
        let violation = CourseViolation { field: CourseField::State, problem: CourseProblem::NoFirstState(state) };
        assert_eq!(refused, Err(CreateError::Invalid(vec![violation])));
    }

    #[test]
    fn the_account_decides_whether_members_create_active_courses() {
        let strict = CourseSettings { member_creation: MemberCreation::ProvisionedOnly, ..PERMISSIVE };
        let active = || CourseForm { state: Field::Given(CourseState::Active), ..form() };
        assert_eq!(create(active(), context(&strict)), Err(CreateError::ActiveNotAllowed));
        assert!(create(form(), context(&strict)).is_ok());
        assert!(create(active(), NewCourseContext { role: Role::Admin, ..context(&strict) }).is_ok());
    }

    #[test]
    fn members_create_courses_for_themselves_alone() {
        let other = Some(NamedOwner { user: Id::new(9), ..myself() });
        assert_eq!(create(form(), NewCourseContext { owner: other, ..context(&PERMISSIVE) }), Err(CreateError::NotSelf));
        assert_eq!(create(form(), NewCourseContext { owner: None, ..context(&PERMISSIVE) }), Err(CreateError::NotSelf));
        let created = create(form(), NewCourseContext { owner: other, role: Role::Admin, ..context(&PERMISSIVE) }).unwrap();
        assert_eq!(created.course.owner, Id::new(9));
    }

    #[rstest]
    #[case(None, CreateError::UnknownOwner)]
    #[case(Some(NamedOwner { kind: PrincipalKind::Service, ..myself() }), CreateError::CannotOwn)]
    #[case(Some(NamedOwner { status: UserStatus::Inactive, ..myself() }), CreateError::InactiveOwner)]
    fn the_owner_is_a_person_with_a_usable_account(#[case] owner: Option<NamedOwner>, #[case] error: CreateError) {
        assert_eq!(create(form(), NewCourseContext { owner, role: Role::Admin, ..context(&PERMISSIVE) }), Err(error));
    }

    #[test]
    fn an_id_is_an_alias_to_attach() {
        let created = create(CourseForm { alias: given("p:a/b ş"), ..form() }, context(&PERMISSIVE)).unwrap();
        assert_eq!(created.alias, Alias::parse("p:a/b ş").ok());
        let refused = create(CourseForm { alias: given("123"), ..form() }, context(&PERMISSIVE));
        let violation = CourseViolation { field: CourseField::Id, problem: crate::course::alias::AliasError::NoScope.into() };
        assert_eq!(refused, Err(CreateError::Invalid(vec![violation])));
        assert_eq!(create(CourseForm { alias: given(""), ..form() }, context(&PERMISSIVE)).unwrap().alias, None);
    }

    #[test]
    fn a_name_and_an_owner_have_to_be_sent() {
        let Err(CreateError::Invalid(violations)) = create(CourseForm::default(), context(&PERMISSIVE)) else { panic!() };
        let fields: Vec<_> = violations.iter().map(|violation| (violation.field, violation.problem)).collect();
        assert_eq!(fields, [(CourseField::Owner, CourseProblem::Required), (CourseField::Name, CourseProblem::Required)]);
    }

    #[test]
    fn a_name_holds_no_address() {
        let form = CourseForm { name: given("see http://example.org"), ..form() };
        assert_eq!(create(form, context(&PERMISSIVE)), Err(CreateError::TitleContainsUrl));
    }
}

#[test]
fn a_patch_changes_what_it_names_and_nothing_else() {
    let form = CourseForm { section: given("ignored"), room: given("12"), ..named("Fizik") };
    let change = patch(&course(), of(form, &[CourseField::Name, CourseField::Room]), TEACHER.into(), NOW).unwrap();
    let mut expected = course();
    expected.details.name = CourseName::new("Fizik").unwrap();
    expected.details.room = Some(CourseRoom::new("12").unwrap());
    assert_eq!(change.course, Course { revision: course().revision.next(), updated_at: NOW, ..expected });
    assert_eq!(change.facts, [fields(&[CourseField::Name, CourseField::Room])]);
}

#[test]
fn a_masked_field_that_was_not_sent_is_cleared() {
    let mut course = course();
    course.details.section = CourseSection::new("2").ok();
    course.details.levels = CourseLevels::new("9").ok();
    let change = patch(&course, of(CourseForm::default(), &[CourseField::Section, CourseField::Levels]), TEACHER.into(), NOW).unwrap();
    assert_eq!((change.course.details.section, change.course.details.levels), (None, None));
}

#[rstest]
#[case(Field::Missing, CourseProblem::Required)]
#[case(Field::Null, CourseProblem::Required)]
#[case(given(""), TextError::Empty.into())]
fn a_name_cannot_be_cleared(#[case] name: Field<RawText>, #[case] problem: CourseProblem) {
    let form = CourseForm { name, ..Default::default() };
    assert_eq!(violations(patch(&course(), of(form, &[CourseField::Name]), TEACHER.into(), NOW)), [(CourseField::Name, problem)]);
}

#[test]
fn a_masked_state_has_to_be_sent() {
    let refused = patch(&course(), of(CourseForm::default(), &[CourseField::State]), TEACHER.into(), NOW);
    assert_eq!(violations(refused), [(CourseField::State, CourseProblem::Required)]);
}

#[test]
fn a_change_without_a_difference_leaves_the_time_of_the_last_change() {
    for form in [to(CourseState::Active), named("10. Sınıf Biyoloji")] {
        let field = if form.state == Field::Missing { CourseField::Name } else { CourseField::State };
        assert_eq!(patch(&course(), of(form, &[field]), TEACHER.into(), NOW), Ok(Change { course: course(), facts: vec![] }));
    }
}

#[test]
fn the_time_of_the_last_change_never_goes_back() {
    let before = Timestamp::from_micros(5);
    let change = patch(&course(), of(named("Fizik"), &[CourseField::Name]), TEACHER.into(), before).unwrap();
    assert_eq!(change.course.updated_at, course().updated_at);
}

#[test]
fn details_change_only_where_the_state_before_or_after_lets_them() {
    for from in CourseState::ALL {
        for target in CourseState::ALL {
            let form = CourseForm { state: Field::Given(target), ..named("Fizik") };
            let suspended_from = (from == CourseState::Suspended && target != from).then_some(target);
            let course = Course { suspended_from, ..in_state(from) };
            let outcome = patch(&course, of(form, &[CourseField::Name, CourseField::State]), CourseRole::Operator.into(), NOW);
            match transition(from, target, CourseAccess::OPERATOR) {
                Err(TransitionError::State(conflict)) => assert_eq!(outcome, Err(ChangeError::State(conflict))),
                Err(TransitionError::Role) => panic!("the operator may ask for anything"),
                Ok(_) if from.allows_edits() || target.allows_edits() => {
                    let change = outcome.unwrap();
                    assert_eq!((change.course.state, change.course.details.name.as_str()), (target, "Fizik"));
                }
                Ok(_) => assert_eq!(outcome, Err(ChangeError::NotModifiable(from)), "{from} to {target}"),
            }
        }
    }
}

#[test]
fn an_archived_course_takes_a_new_name_with_its_reactivation() {
    let form = CourseForm { state: Field::Given(CourseState::Active), ..named("Fizik") };
    let change = patch(&in_state(CourseState::Archived), of(form, &[CourseField::State, CourseField::Name]), TEACHER.into(), NOW).unwrap();
    let moved = CourseFact::StateChanged { from: CourseState::Archived, to: CourseState::Active };
    assert_eq!(change.facts, [fields(&[CourseField::Name]), moved]);
}

#[test]
fn the_first_activity_is_reported_once() {
    let provisioned = Course { first_active_at: None, ..in_state(CourseState::Provisioned) };
    let active = move_to(&provisioned, CourseState::Active, CourseRole::Owner.into(), NOW).unwrap();
    assert!(active.facts.contains(&CourseFact::FirstActivated));
    assert_eq!(active.course.first_active_at, Some(NOW));
    let archived = move_to(&active.course, CourseState::Archived, CourseRole::Owner.into(), NOW).unwrap();
    let again = move_to(&archived.course, CourseState::Active, CourseRole::Owner.into(), NOW).unwrap();
    assert!(!again.facts.contains(&CourseFact::FirstActivated));
}

#[test]
fn an_actor_who_may_not_change_the_course_is_refused_before_any_field_is_validated() {
    for role in CourseRole::ALL {
        for state in CourseState::ALL {
            let denied = !(role.is_staff() && state.is_visible_to(role));
            let outcomes = [
                patch(&in_state(state), of(CourseForm::default(), &[CourseField::Name]), role.into(), NOW),
                replace(&in_state(state), CourseForm::default(), role.into(), NOW),
                move_to(&in_state(state), state, role.into(), NOW),
            ];
            for outcome in outcomes {
                assert_eq!(outcome == Err(ChangeError::Role), denied, "{role:?} {state}");
            }
        }
    }
}

#[test]
fn only_administrators_hand_a_course_over() {
    for role in CourseRole::ALL {
        let outcome = patch(&course(), hand_over(Some(co_teacher(9))), role.into(), NOW);
        if matches!(role, CourseRole::Admin | CourseRole::Operator) {
            let change = outcome.unwrap();
            assert_eq!(change.course.owner, Id::new(9));
            assert_eq!(change.facts, [CourseFact::OwnerChanged { from: Id::new(OWNER), to: Id::new(9) }]);
        } else {
            assert_eq!(outcome, Err(ChangeError::Role), "{role:?}");
        }
    }
}

#[rstest]
#[case(Some(co_teacher(OWNER)), ChangeError::Transfer(TransferError::UserAlreadyOwner))]
#[case(None, ChangeError::Transfer(TransferError::IneligibleOwner))]
fn a_course_is_not_handed_to_a_user_who_cannot_take_it(#[case] owner: Option<OwnerCandidate>, #[case] error: ChangeError) {
    assert_eq!(patch(&course(), hand_over(owner), ADMIN.into(), NOW), Err(error));
}

#[test]
fn a_masked_owner_has_to_be_sent() {
    let without_owner = Patch { owner: Some(co_teacher(9)), ..of(CourseForm::default(), &[CourseField::Owner]) };
    assert_eq!(violations(patch(&course(), without_owner, ADMIN.into(), NOW)), [(CourseField::Owner, CourseProblem::Required)]);
}

#[test]
fn handing_over_needs_a_course_that_can_be_modified() {
    let refused = patch(&in_state(CourseState::Archived), hand_over(Some(co_teacher(9))), ADMIN.into(), NOW);
    assert_eq!(refused, Err(ChangeError::NotModifiable(CourseState::Archived)));
}

#[test]
fn a_name_holds_no_address_but_a_description_may() {
    let form = CourseForm { description: given("https://example.org"), ..named("www.example.org") };
    assert_eq!(patch(&course(), of(form.clone(), &[CourseField::Name]), TEACHER.into(), NOW), Err(ChangeError::TitleContainsUrl));
    assert_eq!(replace(&course(), form.clone(), TEACHER.into(), NOW), Err(ChangeError::TitleContainsUrl));
    assert!(patch(&course(), of(form, &[CourseField::Description]), TEACHER.into(), NOW).is_ok());
}

#[test]
fn a_put_replaces_every_detail_but_the_levels() {
    let mut course = course();
    course.details.section = CourseSection::new("2").ok();
    course.details.room = CourseRoom::new("1").ok();
    course.details.levels = CourseLevels::new("9").ok();
    let form = CourseForm { room: given("12"), owner: given("77"), alias: given("7"), ..named("Fizik") };
    let change = replace(&course, form.clone(), TEACHER.into(), NOW).unwrap();
    assert_eq!(change.course.details.section, None);
    assert_eq!(change.course.details.room, CourseRoom::new("12").ok());
    assert_eq!(change.course.details.levels, course.details.levels);
    assert_eq!((change.course.owner, change.course.state), (course.owner, course.state));
    let with_levels = replace(&course, CourseForm { levels: given("10"), ..form }, TEACHER.into(), NOW).unwrap();
    assert_eq!(with_levels.course.details.levels, CourseLevels::new("10").ok());
}

#[rstest]
#[case(Field::Missing)]
#[case(Field::Null)]
#[case(given(""))]
fn a_put_never_clears_the_levels(#[case] levels: Field<RawText>) {
    let mut course = course();
    course.details.levels = CourseLevels::new("9").ok();
    let change = replace(&course, CourseForm { levels, ..named("Fizik") }, TEACHER.into(), NOW).unwrap();
    assert_eq!(change.course.details.levels, course.details.levels);
}

#[test]
fn a_put_is_an_edit_even_of_nothing() {
    for state in [CourseState::Archived, CourseState::Declined] {
        let same = CourseForm { state: Field::Given(state), ..named("10. Sınıf Biyoloji") };
        for form in [named("10. Sınıf Biyoloji"), same] {
            assert_eq!(replace(&in_state(state), form, ADMIN.into(), NOW), Err(ChangeError::NotModifiable(state)));
        }
    }
}

#[test]
fn a_put_moves_the_course_by_the_same_table() {
    let form = CourseForm { state: Field::Given(CourseState::Active), ..named("Fizik") };
    assert_eq!(replace(&in_state(CourseState::Archived), form.clone(), TEACHER.into(), NOW).unwrap().course.state, CourseState::Active);
    let refused = replace(&in_state(CourseState::Declined), form, ADMIN.into(), NOW);
    assert!(matches!(refused, Err(ChangeError::State(conflict)) if conflict.reachable.iter().eq([CourseState::Provisioned])));
}

#[test]
fn only_the_operator_suspends_a_course_and_lets_it_go_again() {
    for role in CourseRole::ALL {
        let suspended = move_to(&course(), CourseState::Suspended, role.into(), NOW);
        let freed = move_to(&in_state(CourseState::Suspended), CourseState::Active, role.into(), NOW);
        assert_eq!((suspended.is_ok(), freed.is_ok()), (role == CourseRole::Operator, role == CourseRole::Operator), "{role:?}");
    }
}

#[test]
fn a_calendar_is_assigned_once_and_changes_no_time() {
    let calendar = || CalendarId::new("c1@group.calendar.example").unwrap();
    let first = assign_calendar(&course(), calendar());
    assert_eq!(first.facts, [CourseFact::CalendarAssigned]);
    assert_eq!((first.course.updated_at, first.course.revision), (course().updated_at, course().revision.next()));
    let second = assign_calendar(&first.course, CalendarId::new("c2").unwrap());
    assert_eq!(second, Change { course: first.course, facts: vec![] });
    let never_active = Course { first_active_at: None, ..course() };
    assert!(assign_calendar(&never_active, calendar()).facts.is_empty());
}

#[test]
fn every_state_and_role_deletes_as_the_contract_says() {
    for role in CourseRole::ALL {
        for state in CourseState::ALL {
            let may = match role {
                CourseRole::Operator | CourseRole::Owner => true,
                CourseRole::Admin => state != CourseState::Suspended,
                CourseRole::CoTeacher | CourseRole::Student | CourseRole::Stranger => false,
            };
            let expected = match (may, state) {
                (false, _) => Err(DeleteError::Role),
                (true, CourseState::Archived) => Ok(()),
                (true, state) => Err(DeleteError::NotArchived(state)),
            };
            assert_eq!(delete(&in_state(state), role.into()), expected, "{role:?} {state}");
        }
    }
}
