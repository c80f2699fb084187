//! Moves a course to another state.

use actix_web::HttpResponse;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::{Course, CourseField, CourseForm, CourseState, UpdateMask};
use derslik_domain::form::Field;
use derslik_domain::identity::Actor;
use derslik_ports::inbound::Precondition;
use derslik_ports::inbound::operators::CourseOperation;

use super::{find, path_of, reasons, seen_in};
use crate::failure::Failure;
use crate::notes::Note;
use crate::visit::Visit;

/// Moves the course to the state that the form names.
pub(super) async fn move_to(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, form) = (visit.t, visit.form());
    let to = form.get("to").and_then(CourseState::by_name).ok_or_else(|| Failure::Refused(t.courses_unusable()))?;
    let actor = visit.actor().await?;
    let course = find(&visit, &actor).await?;
    let seen = seen_in(&form, course.id);
    if seen != Precondition::OneOf(vec![(course.id, course.revision)]) {
        return Err(Failure::Conflict(t.courses_stale()));
    }
    let refused = if [course.state, to].contains(&CourseState::Suspended) {
        suspend_or_restore(&visit, &course, to).await?
    } else {
        set_state(&visit, &actor, &course, to, seen).await?
    };
    let note = match refused {
        None => Note::ok(t.courses_moved(to.name())),
        Some(reason) => Note::bad(reason),
    };
    Ok(visit.leave(note, &path_of(course.id)))
}

/// Begins or ends a suspension. Returns why it was refused.
async fn suspend_or_restore(visit: &Visit, course: &Course, to: CourseState) -> Result<Option<String>, Failure> {
    let operation = if to == CourseState::Suspended { CourseOperation::Suspend } else { CourseOperation::Restore(Some(to)) };
    match visit.operators()?.courses.operate(visit.account.id, CourseRef::Id(course.id), operation).await {
        Ok(_) => Ok(None),
        Err(error) => reasons::of_operation(visit.t, error).map(Some),
    }
}

/// Changes the state as a client does. Returns why it was refused.
async fn set_state(visit: &Visit, actor: &Actor, course: &Course, to: CourseState, seen: Precondition) -> Result<Option<String>, Failure> {
    let form = CourseForm { state: Field::Given(to), ..CourseForm::default() };
    let Some(mask) = UpdateMask::of([CourseField::State].into_iter().collect()) else { return Ok(None) };
    match visit.ports()?.clients.courses.patch(actor, CourseRef::Id(course.id), form, mask, seen).await {
        Ok(_) => Ok(None),
        Err(error) => reasons::reason(visit.t, error).map(Some),
    }
}
