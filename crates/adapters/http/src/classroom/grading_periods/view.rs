//! Grading periods as messages. Unset fields are left out.

use derslik_domain::course::CalendarDate;
use derslik_domain::course::grading_period::{GradingPeriod, GradingPeriodSettings};
use derslik_ports::inbound::Eligibility;
use serde::Serialize;

/// The grading periods of a course.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SettingsView<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grading_periods: Vec<PeriodView<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    apply_to_existing_coursework: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    preview_version: Option<&'static str>,
}

impl<'a> SettingsView<'a> {
    pub(super) fn new(settings: &'a GradingPeriodSettings, preview_version: Option<&'static str>) -> Self {
        Self {
            grading_periods: settings.periods().iter().map(PeriodView::of).collect(),
            apply_to_existing_coursework: settings.applies_to_existing_coursework(),
            preview_version,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PeriodView<'a> {
    id: String,
    title: &'a str,
    start_date: DateView,
    end_date: DateView,
}

impl<'a> PeriodView<'a> {
    fn of(period: &'a GradingPeriod) -> Self {
        let GradingPeriod { id, title, start, end } = period;
        Self { id: id.to_string(), title: title.as_str(), start_date: DateView::of(*start), end_date: DateView::of(*end) }
    }
}

#[derive(Serialize)]
struct DateView {
    year: i32,
    month: u32,
    day: u32,
}

impl DateView {
    fn of(date: CalendarDate) -> Self {
        Self { year: date.year(), month: date.month(), day: date.day() }
    }
}

/// Whether the grading periods of a course may be changed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EligibilityView {
    course_id: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_grading_periods_setup_eligible: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    preview_version: Option<&'static str>,
}

impl EligibilityView {
    pub(super) fn new(checked: &Eligibility, preview_version: Option<&'static str>) -> Self {
        let Eligibility { course, eligible } = checked;
        Self { course_id: course.to_string(), is_grading_periods_setup_eligible: *eligible, preview_version }
    }
}
