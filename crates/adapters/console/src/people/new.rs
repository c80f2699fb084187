//! The form that adds a person.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::form::{Field, RawText};
use derslik_domain::identity::{NewPerson, PersonForm, PersonRefusal};
use derslik_ports::inbound::IdempotentOutcome;

use super::form::{Choice, Input, Issue};
use super::words::{full_name, issues, roles};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "people/new.html")]
struct NewPage {
    shell: Shell,
    t: Texts,
    /// The address of the list.
    url: String,
    inputs: Vec<Input>,
    roles: Vec<Choice>,
    passwords: Vec<Input>,
    issues: Vec<Issue>,
}

pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let page = page(&visit, &Fields::default(), Vec::new()).await?;
    visit.page(&page)
}

pub(super) async fn add(visit: Visit) -> Result<HttpResponse, Failure> {
    let form = visit.form();
    let added = match read(&form) {
        Ok(person) => try_to_add(&visit, person).await?,
        Err(refusal) => Err(refusal),
    };
    match added {
        Ok((name, path)) => Ok(visit.leave(Note::ok(visit.t.people_added(name)), &path)),
        Err(refusal) => {
            let page = page(&visit, &form, issues(visit.t, &refusal)).await?;
            visit.refused_page(&page)
        }
    }
}

/// Adds a person. Returns the name with the path of the new page, or why not.
async fn try_to_add(visit: &Visit, person: NewPerson) -> Result<Result<(String, String), PersonRefusal>, Failure> {
    let actor = visit.actor().await?;
    match visit.ports()?.clients.people.add(&actor, person, None).await? {
        IdempotentOutcome::Unkeyed(added) => Ok(added.map(|user| (full_name(&user), format!("people/{}", user.id)))),
        // A request without a key has no such outcome.
        IdempotentOutcome::Stored(_) | IdempotentOutcome::Replayed(_) => Err(Failure::Unavailable),
    }
}

fn read(form: &Fields) -> Result<NewPerson, PersonRefusal> {
    let given = |name: &str| form.get(name).map_or(Field::Missing, |text| Field::Given(RawText::from(text)));
    let password = form.raw("password").filter(|password| !password.is_empty());
    let form = PersonForm {
        name: given("name"),
        surname: given("surname"),
        email: given("email"),
        username: given("username"),
        role: given("role"),
        password: password.map_or(Field::Missing, |text| Field::Given(RawText::from(text))),
        ..PersonForm::default()
    };
    form.validate_new().map_err(PersonRefusal::Invalid)
}

async fn page(visit: &Visit, form: &Fields, issues: Vec<Issue>) -> Result<NewPage, Failure> {
    let t = visit.t;
    Ok(NewPage {
        shell: Shell::of(visit, Section::People, t.people_add()).await?,
        t,
        url: visit.url("people"),
        inputs: names(t, |name| form.text(name).to_owned(), &issues),
        roles: roles(t, Some(form.get("role").unwrap_or("u"))),
        passwords: vec![Input::password("password", "password", t.people_password(), &issues).and(t.people_password_later())],
        issues,
    })
}

/// The inputs for names and addresses.
pub(super) fn names(t: Texts, value: impl Fn(&str) -> String, issues: &[Issue]) -> Vec<Input> {
    let all = [("name", t.people_name()), ("surname", t.people_surname()), ("email", t.people_email()), ("username", t.people_username())];
    all.into_iter().map(|(name, label)| Input::text(name, label, value(name), issues)).collect()
}

#[cfg(test)]
mod tests {
    use derslik_domain::form::Problem;
    use derslik_domain::identity::PersonField;

    use super::*;

    #[test]
    fn a_form_without_names_is_refused_at_each_of_them() {
        let Err(PersonRefusal::Invalid(broken)) = read(&Fields::read(b"name=+&email=a&role=u&password=")) else { panic!("accepted") };
        let broken: Vec<_> = broken.into_iter().map(|violation| (violation.field, violation.problem)).collect();
        let required = |field| (field, Problem::Required);
        let wanted = [
            required(PersonField::Name),
            required(PersonField::Surname),
            (PersonField::Email, Problem::Invalid),
            required(PersonField::Username),
        ];
        assert_eq!(broken, wanted);
    }

    #[test]
    fn a_password_is_taken_with_its_white_space() {
        let person = read(&Fields::read(b"name=a&surname=b&email=a%40b&username=ab&role=e&password=+x+")).unwrap();
        assert_eq!(person.password().map(|password| password.reveal().to_owned()), Some(" x ".to_owned()));
    }
}
