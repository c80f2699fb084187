//! Changes of a person: names and role, whether the person may act, and the end.

use actix_web::HttpResponse;
use derslik_domain::form::{Field, RawText};
use derslik_domain::identity::{CredentialFilter, PersonForm, PersonRefusal, User, UserKey};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::operators::UserError;

use super::confirm::{Question, ask};
use super::form::Fact;
use super::show::{refuse, stored};
use super::words::{full_name, issues};
use super::{id_of, person};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::notes::Note;
use crate::shell::Section;
use crate::visit::Visit;

/// How many keys and tokens of a person are counted.
const COUNTED: u32 = 100;

pub(super) async fn change(visit: Visit) -> Result<HttpResponse, Failure> {
    let t = visit.t;
    let (actor, user) = person(&visit).await?;
    let path = format!("people/{}", user.id);
    let form = changed(&visit.form(), &user);
    if form == PersonForm::default() {
        return Ok(visit.leave(Note::ok(t.people_unchanged()), &path));
    }
    let key = UserKey::Id(user.id);
    let done = match form.validate() {
        Ok(change) => visit.ports()?.clients.people.change(&actor, key, change).await?,
        Err(violations) => Err(PersonRefusal::Invalid(violations)),
    };
    match done {
        Ok(user) => Ok(visit.leave(Note::ok(t.people_changed_note(full_name(&user))), &path)),
        Err(refusal) => refuse(&visit, &user, issues(t, &refusal)).await,
    }
}

/// What a form changes: the fields whose values differ from the stored ones.
fn changed(form: &Fields, user: &User) -> PersonForm {
    let given = |name: &str, now: &str| match form.raw(name).map(str::trim) {
        Some(text) if text != now.trim() => Field::Given(RawText::from(text)),
        Some(_) | None => Field::Missing,
    };
    let named = |name: &str| given(name, &stored(user, name));
    PersonForm {
        name: named("name"),
        surname: named("surname"),
        email: named("email"),
        username: named("username"),
        role: given("role", user.profile.role.code()),
        ..PersonForm::default()
    }
}

pub(super) async fn activate(visit: Visit) -> Result<HttpResponse, Failure> {
    let id = id_of(&visit)?;
    let set = visit.operators()?.users.set_active(visit.account.id, UserKey::Id(id), true).await;
    let user = set.map_err(|error| failure(&visit, error))?;
    let note = Note::ok(visit.t.people_activated(full_name(&user))).and(visit.t.people_activated_more());
    Ok(visit.leave(note, &format!("people/{id}")))
}

pub(super) async fn ask_to_stop(visit: Visit) -> Result<HttpResponse, Failure> {
    let (_, user) = person(&visit).await?;
    let (t, name) = (visit.t, full_name(&user));
    let question = Question {
        title: t.people_stop_title(name.clone()),
        text: t.people_stop_text(),
        more: credentials(&visit, &user).await?,
        deed: t.people_stop_deed(),
        keep: t.people_keep(),
        action: visit.url(&format!("people/{}/passive", user.id)),
        back: visit.url(&format!("people/{}", user.id)),
        name,
    };
    ask(&visit, Section::People, question, facts(&visit, &user)).await
}

pub(super) async fn stop(visit: Visit) -> Result<HttpResponse, Failure> {
    let id = id_of(&visit)?;
    let set = visit.operators()?.users.set_active(visit.account.id, UserKey::Id(id), false).await;
    let user = set.map_err(|error| failure(&visit, error))?;
    Ok(visit.leave(Note::ok(visit.t.people_stopped(full_name(&user))), &format!("people/{id}")))
}

pub(super) async fn ask_to_delete(visit: Visit) -> Result<HttpResponse, Failure> {
    let (_, user) = person(&visit).await?;
    let (t, name) = (visit.t, full_name(&user));
    let question = Question {
        title: t.people_delete_title(name.clone()),
        text: t.people_delete_text(),
        more: credentials(&visit, &user).await?,
        deed: t.people_delete_deed(),
        keep: t.people_keep(),
        action: visit.url(&format!("people/{}/delete", user.id)),
        back: visit.url(&format!("people/{}", user.id)),
        name,
    };
    ask(&visit, Section::People, question, facts(&visit, &user)).await
}

pub(super) async fn delete(visit: Visit) -> Result<HttpResponse, Failure> {
    let (actor, user) = person(&visit).await?;
    visit.ports()?.clients.people.delete(&actor, UserKey::Id(user.id)).await?;
    Ok(visit.leave(Note::ok(visit.t.people_deleted_note(full_name(&user))), "people"))
}

/// How many keys and tokens of the person end, in a sentence.
async fn credentials(visit: &Visit, user: &User) -> Result<String, Failure> {
    let filter = CredentialFilter { principal: Some(user.id), ..CredentialFilter::default() };
    let page = PageRequest { size: COUNTED, after: None };
    let found = visit.operators()?.credentials.list(visit.account.id, filter, page).await?;
    let is_more = u32::try_from(found.len()).is_ok_and(|count| count == COUNTED);
    Ok(if is_more { visit.t.people_credentials_many(COUNTED) } else { visit.t.people_credentials(found.len()) })
}

fn facts(visit: &Visit, user: &User) -> Vec<Fact> {
    vec![
        Fact::code("id", user.id.to_string()),
        Fact::code("email", stored(user, "email")),
        Fact::code("username", stored(user, "username")),
        Fact::words("created_at", visit.moment(user.created_at)),
    ]
}

/// The failure for an error of a change, which sets no password.
pub(super) fn failure(visit: &Visit, error: UserError) -> Failure {
    match error {
        UserError::NotFound => Failure::NotFound,
        UserError::NotAPerson => Failure::Conflict(visit.t.people_not_a_person()),
        UserError::PasswordTooShort { min } => Failure::Refused(visit.t.people_problem_too_short(min)),
        UserError::Store(error) => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use derslik_testkit::builders::user;

    use super::*;

    #[test]
    fn a_form_changes_only_what_differs_from_the_stored_values() {
        let same = Fields::read("name=Ay%C5%9Fe&surname=Y%C4%B1lmaz+&email=user7%40demo.example&username=user7&role=u".as_bytes());
        assert_eq!(changed(&same, &user(7)), PersonForm::default());
        let other = Fields::read(b"name=Ali&role=e%2B&email=");
        let expected = PersonForm {
            name: Field::Given(b"Ali".to_vec()),
            email: Field::Given(Vec::new()),
            role: Field::Given(b"e+".to_vec()),
            ..PersonForm::default()
        };
        assert_eq!(changed(&other, &user(7)), expected);
        assert!(changed(&other, &user(7)).validate().is_err(), "an address can't be taken away");
    }
}
