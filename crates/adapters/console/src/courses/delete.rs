//! Deletes a course, after a page that says what is lost.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::course::alias::CourseRef;
use derslik_ports::inbound::CourseError;

use super::show::no_deletion;
use super::{find, path_of, reasons, seen_in};
use crate::failure::Failure;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "courses/delete.html")]
struct DeletePage {
    shell: Shell,
    t: Texts,
    list_url: String,
    /// The address of the course.
    base: String,
    id: String,
    name: String,
    revision: i64,
    created: String,
    changed: String,
    /// Why the course can't be deleted; `None` if it can.
    problem: Option<String>,
}

/// The page before the deletion.
pub(super) async fn confirm(visit: Visit) -> Result<HttpResponse, Failure> {
    let t = visit.t;
    let actor = visit.actor().await?;
    let course = find(&visit, &actor).await?;
    let page = DeletePage {
        shell: Shell::of(&visit, Section::Courses, t.courses_delete_title()).await?,
        t,
        list_url: visit.url("courses"),
        base: visit.url(&path_of(course.id)),
        id: course.id.to_string(),
        name: course.details.name.to_string(),
        revision: course.revision.get(),
        created: visit.moment(course.created_at),
        changed: visit.moment(course.updated_at),
        problem: no_deletion(t, visit.language, &course),
    };
    visit.page(&page)
}

/// Deletes the course, if it is still as the page showed it.
pub(super) async fn delete(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, form) = (visit.t, visit.form());
    let actor = visit.actor().await?;
    let course = find(&visit, &actor).await?;
    let seen = seen_in(&form, course.id);
    match visit.ports()?.clients.courses.delete(&actor, CourseRef::Id(course.id), seen).await {
        Ok(()) => Ok(visit.leave(Note::ok(t.courses_deleted(course.id.to_string())), "courses")),
        Err(error @ CourseError::Stale) => Err(reasons::failure(t, error)),
        Err(error) => Ok(visit.leave(Note::bad(reasons::reason(t, error)?), &path_of(course.id))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::courses::testing::{HOSTILE, assert_harmless, shell};
    use crate::locale::Language;

    #[test]
    fn the_page_before_a_deletion_shows_the_name_as_a_text() {
        for problem in [None, Some(HOSTILE.to_owned())] {
            let page = DeletePage {
                shell: shell(Language::English),
                t: Texts::of(Language::English),
                list_url: String::new(),
                base: String::new(),
                id: "7".to_owned(),
                name: HOSTILE.to_owned(),
                revision: 1,
                created: String::new(),
                changed: String::new(),
                problem,
            };
            assert_harmless(&page.render().unwrap());
        }
    }
}
