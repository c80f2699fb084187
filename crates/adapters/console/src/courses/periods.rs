//! The form for the grading periods of a course: a row for each, and empty ones for new periods.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::grading_period::{
    GradingPeriodError, GradingPeriodField, GradingPeriodForm, GradingPeriodPlace, GradingPeriodSetting, GradingPeriodSettings,
    GradingPeriodSettingsForm, GradingPeriodViolation,
};
use derslik_domain::course::{Course, DateForm};
use derslik_domain::form::Field;
use derslik_domain::identity::Actor;
use derslik_domain::text::hex;
use derslik_ports::inbound::CourseError;
use sha2::{Digest, Sha256};

use super::{find, path_of, reasons};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::{self, Visit};

/// How many empty rows the form has.
const EMPTY_ROWS: usize = 3;

#[derive(Template)]
#[template(path = "courses/periods.html")]
struct PeriodsPage {
    shell: Shell,
    t: Texts,
    list_url: String,
    /// The address of the course.
    base: String,
    name: String,
    rows: Vec<Row>,
    applies: bool,
    /// What the form was made from.
    seen: String,
    /// Why the periods can't be changed; `None` if they can.
    no_edits: Option<String>,
}

/// A row of the form. Its fields are numbered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Row {
    number: usize,
    /// The id of the period; empty for a new one.
    id: String,
    title: String,
    start: String,
    end: String,
    is_removed: bool,
    problems: Vec<String>,
}

impl Row {
    /// Whether the row stands for a period after the change.
    fn is_kept(&self) -> bool {
        !self.is_removed && ![&self.title, &self.start, &self.end].into_iter().all(String::is_empty)
    }

    fn form(&self) -> GradingPeriodForm {
        // An empty title is sent as a blank one: what is not sent would stay as it is.
        let title = if self.title.is_empty() { " " } else { &self.title };
        GradingPeriodForm {
            id: if self.id.is_empty() { Field::Missing } else { Field::Given(self.id.clone().into_bytes()) },
            title: Field::Given(title.as_bytes().to_vec()),
            start: Field::Given(date(&self.start)),
            end: Field::Given(date(&self.end)),
        }
    }
}

/// The numbers of a date as `2026-11-30`; zeros for any other text.
fn date(text: &str) -> DateForm {
    let mut numbers = text.split('-').map(|number| number.parse::<i64>().ok());
    let (year, month, day) = (numbers.next().flatten(), numbers.next().flatten(), numbers.next().flatten());
    match (year, month, day, numbers.next()) {
        (Some(year), Some(month), Some(day), None) => DateForm { year, month, day },
        _ => DateForm::default(),
    }
}

/// The rows of the stored periods, and empty ones.
fn rows_of(settings: &GradingPeriodSettings) -> Vec<Row> {
    let stored = settings.periods().iter().map(|period| Row {
        id: period.id.to_string(),
        title: period.title.to_string(),
        start: period.start.to_string(),
        end: period.end.to_string(),
        ..Row::default()
    });
    let rows = stored.chain(std::iter::repeat_n(Row::default(), EMPTY_ROWS)).enumerate();
    rows.map(|(number, row)| Row { number, ..row }).collect()
}

/// The rows that were sent.
fn rows_in(form: &Fields) -> Vec<Row> {
    let most = GradingPeriodSettings::MAX_PERIODS + EMPTY_ROWS;
    let count = form.get("rows").and_then(|count| count.parse::<usize>().ok()).unwrap_or(0).min(most);
    let row = |number: usize| Row {
        number,
        id: form.text(&format!("id-{number}")).to_owned(),
        title: form.text(&format!("title-{number}")).to_owned(),
        start: form.text(&format!("start-{number}")).to_owned(),
        end: form.text(&format!("end-{number}")).to_owned(),
        is_removed: form.has(&format!("remove-{number}")),
        problems: Vec::new(),
    };
    (0..count).map(row).collect()
}

/// A text that changes with the settings.
fn digest(settings: &GradingPeriodSettings) -> String {
    let mut hash = Sha256::new();
    for period in settings.periods() {
        hash.update(format!("{}\n{}\n{}\n{}\n", period.id, period.title, period.start, period.end));
    }
    hash.update([u8::from(settings.applies_to_existing_coursework())]);
    hex(&hash.finalize())
}

/// Writes what is wrong beside the rows. Positions count the rows that were kept.
fn blame(t: Texts, rows: &mut [Row], violations: &[GradingPeriodViolation]) {
    let mut of_position: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for violation in violations {
        if let GradingPeriodPlace::Period(position, field) = violation.field {
            let text = t.courses_period_problem(name_of(field), reasons::of_period(t, violation.problem));
            of_position.entry(position).or_default().push(text);
        }
    }
    for (position, row) in rows.iter_mut().filter(|row| row.is_kept()).enumerate() {
        row.problems = of_position.remove(&position).unwrap_or_default();
    }
}

const fn name_of(field: GradingPeriodField) -> &'static str {
    match field {
        GradingPeriodField::Id => "id",
        GradingPeriodField::Title => "title",
        GradingPeriodField::Start => "start",
        GradingPeriodField::End => "end",
    }
}

/// The form with the stored periods.
pub(super) async fn form(visit: Visit) -> Result<HttpResponse, Failure> {
    let actor = visit.actor().await?;
    let (course, settings) = read(&visit, &actor).await?;
    let page = page(&visit, &course, &settings, rows_of(&settings), settings.applies_to_existing_coursework()).await?;
    visit.page(&page)
}

async fn read(visit: &Visit, actor: &Actor) -> Result<(Course, GradingPeriodSettings), Failure> {
    let course = find(visit, actor).await?;
    let settings = visit.ports()?.clients.courses.grading_periods(actor, CourseRef::Id(course.id)).await;
    Ok((course, settings.map_err(|error| reasons::failure(visit.t, error))?))
}

async fn page(
    visit: &Visit,
    course: &Course,
    settings: &GradingPeriodSettings,
    rows: Vec<Row>,
    applies: bool,
) -> Result<PeriodsPage, Failure> {
    let t = visit.t;
    Ok(PeriodsPage {
        shell: Shell::of(visit, Section::Courses, t.courses_periods_title()).await?,
        t,
        list_url: visit.url("courses"),
        base: visit.url(&path_of(course.id)),
        name: course.details.name.to_string(),
        rows,
        applies,
        seen: digest(settings),
        no_edits: (!course.state.allows_edits()).then(|| t.courses_not_modifiable(course.state.name())),
    })
}

/// Replaces the periods by those of the form, if they are still as the form showed them.
pub(super) async fn save(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, sent) = (visit.t, visit.form());
    let actor = visit.actor().await?;
    let (course, settings) = read(&visit, &actor).await?;
    let (mut rows, applies) = (rows_in(&sent), sent.has("apply"));
    if sent.text("seen") != digest(&settings) {
        let mut page = page(&visit, &course, &settings, rows_of(&settings), settings.applies_to_existing_coursework()).await?;
        page.shell.note = Some(Note::bad(t.courses_stale()).and(t.courses_periods_stale()));
        return visit::page(StatusCode::CONFLICT, &page);
    }
    let form = GradingPeriodSettingsForm {
        periods: Field::Given(rows.iter().filter(|row| row.is_kept()).map(Row::form).collect()),
        apply_to_existing_coursework: Field::Given(applies),
    };
    let mask = GradingPeriodSetting::ALL.into_iter().collect();
    match visit.ports()?.clients.courses.change_grading_periods(&actor, CourseRef::Id(course.id), form, Some(mask)).await {
        Ok(_) => Ok(visit.leave(Note::ok(t.courses_periods_saved()), &path_of(course.id))),
        Err(error) => {
            if let CourseError::GradingPeriods(GradingPeriodError::Invalid(violations)) = &error {
                blame(t, &mut rows, violations);
            }
            let reason = reasons::reason(t, error)?;
            let mut page = page(&visit, &course, &settings, rows, applies).await?;
            page.shell.note = Some(Note::bad(t.courses_not_saved()).and(reason));
            visit.refused_page(&page)
        }
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::course::CalendarDate;
    use derslik_domain::course::grading_period::{GradingPeriod, GradingPeriodProblem, GradingPeriodTitle};
    use derslik_domain::id::Id;

    use super::*;
    use crate::courses::testing::{HOSTILE, assert_harmless, shell};
    use crate::locale::Language;

    #[test]
    fn titles_stay_texts_in_the_form() {
        let text = || HOSTILE.to_owned();
        let row = Row { id: text(), title: text(), start: text(), end: text(), problems: vec![text()], ..Row::default() };
        let page = PeriodsPage {
            shell: shell(Language::English),
            t: Texts::of(Language::English),
            list_url: String::new(),
            base: String::new(),
            name: text(),
            rows: vec![row],
            applies: true,
            seen: String::new(),
            no_edits: None,
        };
        assert_harmless(&page.render().unwrap());
    }

    fn settings(title: &str) -> GradingPeriodSettings {
        let day = |day| CalendarDate::new(2026, 9, day).unwrap();
        let period = GradingPeriod { id: Id::new(7), title: GradingPeriodTitle::new(title).unwrap(), start: day(1), end: day(9) };
        GradingPeriodSettings::new(vec![period], true).unwrap()
    }

    #[test]
    fn a_form_has_the_stored_periods_and_room_for_more() {
        let rows = rows_of(&settings("Güz"));
        let expected = Row {
            id: "7".to_owned(),
            title: "Güz".to_owned(),
            start: "2026-09-01".to_owned(),
            end: "2026-09-09".to_owned(),
            ..Row::default()
        };
        assert_eq!((rows.len(), &rows[0], rows[3].number), (4, &expected, 3));
        assert!(rows[0].is_kept() && !rows[1].is_kept());
    }

    #[test]
    fn rows_are_read_as_they_were_sent() {
        let rows = rows_in(&Fields::read(b"rows=3&id-0=7&title-0=A&start-0=2026-09-01&end-0=x&remove-1=on&title-1=B&title-9=C"));
        assert_eq!(rows.iter().map(Row::is_kept).collect::<Vec<_>>(), [true, false, false]);
        let form = rows[0].form();
        assert_eq!((form.id, form.title), (Field::Given(b"7".to_vec()), Field::Given(b"A".to_vec())));
        assert_eq!((form.start, form.end), (Field::Given(DateForm { year: 2026, month: 9, day: 1 }), Field::Given(DateForm::default())));
        assert_eq!(rows_in(&Fields::read(b"rows=999999")).len(), GradingPeriodSettings::MAX_PERIODS + EMPTY_ROWS);
    }

    #[test]
    fn what_is_wrong_stands_beside_its_row() {
        let mut rows = rows_in(&Fields::read(b"rows=3&title-1=A&title-2=B"));
        let violation = GradingPeriodViolation {
            field: GradingPeriodPlace::Period(1, GradingPeriodField::End),
            problem: GradingPeriodProblem::EndBeforeStart,
        };
        blame(Texts::of(Language::English), &mut rows, &[violation]);
        assert_eq!(rows.iter().map(|row| row.problems.len()).collect::<Vec<_>>(), [0, 0, 1]);
    }

    #[test]
    fn the_digest_changes_with_the_settings() {
        assert_eq!(digest(&settings("A")), digest(&settings("A")));
        assert_ne!(digest(&settings("A")), digest(&settings("B")));
    }
}
