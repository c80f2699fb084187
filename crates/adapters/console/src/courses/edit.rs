//! The form that changes the details of a course, and hands it over.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::{Course, UpdateMask};
use derslik_ports::inbound::{CourseError, Precondition};

use super::inputs::{Input, Problems, TYPED, changed, form_of, inputs, problems_of, sent, stored};
use super::{find, path_of, seen_in};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::{self, Visit};

#[derive(Template)]
#[template(path = "courses/edit.html")]
struct EditPage {
    shell: Shell,
    t: Texts,
    list_url: String,
    /// The address of the course.
    base: String,
    name: String,
    revision: i64,
    inputs: Vec<Input>,
    /// Why the course can't be edited; `None` if it can.
    no_edits: Option<String>,
}

/// The form with the stored values.
pub(super) async fn form(visit: Visit) -> Result<HttpResponse, Failure> {
    let actor = visit.actor().await?;
    let course = find(&visit, &actor).await?;
    let page = page(&visit, &course, &Fields::default(), &Problems::new()).await?;
    visit.page(&page)
}

/// The form with the values that were sent, and with the stored ones where none were.
async fn page(visit: &Visit, course: &Course, form: &Fields, problems: &Problems) -> Result<EditPage, Failure> {
    let t = visit.t;
    let value = |field| sent(form, field).unwrap_or_else(|| stored(course, field));
    let mut inputs = inputs(t, &TYPED, value, problems);
    for input in inputs.iter_mut().filter(|input| input.name == "ownerId") {
        input.help = Some(t.courses_hand_over_help());
    }
    Ok(EditPage {
        shell: Shell::of(visit, Section::Courses, course.details.name.as_str()).await?,
        t,
        list_url: visit.url("courses"),
        base: visit.url(&path_of(course.id)),
        name: course.details.name.to_string(),
        revision: course.revision.get(),
        inputs,
        no_edits: (!course.state.allows_edits()).then(|| t.courses_not_modifiable(course.state.name())),
    })
}

/// Changes the fields that differ from the stored ones, if the course is still as the form showed it.
pub(super) async fn save(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, sent) = (visit.t, visit.form());
    let actor = visit.actor().await?;
    let course = find(&visit, &actor).await?;
    let seen = seen_in(&sent, course.id);
    if seen != Precondition::OneOf(vec![(course.id, course.revision)]) {
        return changed_meanwhile(&visit, &course, &sent).await;
    }
    let fields = changed(&course, &sent);
    let Some(mask) = UpdateMask::of(fields) else {
        return Ok(visit.leave(Note::ok(t.courses_nothing_differs()), &path_of(course.id)));
    };
    let form = form_of(&sent, fields.iter());
    match visit.ports()?.clients.courses.patch(&actor, CourseRef::Id(course.id), form, mask, seen).await {
        Ok(_) => Ok(visit.leave(Note::ok(t.courses_saved()), &path_of(course.id))),
        Err(CourseError::Stale) => changed_meanwhile(&visit, &find(&visit, &actor).await?, &sent).await,
        Err(error) => {
            let (reason, problems) = problems_of(t, error)?;
            let mut page = page(&visit, &course, &sent, &problems).await?;
            page.shell.note = Some(Note::bad(t.courses_not_saved()).and(reason));
            visit.refused_page(&page)
        }
    }
}

/// The form with the values that came too late, and beside each the one that is stored now. Sent again, it changes the new version.
async fn changed_meanwhile(visit: &Visit, course: &Course, sent: &Fields) -> Result<HttpResponse, Failure> {
    let mut page = page(visit, course, sent, &Problems::new()).await?;
    show_stored(&mut page.inputs, course, sent);
    page.shell.note = Some(Note::bad(visit.t.courses_stale()).and(visit.t.courses_stale_more()));
    visit::page(StatusCode::CONFLICT, &page)
}

fn show_stored(inputs: &mut [Input], course: &Course, sent: &Fields) {
    let late = changed(course, sent);
    for (input, field) in inputs.iter_mut().zip(TYPED) {
        input.stored = late.contains(field).then(|| stored(course, field));
    }
}

#[cfg(test)]
mod tests {
    use derslik_testkit::builders::course;

    use super::*;
    use crate::courses::testing::{HOSTILE, assert_harmless, shell};
    use crate::locale::Language;

    #[test]
    fn what_was_typed_and_what_is_stored_stay_texts_in_the_form() {
        let t = Texts::of(Language::Turkish);
        let mut inputs = inputs(t, &TYPED, |_| HOSTILE.to_owned(), &Problems::new());
        for input in &mut inputs {
            input.stored = Some(HOSTILE.to_owned());
        }
        let page = EditPage {
            shell: shell(Language::Turkish),
            t,
            list_url: String::new(),
            base: String::new(),
            name: HOSTILE.to_owned(),
            revision: 1,
            inputs,
            no_edits: Some(HOSTILE.to_owned()),
        };
        assert_harmless(&page.render().unwrap());
    }

    #[test]
    fn a_late_form_shows_what_is_stored_where_it_differs() {
        let sent = Fields::read(b"name=Fizik&room=");
        let mut inputs = inputs(Texts::of(Language::English), &TYPED, |_| String::new(), &Problems::new());
        show_stored(&mut inputs, &course(7), &sent);
        let shown: Vec<_> = inputs.iter().filter_map(|input| input.stored.as_deref().map(|stored| (input.name, stored))).collect();
        assert_eq!(shown, [("name", "10. Sınıf Biyoloji")]);
    }
}
