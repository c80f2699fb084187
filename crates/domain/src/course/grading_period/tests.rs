use rstest::rstest;

use super::GradingPeriodField::{End, Id as PeriodId, Start, Title};
use super::GradingPeriodPlace::{List, Period};
use super::*;
use crate::course::testing::course;
use crate::id::Id;

fn date(text: &str) -> CalendarDate {
    let mut numbers = text.split('-').map(|number| number.parse().unwrap());
    CalendarDate::new(numbers.next().unwrap(), numbers.next().unwrap(), numbers.next().unwrap()).unwrap()
}

fn period(id: i64, title: &str, start: &str, end: &str) -> GradingPeriod {
    GradingPeriod { id: Id::new(id), title: GradingPeriodTitle::new(title).unwrap(), start: date(start), end: date(end) }
}

fn settings() -> GradingPeriodSettings {
    let periods = vec![period(1, "Güz", "2024-09-01", "2024-12-31"), period(2, "Bahar", "2025-01-01", "2025-06-30")];
    GradingPeriodSettings::new(periods, false).unwrap()
}

fn new_form(title: &str, start: &str, end: &str) -> GradingPeriodForm {
    GradingPeriodForm { id: Field::Missing, title: given(title), start: date(start).into(), end: date(end).into() }
}

fn known_form(id: &str) -> GradingPeriodForm {
    GradingPeriodForm { id: given(id), ..Default::default() }
}

fn given(text: &str) -> Field<RawText> {
    Field::Given(text.as_bytes().to_vec())
}

fn list(forms: Vec<GradingPeriodForm>) -> GradingPeriodSettingsForm {
    GradingPeriodSettingsForm { periods: Field::Given(forms), ..Default::default() }
}

fn change(form: GradingPeriodSettingsForm) -> Result<GradingPeriodChange, GradingPeriodError> {
    let mask = form.fields_present();
    let mut next = 100;
    change_grading_periods(&course(), &settings(), form, mask, || {
        next += 1;
        Id::new(next)
    })
}

fn violations(forms: Vec<GradingPeriodForm>) -> Vec<(GradingPeriodPlace, GradingPeriodProblem)> {
    match change(list(forms)) {
        Err(GradingPeriodError::Invalid(violations)) => {
            violations.into_iter().map(|violation| (violation.field, violation.problem)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_list_is_replaced_as_a_whole() {
    let edited = GradingPeriodForm { title: given("Bahar dönemi"), ..known_form("2") };
    let change = change(list(vec![edited, new_form("Yaz", "2025-07-01", "2025-08-31")])).unwrap();
    let expected = [period(2, "Bahar dönemi", "2025-01-01", "2025-06-30"), period(101, "Yaz", "2025-07-01", "2025-08-31")];
    assert_eq!(change.settings.periods(), expected);
    assert_eq!((change.added, change.edited, change.removed), (vec![Id::new(101)], vec![Id::new(2)], vec![Id::new(1)]));
}

#[test]
fn an_empty_list_removes_every_period() {
    let change = change(list(vec![])).unwrap();
    assert!(change.settings.periods().is_empty());
    assert_eq!(change.removed, [Id::new(1), Id::new(2)]);
}

#[test]
fn what_is_not_sent_of_a_known_period_stays() {
    let change = change(list(vec![known_form("1"), known_form("2")])).unwrap();
    assert_eq!(change.settings, settings());
    assert!(change.added.is_empty() && change.edited.is_empty() && change.removed.is_empty());
}

#[test]
fn fields_outside_the_mask_are_not_looked_at() {
    let form = GradingPeriodSettingsForm { periods: Field::Mistyped, apply_to_existing_coursework: Field::Given(true) };
    let mask = [GradingPeriodSetting::ApplyToExistingCoursework].into_iter().collect();
    let change = change_grading_periods(&course(), &settings(), form, mask, || Id::new(9)).unwrap();
    assert!(change.settings.applies_to_existing_coursework());
    assert_eq!(change.settings.periods(), settings().periods());
}

#[test]
fn a_masked_flag_that_was_not_sent_is_off() {
    let on = GradingPeriodSettings { apply_to_existing_coursework: true, ..settings() };
    let mask = [GradingPeriodSetting::ApplyToExistingCoursework].into_iter().collect();
    let change = change_grading_periods(&course(), &on, GradingPeriodSettingsForm::default(), mask, || Id::new(9)).unwrap();
    assert!(!change.settings.applies_to_existing_coursework());
}

#[rstest]
#[case::touching(("2024-01-01", "2024-01-31"), ("2024-01-31", "2024-02-01"), Some(GradingPeriodProblem::Overlap))]
#[case::next_day(("2024-01-01", "2024-01-31"), ("2024-02-01", "2024-02-01"), None)]
#[case::inside(("2024-01-01", "2024-01-31"), ("2024-01-10", "2024-01-20"), Some(GradingPeriodProblem::Overlap))]
#[case::around(("2024-01-10", "2024-01-20"), ("2024-01-01", "2024-01-31"), Some(GradingPeriodProblem::Overlap))]
#[case::earlier(("2024-02-01", "2024-02-28"), ("2024-01-01", "2024-01-31"), Some(GradingPeriodProblem::OutOfOrder))]
#[case::up_to_it(("2024-02-01", "2024-02-28"), ("2024-01-01", "2024-02-01"), Some(GradingPeriodProblem::Overlap))]
fn periods_come_one_after_the_other(#[case] one: (&str, &str), #[case] other: (&str, &str), #[case] problem: Option<GradingPeriodProblem>) {
    let forms = vec![new_form("A", one.0, one.1), new_form("B", other.0, other.1)];
    match problem {
        None => assert!(change(list(forms)).is_ok()),
        Some(problem) => assert_eq!(violations(forms), [(Period(1, Start), problem)]),
    }
}

#[test]
fn a_period_may_last_one_day_but_not_end_before_it_starts() {
    assert!(change(list(vec![new_form("A", "2024-01-02", "2024-01-02")])).is_ok());
    assert_eq!(violations(vec![new_form("A", "2024-01-02", "2024-01-01")]), [(Period(0, End), GradingPeriodProblem::EndBeforeStart)]);
}

#[test]
fn every_broken_rule_is_named_with_its_place() {
    let unknown = GradingPeriodForm { id: given("7"), ..new_form("A", "2024-01-01", "2024-01-31") };
    let nothing = GradingPeriodForm::default();
    let no_date =
        GradingPeriodForm { end: Field::Given(DateForm { year: 2023, month: 2, day: 29 }), ..new_form("A ", "2023-02-01", "2023-02-02") };
    assert_eq!(
        violations(vec![unknown, nothing, no_date]),
        [
            (Period(0, PeriodId), GradingPeriodProblem::UnknownId),
            (Period(1, Title), GradingPeriodProblem::Required),
            (Period(1, Start), GradingPeriodProblem::Required),
            (Period(1, End), GradingPeriodProblem::Required),
            (Period(2, Title), GradingPeriodProblem::DuplicateTitle),
            (Period(2, End), GradingPeriodProblem::NotADate),
        ]
    );
}

#[test]
fn an_id_is_named_once() {
    assert_eq!(
        violations(vec![known_form("2"), GradingPeriodForm { title: given("X"), ..known_form("2") }]),
        [(Period(1, PeriodId), GradingPeriodProblem::DuplicateId), (Period(1, Start), GradingPeriodProblem::Overlap)]
    );
}

#[rstest]
#[case(given("02"), GradingPeriodProblem::UnknownId)]
#[case(given("ş"), GradingPeriodProblem::UnknownId)]
#[case(Field::Mistyped, GradingPeriodProblem::Mistyped)]
#[case(Field::Repeated, GradingPeriodProblem::Repeated)]
fn a_text_that_is_not_an_id_is_refused(#[case] id: Field<RawText>, #[case] problem: GradingPeriodProblem) {
    let form = GradingPeriodForm { id, ..new_form("A", "2024-01-01", "2024-01-31") };
    assert_eq!(violations(vec![form]), [(Period(0, PeriodId), problem)]);
}

fn weekly(count: usize) -> Vec<GradingPeriodForm> {
    let first = date("2024-01-01").to_naive();
    let weeks = first.iter_weeks().take(count).enumerate();
    weeks
        .map(|(week, start)| {
            let start = CalendarDate::from_naive(start).unwrap().to_string();
            new_form(&format!("W{week}"), &start, &start)
        })
        .collect()
}

#[test]
fn a_course_has_at_most_a_hundred_periods() {
    assert!(change(list(weekly(100))).is_ok());
    assert_eq!(violations(weekly(101)), [(List, GradingPeriodProblem::TooMany)]);
}

#[test]
fn a_title_has_1_to_750_characters() {
    let titled = |title: &str| vec![GradingPeriodForm { title: given(title), ..new_form("A", "2024-01-01", "2024-01-31") }];
    assert!(change(list(titled(&"ş".repeat(750)))).is_ok());
    assert_eq!(violations(titled(&"ş".repeat(751))), [(Period(0, Title), TextError::TooLong { max: 750 }.into())]);
    assert_eq!(violations(titled(" ")), [(Period(0, Title), TextError::Empty.into())]);
    assert_eq!(violations(titled("")), [(Period(0, Title), GradingPeriodProblem::Required)]);
}

#[test]
fn the_course_has_to_be_one_that_can_be_modified() {
    for state in CourseState::ALL {
        let course = Course { state, ..course() };
        let form = list(vec![]);
        let mask = form.fields_present();
        let outcome = change_grading_periods(&course, &settings(), form, mask, || Id::new(9));
        if state.allows_edits() {
            assert!(outcome.is_ok(), "{state}");
        } else {
            assert_eq!(outcome, Err(GradingPeriodError::NotModifiable(state)));
        }
    }
}

#[test]
fn settings_are_not_built_of_periods_that_break_the_rules() {
    let periods = vec![period(1, "Kış", "2024-02-01", "2024-02-28"), period(2, "Kıs\u{327}", "2024-01-01", "2024-01-31")];
    let violations = GradingPeriodSettings::new(periods, false).unwrap_err();
    let problems: Vec<_> = violations.into_iter().map(|violation| violation.problem).collect();
    assert_eq!(problems, [GradingPeriodProblem::DuplicateTitle, GradingPeriodProblem::OutOfOrder]);
}
