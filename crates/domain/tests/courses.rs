//! Courses by their public API: random histories against a small model, and the properties of every change.
#![expect(clippy::unwrap_used, reason = "a test that goes wrong may panic")]

use std::collections::BTreeMap;

use derslik_domain::course::grading_period::{
    GradingPeriodError, GradingPeriodForm, GradingPeriodMask, GradingPeriodSetting, GradingPeriodSettings, GradingPeriodSettingsForm,
    change_grading_periods,
};
use derslik_domain::course::roster::{Membership, OwnerCandidate, UserStatus};
use derslik_domain::course::{
    CalendarDate, CalendarId, Change, Course, CourseAccess, CourseDetails, CourseFact, CourseField, CourseFields, CourseForm, CourseRole,
    CourseSettings, CourseState, EnrollmentCode, MemberCreation, NamedOwner, NewCourseContext, Patch, UpdateMask, assign_calendar, create,
    delete, move_to, patch, replace,
};
use derslik_domain::form::{Field, RawText};
use derslik_domain::id::{GradingPeriodId, Id, PrincipalId};
use derslik_domain::identity::{PrincipalKind, Role};
use derslik_domain::text::Text;
use derslik_domain::time::Timestamp;
use proptest::prelude::*;

const OWNER: PrincipalId = Id::new(2);

fn new_course(state: CourseState) -> Course {
    let form = CourseForm {
        name: given("10. Sınıf Biyoloji"),
        owner: given("me"),
        state: Field::Given(state),
        section: given("Dönem 2"),
        levels: given("10"),
        ..CourseForm::default()
    };
    let settings = CourseSettings { member_creation: MemberCreation::ActiveToo, ..CourseSettings::default() };
    let context = NewCourseContext {
        id: Id::new(7),
        enrollment_code: EnrollmentCode::from_random(7),
        group_random: 7,
        teacher_folder: None,
        creator: OWNER,
        role: Role::Member,
        settings: &settings,
        owner: Some(NamedOwner { user: OWNER, kind: PrincipalKind::User, status: UserStatus::Active }),
        at: Timestamp::from_micros(0),
    };
    create(form, context).unwrap().course
}

fn given(text: &str) -> Field<RawText> {
    Field::Given(text.as_bytes().to_vec())
}

fn any_state() -> impl Strategy<Value = CourseState> {
    proptest::sample::select(CourseState::ALL.to_vec())
}

fn any_role() -> impl Strategy<Value = CourseRole> {
    proptest::sample::select(CourseRole::ALL.to_vec())
}

fn any_text() -> impl Strategy<Value = Field<RawText>> {
    prop_oneof![
        2 => Just(Field::Missing),
        1 => Just(Field::Null),
        1 => Just(Field::Mistyped),
        12 => "[a-zığş ]{0,12}".prop_map(|text| given(&text)),
        1 => Just(given("www.example.org")),
        1 => Just(Field::Given(b"\xff".to_vec())),
    ]
}

prop_compose! {
    fn any_form()(
        name in any_text(), section in any_text(), description_heading in any_text(), description in any_text(), room in any_text(),
        owner in any_text(), subject in any_text(), levels in any_text(), state in prop_oneof![Just(Field::Missing), any_state().prop_map(Field::Given)],
    ) -> CourseForm {
        CourseForm { alias: Field::Missing, name, section, description_heading, description, room, owner, state, subject, levels }
    }
}

fn any_mask() -> impl Strategy<Value = UpdateMask> {
    proptest::sample::subsequence(CourseField::SETTABLE.to_vec(), 1..=CourseField::SETTABLE.len())
        .prop_map(|fields| UpdateMask::of(fields.into_iter().collect()).unwrap())
}

fn any_candidate() -> impl Strategy<Value = Option<OwnerCandidate>> {
    let membership = proptest::option::of(proptest::sample::select(Membership::ALL.to_vec()));
    let status = prop_oneof![Just(UserStatus::Active), Just(UserStatus::Inactive)];
    proptest::option::of((2_i64..5, membership, status).prop_map(|(user, membership, status)| OwnerCandidate {
        user: Id::new(user),
        membership,
        status,
    }))
}

/// One attempt to change a course.
#[derive(Debug, Clone)]
enum Event {
    Patch(CourseForm, UpdateMask, Option<OwnerCandidate>),
    Put(CourseForm),
    Move(CourseState),
    Calendar,
    Delete,
}

fn mask_of(field: CourseField) -> UpdateMask {
    UpdateMask::of([field].into_iter().collect()).unwrap()
}

fn hand_over(candidate: Option<OwnerCandidate>) -> Event {
    Event::Patch(CourseForm { owner: given("9"), ..CourseForm::default() }, mask_of(CourseField::Owner), candidate)
}

fn any_event() -> impl Strategy<Value = (Event, CourseRole)> {
    let event = prop_oneof![
        3 => (any_form(), any_mask(), any_candidate()).prop_map(|(form, mask, owner)| Event::Patch(form, mask, owner)),
        2 => any_candidate().prop_map(hand_over),
        1 => any_form().prop_map(Event::Put),
        4 => any_state().prop_map(Event::Move),
        1 => Just(Event::Calendar),
        1 => Just(Event::Delete),
    ];
    (event, any_role())
}

/// The pairs of states between which roles other than the operator may move a course.
const MOVES: [(CourseState, CourseState); 5] = [
    (CourseState::Active, CourseState::Archived),
    (CourseState::Archived, CourseState::Active),
    (CourseState::Provisioned, CourseState::Active),
    (CourseState::Provisioned, CourseState::Declined),
    (CourseState::Declined, CourseState::Provisioned),
];

fn model_allows(before: &Course, to: CourseState, role: CourseRole) -> bool {
    let from = before.state;
    let closed = [CourseState::Provisioned, CourseState::Declined];
    match role {
        CourseRole::Student | CourseRole::Stranger => false,
        CourseRole::CoTeacher => MOVES.contains(&(from, to)) && !closed.contains(&from),
        CourseRole::Owner | CourseRole::Admin => MOVES.contains(&(from, to)),
        CourseRole::Operator => {
            let lifts = from == CourseState::Suspended && (!closed.contains(&to) || before.suspended_from == Some(to));
            MOVES.contains(&(from, to)) || to == CourseState::Suspended || lifts
        }
    }
}

fn run(course: &Course, event: &Event, role: CourseRole, at: Timestamp) -> Option<Change> {
    let access = CourseAccess::from(role);
    match event.clone() {
        Event::Patch(form, mask, owner) => patch(course, Patch { form, mask, owner }, access, at).ok(),
        Event::Put(form) => replace(course, form, access, at).ok(),
        Event::Move(to) => move_to(course, to, access, at).ok(),
        Event::Calendar => Some(assign_calendar(course, CalendarId::new("c1").unwrap())),
        Event::Delete => {
            if delete(course, access).is_ok() {
                assert_eq!(course.state, CourseState::Archived);
                assert!(matches!(role, CourseRole::Owner | CourseRole::Admin | CourseRole::Operator));
            }
            None
        }
    }
}

fn check_step(before: &Course, change: &Change, role: CourseRole) {
    let Change { course, facts } = change;
    assert_eq!(facts.is_empty(), course == before, "nothing is written where nothing happened");
    if facts.is_empty() {
        return;
    }
    assert_eq!(course.revision, before.revision.next());
    assert_eq!(
        (course.id, course.created_at, &course.enrollment_code, &course.group),
        (before.id, before.created_at, &before.enrollment_code, &before.group)
    );
    assert!(course.updated_at >= before.updated_at);
    if facts.contains(&CourseFact::CalendarAssigned) {
        assert!(before.awaits_calendar() && !course.awaits_calendar());
        return;
    }
    if course.state != before.state {
        assert!(model_allows(before, course.state, role), "{role:?}: {} to {}", before.state, course.state);
        let origin = (course.state == CourseState::Suspended).then_some(before.state);
        assert_eq!(course.suspended_from, origin, "{} to {}", before.state, course.state);
        assert!(facts.contains(&CourseFact::StateChanged { from: before.state, to: course.state }));
    }
    let edited = course.details != before.details || course.owner != before.owner;
    if edited {
        let open = [CourseState::Active, CourseState::Provisioned];
        assert!(open.contains(&before.state) || open.contains(&course.state), "an edit in {}", before.state);
    }
    if course.owner != before.owner {
        assert!(matches!(role, CourseRole::Admin | CourseRole::Operator));
    }
    assert!(!matches!(role, CourseRole::Student | CourseRole::Stranger));
    let first = before.first_active_at.is_none() && course.state == CourseState::Active;
    assert_eq!(facts.contains(&CourseFact::FirstActivated), first);
    check_details(&course.details);
}

fn check_details(details: &CourseDetails) {
    let CourseDetails { name, section, description_heading, description, room, subject, levels } = details;
    assert!(!name.as_str().contains("www."));
    let texts = [
        section.as_ref().map(Text::as_str),
        description_heading.as_ref().map(Text::as_str),
        description.as_ref().map(Text::as_str),
        room.as_ref().map(Text::as_str),
        subject.as_ref().map(Text::as_str),
        levels.as_ref().map(Text::as_str),
    ];
    assert!(texts.into_iter().flatten().all(|text| !text.is_empty()));
}

/// The value of a detail as text, to compare fields one by one.
fn detail(details: &CourseDetails, field: CourseField) -> Option<&str> {
    match field {
        CourseField::Name => Some(details.name.as_str()),
        CourseField::Section => details.section.as_ref().map(Text::as_str),
        CourseField::DescriptionHeading => details.description_heading.as_ref().map(Text::as_str),
        CourseField::Description => details.description.as_ref().map(Text::as_str),
        CourseField::Room => details.room.as_ref().map(Text::as_str),
        CourseField::Subject => details.subject.as_ref().map(Text::as_str),
        CourseField::Levels => details.levels.as_ref().map(Text::as_str),
        CourseField::Id | CourseField::Owner | CourseField::State => None,
    }
}

fn sent(form: &CourseForm, field: CourseField) -> Option<&Field<RawText>> {
    match field {
        CourseField::Name => Some(&form.name),
        CourseField::Section => Some(&form.section),
        CourseField::DescriptionHeading => Some(&form.description_heading),
        CourseField::Description => Some(&form.description),
        CourseField::Room => Some(&form.room),
        CourseField::Subject => Some(&form.subject),
        CourseField::Levels => Some(&form.levels),
        CourseField::Id | CourseField::Owner | CourseField::State => None,
    }
}

proptest! {
    #[test]
    fn no_history_leads_to_a_state_that_the_model_forbids(
        first in prop_oneof![Just(CourseState::Active), Just(CourseState::Provisioned)],
        events in proptest::collection::vec(any_event(), 0..40),
    ) {
        let mut course = new_course(first);
        let mut at = 0;
        for (event, role) in events {
            at += 1;
            let before = course.clone();
            let outcome = run(&course, &event, role, Timestamp::from_micros(at));
            prop_assert_eq!(&course, &before, "a decision changes nothing by itself");
            if let Some(change) = outcome {
                check_step(&before, &change, role);
                course = change.course;
            }
        }
    }

    #[test]
    fn a_patch_touches_nothing_outside_its_mask(
        form in any_form(), mask in any_mask(), owner in any_candidate(), role in any_role(), state in any_state(),
    ) {
        let course = Course { state, ..new_course(CourseState::Active) };
        let decided = patch(&course, Patch { form: form.clone(), mask, owner }, role.into(), Timestamp::from_micros(9));
        let Ok(change) = decided else { return Ok(()) };
        for field in CourseField::SETTABLE {
            let (old, new) = (detail(&course.details, field), detail(&change.course.details, field));
            match sent(&form, field) {
                Some(Field::Given(text)) if mask.contains(field) => {
                    prop_assert_eq!(new.unwrap_or_default().as_bytes(), text.as_slice());
                }
                Some(_) if mask.contains(field) => prop_assert_eq!(new, None),
                Some(_) | None => prop_assert_eq!(new, old),
            }
        }
        if !mask.contains(CourseField::State) {
            prop_assert_eq!(change.course.state, course.state);
        }
        if !mask.contains(CourseField::Owner) {
            prop_assert_eq!(change.course.owner, course.owner);
        }
        let differs: CourseFields = CourseField::SETTABLE.into_iter()
            .filter(|field| detail(&course.details, *field) != detail(&change.course.details, *field))
            .collect();
        prop_assert_eq!(change.facts.contains(&CourseFact::Edited(differs)), !differs.is_empty());
    }

    #[test]
    fn what_a_patch_does_not_name_cannot_refuse_it(good in "[a-z]{1,9}", noise in any_form()) {
        let form = CourseForm { room: given(&good), ..noise };
        let mask = mask_of(CourseField::Room);
        let change = patch(&new_course(CourseState::Active), Patch { form, mask, owner: None }, CourseRole::Owner.into(), Timestamp::from_micros(9));
        prop_assert!(change.is_ok());
    }

    #[test]
    fn a_put_done_twice_is_done_once(form in any_form(), role in any_role(), state in any_state()) {
        let course = Course { state, ..new_course(CourseState::Active) };
        let Ok(once) = replace(&course, form.clone(), role.into(), Timestamp::from_micros(8)) else { return Ok(()) };
        prop_assume!(once.course.state.allows_edits());
        let twice = replace(&once.course, form, role.into(), Timestamp::from_micros(9)).unwrap();
        prop_assert_eq!(twice, Change { course: once.course, facts: vec![] });
    }

    #[test]
    fn a_put_keeps_what_is_not_its_own(form in any_form(), role in any_role()) {
        let course = new_course(CourseState::Active);
        let Ok(change) = replace(&course, form.clone(), role.into(), Timestamp::from_micros(8)) else { return Ok(()) };
        prop_assert_eq!(change.course.owner, course.owner);
        prop_assert!(change.course.details.levels.is_some());
        if form.state == Field::Missing {
            prop_assert_eq!(change.course.state, course.state);
        }
    }
}

/// A period as a test writes it: days counted from the first of 2024, so that they often meet.
#[derive(Debug, Clone)]
struct Sketch {
    id: Option<i64>,
    title: Option<u8>,
    start: Option<u64>,
    end: Option<u64>,
}

fn any_sketch() -> impl Strategy<Value = Sketch> {
    let id = proptest::option::weighted(0.5, 1_i64..6);
    let days = (0_u64..60, 0_u64..12);
    (id, proptest::option::weighted(0.9, 0_u8..20), days, proptest::bool::weighted(0.9)).prop_map(|(id, title, (start, length), dated)| {
        Sketch { id, title, start: dated.then_some(start), end: dated.then_some((start + length).saturating_sub(1)) }
    })
}

/// Lists of periods in a row. Each starts that many days after the last day of the one before; with zero they share a day.
fn sequence(gaps: std::ops::Range<u64>) -> impl Strategy<Value = Vec<Sketch>> {
    proptest::collection::vec((gaps, 1_u64..9), 0..8).prop_map(|lengths| {
        let mut last = 0;
        let sketches = lengths.into_iter().enumerate().map(|(position, (gap, length))| {
            let start = last + gap;
            last = start + length - 1;
            Sketch { id: None, title: u8::try_from(position).ok(), start: Some(start), end: Some(last) }
        });
        sketches.collect()
    })
}

fn orderly() -> impl Strategy<Value = Vec<Sketch>> {
    sequence(1..4)
}

fn any_list() -> impl Strategy<Value = Vec<Sketch>> {
    prop_oneof![orderly(), sequence(0..3), proptest::collection::vec(any_sketch(), 0..6)]
}

fn date(day: u64) -> CalendarDate {
    let first = CalendarDate::new(2024, 1, 1).unwrap().to_naive();
    CalendarDate::from_naive(first + chrono::Days::new(day)).unwrap()
}

fn form_of(sketch: &Sketch) -> GradingPeriodForm {
    GradingPeriodForm {
        id: sketch.id.map_or(Field::Missing, |id| given(&id.to_string())),
        title: sketch.title.map_or(Field::Missing, |title| given(&format!("T{title}"))),
        start: sketch.start.map_or(Field::Missing, |day| date(day).into()),
        end: sketch.end.map_or(Field::Missing, |day| date(day).into()),
    }
}

fn change_list(
    settings: &GradingPeriodSettings,
    sketches: &[Sketch],
    state: CourseState,
    next: &mut i64,
) -> Result<GradingPeriodSettings, GradingPeriodError> {
    let course = Course { state, ..new_course(CourseState::Active) };
    let form = GradingPeriodSettingsForm { periods: Field::Given(sketches.iter().map(form_of).collect()), ..Default::default() };
    let mask: GradingPeriodMask = [GradingPeriodSetting::Periods].into_iter().collect();
    let change = change_grading_periods(&course, settings, form, mask, || {
        *next += 1;
        GradingPeriodId::new(*next)
    })?;
    let before: BTreeMap<_, _> = settings.periods().iter().map(|period| (period.id, period)).collect();
    let after: BTreeMap<_, _> = change.settings.periods().iter().map(|period| (period.id, period)).collect();
    let added: Vec<_> = after.keys().filter(|id| !before.contains_key(id)).copied().collect();
    let removed: Vec<_> = before.keys().filter(|id| !after.contains_key(id)).copied().collect();
    let mut edited = change.edited.clone();
    edited.sort();
    let differs: Vec<_> = after.iter().filter(|(id, period)| before.get(id).is_some_and(|old| old != *period)).map(|(id, _)| *id).collect();
    let mut told_removed = change.removed.clone();
    told_removed.sort();
    assert_eq!((change.added.clone(), told_removed, edited), (added, removed, differs), "what is told is what happened");
    Ok(change.settings)
}

proptest! {
    #[test]
    fn grading_periods_stay_in_order_apart_and_distinct(lists in proptest::collection::vec((any_list(), any_state()), 1..8)) {
        let (mut settings, mut next) = (GradingPeriodSettings::default(), 0);
        for (sketches, state) in lists {
            let before = settings.clone();
            match change_list(&settings, &sketches, state, &mut next) {
                Ok(changed) => {
                    prop_assert!(state.allows_edits());
                    prop_assert_eq!(changed.periods().len(), sketches.len());
                    settings = changed;
                }
                Err(GradingPeriodError::Invalid(violations)) => prop_assert!(!violations.is_empty()),
                Err(error) => prop_assert_eq!(error, GradingPeriodError::NotModifiable(state)),
            }
            if !state.allows_edits() {
                prop_assert_eq!(&settings, &before);
            }
            for (one, other) in settings.periods().iter().zip(settings.periods().iter().skip(1)) {
                prop_assert!(one.end < other.start);
            }
            for period in settings.periods() {
                prop_assert!(period.start <= period.end);
                prop_assert_eq!(settings.periods().iter().filter(|other| other.title == period.title || other.id == period.id).count(), 1);
            }
            prop_assert_eq!(GradingPeriodSettings::new(settings.periods().to_vec(), false), Ok(settings.clone()));
        }
    }

    #[test]
    fn a_list_that_is_in_order_is_always_taken(sketches in orderly()) {
        let settings = change_list(&GradingPeriodSettings::default(), &sketches, CourseState::Active, &mut 0).unwrap();
        // Sent back with only its ids, the list stays as it is.
        let again: Vec<Sketch> =
            settings.periods().iter().map(|period| Sketch { id: Some(period.id.get()), title: None, start: None, end: None }).collect();
        prop_assert_eq!(change_list(&settings, &again, CourseState::Active, &mut 100), Ok(settings));
    }
}
