//! Deletes a course with everything that hangs on it.

use crate::acts::{Author, write_as};
use derslik_domain::course::{CourseAction, CourseDenial, CourseRef, CourseState, CourseStates, DeleteError, Standing, delete};
use derslik_domain::identity::Actor;
use derslik_ports::inbound::{CourseError, Precondition, SeenCourse};
use derslik_ports::outbound::UnitOfWork;

use super::Courses;
use super::look_up::{check, lock};

pub(super) async fn run<U: UnitOfWork>(
    service: &Courses<U>,
    actor: &Actor,
    course: CourseRef,
    precondition: Precondition,
) -> Result<(), CourseError> {
    let actor = actor.clone();
    write_as(&service.uow, Author::of(&actor), move |stores| {
        let SeenCourse { course, standing } = lock(stores, &actor, &course, CourseAction::Delete)?;
        check(&course, &precondition)?;
        match delete(&course, standing) {
            Ok(()) => {}
            Err(DeleteError::NotArchived(state)) => {
                return Err(CourseError::NotArchived { state, reachable: reachable(state, standing) });
            }
            Err(_) => return Err(CourseDenial::Role.into()),
        }
        Ok(stores.courses().delete(actor.account_id(), course.id)?)
    })
    .await
}

/// Where somebody of that standing may send a course from there.
fn reachable(state: CourseState, standing: Standing) -> CourseStates {
    standing.roles().fold(CourseStates::default(), |states, role| states.union(state.reachable_by(role)))
}
