//! One course: its states and moves, its roster, its aliases and what else is known of it.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::course::alias::{Alias, AliasScope, CourseRef};
use derslik_domain::course::gradebook::{CalculationType, DisplaySetting};
use derslik_domain::course::grading_period::{GradingPeriod, GradingPeriodSettings};
use derslik_domain::course::roster::{Membership, Roster};
use derslik_domain::course::{CalendarDate, Course, CourseRole};
use derslik_domain::id::Id;
use derslik_domain::identity::Actor;
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::inbound::MemberWithAccess;

use super::inputs::text;
use super::machine::{Machine, ROLES};
use super::{StateView, find, name_of, names_of, path_of, reasons};
use crate::failure::Failure;
use crate::locale::Language;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::{NOTE, Visit};

/// How many members a page of the roster has.
const MEMBERS: u32 = 20;

/// How many aliases a page has.
const ALIASES: u32 = 50;

/// A field of a form below a list that can't be used: what was typed, and what is wrong.
#[derive(Debug, Default)]
pub(super) struct Refused {
    pub(super) value: String,
    pub(super) reason: Option<String>,
}

/// What a form of the page was refused for.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) member: Refused,
    pub(super) alias: Refused,
}

#[derive(Template)]
#[template(path = "courses/show.html")]
struct ShowPage {
    shell: Shell,
    t: Texts,
    /// The address of the course.
    base: String,
    list_url: String,
    id: String,
    revision: i64,
    name: String,
    section: String,
    room: String,
    owner: Person,
    state: StateView,
    machine: Machine,
    roles: Vec<Choice>,
    /// Why the course can't be edited; `None` if it can.
    no_edits: Option<String>,
    /// Why the course can't be deleted; `None` if it can.
    no_deletion: Option<String>,
    roster: RosterView,
    aliases: AliasesView,
    facts: Vec<Fact>,
    gradebook: Vec<Fact>,
    periods: Vec<Period>,
    heading: String,
    description: String,
}

struct Person {
    name: String,
    url: String,
}

struct Choice {
    label: String,
    url: String,
    is_current: bool,
}

struct RosterView {
    tabs: Vec<Choice>,
    /// The roster as forms name it.
    name: &'static str,
    members: Vec<Member>,
    first: Option<String>,
    next: Option<String>,
    said: Refused,
    is_teachers: bool,
}

struct Member {
    person: Person,
    email: String,
    id: String,
    role: String,
    is_owner: bool,
}

struct AliasesView {
    aliases: Vec<AliasRow>,
    first: Option<String>,
    next: Option<String>,
    said: Refused,
    /// Why aliases can't be changed; `None` if they can.
    problem: Option<String>,
}

struct AliasRow {
    alias: String,
    seen_by: String,
}

/// A fact by the name of the wire.
struct Fact {
    name: &'static str,
    value: String,
    /// Whether the value is an id or a code.
    is_code: bool,
}

struct Period {
    title: String,
    days: String,
    is_current: bool,
}

/// The page.
pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let actor = visit.actor().await?;
    let roster = if visit.query.get("roster") == Some(name_of_roster(Roster::Students)) { Roster::Students } else { Roster::Teachers };
    let page = page(&visit, &actor, roster, Said::default()).await?;
    visit.page(&page)
}

/// The page after a form on it was refused.
pub(super) async fn refused(visit: &Visit, actor: &Actor, roster: Roster, said: Said) -> Result<HttpResponse, Failure> {
    let reason = said.member.reason.as_ref().or(said.alias.reason.as_ref()).cloned();
    let mut page = page(visit, actor, roster, said).await?;
    page.shell.note = reason.map(|reason| Note::bad(visit.t.failure_conflict()).and(reason));
    visit.refused_page(&page)
}

async fn page(visit: &Visit, actor: &Actor, roster: Roster, said: Said) -> Result<ShowPage, Failure> {
    let t = visit.t;
    let course = find(visit, actor).await?;
    let owner = names_of(visit, actor, std::iter::once(course.owner)).await?.remove(&course.owner);
    let Said { member, alias } = said;
    let members = members(visit, actor, &course, roster, member).await?;
    let aliases = aliases(visit, actor, &course, alias).await?;
    let periods = visit.ports()?.clients.courses.grading_periods(actor, CourseRef::Id(course.id)).await;
    let periods = periods.map_err(|error| reasons::failure(t, error))?;
    let role = visit.query.get("as").and_then(|name| ROLES.into_iter().find(|role| role.name() == name)).unwrap_or(CourseRole::Operator);
    let details = &course.details;
    Ok(ShowPage {
        shell: Shell::of(visit, Section::Courses, details.name.as_str()).await?,
        t,
        base: visit.url(&path_of(course.id)),
        list_url: visit.url("courses"),
        id: course.id.to_string(),
        revision: course.revision.get(),
        name: details.name.to_string(),
        section: text(details.section.as_ref()),
        room: text(details.room.as_ref()),
        owner: Person { name: owner.unwrap_or_else(|| course.owner.to_string()), url: visit.url(&format!("people/{}", course.owner)) },
        state: course.state.into(),
        machine: Machine::of(t, visit.language, &course, role),
        roles: ROLES.map(|other| choice(visit, &course, &[("as", Some(other.name()))], t.courses_role(other.name()), other == role)).into(),
        no_edits: (!course.state.allows_edits()).then(|| t.courses_not_modifiable(course.state.name())),
        no_deletion: no_deletion(t, visit.language, &course),
        roster: members,
        aliases,
        facts: facts(visit, &course),
        gradebook: gradebook(&course),
        periods: periods_of(t, visit.language, &periods, CalendarDate::from_naive(visit.now.in_zone(visit.account.zone).face().date())),
        heading: text(details.description_heading.as_ref()),
        description: text(details.description.as_ref()),
    })
}

/// Why a course can't be deleted now, and what leads there.
pub(super) fn no_deletion(t: Texts, language: Language, course: &Course) -> Option<String> {
    let Some(way) = course.state.way_to_deletion() else { return Some(t.courses_no_deletion(course.state.name())) };
    let way: Vec<&str> = way.iter().map(|state| state.name()).collect();
    (!way.is_empty()).then(|| t.courses_way_to_deletion(course.state.name(), way.join(if language.is_rtl() { "، " } else { ", " })))
}

/// A link to the page with some fields of its query changed.
fn choice(visit: &Visit, course: &Course, changes: &[(&str, Option<&str>)], label: String, is_current: bool) -> Choice {
    Choice { label, url: link(visit, course, changes), is_current }
}

fn link(visit: &Visit, course: &Course, changes: &[(&str, Option<&str>)]) -> String {
    let changes: Vec<_> = changes.iter().copied().chain([(NOTE, None)]).collect();
    format!("{}{}", visit.url(&path_of(course.id)), visit.query.with(&changes))
}

/// The name of a roster in a query and in a form.
pub(super) const fn name_of_roster(roster: Roster) -> &'static str {
    match roster {
        Roster::Teachers => "teachers",
        Roster::Students => "students",
    }
}

async fn members(visit: &Visit, actor: &Actor, course: &Course, roster: Roster, said: Refused) -> Result<RosterView, Failure> {
    let t = visit.t;
    let after = visit.query.get("after").and_then(|id| id.parse().ok()).map(Id::new);
    let page = PageRequest { size: MEMBERS, after };
    let listed = visit.ports()?.clients.rosters.list(actor, CourseRef::Id(course.id), roster, page).await;
    let Page { entries, more } = listed.map_err(|error| reasons::failure(t, error))?;
    let last = entries.last().filter(|_| more).map(|last| last.user.id.to_string());
    let tab = |other: Roster, label: String| {
        choice(visit, course, &[("roster", Some(name_of_roster(other))), ("after", None)], label, other == roster)
    };
    Ok(RosterView {
        tabs: vec![tab(Roster::Teachers, t.courses_teachers()), tab(Roster::Students, t.courses_students())],
        name: name_of_roster(roster),
        members: entries.into_iter().map(|member| member_of(visit, course, roster, &member)).collect(),
        first: after.map(|_| link(visit, course, &[("after", None)])),
        next: last.map(|last| link(visit, course, &[("after", Some(last.as_str()))])),
        said,
        is_teachers: roster == Roster::Teachers,
    })
}

fn member_of(visit: &Visit, course: &Course, roster: Roster, member: &MemberWithAccess) -> Member {
    let user = &member.user;
    let id = user.id;
    let is_owner = id == course.owner;
    let membership = match roster {
        Roster::Teachers if is_owner => Membership::Owner,
        Roster::Teachers => Membership::Teacher,
        Roster::Students => Membership::Student,
    };
    Member {
        person: Person { name: name_of(user), url: visit.url(&format!("people/{id}")) },
        email: user.email.as_ref().map(ToString::to_string).unwrap_or_default(),
        id: id.to_string(),
        role: visit.t.courses_membership(membership.name()),
        is_owner,
    }
}

async fn aliases(visit: &Visit, actor: &Actor, course: &Course, said: Refused) -> Result<AliasesView, Failure> {
    let t = visit.t;
    let after = visit.query.raw("alias_after").and_then(|alias| Alias::parse(alias).ok());
    let is_first = after.is_none();
    let page = PageRequest { size: ALIASES, after };
    let listed = visit.ports()?.clients.courses.list_aliases(actor, CourseRef::Id(course.id), page).await;
    let Page { entries, more } = listed.map_err(|error| reasons::failure(t, error))?;
    let last = entries.last().filter(|_| more).map(ToString::to_string);
    let seen_by = |scope: AliasScope| match scope {
        AliasScope::Domain => t.courses_seen_by_account(),
        AliasScope::Project => t.courses_seen_by_project(),
    };
    Ok(AliasesView {
        aliases: entries.iter().map(|alias| AliasRow { alias: alias.to_string(), seen_by: seen_by(alias.scope()) }).collect(),
        first: (!is_first).then(|| link(visit, course, &[("alias_after", None)])),
        next: last.map(|last| link(visit, course, &[("alias_after", Some(last.as_str()))])),
        said,
        problem: (!course.state.allows_aliases()).then(|| t.courses_no_aliases_in(course.state.name())),
    })
}

fn facts(visit: &Visit, course: &Course) -> Vec<Fact> {
    let t = visit.t;
    let code = |name, value: &dyn ToString| Fact { name, value: value.to_string(), is_code: true };
    let plain = |name, value| Fact { name, value, is_code: false };
    let details = &course.details;
    let calendar = match &course.calendar {
        Some(calendar) => code("calendarId", calendar),
        None if course.awaits_calendar() => plain("calendarId", t.courses_calendar_soon()),
        None => plain("calendarId", t.courses_calendar_later()),
    };
    let texts = [("subject", text(details.subject.as_ref())), ("levels", text(details.levels.as_ref()))];
    let facts = [
        code("id", &course.id),
        code("ownerId", &course.owner),
        code("enrollmentCode", &course.enrollment_code),
        plain("creationTime", visit.moment(course.created_at)),
        plain("updateTime", visit.moment(course.updated_at)),
        calendar,
        code("guardiansEnabled", &course.guardians_enabled),
        code("courseGroupEmail", &format!("{}@…", course.group.of_members())),
    ];
    let texts = texts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| plain(name, value));
    let suspended = course.suspended_from.map(|state| plain("courseState", t.courses_suspended_from(state.name())));
    facts.into_iter().chain(texts).chain(suspended).collect()
}

fn gradebook(course: &Course) -> Vec<Fact> {
    let calculation = match course.gradebook.calculation() {
        CalculationType::TotalPoints => "TOTAL_POINTS",
        CalculationType::WeightedCategories => "WEIGHTED_CATEGORIES",
    };
    let display = match course.gradebook.display() {
        DisplaySetting::ShowOverallGrade => "SHOW_OVERALL_GRADE",
        DisplaySetting::HideOverallGrade => "HIDE_OVERALL_GRADE",
        DisplaySetting::ShowTeachersOnly => "SHOW_TEACHERS_ONLY",
    };
    let categories = course.gradebook.categories().len().to_string();
    [("calculationType", calculation.to_owned()), ("displaySetting", display.to_owned()), ("gradeCategories", categories)]
        .map(|(name, value)| Fact { name, value, is_code: true })
        .into()
}

fn periods_of(t: Texts, language: Language, settings: &GradingPeriodSettings, today: Option<CalendarDate>) -> Vec<Period> {
    let period = |period: &GradingPeriod| Period {
        title: period.title.to_string(),
        days: t.courses_days(language.date(period.start.to_naive()), language.date(period.end.to_naive())),
        is_current: today.is_some_and(|today| (period.start..=period.end).contains(&today)),
    };
    settings.periods().iter().map(period).collect()
}

#[cfg(test)]
mod tests {
    use derslik_domain::course::CourseState;
    use derslik_domain::course::grading_period::GradingPeriodTitle;
    use derslik_testkit::builders::course;

    use super::*;
    use crate::courses::testing::{HOSTILE, assert_harmless, shell};

    fn hostile(language: Language, state: CourseState) -> ShowPage {
        let (t, course) = (Texts::of(language), Course { state, ..course(7) });
        let text = || HOSTILE.to_owned();
        let person = || Person { name: text(), url: "/console/7/people/2".to_owned() };
        let said = || Refused { value: text(), reason: Some(text()) };
        let choice = Choice { label: text(), url: String::new(), is_current: true };
        let member = Member { person: person(), email: text(), id: "2".to_owned(), role: text(), is_owner: false };
        ShowPage {
            shell: shell(language),
            t,
            base: "/console/7/courses/7".to_owned(),
            list_url: "/console/7/courses".to_owned(),
            id: "7".to_owned(),
            revision: 1,
            name: text(),
            section: text(),
            room: text(),
            owner: person(),
            state: state.into(),
            machine: Machine::of(t, language, &course, CourseRole::Operator),
            roles: Vec::new(),
            no_edits: None,
            no_deletion: no_deletion(t, language, &course),
            roster: RosterView {
                tabs: vec![choice],
                name: "teachers",
                members: vec![member],
                first: None,
                next: None,
                said: said(),
                is_teachers: true,
            },
            aliases: AliasesView {
                aliases: vec![AliasRow { alias: text(), seen_by: text() }],
                first: None,
                next: None,
                said: said(),
                problem: None,
            },
            facts: vec![Fact { name: "subject", value: text(), is_code: false }],
            gradebook: gradebook(&course),
            periods: vec![Period { title: text(), days: String::new(), is_current: true }],
            heading: text(),
            description: text(),
        }
    }

    #[test]
    fn what_people_wrote_stays_a_text_on_the_page() {
        for language in Language::ALL {
            for state in CourseState::ALL {
                assert_harmless(&hostile(language, state).render().unwrap());
            }
        }
    }

    #[test]
    fn a_deletion_names_the_states_that_lead_to_it() {
        let said = |state| no_deletion(Texts::of(Language::English), Language::English, &Course { state, ..course(7) });
        assert_eq!(said(CourseState::Archived), None);
        assert!(said(CourseState::Declined).is_some_and(|text| text.contains("PROVISIONED, ACTIVE, ARCHIVED")));
        assert!(said(CourseState::Suspended).is_some_and(|text| text.contains("SUSPENDED")));
    }

    #[test]
    fn a_period_is_current_on_its_days() {
        let day = |day| CalendarDate::new(2026, 9, day).unwrap();
        let period = GradingPeriod { id: Id::new(1), title: GradingPeriodTitle::new("Güz").unwrap(), start: day(2), end: day(4) };
        let settings = GradingPeriodSettings::new(vec![period], false).unwrap();
        let current = |today| periods_of(Texts::of(Language::English), Language::English, &settings, today)[0].is_current;
        assert_eq!([1, 2, 4, 5].map(|date| current(Some(day(date)))), [false, true, true, false]);
        assert!(!current(None));
    }
}
