//! Reads one course.

use derslik_domain::course::CourseAction;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::identity::Actor;
use derslik_ports::inbound::{CourseError, CourseWithAccess};
use derslik_ports::outbound::{CourseLookup, CourseReader, UnitOfWork};

use super::Courses;
use super::access::{authorize_found, find};

pub(super) async fn run<U: UnitOfWork + CourseReader>(
    service: &Courses<U>,
    actor: &Actor,
    course: CourseRef,
) -> Result<CourseWithAccess, CourseError> {
    let CourseRef::Id(id) = course else {
        let actor = actor.clone();
        return service.uow.read(actor.account_id(), move |stores| find(stores, &actor, &course, CourseAction::Get)).await;
    };
    let viewed = CourseLookup { course: id, viewer: actor.principal.id };
    authorize_found(actor, service.uow.read_course(actor.account_id(), viewed).await?, CourseAction::Get)
}
