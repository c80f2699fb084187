//! One person, with the forms that change it.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::identity::{ClassroomRole, Role, Scope, User, UserState};
use derslik_domain::time::Timestamp;

use super::form::{Choice, Fact, Input, Issue, Status, issue_of};
use super::new::names;
use super::words::{full_name, roles, status};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::keys::confirm_input;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// How many days a new token lives, as choices.
const DAYS: [u32; 5] = [1, 7, 30, 90, 365];

#[derive(Template)]
#[template(path = "people/show.html")]
struct PersonPage {
    shell: Shell,
    t: Texts,
    /// The address of the list.
    list: String,
    /// The address of this page.
    url: String,
    /// The address of the keys and tokens of the person.
    keys: String,
    name: String,
    status: Status,
    facts: Vec<Fact>,
    issues: Vec<Issue>,
    inputs: Vec<Input>,
    roles: Vec<Choice>,
    is_active: bool,
    passwords: Vec<Input>,
    token: TokenForm,
    /// The password of the admin, where one signs in.
    confirm: Vec<Input>,
}

/// The form that issues a token.
struct TokenForm {
    scopes: Vec<Choice>,
    scope_problem: Option<String>,
    lifetimes: Vec<Choice>,
}

pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let (_, user) = super::person(&visit).await?;
    let page = page(&visit, &user, None).await?;
    visit.page(&page)
}

/// The page again, with what is wrong with a form that was sent from it.
pub(super) async fn refuse(visit: &Visit, user: &User, issues: Vec<Issue>) -> Result<HttpResponse, Failure> {
    let page = page(visit, user, Some((visit.form(), issues))).await?;
    visit.refused_page(&page)
}

async fn page(visit: &Visit, user: &User, refused: Option<(Fields, Vec<Issue>)>) -> Result<PersonPage, Failure> {
    let (t, url) = (visit.t, visit.url(&format!("people/{}", user.id)));
    let (form, issues) = refused.unwrap_or_default();
    let name = full_name(user);
    Ok(PersonPage {
        shell: Shell::of(visit, Section::People, name.clone()).await?,
        t,
        list: visit.url("people"),
        url,
        keys: visit.url(&format!("keys?person={}", user.id)),
        name,
        status: status(t, user.status),
        facts: facts(user, |at| visit.moment(at)),
        inputs: names(t, |field| form.raw(field).map_or_else(|| stored(user, field), ToOwned::to_owned), &issues),
        roles: roles(t, Some(form.get("role").unwrap_or(user.profile.role.code()))),
        is_active: user.status == UserState::Active,
        passwords: [Input::password("password", "password", t.people_password_new(), &issues).and(t.people_password_random())]
            .into_iter()
            .chain(confirm_input(visit, "confirm-password", &issues))
            .collect(),
        token: token_form(t, &form, &issues),
        confirm: confirm_input(visit, "confirm-token", &issues).into_iter().collect(),
        issues,
    })
}

/// The stored value of an input.
pub(super) fn stored(user: &User, field: &str) -> String {
    let text = match field {
        "name" => Some(user.name.to_string()),
        "surname" => Some(user.surname.to_string()),
        "email" => user.email.as_ref().map(ToString::to_string),
        "username" => user.username.as_ref().map(ToString::to_string),
        _ => None,
    };
    text.unwrap_or_default()
}

fn facts(user: &User, moment: impl Fn(Timestamp) -> String) -> Vec<Fact> {
    let mut facts = vec![
        Fact::code("id", user.id.to_string()),
        Fact::code("guid", user.guid.to_string()),
        Fact::code("role", user.profile.role.code().to_owned()),
        Fact::code("status", user.status.name().to_owned()),
        Fact::code("login_allowed", user.profile.login_allowed.to_string()),
        Fact::words("created_at", moment(user.created_at)),
        Fact::words("updated_at", moment(user.updated_at)),
    ];
    let more = [
        ("mobile", user.profile.mobile.as_ref().map(ToString::to_string)),
        ("lang", user.profile.lang.as_ref().map(ToString::to_string)),
        ("timezone", user.profile.timezone.map(|zone| zone.to_string())),
        ("expires_at", user.profile.expires_at.map(moment)),
        // The operator may have made an admin of the account without the role in classrooms.
        ("account_role", (user.role == Role::Admin && user.profile.role != ClassroomRole::Admin).then(|| "admin".to_owned())),
    ];
    facts.extend(more.into_iter().filter_map(|(name, value)| value.map(|value| Fact::code(name, value))));
    facts
}

/// The scopes that a token can have: jobs have keys of their own.
pub(super) fn token_scopes() -> impl Iterator<Item = Scope> {
    Scope::ALL.into_iter().filter(|scope| *scope != Scope::Jobs)
}

fn token_form(t: Texts, form: &Fields, issues: &[Issue]) -> TokenForm {
    let was_sent = form.has("days");
    let is_ticked = |scope: Scope| {
        if was_sent {
            form.all("scope").any(|name| name == scope.name())
        } else {
            matches!(scope, Scope::Courses | Scope::Rosters | Scope::ProfileEmails)
        }
    };
    let days = form.get("days").unwrap_or("90");
    let mut lifetimes: Vec<_> =
        DAYS.into_iter().map(|count| Choice::new(count.to_string(), t.people_days(count), days == count.to_string())).collect();
    lifetimes.push(Choice::new("never", t.people_never(), days == "never"));
    TokenForm {
        scopes: token_scopes().map(|scope| Choice::new(scope.name(), scope.name(), is_ticked(scope))).collect(),
        scope_problem: issue_of(issues, "scopes"),
        lifetimes,
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::identity::{PersonName, UserProfile};
    use derslik_domain::time::Zone;
    use derslik_testkit::builders::user;

    use super::*;
    use crate::locale::Language;
    use crate::people::form::testing::shell;

    fn page_of(user: &User, language: Language, form: &Fields) -> PersonPage {
        let t = Texts::of(language);
        PersonPage {
            shell: shell(language),
            t,
            list: "/console/1/people".to_owned(),
            url: "/console/1/people/7".to_owned(),
            keys: "/console/1/keys?person=7".to_owned(),
            name: full_name(user),
            status: status(t, user.status),
            facts: facts(user, |_| String::new()),
            issues: vec![Issue::new("email", t.people_email_taken())],
            inputs: names(t, |field| stored(user, field), &[]),
            roles: roles(t, Some("u")),
            is_active: true,
            passwords: vec![Input::password("password", "password", t.people_password_new(), &[])],
            token: token_form(t, form, &[]),
            confirm: Vec::new(),
        }
    }

    #[test]
    fn hostile_names_are_shown_as_text_in_each_language() {
        const HOSTILE: &str = r#""><script>alert(1)</script>"#;
        let hostile = User { name: PersonName::new(HOSTILE).unwrap(), surname: PersonName::new(HOSTILE).unwrap(), ..user(7) };
        for language in Language::ALL {
            let html = page_of(&hostile, language, &Fields::default()).render().unwrap();
            assert!(!html.contains("<script>alert"), "{html}");
            assert!(html.contains(r##"href="#email""##), "{html}");
        }
    }

    #[test]
    fn a_new_token_opens_courses_for_ninety_days_unless_something_else_was_asked_for() {
        let t = Texts::of(Language::English);
        let ticked =
            |form: &TokenForm| form.scopes.iter().filter(|scope| scope.is_current).map(|scope| scope.value.clone()).collect::<Vec<_>>();
        let current = |form: &TokenForm| form.lifetimes.iter().find(|one| one.is_current).map(|one| one.value.clone());
        let fresh = token_form(t, &Fields::default(), &[]);
        assert_eq!(ticked(&fresh), ["classroom.courses", "classroom.rosters", "classroom.profile.emails"]);
        assert_eq!(current(&fresh).as_deref(), Some("90"));
        let sent = token_form(t, &Fields::read(b"scope=sessions&days=never"), &[]);
        assert_eq!((ticked(&sent), current(&sent).as_deref()), (vec!["sessions".to_owned()], Some("never")));
        assert!(fresh.scopes.iter().all(|scope| scope.value != "jobs"));
    }

    #[test]
    fn facts_name_only_what_a_person_has() {
        let names = |user: &User| facts(user, |_| String::new()).into_iter().map(|fact| fact.name).collect::<Vec<_>>();
        assert!(!names(&user(7)).contains(&"mobile"));
        let profile = UserProfile { timezone: Some(Zone::ISTANBUL), ..UserProfile::default() };
        let admin = User { role: Role::Admin, profile, ..user(7) };
        assert!(names(&admin).contains(&"timezone") && names(&admin).contains(&"account_role"));
    }
}
