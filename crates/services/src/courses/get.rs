//! Reads one course.

use derslik_domain::course::{CourseAction, CourseRef};
use derslik_domain::identity::Actor;
use derslik_ports::inbound::{CourseError, SeenCourse};
use derslik_ports::outbound::UnitOfWork;

use super::Courses;
use super::look_up::find;

pub(super) async fn run<U: UnitOfWork>(service: &Courses<U>, actor: &Actor, course: CourseRef) -> Result<SeenCourse, CourseError> {
    let actor = actor.clone();
    service.uow.read(move |stores| find(stores, &actor, &course, CourseAction::Get)).await
}
