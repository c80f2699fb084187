//! Reads one course.

use derslik_domain::course::{CourseAction, CourseRef};
use derslik_domain::identity::Actor;
use derslik_ports::inbound::{CourseError, SeenCourse};
use derslik_ports::outbound::{CourseRecord, LookUp, UnitOfWork, ViewedCourse};

use super::Courses;
use super::look_up::{find, judge};

pub(super) async fn run<U: UnitOfWork + LookUp<ViewedCourse, CourseRecord>>(
    service: &Courses<U>,
    actor: &Actor,
    course: CourseRef,
) -> Result<SeenCourse, CourseError> {
    let CourseRef::Id(id) = course else {
        let actor = actor.clone();
        return service.uow.read(actor.account_id(), move |stores| find(stores, &actor, &course, CourseAction::Get)).await;
    };
    let viewed = ViewedCourse { course: id, viewer: actor.principal.id };
    judge(actor, service.uow.look_up(actor.account_id(), viewed).await?, CourseAction::Get)
}
