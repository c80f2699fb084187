//! One session: when it is, its settings, its attendees and its history.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::attendee::{Attendee, AttendeeKey};
use derslik_domain::identity::{Actor, ClassroomRole, Email, PersonFilter};
use derslik_domain::page::{OffsetPage, Page};
use derslik_domain::session::{Session, SessionTags};
use derslik_domain::time::Zone;

use super::change::session_of;
use super::filters::PAGE;
use super::inputs::{Choice, Input, Kind};
use super::list::{Context, day_title};
use super::options::{self, Difference};
use super::states::{Mark, State};
use crate::failure::Failure;
use crate::locale::{clock, offset};
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::{NOTE, Visit};

/// How many attendees a page has.
const SIZE: u32 = 25;

/// The last page of attendees that is shown.
const LAST_PAGE: u64 = 10_000;

/// When a session is.
#[derive(Debug)]
pub(super) struct Times {
    /// The date of its clock face.
    pub(super) day: String,
    /// From when to when, by a clock in its zone.
    pub(super) face: String,
    pub(super) zone: &'static str,
    pub(super) offset: String,
    /// The start in UTC.
    pub(super) instant: String,
    /// The start by a clock in the zone of the account, where that is another one.
    pub(super) here: Option<String>,
    pub(super) minutes: String,
}

impl Times {
    pub(super) fn of(session: &Session, context: &Context) -> Self {
        let start = session.start;
        let (begin, end) = (start.civil().to_naive(), session.ends_at().in_zone(start.zone()).face());
        let here = (start.zone() != context.zone).then(|| context.language.moment(start.instant(), context.zone));
        Self {
            day: day_title(begin.date(), context),
            face: format!("{}–{}", clock(begin), clock(end)),
            zone: start.zone().name(),
            offset: offset(start.instant(), start.zone()),
            instant: start.instant().in_zone(Zone::UTC).face().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            here: here.map(|here| context.t.sessions_here(here)),
            minutes: context.t.sessions_minutes(session.duration.minutes()),
        }
    }
}

/// A field of the wire and its value.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// Something that happened.
#[derive(Debug)]
pub(super) struct Happening {
    at: String,
    text: String,
    by: String,
}

/// A line of the attendees.
#[derive(Debug)]
pub(super) struct Person {
    name: String,
    email: String,
    /// The user behind it; empty for a guest.
    user: String,
    /// The code that lets it in, for those who may change something.
    code: String,
    role: String,
    roles: Vec<Choice>,
    /// A part of the ids of its controls.
    number: usize,
}

/// The page of a session.
#[derive(Template)]
#[template(path = "sessions/show.html")]
struct SessionPage {
    shell: Shell,
    t: Texts,
    name: String,
    url: String,
    state: Mark,
    times: Times,
    description: String,
    tags: Vec<String>,
    facts: Vec<Fact>,
    options: Vec<Difference>,
    history: Vec<Happening>,
    people: Vec<Person>,
    earlier_url: Option<String>,
    later_url: Option<String>,
    /// The form that adds an attendee.
    inputs: Vec<Input>,
}

/// Shows a session.
pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let actor = visit.actor().await?;
    let session = session_of(&visit, &actor).await?;
    let template = template(&visit, &actor, &session, add_inputs(visit.t)).await?;
    visit.page(&template)
}

/// Shows a session again, with what is wrong with the form that adds an attendee.
pub(super) async fn refused(visit: &Visit, actor: &Actor, session: &Session, inputs: Vec<Input>) -> Result<HttpResponse, Failure> {
    visit.refused_page(&template(visit, actor, session, inputs).await?)
}

async fn template(visit: &Visit, actor: &Actor, session: &Session, inputs: Vec<Input>) -> Result<SessionPage, Failure> {
    let (t, context) = (visit.t, Context::of(visit));
    let number = visit.query.get(PAGE).and_then(|page| page.parse::<u64>().ok()).unwrap_or(1).clamp(1, LAST_PAGE);
    let found = attendees(visit, actor, session, number).await?;
    let url = visit.url(&format!("sessions/{}", session.guid));
    let to = |page: u64| format!("{url}{}#h-people", visit.query.with(&[(PAGE, Some(&page.to_string())), (NOTE, None)]));
    let people = found.entries.iter().enumerate().map(|(number, attendee)| person(t, attendee, number, visit.can_change()));
    Ok(SessionPage {
        shell: Shell::of(visit, Section::Sessions, session.name.as_str()).await?,
        t,
        name: session.name.to_string(),
        state: State::of(session, visit.now).view(t),
        times: Times::of(session, &context),
        description: session.description.as_ref().map(ToString::to_string).unwrap_or_default(),
        tags: tags(session),
        facts: facts(session),
        options: options::differences(&session.options),
        history: history(visit, session),
        people: people.collect(),
        earlier_url: (number > 1).then(|| to(number - 1)),
        later_url: (found.more && number < LAST_PAGE).then(|| to(number + 1)),
        inputs,
        url,
    })
}

fn tags(session: &Session) -> Vec<String> {
    let tags = session.tags.as_ref().map(SessionTags::as_str).unwrap_or_default();
    tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

async fn attendees(visit: &Visit, actor: &Actor, session: &Session, number: u64) -> Result<Page<Attendee>, Failure> {
    let page = OffsetPage::at((number - 1) * u64::from(SIZE), SIZE + 1).unwrap_or_default();
    let filter = PersonFilter { name: None, surname: None, email: None, username: None, role: None, status: None, page };
    let found = visit.ports()?.clients.attendees.list(actor, session.guid, filter).await;
    Ok(Page::first(found?, SIZE))
}

fn person(t: Texts, attendee: &Attendee, number: usize, can_change: bool) -> Person {
    Person {
        name: format!("{} {}", attendee.name, attendee.surname),
        email: attendee.email.to_string(),
        user: attendee.user.map(|user| user.to_string()).unwrap_or_default(),
        code: if can_change { attendee.code.as_str().to_owned() } else { String::new() },
        role: role_word(t, attendee.role),
        roles: role_choices(t, attendee.role),
        number,
    }
}

fn role_word(t: Texts, role: ClassroomRole) -> String {
    match role {
        ClassroomRole::Admin => t.sessions_role_admin(),
        ClassroomRole::Instructor => t.sessions_role_instructor(),
        ClassroomRole::User => t.sessions_role_user(),
        ClassroomRole::SeniorInstructor => t.sessions_role_senior(),
        ClassroomRole::AssistantInstructor => t.sessions_role_assistant(),
    }
}

fn role_choices(t: Texts, current: ClassroomRole) -> Vec<Choice> {
    let choice = |role: ClassroomRole| Choice { value: role.code().to_owned(), text: role_word(t, role), is_current: role == current };
    ClassroomRole::ALL.into_iter().map(choice).collect()
}

/// The empty form that adds an attendee.
pub(super) fn add_inputs(t: Texts) -> Vec<Input> {
    let roles = Input { choices: role_choices(t, ClassroomRole::User), ..Input::new(Kind::Select, "role", t.sessions_person_role(), "u") };
    vec![
        Input::new(Kind::Code, "user", t.sessions_person_user(), "").hint(t.sessions_person_user_hint()),
        Input::new(Kind::Code, "email", t.sessions_person_email(), ""),
        Input::new(Kind::Text, "name", t.sessions_person_name(), ""),
        Input::new(Kind::Text, "surname", t.sessions_person_surname(), ""),
        Input::new(Kind::Code, "mobile", t.sessions_person_mobile(), ""),
        roles,
    ]
}

/// The fields of the wire that are shown nowhere else.
pub(super) fn facts(session: &Session) -> Vec<Fact> {
    let fact = |name, value: String| Fact { name, value };
    vec![
        fact("session_guid", session.guid.to_string()),
        fact("start_date", session.start.to_string()),
        fact("timezone", session.start.zone().name().to_owned()),
        fact("duration", session.duration.minutes().to_string()),
        fact("lang", session.lang.to_string()),
        fact("status", session.status.code().to_string()),
        fact("replay_status", session.replay_status.code().to_string()),
        fact("allow_recording", session.allow_recording.to_string()),
        fact("inaccessible_replay", session.inaccessible_replay.to_string()),
    ]
}

/// What happened to the session, the last thing first.
fn history(visit: &Visit, session: &Session) -> Vec<Happening> {
    let t = visit.t;
    let mut happenings = vec![(session.created_at, t.sessions_was_created(), Some(session.created_by))];
    if session.updated_at != session.created_at {
        happenings.push((session.updated_at, t.sessions_was_changed(), Some(session.updated_by)));
    }
    if session.start.instant() <= visit.now {
        happenings.push((session.start.instant(), t.sessions_began(), None));
    }
    if session.is_over(visit.now) {
        happenings.push((session.ends_at(), t.sessions_ended(), None));
    }
    happenings.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    let shown = happenings.into_iter().map(|(at, text, by)| {
        let by = by.map(|by| t.sessions_by_principal(by.to_string())).unwrap_or_default();
        Happening { at: visit.moment(at), text, by }
    });
    shown.collect()
}

/// The key of the attendee that a form names by its address.
pub(super) fn key_of(visit: &Visit) -> Result<AttendeeKey, Failure> {
    let form = visit.form();
    let email = Email::parse(form.text("email")).map_err(|_| Failure::NotFound)?;
    Ok(AttendeeKey::Email(email))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use derslik_domain::identity::PersonName;
    use derslik_domain::time::Start;
    use derslik_testkit::builders::{attendee, guid, now, session, start};

    use super::*;
    use crate::locale::Language;

    fn context(language: Language) -> Context {
        let (today, zone) = (NaiveDate::from_ymd_opt(2025, 8, 5).unwrap(), Zone::ISTANBUL);
        Context { t: Texts::of(language), language, now: now(), today, zone, url: String::new() }
    }

    #[test]
    fn a_session_of_another_zone_tells_the_time_here_too() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let there = Session { start: Start::at(start("2025-08-05T12:00:00").civil(), berlin), ..session(guid(1)) };
        let times = Times::of(&there, &context(Language::English));
        assert_eq!((times.face.as_str(), times.offset.as_str(), times.instant.as_str()), ("12:00–13:20", "+02:00", "2025-08-05T10:00:00Z"));
        assert!(times.here.is_some_and(|here| here.contains("5 Aug 2025 13:00:00")));
        assert_eq!(Times::of(&session(guid(1)), &context(Language::English)).here, None);
    }

    #[derive(Template)]
    #[template(path = "sessions/people.html")]
    struct PeoplePart {
        shell: PartShell,
        t: Texts,
        url: String,
        people: Vec<Person>,
    }

    struct PartShell {
        can_change: bool,
        form_token: String,
    }

    #[test]
    fn codes_and_forms_are_for_those_who_may_change_something() {
        let t = Texts::of(Language::Arabic);
        let hostile = Attendee { name: PersonName::new("<b onclick=x>").unwrap(), ..attendee(1, 1) };
        let html = |can_change| {
            let people = vec![person(t, &hostile, 0, can_change)];
            let shell = PartShell { can_change, form_token: "ab".to_owned() };
            PeoplePart { shell, t, url: "/console/1/sessions/x".to_owned(), people }.render().unwrap()
        };
        let (full, read_only) = (html(true), html(false));
        assert!(full.contains(hostile.code.as_str()) && full.contains("<form") && !full.contains("<b onclick"));
        assert!(!read_only.contains(hostile.code.as_str()) && !read_only.contains("<form"));
    }

    #[test]
    fn the_form_of_an_attendee_has_each_field_once() {
        let inputs = add_inputs(Texts::of(Language::English));
        let names: Vec<_> = inputs.iter().map(|input| input.name.as_str()).collect();
        assert_eq!(names, ["user", "email", "name", "surname", "mobile", "role"]);
        assert_eq!(tags(&session(guid(1))), Vec::<String>::new());
    }
}
