//! Deletes a course with its aliases, rosters and grading periods.

use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::{CourseAccess, CourseAction, CourseDenial, CourseState, CourseStates, DeleteError, delete};
use derslik_domain::identity::Actor;
use derslik_ports::inbound::{CourseError, CourseWithAccess, Precondition};
use derslik_ports::outbound::UnitOfWork;

use super::Courses;
use super::access::{check_precondition, lock};
use crate::author::{Author, write_as};

pub(super) async fn run<U: UnitOfWork>(
    service: &Courses<U>,
    actor: &Actor,
    course: CourseRef,
    precondition: Precondition,
) -> Result<(), CourseError> {
    let actor = actor.clone();
    write_as(&service.uow, Author::of(&actor), move |stores| {
        let CourseWithAccess { course, access } = lock(stores, &actor, &course, CourseAction::Delete)?;
        check_precondition(&course, &precondition)?;
        match delete(&course, access) {
            Ok(()) => {}
            Err(DeleteError::NotArchived(state)) => {
                return Err(CourseError::NotArchived { state, reachable: reachable(state, access) });
            }
            Err(_) => return Err(CourseDenial::Role.into()),
        }
        Ok(stores.courses().delete(actor.account_id(), course.id)?)
    })
    .await
}

/// The states to which an actor with that access may move a course from `state`.
fn reachable(state: CourseState, access: CourseAccess) -> CourseStates {
    access.roles().fold(CourseStates::default(), |states, role| states.union(state.reachable_by(role)))
}
