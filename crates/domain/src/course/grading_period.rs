//! The grading periods of a course: a list that a request replaces as a whole, or not at all. Coursework is not part of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::form::{Field, FieldFault, RawText, Violation, Violations};
use crate::id::GradingPeriodId;
use crate::text::{Name, TextError, composed_key};

use super::alias::read_id;
use super::date::{CalendarDate, DateForm};
pub use super::mask::{GradingPeriodMask, GradingPeriodSetting};
use super::{Course, CourseState};

/// The title of a grading period: 1 to 750 characters.
pub type GradingPeriodTitle = Name<750>;

/// A stretch of days for which teachers give grades, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GradingPeriod {
    /// Its id.
    pub id: GradingPeriodId,
    /// Its title.
    pub title: GradingPeriodTitle,
    /// Its first day.
    pub start: CalendarDate,
    /// Its last day.
    pub end: CalendarDate,
}

/// The grading periods of a course: in order, without a shared day, each with its own title.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GradingPeriodSettings {
    periods: Vec<GradingPeriod>,
    apply_to_existing_coursework: bool,
}

/// What a client sent for one grading period, not validated yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GradingPeriodForm {
    /// The id of the period to change; missing for a period to add.
    pub id: Field<RawText>,
    /// The title.
    pub title: Field<RawText>,
    /// The first day.
    pub start: Field<DateForm>,
    /// The last day.
    pub end: Field<DateForm>,
}

/// What a client sent for the settings, not validated yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GradingPeriodSettingsForm {
    /// The whole list after the change.
    pub periods: Field<Vec<GradingPeriodForm>>,
    /// Whether the periods are applied to the coursework that exists.
    pub apply_to_existing_coursework: Field<bool>,
}

impl GradingPeriodSettingsForm {
    /// The mask for a request without one: the fields that the client sent.
    pub fn fields_present(&self) -> GradingPeriodMask {
        let periods = (self.periods != Field::Missing).then_some(GradingPeriodSetting::Periods);
        let apply = (self.apply_to_existing_coursework != Field::Missing).then_some(GradingPeriodSetting::ApplyToExistingCoursework);
        periods.into_iter().chain(apply).collect()
    }
}

/// The place of a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum GradingPeriodPlace {
    /// The list as a whole.
    List,
    /// One field of the period at a position, counted from 0 in the list as it was sent.
    Period(usize, GradingPeriodField),
    /// Whether the periods are applied to the coursework that exists.
    ApplyToExistingCoursework,
}

/// A field of a grading period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum GradingPeriodField {
    /// The id.
    Id,
    /// The title.
    Title,
    /// The first day.
    Start,
    /// The last day.
    End,
}

/// A broken rule at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum GradingPeriodProblem {
    /// It has to be sent.
    #[error("required")]
    Required,
    /// It is of the wrong type.
    #[error("of the wrong type")]
    Mistyped,
    /// It was sent more than once.
    #[error("sent more than once")]
    Repeated,
    /// It is not acceptable as a title.
    #[error(transparent)]
    Text(#[from] TextError),
    /// It is not a day of the calendar.
    #[error("not a day of the calendar")]
    NotADate,
    /// More than [`GradingPeriodSettings::MAX_PERIODS`].
    #[error("more than {} grading periods", GradingPeriodSettings::MAX_PERIODS)]
    TooMany,
    /// The course does not have a period with that id.
    #[error("no grading period of this course has this id")]
    UnknownId,
    /// A period before it in the list has the same id.
    #[error("the same id as an earlier grading period")]
    DuplicateId,
    /// A period before it in the list has the same title.
    #[error("the same title as an earlier grading period")]
    DuplicateTitle,
    /// The period ends before it starts.
    #[error("ends before it starts")]
    EndBeforeStart,
    /// The period is over before the one before it starts.
    #[error("earlier than the grading period before it")]
    OutOfOrder,
    /// The period shares a day with the one before it.
    #[error("overlaps the grading period before it")]
    Overlap,
}

/// One broken rule at a place of the settings.
pub type GradingPeriodViolation = Violation<GradingPeriodPlace, GradingPeriodProblem>;

/// Why the settings were not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum GradingPeriodError {
    /// Rules were broken: all violations, in the order of their places.
    #[error("the grading periods are not acceptable")]
    Invalid(Vec<GradingPeriodViolation>),
    /// In this state the course cannot be changed.
    #[error("a course that is {0} cannot be modified")]
    NotModifiable(CourseState),
}

/// The new settings, and the ids of the changed periods.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GradingPeriodChange {
    /// The settings after the change.
    pub settings: GradingPeriodSettings,
    /// The periods that are new.
    pub added: Vec<GradingPeriodId>,
    /// The periods with another title or other dates than before.
    pub edited: Vec<GradingPeriodId>,
    /// The periods that were removed.
    pub removed: Vec<GradingPeriodId>,
}

impl From<FieldFault> for GradingPeriodProblem {
    fn from(fault: FieldFault) -> Self {
        match fault {
            FieldFault::Mistyped => Self::Mistyped,
            FieldFault::Repeated => Self::Repeated,
        }
    }
}

impl GradingPeriodSettings {
    /// The most periods of a course.
    pub const MAX_PERIODS: usize = 100;

    /// Settings with these periods.
    ///
    /// # Errors
    /// Every [`GradingPeriodViolation`].
    pub fn new(periods: Vec<GradingPeriod>, apply_to_existing_coursework: bool) -> Result<Self, Vec<GradingPeriodViolation>> {
        let mut violations = PeriodViolations::default();
        let drafts: Vec<Draft> = periods.iter().map(Draft::of).collect();
        violations.list(&drafts);
        violations.in_order()?;
        Ok(Self { periods, apply_to_existing_coursework })
    }

    /// The periods, in order.
    pub fn periods(&self) -> &[GradingPeriod] {
        &self.periods
    }

    /// Whether the periods are applied to the coursework that exists.
    pub const fn applies_to_existing_coursework(&self) -> bool {
        self.apply_to_existing_coursework
    }
}

/// Decides a change of the grading periods of a course. The new list replaces the old one: a period without an id is added,
/// and a known id is changed in the fields that were sent. A period that the list leaves out is removed.
///
/// # Errors
/// The [`GradingPeriodError`]; the settings are then as they were.
pub fn change_grading_periods(
    course: &Course,
    settings: &GradingPeriodSettings,
    form: GradingPeriodSettingsForm,
    mask: GradingPeriodMask,
    next_id: impl FnMut() -> GradingPeriodId,
) -> Result<GradingPeriodChange, GradingPeriodError> {
    let mut violations = PeriodViolations::default();
    let drafts = if mask.contains(GradingPeriodSetting::Periods) {
        violations
            .read(GradingPeriodPlace::List, form.periods, Ok)
            .map_or_else(Vec::new, |forms| violations.drafts(&settings.periods, forms))
    } else {
        settings.periods.iter().map(Draft::of).collect()
    };
    let apply = if mask.contains(GradingPeriodSetting::ApplyToExistingCoursework) {
        violations.read(GradingPeriodPlace::ApplyToExistingCoursework, form.apply_to_existing_coursework, Ok).unwrap_or(false)
    } else {
        settings.apply_to_existing_coursework
    };
    violations.list(&drafts);
    violations.in_order().map_err(GradingPeriodError::Invalid)?;
    if !course.state.allows_edits() {
        return Err(GradingPeriodError::NotModifiable(course.state));
    }
    Ok(compare(&settings.periods, drafts, apply, next_id))
}

/// Replaces the old list with the validated one, and finds the differences.
fn compare(
    old: &[GradingPeriod],
    drafts: Vec<Draft>,
    apply_to_existing_coursework: bool,
    mut next_id: impl FnMut() -> GradingPeriodId,
) -> GradingPeriodChange {
    let before: BTreeMap<GradingPeriodId, &GradingPeriod> = old.iter().map(|period| (period.id, period)).collect();
    let (mut added, mut edited) = (Vec::new(), Vec::new());
    let mut periods = Vec::with_capacity(drafts.len());
    for draft in drafts {
        // The validation refuses every draft that lacks one of these.
        let (Some(title), Some(start), Some(end)) = (draft.title, draft.start, draft.end) else { continue };
        let id = draft.id.unwrap_or_else(|| {
            let id = next_id();
            added.push(id);
            id
        });
        let period = GradingPeriod { id, title, start, end };
        if before.get(&id).is_some_and(|before| **before != period) {
            edited.push(id);
        }
        periods.push(period);
    }
    let kept: BTreeSet<GradingPeriodId> = periods.iter().map(|period| period.id).collect();
    let removed = old.iter().map(|period| period.id).filter(|id| !kept.contains(id)).collect();
    GradingPeriodChange { settings: GradingPeriodSettings { periods, apply_to_existing_coursework }, added, edited, removed }
}

/// A period after the change, as far as the form could be read.
struct Draft {
    id: Option<GradingPeriodId>,
    title: Option<GradingPeriodTitle>,
    start: Option<CalendarDate>,
    end: Option<CalendarDate>,
}

impl Draft {
    fn of(period: &GradingPeriod) -> Self {
        Self { id: Some(period.id), title: Some(period.title.clone()), start: Some(period.start), end: Some(period.end) }
    }
}

/// Collects the violations of one request.
type PeriodViolations = Violations<GradingPeriodPlace, GradingPeriodProblem>;

impl PeriodViolations {
    /// Reads the list as it was sent. A period that exists keeps the fields that were not sent.
    fn drafts(&mut self, old: &[GradingPeriod], forms: Vec<GradingPeriodForm>) -> Vec<Draft> {
        if forms.len() > GradingPeriodSettings::MAX_PERIODS {
            self.report(GradingPeriodPlace::List, GradingPeriodProblem::TooMany);
            return Vec::new();
        }
        forms.into_iter().enumerate().map(|(position, form)| self.draft(position, old, form)).collect()
    }

    fn draft(&mut self, position: usize, old: &[GradingPeriod], form: GradingPeriodForm) -> Draft {
        let place = |field| GradingPeriodPlace::Period(position, field);
        let known = self.read(place(GradingPeriodField::Id), form.id.unset_if_empty(), |id| find(old, &id));
        let title =
            self.property(place(GradingPeriodField::Title), form.title.unset_if_empty(), known.map(|known| &known.title), |title| {
                Ok(GradingPeriodTitle::from_bytes(title)?)
            });
        let start = self.property(place(GradingPeriodField::Start), form.start, known.map(|known| &known.start), read_date);
        let end = self.property(place(GradingPeriodField::End), form.end, known.map(|known| &known.end), read_date);
        Draft { id: known.map(|known| known.id), title, start, end }
    }

    /// One property of a period: the sent value, or else the old one, or else a violation.
    fn property<T, U: Clone>(
        &mut self,
        place: GradingPeriodPlace,
        sent: Field<T>,
        old: Option<&U>,
        read: impl FnOnce(T) -> Result<U, GradingPeriodProblem>,
    ) -> Option<U> {
        match (sent, old) {
            (Field::Missing | Field::Null, Some(old)) => Some(old.clone()),
            (Field::Missing | Field::Null, None) => {
                self.report(place, GradingPeriodProblem::Required);
                None
            }
            (sent, _) => self.read(place, sent, read),
        }
    }

    /// Every violation in the order of the places, if there is one.
    fn in_order(self) -> Result<(), Vec<GradingPeriodViolation>> {
        self.verdict(Some(())).map_err(|mut violations| {
            violations.sort_by_key(|violation| violation.field);
            violations
        })
    }

    /// The rules about the list as a whole.
    fn list(&mut self, drafts: &[Draft]) {
        if drafts.len() > GradingPeriodSettings::MAX_PERIODS {
            self.report(GradingPeriodPlace::List, GradingPeriodProblem::TooMany);
        }
        let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
        let mut before: Option<(CalendarDate, CalendarDate)> = None;
        for (position, draft) in drafts.iter().enumerate() {
            let place = |field| GradingPeriodPlace::Period(position, field);
            if draft.id.is_some_and(|id| !ids.insert(id)) {
                self.report(place(GradingPeriodField::Id), GradingPeriodProblem::DuplicateId);
            }
            if draft.title.as_ref().is_some_and(|title| !titles.insert(composed_key(title.as_str().trim()))) {
                self.report(place(GradingPeriodField::Title), GradingPeriodProblem::DuplicateTitle);
            }
            let Some((start, end)) = draft.start.zip(draft.end) else { continue };
            if end < start {
                self.report(place(GradingPeriodField::End), GradingPeriodProblem::EndBeforeStart);
                continue;
            }
            match before {
                Some((earlier, _)) if end < earlier => {
                    self.report(place(GradingPeriodField::Start), GradingPeriodProblem::OutOfOrder);
                }
                Some((_, last)) if start <= last => self.report(place(GradingPeriodField::Start), GradingPeriodProblem::Overlap),
                Some(_) | None => {}
            }
            before = Some((start, end));
        }
    }
}

fn find<'a>(periods: &'a [GradingPeriod], id: &[u8]) -> Result<&'a GradingPeriod, GradingPeriodProblem> {
    let id: Option<GradingPeriodId> = std::str::from_utf8(id).ok().and_then(read_id);
    periods.iter().find(|period| Some(period.id) == id).ok_or(GradingPeriodProblem::UnknownId)
}

fn read_date(form: DateForm) -> Result<CalendarDate, GradingPeriodProblem> {
    CalendarDate::try_from(form).map_err(|_| GradingPeriodProblem::NotADate)
}

#[cfg(test)]
mod tests;
