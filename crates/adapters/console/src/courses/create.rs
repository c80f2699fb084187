//! The form that makes a course.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::course::{CourseField, CourseState};
use derslik_ports::inbound::IdempotentOutcome;

use super::inputs::{Input, Problems, TYPED, form_of, inputs, name_of, problems_of, sent};
use super::path_of;
use crate::failure::Failure;
use crate::fields::Fields;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// The states in which a course can begin.
const FIRST_STATES: [CourseState; 2] = [CourseState::Provisioned, CourseState::Active];

#[derive(Template)]
#[template(path = "courses/create.html")]
struct CreatePage {
    shell: Shell,
    t: Texts,
    list_url: String,
    action: String,
    inputs: Vec<Input>,
    /// Each first state, its meaning, and whether it is chosen.
    states: Vec<(&'static str, String, bool)>,
}

/// The empty form.
pub(super) async fn form(visit: Visit) -> Result<HttpResponse, Failure> {
    let page = page(&visit, &Fields::default(), &Problems::new()).await?;
    visit.page(&page)
}

async fn page(visit: &Visit, form: &Fields, problems: &Problems) -> Result<CreatePage, Failure> {
    let t = visit.t;
    let fields: Vec<CourseField> = TYPED.into_iter().chain([CourseField::Id]).collect();
    let mut inputs = inputs(t, &fields, |field| sent(form, field).unwrap_or_default(), problems);
    for input in &mut inputs {
        input.help = match input.name {
            "ownerId" => Some(t.courses_owner_help()),
            "id" => Some(t.courses_alias_help()),
            _ => None,
        };
    }
    let chosen = form.get(name_of(CourseField::State)).and_then(CourseState::by_name).unwrap_or(CourseState::Provisioned);
    let states = FIRST_STATES.map(|state| (state.name(), t.courses_first_state(state.name()), state == chosen));
    Ok(CreatePage {
        shell: Shell::of(visit, Section::Courses, t.courses_new()).await?,
        t,
        list_url: visit.url("courses"),
        action: visit.url("courses/new"),
        inputs,
        states: states.into(),
    })
}

/// Makes the course.
pub(super) async fn create(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, sent) = (visit.t, visit.form());
    let actor = visit.actor().await?;
    let form = form_of(&sent, TYPED.into_iter().chain([CourseField::Id, CourseField::State]));
    match visit.ports()?.clients.courses.create(&actor, form, None).await {
        Ok(IdempotentOutcome::Unkeyed(created)) => Ok(visit.leave(Note::ok(t.courses_created()), &path_of(created.course.id))),
        // Without a key there is no other outcome.
        Ok(_) => Ok(visit.leave(Note::ok(t.courses_created()), "courses")),
        Err(error) => {
            let (reason, problems) = problems_of(t, error)?;
            let mut page = page(&visit, &sent, &problems).await?;
            page.shell.note = Some(Note::bad(t.courses_not_created()).and(reason));
            visit.refused_page(&page)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::courses::testing::{HOSTILE, assert_harmless, shell};
    use crate::locale::Language;

    #[test]
    fn what_was_typed_stays_a_text_in_the_form() {
        let t = Texts::of(Language::Arabic);
        let problems = TYPED.into_iter().map(|field| (field, HOSTILE.to_owned())).collect();
        let page = CreatePage {
            shell: shell(Language::Arabic),
            t,
            list_url: String::new(),
            action: String::new(),
            inputs: inputs(t, &TYPED, |_| HOSTILE.to_owned(), &problems),
            states: vec![("ACTIVE", HOSTILE.to_owned(), true)],
        };
        assert_harmless(&page.render().unwrap());
    }
}
