//! Finds what a text means: the id of a job, a course or a person, a GUID, an address, an alias, or a part of a name.

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use derslik_domain::course::CourseListForm;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::form::Field;
use derslik_domain::id::{Id, SessionGuid, UserGuid};
use derslik_domain::identity::{Actor, PersonFilterForm, User, UserKey};
use derslik_domain::page::PageRequest;
use derslik_domain::session::FilterForm;
use derslik_ports::inbound::operators::StoredJob;
use derslik_ports::inbound::{CourseError, ServiceError};

use crate::failure::Failure;
use crate::fields::Fields;
use crate::jobs::words;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// How many matches of each kind are shown.
const EACH: u32 = 10;

/// Adds the page.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config.route("/find", web::get().to(find));
}

#[derive(Template)]
#[template(path = "find/find.html")]
struct FindPage {
    shell: Shell,
    t: Texts,
    text: String,
    find_url: String,
    groups: Vec<Group>,
}

/// The matches of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    title: String,
    icon: &'static str,
    matches: Vec<Match>,
    /// The list with all of them; empty if there is none.
    more_url: String,
}

/// An object that the text may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Match {
    /// Its path below that of the account, and then its address.
    url: String,
    name: String,
    /// Its id.
    id: String,
}

/// What a text can be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    Nothing,
    /// A number: the id of a job, a course or a person.
    Number(i64),
    /// The GUID of a session or a person.
    Guid(SessionGuid, UserGuid),
    /// An address.
    Address,
    /// An alias of a course.
    Alias(CourseRef),
    /// A part of a name.
    Name,
}

impl Meaning {
    fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self::Nothing;
        }
        if let (Ok(session), Ok(person)) = (text.parse(), text.parse()) {
            return Self::Guid(session, person);
        }
        if let Ok(number) = text.parse() {
            return Self::Number(number);
        }
        match CourseRef::parse(text) {
            alias @ CourseRef::Alias(_) => Self::Alias(alias),
            CourseRef::Id(_) | CourseRef::Impossible if text.contains('@') => Self::Address,
            CourseRef::Id(_) | CourseRef::Impossible => Self::Name,
        }
    }
}

/// Leads to the one object that the text means, or lists what it may mean.
async fn find(visit: Visit) -> Result<HttpResponse, Failure> {
    let text = visit.query.text("q").to_owned();
    let groups = match Meaning::of(&text) {
        Meaning::Nothing => Vec::new(),
        Meaning::Address => return Ok(visit.go(&people_named(&text))),
        Meaning::Number(number) => numbered(&visit, number).await?,
        Meaning::Guid(session, person) => with_guid(&visit, session, person).await?,
        Meaning::Alias(alias) => {
            let course = course(&visit, &visit.actor().await?, alias).await?;
            vec![group(visit.t.shell_courses(), "book", course.into_iter().collect())]
        }
        Meaning::Name => named(&visit, &text).await?,
    };
    let groups: Vec<_> = groups.into_iter().filter(|group| !group.matches.is_empty()).collect();
    if let Some(only) = only_match(&groups)
        && Meaning::of(&text) != Meaning::Name
    {
        return Ok(visit.go(&only.url));
    }
    visit.page(&FindPage {
        shell: Shell::of(&visit, Section::Find, visit.t.shell_find()).await?,
        t: visit.t,
        find_url: visit.url("find"),
        groups: groups.into_iter().map(|group| addressed(group, &visit)).collect(),
        text,
    })
}

/// The match, if there is one alone.
fn only_match(groups: &[Group]) -> Option<&Match> {
    let mut all = groups.iter().flat_map(|group| &group.matches);
    let first = all.next()?;
    if all.next().is_none() { Some(first) } else { None }
}

fn group(title: String, icon: &'static str, matches: Vec<Match>) -> Group {
    Group { title, icon, matches, more_url: String::new() }
}

/// The group with whole addresses.
fn addressed(mut group: Group, visit: &Visit) -> Group {
    for found in &mut group.matches {
        found.url = visit.url(&found.url);
    }
    if !group.more_url.is_empty() {
        group.more_url = visit.url(&group.more_url);
    }
    group
}

/// The list of people whom a text names.
fn people_named(text: &str) -> String {
    format!("people{}", Fields::default().with(&[("q", Some(text))]))
}

async fn numbered(visit: &Visit, number: i64) -> Result<Vec<Group>, Failure> {
    let (t, actor) = (visit.t, visit.actor().await?);
    let job = visit.operators()?.jobs.find(visit.account.id, Id::new(number)).await?.map(|job| {
        let name = match &job {
            StoredJob::Known(job) => words::action(job.action, t),
            StoredJob::Unknown(job) => job.action.clone(),
        };
        Match { url: format!("jobs/{number}"), name, id: number.to_string() }
    });
    let course = course(visit, &actor, CourseRef::Id(Id::new(number))).await?;
    let person = person(visit, &actor, UserKey::Id(Id::new(number))).await?;
    Ok(vec![
        group(t.shell_jobs(), "jobs", job.into_iter().collect()),
        group(t.shell_courses(), "book", course.into_iter().collect()),
        group(t.shell_people(), "people", person.into_iter().collect()),
    ])
}

async fn with_guid(visit: &Visit, session: SessionGuid, guid: UserGuid) -> Result<Vec<Group>, Failure> {
    let (t, actor) = (visit.t, visit.actor().await?);
    let session = match visit.ports()?.clients.sessions.get(&actor, session).await {
        Ok(session) => vec![match_of_session(session.guid, session.name.as_str())],
        Err(ServiceError::NotFound) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let person = person(visit, &actor, UserKey::Guid(guid)).await?;
    Ok(vec![group(t.shell_sessions(), "calendar", session), group(t.shell_people(), "people", person.into_iter().collect())])
}

async fn course(visit: &Visit, actor: &Actor, course: CourseRef) -> Result<Option<Match>, Failure> {
    let found = visit.ports()?.clients.courses.get(actor, course).await;
    match found.map_err(|error| crate::courses::failure(visit.t, error)) {
        Ok(found) => Ok(Some(match_of_course(found.course.id.get(), found.course.details.name.as_str()))),
        Err(Failure::NotFound) => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn person(visit: &Visit, actor: &Actor, key: UserKey) -> Result<Option<Match>, Failure> {
    match visit.ports()?.clients.people.get(actor, key).await {
        Ok(user) => Ok(Some(match_of_person(&user))),
        Err(ServiceError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn match_of_session(guid: SessionGuid, name: &str) -> Match {
    Match { url: format!("sessions/{guid}"), name: name.to_owned(), id: guid.to_string() }
}

fn match_of_course(id: i64, name: &str) -> Match {
    Match { url: format!("courses/{id}"), name: name.to_owned(), id: id.to_string() }
}

fn match_of_person(user: &User) -> Match {
    let id = user.id.to_string();
    let name = format!("{} {}", user.name, user.surname).trim().to_owned();
    // An address says more than a number.
    let shown = user.email.as_ref().map_or_else(|| id.clone(), ToString::to_string);
    Match { url: people_named(&id), name, id: shown }
}

async fn named(visit: &Visit, text: &str) -> Result<Vec<Group>, Failure> {
    let (t, actor) = (visit.t, visit.actor().await?);
    let query = Fields::default().with(&[("view", Some("list")), ("name", Some(text))]);
    // The visitor waits for the slowest of the three, and not for one after the other.
    let (of_sessions, of_people, of_courses) =
        tokio::try_join!(sessions(visit, &actor, text), people(visit, &actor, text), courses(visit, &actor, text))?;
    Ok(vec![
        Group { more_url: format!("sessions{query}"), ..group(t.shell_sessions(), "calendar", of_sessions) },
        Group { more_url: people_named(text), ..group(t.shell_people(), "people", of_people) },
        group(t.shell_courses(), "book", of_courses),
    ])
}

async fn sessions(visit: &Visit, actor: &Actor, text: &str) -> Result<Vec<Match>, Failure> {
    let form = FilterForm { name: given(text), page_size: Field::Given(EACH.into()), ..FilterForm::default() };
    // A text that is too long to search by is in no name.
    let Ok(filter) = form.validate() else { return Ok(Vec::new()) };
    let found = visit.ports()?.clients.sessions.search(actor, filter).await?;
    Ok(found.entries.iter().map(|session| match_of_session(session.guid, session.name.as_str())).collect())
}

/// People whose given or family name contains the text, or who have the beginning and the end of it in these names.
async fn people(visit: &Visit, actor: &Actor, text: &str) -> Result<Vec<Match>, Failure> {
    let mut found: Vec<User> = Vec::new();
    for form in name_forms(text) {
        let Ok(filter) = form.validate(EACH) else { continue };
        for user in visit.ports()?.clients.people.list(actor, filter).await? {
            if !found.iter().any(|other| other.id == user.id) {
                found.push(user);
            }
        }
    }
    let most = usize::try_from(EACH).unwrap_or(usize::MAX);
    Ok(found.iter().take(most).map(match_of_person).collect())
}

fn name_forms(text: &str) -> Vec<PersonFilterForm> {
    let mut forms = vec![
        PersonFilterForm { name: given(text), ..PersonFilterForm::default() },
        PersonFilterForm { surname: given(text), ..PersonFilterForm::default() },
    ];
    if let Some((name, surname)) = text.rsplit_once(char::is_whitespace) {
        forms.insert(0, PersonFilterForm { name: given(name), surname: given(surname), ..PersonFilterForm::default() });
    }
    forms
}

async fn courses(visit: &Visit, actor: &Actor, text: &str) -> Result<Vec<Match>, Failure> {
    let form = CourseListForm { query: given(text), ..CourseListForm::default() };
    let page = PageRequest { size: EACH, after: None };
    match visit.ports()?.clients.courses.list(actor, form, page).await {
        Ok(found) => {
            let found = found.entries.iter().map(|found| &found.course);
            Ok(found.map(|course| match_of_course(course.id.get(), course.details.name.as_str())).collect())
        }
        Err(CourseError::List(_)) => Ok(Vec::new()),
        Err(error) => Err(crate::courses::failure(visit.t, error)),
    }
}

fn given(text: &str) -> Field<Vec<u8>> {
    Field::Given(text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    #[test]
    fn a_text_is_told_by_its_form() {
        assert_eq!(Meaning::of(""), Meaning::Nothing);
        assert_eq!(Meaning::of("3452"), Meaning::Number(3_452));
        assert!(matches!(Meaning::of("61e3d504-13ee-447f-9b36-6686c5c39feb"), Meaning::Guid(..)));
        assert_eq!(Meaning::of("ada@okul.example"), Meaning::Address);
        assert!(matches!(Meaning::of("d:10-A"), Meaning::Alias(_)));
        for name in ["Fizik", "10-A", "61e3d504", "<script>"] {
            assert_eq!(Meaning::of(name), Meaning::Name, "{name}");
        }
    }

    fn matches(urls: &[&str]) -> Group {
        let matches = urls.iter().map(|url| Match { url: (*url).to_owned(), name: String::new(), id: String::new() });
        group(String::new(), "jobs", matches.collect())
    }

    #[test]
    fn one_match_alone_is_opened() {
        assert_eq!(only_match(&[matches(&[]), matches(&["jobs/7"])]).map(|found| found.url.as_str()), Some("jobs/7"));
        assert_eq!(only_match(&[matches(&["jobs/7"]), matches(&["courses/7"])]), None);
        assert_eq!(only_match(&[]), None);
    }

    #[test]
    fn a_whole_name_is_searched_by_its_parts_first() {
        let forms = name_forms("Ada Naz Lovelace");
        assert_eq!((forms.len(), &forms[0].name, &forms[0].surname), (3, &given("Ada Naz"), &given("Lovelace")));
        assert_eq!(name_forms("Ada").len(), 2);
        assert_eq!(people_named("a&b@c"), "people?q=a%26b%40c");
    }

    #[test]
    fn hostile_texts_are_inert_among_the_matches() {
        #[derive(Template)]
        #[template(path = "find/groups.html")]
        struct Groups {
            t: Texts,
            groups: Vec<Group>,
        }
        let hostile = "<script>alert(1)</script>\"'&";
        let found = Match { url: people_named(hostile), name: hostile.to_owned(), id: hostile.to_owned() };
        for language in Language::ALL {
            let page = Groups { t: Texts::of(language), groups: vec![group(hostile.to_owned(), "jobs", vec![found.clone()])] };
            let html = page.render().unwrap();
            assert!(!html.contains("<script>") && html.contains("&#60;script&#62;"), "{html}");
        }
    }
}
