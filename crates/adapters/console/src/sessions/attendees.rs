//! Attendees of a session: adding, changing the role, removing.

use actix_web::HttpResponse;
use derslik_domain::attendee::{AttendeeBatch, AttendeeField, AttendeeForm, AttendeeRefusal, AttendeeVerdict, UserNaming};
use derslik_domain::form::{Field, RawText, Violation};
use derslik_domain::identity::ClassroomRole;
use derslik_ports::inbound::IdempotentOutcome;

use super::change::session_of;
use super::inputs::Input;
use super::show::{self, key_of};
use super::{guid_of, problems};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::notes::Note;
use crate::texts::Texts;
use crate::visit::Visit;

/// Adds an attendee.
pub(super) async fn add(visit: Visit) -> Result<HttpResponse, Failure> {
    let (actor, form) = (visit.actor().await?, visit.form());
    let session = session_of(&visit, &actor).await?;
    let batch = AttendeeBatch::new(vec![read(&form).validate()]);
    let service = &visit.ports()?.clients.attendees;
    let outcome = service.upsert_batch(&actor, session.guid, batch, None).await?;
    let IdempotentOutcome::Unkeyed(outcome) = outcome else { return Err(Failure::Unavailable) };
    match outcome.verdicts.into_iter().next().ok_or(Failure::Unavailable)? {
        AttendeeVerdict::Done(added) => {
            let note = Note::ok(visit.t.sessions_person_added(format!("{} {}", added.name, added.surname)));
            Ok(visit.leave(note, &format!("sessions/{}", session.guid)))
        }
        AttendeeVerdict::Refused(refusal) => {
            let inputs = inputs_with(visit.t, &form, &refusal);
            show::refused(&visit, &actor, &session, inputs).await
        }
    }
}

/// Changes the role of an attendee.
pub(super) async fn change_role(visit: Visit) -> Result<HttpResponse, Failure> {
    let (actor, guid, key) = (visit.actor().await?, guid_of(&visit)?, key_of(&visit)?);
    let role = ClassroomRole::by_code(visit.form().text("role")).ok_or(Failure::NotFound)?;
    let change = AttendeeForm { role: Field::Given(role.code().as_bytes().to_vec()), ..AttendeeForm::default() };
    let service = &visit.ports()?.clients.attendees;
    let changed = service.change(&actor, guid, key, change).await?;
    let note = match changed {
        Some(AttendeeVerdict::Done(attendee)) => {
            Note::ok(visit.t.sessions_person_changed(format!("{} {}", attendee.name, attendee.surname)))
        }
        Some(AttendeeVerdict::Refused(_)) => Note::bad(visit.t.sessions_person_unchanged()),
        None => Note::bad(visit.t.sessions_person_gone()),
    };
    Ok(visit.leave(note, &format!("sessions/{guid}")))
}

/// Removes an attendee.
pub(super) async fn remove(visit: Visit) -> Result<HttpResponse, Failure> {
    let (actor, guid, key) = (visit.actor().await?, guid_of(&visit)?, key_of(&visit)?);
    let service = &visit.ports()?.clients.attendees;
    let was_there = service.remove(&actor, guid, key).await?;
    let note = if was_there {
        Note::ok(visit.t.sessions_person_removed(visit.form().text("email")))
    } else {
        Note::bad(visit.t.sessions_person_gone())
    };
    Ok(visit.leave(note, &format!("sessions/{guid}")))
}

/// Reads the form that adds an attendee. An empty field counts as not sent.
fn read(form: &Fields) -> AttendeeForm {
    let text = |name: &str| -> Field<RawText> { form.get(name).map_or(Field::Missing, |text| Field::Given(text.as_bytes().to_vec())) };
    AttendeeForm {
        user: text("user"),
        naming: UserNaming::GuidOrUsername,
        code: Field::Missing,
        email: text("email"),
        name: text("name"),
        surname: text("surname"),
        mobile: text("mobile"),
        role: text("role"),
    }
}

/// The form with what was typed, and what is wrong with it.
fn inputs_with(t: Texts, form: &Fields, refusal: &AttendeeRefusal) -> Vec<Input> {
    let mut inputs = show::add_inputs(t);
    for input in &mut inputs {
        form.text(&input.name).clone_into(&mut input.value);
        for choice in &mut input.choices {
            choice.is_current = choice.value == input.value;
        }
    }
    let unknown = || vec![("user", t.sessions_person_unknown())];
    let wrong = match refusal {
        AttendeeRefusal::UnknownUser | AttendeeRefusal::UnknownCode => unknown(),
        AttendeeRefusal::EmailTaken => vec![("email", t.sessions_person_taken())],
        // A text that is the user name of no person is left out, and then the fields of a guest are missing.
        AttendeeRefusal::Invalid(_) if form.get("user").is_some() && form.get("email").is_none() => unknown(),
        AttendeeRefusal::Invalid(violations) => violations.iter().map(|violation| of_violation(t, *violation)).collect(),
    };
    for (name, text) in wrong {
        if let Some(input) = inputs.iter_mut().find(|input| input.name == name) {
            input.error = Some(text);
        }
    }
    inputs
}

fn of_violation(t: Texts, violation: Violation<AttendeeField>) -> (&'static str, String) {
    (problems::attendee_input(violation.field), problems::of_attendee(t, violation.field, violation.problem))
}

#[cfg(test)]
mod tests {
    use derslik_domain::form::Problem;

    use super::*;
    use crate::locale::Language;

    fn wrong(form: &[u8], refusal: &AttendeeRefusal) -> Vec<String> {
        let inputs = inputs_with(Texts::of(Language::English), &Fields::read(form), refusal);
        inputs.into_iter().filter(|input| input.error.is_some()).map(|input| input.name).collect()
    }

    #[test]
    fn each_reason_stands_at_its_field() {
        let missing = AttendeeRefusal::Invalid(vec![Violation { field: AttendeeField::Surname, problem: Problem::Required }]);
        assert_eq!(wrong(b"email=a%40b.c&name=Ada", &missing), ["surname"]);
        assert_eq!(wrong(b"user=nemo", &missing), ["user"]);
        assert_eq!(wrong(b"email=a%40b.c", &AttendeeRefusal::EmailTaken), ["email"]);
    }

    #[test]
    fn what_was_typed_stays() {
        let inputs = inputs_with(Texts::of(Language::English), &Fields::read(b"role=e%2B&email=a%40b.c"), &AttendeeRefusal::EmailTaken);
        let role = inputs.iter().find(|input| input.name == "role").unwrap();
        assert!(role.choices.iter().any(|choice| choice.value == "e+" && choice.is_current));
        assert_eq!(read(&Fields::read(b"email=+a%40b.c+&user=")).email, Field::Given(b"a@b.c".to_vec()));
    }
}
