//! The list of courses: the newest first, filtered by state, owner and words.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::course::roster::UserRef;
use derslik_domain::course::{Course, CourseCursor, CourseListForm, CourseOrder, CourseState};
use derslik_domain::form::Field;
use derslik_domain::id::{Id, PrincipalId};
use derslik_domain::page::{Page, PageRequest};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{CourseError, CourseWithAccess};

use super::inputs::text;
use super::{StateView, names_of, path_of, reasons};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::{NOTE, Visit};

/// How many courses a page has.
const SIZE: u32 = 25;

/// The fields of the query that say where a page begins.
const AFTER: &str = "after";
const BEFORE: &str = "before";

#[derive(Template)]
#[template(path = "courses/list.html")]
struct ListPage {
    shell: Shell,
    t: Texts,
    action: String,
    query: String,
    owner: String,
    states: Vec<(&'static str, bool)>,
    /// The text and the address of each filter that is active.
    chips: Vec<(String, String)>,
    rows: Vec<Row>,
    /// Why the list can't be shown.
    problem: Option<String>,
    newer: Option<String>,
    older: Option<String>,
}

struct Row {
    url: String,
    id: String,
    name: String,
    section: String,
    state: StateView,
    owner: String,
    room: String,
    created: String,
}

/// What the query asks for.
struct Asked {
    state: Option<CourseState>,
    owner: Option<UserRef>,
    query: String,
    place: Place,
}

/// The part of the list that a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The newest courses.
    Newest,
    /// The courses that are next older than one.
    OlderThan(CourseCursor),
    /// The courses that are next newer than one.
    NewerThan(CourseCursor),
}

impl Asked {
    fn read(fields: &Fields) -> Self {
        let cursor = |name| fields.get(name).and_then(read_cursor);
        let place = match (cursor(AFTER), cursor(BEFORE)) {
            (Some(after), _) => Place::OlderThan(after),
            (None, Some(before)) => Place::NewerThan(before),
            (None, None) => Place::Newest,
        };
        Self {
            state: fields.get("state").and_then(CourseState::by_name),
            owner: fields.get("owner").map(UserRef::parse),
            query: fields.text("q").to_owned(),
            place,
        }
    }

    fn form(&self) -> CourseListForm {
        CourseListForm {
            owner: self.owner.clone(),
            states: self.state.into_iter().collect(),
            query: Field::Given(self.query.clone().into_bytes()),
            order: match self.place {
                Place::Newest | Place::OlderThan(_) => CourseOrder::NewestFirst,
                Place::NewerThan(_) => CourseOrder::OldestFirst,
            },
            ..CourseListForm::default()
        }
    }

    fn page(&self) -> PageRequest<CourseCursor> {
        let after = match self.place {
            Place::Newest => None,
            Place::OlderThan(cursor) | Place::NewerThan(cursor) => Some(cursor),
        };
        PageRequest { size: SIZE, after }
    }
}

fn read_cursor(text: &str) -> Option<CourseCursor> {
    let (micros, id) = text.split_once('.')?;
    Some(CourseCursor { created_at: Timestamp::from_micros(micros.parse().ok()?), id: Id::new(id.parse().ok()?) })
}

fn write_cursor(course: &Course) -> String {
    let CourseCursor { created_at, id } = CourseCursor::of(course);
    format!("{}.{id}", created_at.micros())
}

/// The queries of the pages with newer and with older courses.
fn neighbours(fields: &Fields, place: Place, courses: &[Course], more: bool) -> (Option<String>, Option<String>) {
    let (has_newer, has_older) = match place {
        Place::Newest => (false, more),
        Place::OlderThan(_) => (true, more),
        Place::NewerThan(_) => (more, true),
    };
    let query = |name: &str, course: Option<&Course>| {
        let cursor = course.map(write_cursor)?;
        let (after, before) = if name == AFTER { (Some(cursor.as_str()), None) } else { (None, Some(cursor.as_str())) };
        Some(fields.with(&[(AFTER, after), (BEFORE, before), (NOTE, None)]))
    };
    let newer = has_newer.then(|| query(BEFORE, courses.first())).flatten();
    let older = has_older.then(|| query(AFTER, courses.last())).flatten();
    (newer, older)
}

/// The list.
pub(super) async fn list(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, asked) = (visit.t, Asked::read(&visit.query));
    let actor = visit.actor().await?;
    let found = visit.ports()?.clients.courses.list(&actor, asked.form(), asked.page()).await;
    let nothing = || Page { entries: Vec::<CourseWithAccess>::new(), more: false };
    let (found, problem) = match found {
        Ok(found) => (found, None),
        Err(CourseError::UnknownUser) => (nothing(), Some(t.courses_no_such_person())),
        Err(error) => (nothing(), Some(reasons::reason(t, error)?)),
    };
    let mut courses: Vec<Course> = found.entries.into_iter().map(|found| found.course).collect();
    if let Place::NewerThan(_) = asked.place {
        courses.reverse();
    }
    let names = names_of(&visit, &actor, courses.iter().map(|course| course.owner)).await?;
    let action = visit.url("courses");
    let (newer, older) = neighbours(&visit.query, asked.place, &courses, found.more);
    let page = ListPage {
        shell: Shell::of(&visit, Section::Courses, t.shell_courses()).await?,
        t,
        query: asked.query.clone(),
        owner: visit.query.text("owner").to_owned(),
        states: CourseState::ALL.map(|state| (state.name(), asked.state == Some(state))).into(),
        chips: chips(t, &visit.query, &action, asked.state),
        rows: courses.iter().map(|course| row(&visit, course, &names)).collect(),
        problem,
        newer: newer.map(|query| format!("{action}{query}")),
        older: older.map(|query| format!("{action}{query}")),
        action,
    };
    visit.page(&page)
}

/// The active filters: what each says, and the address of the list without it.
fn chips(t: Texts, fields: &Fields, action: &str, state: Option<CourseState>) -> Vec<(String, String)> {
    let without = |name| format!("{action}{}", fields.with(&[(name, None), (AFTER, None), (BEFORE, None), (NOTE, None)]));
    let state = state.map(|state| (state.name().to_owned(), without("state")));
    let owner = fields.get("owner").map(|owner| (t.courses_chip_owner(owner), without("owner")));
    let query = fields.get("q").map(|query| (t.courses_chip_query(query), without("q")));
    state.into_iter().chain(owner).chain(query).collect()
}

fn row(visit: &Visit, course: &Course, names: &BTreeMap<PrincipalId, String>) -> Row {
    let details = &course.details;
    Row {
        url: visit.url(&path_of(course.id)),
        id: course.id.to_string(),
        name: details.name.to_string(),
        section: text(details.section.as_ref()),
        state: course.state.into(),
        owner: names.get(&course.owner).cloned().unwrap_or_else(|| course.owner.to_string()),
        room: text(details.room.as_ref()),
        created: visit.when(course.created_at),
    }
}

#[cfg(test)]
mod tests {
    use derslik_testkit::builders::course;

    use super::*;
    use crate::courses::testing::{HOSTILE, assert_harmless, shell};
    use crate::locale::Language;

    fn page(language: Language, rows: Vec<Row>) -> ListPage {
        ListPage {
            shell: shell(language),
            t: Texts::of(language),
            action: "/console/7/courses".to_owned(),
            query: HOSTILE.to_owned(),
            owner: HOSTILE.to_owned(),
            states: vec![("ACTIVE", true)],
            chips: Vec::new(),
            rows,
            problem: None,
            newer: None,
            older: None,
        }
    }

    #[test]
    fn what_people_wrote_stays_a_text_in_the_list() {
        for language in Language::ALL {
            let row = Row {
                url: "/console/7/courses/9".to_owned(),
                id: "9".to_owned(),
                name: HOSTILE.to_owned(),
                section: HOSTILE.to_owned(),
                state: CourseState::Active.into(),
                owner: HOSTILE.to_owned(),
                room: HOSTILE.to_owned(),
                created: String::new(),
            };
            assert_harmless(&page(language, vec![row]).render().unwrap());
        }
    }

    #[test]
    fn a_page_has_a_place_for_the_note_of_a_failure_and_a_note_for_no_answer() {
        for language in Language::ALL {
            let (html, t) = (page(language, Vec::new()).render().unwrap(), Texts::of(language));
            assert!(html.contains("<div id=\"failure\" role=\"alert\"></div>"), "{html}");
            let (_, note) = html.split_once("<template id=\"no-answer\"><div class=\"note bad\">").unwrap();
            assert!(note.contains(&t.failure_no_answer()) && note.contains(&t.failure_no_answer_more()), "{note}");
        }
    }

    #[test]
    fn an_empty_list_says_how_it_fills_or_why_it_is_empty() {
        let t = Texts::of(Language::English);
        assert!(page(Language::English, Vec::new()).render().unwrap().contains(&t.courses_none_yet()));
        let chips = vec![(HOSTILE.to_owned(), "/console/7/courses".to_owned())];
        let filtered = ListPage { chips, ..page(Language::English, Vec::new()) }.render().unwrap();
        assert!(filtered.contains(&t.courses_none_match()));
        assert_harmless(&filtered);
    }

    #[test]
    fn a_query_is_read_as_filters_and_a_place() {
        let asked = Asked::read(&Fields::read(b"state=ARCHIVED&owner=Ada%40demo.example&q=+bio+&after=5.7"));
        assert_eq!((asked.state, asked.query.as_str()), (Some(CourseState::Archived), "bio"));
        assert_eq!(asked.owner, Some(UserRef::Email("ada@demo.example".into())));
        assert_eq!(asked.place, Place::OlderThan(CourseCursor { created_at: Timestamp::from_micros(5), id: Id::new(7) }));
        let nothing = Asked::read(&Fields::read(b"state=&owner=&after=x&before=1"));
        assert_eq!((nothing.state, nothing.owner.is_none(), nothing.place), (None, true, Place::Newest));
    }

    #[test]
    fn newer_courses_are_asked_for_from_the_oldest_on() {
        let asked = Asked::read(&Fields::read(b"before=5.7"));
        assert_eq!((asked.form().order, asked.page().after.map(|cursor| cursor.id)), (CourseOrder::OldestFirst, Some(Id::new(7))));
        assert_eq!(Asked::read(&Fields::default()).form().order, CourseOrder::NewestFirst);
    }

    #[test]
    fn a_page_leads_to_its_neighbours_and_keeps_the_filters() {
        let fields = Fields::read(b"state=ACTIVE&after=1.1&note=3");
        let courses = [course(9), course(8)];
        let (newer, older) = neighbours(&fields, Place::OlderThan(CourseCursor::of(&course(10))), &courses, true);
        let at = courses[0].created_at.micros();
        assert_eq!(newer, Some(format!("?state=ACTIVE&before={at}.9")));
        assert_eq!(older, Some(format!("?state=ACTIVE&after={at}.8")));
        assert_eq!(neighbours(&fields, Place::Newest, &courses, false), (None, None));
        assert_eq!(read_cursor(&write_cursor(&courses[0])), Some(CourseCursor::of(&courses[0])));
    }

    #[test]
    fn a_chip_leads_to_the_list_without_its_filter() {
        let fields = Fields::read(b"state=ACTIVE&q=%3Cb%3E&after=1.1");
        let chips = chips(Texts::of(Language::English), &fields, "/c", Some(CourseState::Active));
        assert_eq!(chips[0], ("ACTIVE".to_owned(), "/c?q=%3Cb%3E".to_owned()));
        assert_eq!(chips[1].1, "/c?state=ACTIVE");
    }
}
