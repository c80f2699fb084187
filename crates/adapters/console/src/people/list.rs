//! The list of people, and the admins of the installation where they sign in.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::form::{Field, RawText};
use derslik_domain::identity::{Actor, Admin, AdminRole, PersonFilter, PersonFilterForm, User, UserKey, UserState};
use derslik_domain::page::OffsetPage;
use derslik_ports::inbound::ServiceError;

use super::form::{Choice, Status};
use super::words::{full_name, role, roles, status};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// How many people a page shows.
const SIZE: u32 = 50;

/// The names of the filters in a query.
const FILTERS: [&str; 6] = ["q", "name", "surname", "email", "role", "state"];

#[derive(Template)]
#[template(path = "people/list.html")]
struct ListPage {
    shell: Shell,
    t: Texts,
    /// The address of the list without a filter.
    url: String,
    filter: Filter,
    rows: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
    /// Whether a search by one text found more than the page shows.
    has_more_matches: bool,
    /// The admins; `None` where no admin signs in.
    admins: Option<Vec<AdminRow>>,
}

/// The filters as the form shows them.
struct Filter {
    q: String,
    name: String,
    surname: String,
    email: String,
    roles: Vec<Choice>,
    states: Vec<Choice>,
    is_set: bool,
}

struct Row {
    url: String,
    name: String,
    email: String,
    username: String,
    role: String,
    status: Status,
    changed: String,
}

struct AdminRow {
    name: String,
    role: String,
    since: String,
}

pub(super) async fn list(visit: Visit) -> Result<HttpResponse, Failure> {
    let t = visit.t;
    let (filter, page) = read(&visit.query).ok_or_else(|| Failure::Refused(t.people_bad_filter()))?;
    let actor = visit.actor().await?;
    let text = visit.query.get("q");
    let mut people = match text {
        Some(text) => found_by(&visit, &actor, text, &filter).await?,
        None => visit.ports()?.clients.people.list(&actor, filter).await?,
    };
    let size = usize::try_from(SIZE).unwrap_or(usize::MAX);
    let has_more = people.len() > size;
    people.truncate(size);
    let url = visit.url("people");
    let at = |page: u32| format!("{url}{}", visit.query.with(&[("page", Some(&page.to_string())), (crate::visit::NOTE, None)]));
    let template = ListPage {
        shell: Shell::of(&visit, Section::People, t.shell_people()).await?,
        t,
        filter: shown(t, &visit.query),
        rows: people.iter().map(|person| row(&visit, person)).collect(),
        previous: page.checked_sub(1).filter(|page| *page > 0).map(at),
        next: (has_more && text.is_none()).then(|| at(page.saturating_add(1))),
        has_more_matches: has_more && text.is_some(),
        admins: admins(&visit).await?,
        url: url.clone(),
    };
    visit.page(&template)
}

/// People whom a text names: by number, GUID, address or user name first, then by a part of their names.
async fn found_by(visit: &Visit, actor: &Actor, text: &str, filter: &PersonFilter) -> Result<Vec<User>, Failure> {
    let people = &visit.ports()?.clients.people;
    let mut found = Vec::new();
    for key in UserKey::all_of(text) {
        match people.get(actor, key).await {
            Ok(user) => found.push(user),
            Err(ServiceError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    found.retain(|user: &User| {
        filter.role.is_none_or(|role| role == user.profile.role) && filter.status.is_none_or(|status| status == user.status)
    });
    for form in name_forms(text) {
        // A text that is too long to search by is in no name.
        let Ok(names) = form.validate(SIZE) else { continue };
        let filter = PersonFilter { name: names.name, surname: names.surname, ..filter.clone() };
        found.extend(people.list(actor, filter).await?);
    }
    let mut seen = BTreeSet::new();
    found.retain(|user| seen.insert(user.id));
    Ok(found)
}

/// The ways in which a text can be a part of names. Its last word may be of the family name.
fn name_forms(text: &str) -> Vec<PersonFilterForm> {
    let given = |text: &str| Field::Given(RawText::from(text));
    let mut forms = vec![
        PersonFilterForm { name: given(text), ..PersonFilterForm::default() },
        PersonFilterForm { surname: given(text), ..PersonFilterForm::default() },
    ];
    if let Some((name, surname)) = text.rsplit_once(char::is_whitespace) {
        forms.insert(0, PersonFilterForm { name: given(name), surname: given(surname), ..PersonFilterForm::default() });
    }
    forms
}

/// The filter that a query asks for, and the number of the page, from 1. `None` if a value is not one that the page offers.
fn read(query: &Fields) -> Option<(PersonFilter, u32)> {
    let given = |name: &str| query.get(name).map_or(Field::Missing, |text| Field::Given(RawText::from(text)));
    let form = PersonFilterForm {
        name: given("name"),
        surname: given("surname"),
        email: given("email"),
        role: given("role"),
        ..PersonFilterForm::default()
    };
    let status = match query.get("state") {
        None => None,
        Some(name) => Some(UserState::by_name(name).filter(|state| *state != UserState::Deleted)?),
    };
    let number: u32 = query.get("page").map_or(Some(1), |number| number.parse().ok()).filter(|number| *number > 0)?;
    // One more than is shown tells whether there is a next page.
    let page = OffsetPage::at(u64::from(number - 1) * u64::from(SIZE), SIZE + 1).ok()?;
    let filter = form.validate(SIZE).ok()?;
    Some((PersonFilter { status, page, ..filter }, number))
}

/// The filter as the form shows it.
fn shown(t: Texts, query: &Fields) -> Filter {
    let state = query.get("state");
    Filter {
        q: query.text("q").to_owned(),
        name: query.text("name").to_owned(),
        surname: query.text("surname").to_owned(),
        email: query.text("email").to_owned(),
        roles: roles(t, query.get("role")),
        states: [UserState::Active, UserState::Passive]
            .map(|one| Choice::new(one.name(), status(t, one).text, state == Some(one.name())))
            .into(),
        is_set: FILTERS.iter().any(|name| query.get(name).is_some()),
    }
}

fn row(visit: &Visit, user: &User) -> Row {
    Row {
        url: visit.url(&format!("people/{}", user.id)),
        name: full_name(user),
        email: user.email.as_ref().map(ToString::to_string).unwrap_or_default(),
        username: user.username.as_ref().map(ToString::to_string).unwrap_or_default(),
        role: role(visit.t, user.profile.role),
        status: status(visit.t, user.status),
        changed: visit.when(user.updated_at),
    }
}

/// The admins, where they sign in.
async fn admins(visit: &Visit) -> Result<Option<Vec<AdminRow>>, Failure> {
    if visit.person().admin.is_none() {
        return Ok(None);
    }
    let row = |admin: Admin| AdminRow {
        name: admin.name.to_string(),
        role: match admin.role {
            AdminRole::Viewer => visit.t.people_admin_viewer(),
            AdminRole::Operator => visit.t.people_admin_operator(),
        },
        since: visit.moment(admin.created_at),
    };
    Ok(Some(visit.operators()?.admins.list().await?.into_iter().map(row).collect()))
}

#[cfg(test)]
mod tests {
    use derslik_domain::identity::ClassroomRole;

    use super::*;
    use crate::locale::Language;

    #[test]
    fn a_query_becomes_a_filter_and_a_page() {
        let (filter, page) = read(&Fields::read(b"name=Ay%C5%9Fe&role=e%2B&state=passive&page=3")).unwrap();
        assert_eq!((filter.role, filter.status, page), (Some(ClassroomRole::SeniorInstructor), Some(UserState::Passive), 3));
        assert_eq!((filter.page.offset(), filter.page.size()), (100, 51));
        let (all, page) = read(&Fields::default()).unwrap();
        assert_eq!((all.name, all.status, all.page.offset(), page), (None, None, 0, 1));
    }

    #[test]
    fn a_value_that_the_page_does_not_offer_is_refused() {
        for query in ["role=boss", "state=deleted", "state=x", "page=0", "page=-1", "page=x"] {
            assert!(read(&Fields::read(query.as_bytes())).is_none(), "{query}");
        }
    }

    #[test]
    fn the_form_keeps_what_was_asked_for() {
        let filter = shown(Texts::of(Language::English), &Fields::read(b"surname=Y&state=passive"));
        assert_eq!(filter.states.iter().map(|state| state.is_current).collect::<Vec<_>>(), [false, true]);
        assert!(filter.is_set && filter.surname == "Y");
        assert!(!shown(Texts::of(Language::English), &Fields::read(b"page=2")).is_set);
    }

    #[test]
    fn a_text_of_two_words_may_be_a_whole_name() {
        assert_eq!(name_forms("Ayşe").len(), 2);
        let forms = name_forms("Ayşe Nur Yılmaz");
        assert_eq!((forms.len(), &forms[0].name, &forms[0].surname), (3, &Field::Given("Ayşe Nur".into()), &Field::Given("Yılmaz".into())));
    }

    #[test]
    fn hostile_names_are_shown_as_text() {
        const HOSTILE: &str = r#"</a><script>alert(1)</script>" onclick="x"#;
        for language in Language::ALL {
            let t = Texts::of(language);
            let row = Row {
                url: "/console/1/people/7".to_owned(),
                name: HOSTILE.to_owned(),
                email: HOSTILE.to_owned(),
                username: HOSTILE.to_owned(),
                role: HOSTILE.to_owned(),
                status: status(t, UserState::Active),
                changed: String::new(),
            };
            let page = ListPage {
                shell: crate::people::form::testing::shell(language),
                t,
                url: "/console/1/people".to_owned(),
                filter: shown(t, &Fields::default()),
                rows: vec![row],
                previous: None,
                next: Some("/console/1/people?page=2".to_owned()),
                has_more_matches: true,
                admins: Some(vec![AdminRow { name: HOSTILE.to_owned(), role: String::new(), since: String::new() }]),
            };
            let html = page.render().unwrap();
            assert!(!html.contains("<script>alert") && !html.contains(r#"" onclick"#), "{html}");
        }
    }
}
