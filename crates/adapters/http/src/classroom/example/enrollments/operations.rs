//! The methods of enrollments.

use derslik_domain::course::CourseAction;
use derslik_domain::course::roster::Roster;
use derslik_ports::inbound::MemberWithAccess;

use super::messages::ENROLLMENT;
use super::read::{new_student, student};
use super::view::EnrollmentView;
use crate::classroom::courses::course_ref;
use crate::classroom::engine::{Context, ONLY_PREVIEW, Operation, Outcome, into_answer};

pub(crate) static OPERATIONS: [Operation; 2] = [
    Operation {
        resource: "courses.enrollments",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/enrollments",
        query: &ONLY_PREVIEW,
        request: Some(&ENROLLMENT),
        response: &ENROLLMENT,
        scopes: CourseAction::Join.scopes(),
        takes_key: true,
        about: "Makes the caller a student of a course.",
        handler: |context| Box::pin(create(context)),
    },
    Operation {
        resource: "courses.enrollments",
        name: "get",
        verb: "GET",
        path: "v1/courses/{courseId}/enrollments/{userId}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &ENROLLMENT,
        scopes: CourseAction::ReadRoster(Roster::Students).scopes(),
        takes_key: false,
        about: "Returns the enrollment of a student.",
        handler: |context| Box::pin(get(context)),
    },
];

async fn create(context: &Context<'_>) -> Outcome {
    let student = new_student(context)?;
    // With an idempotency key, the use case renders the answer inside of its transaction and stores it.
    let idempotent =
        context.idempotent(|format, member: &MemberWithAccess| format.answer(&EnrollmentView::new(member), EnrollmentView::BYTES));
    let outcome = context.state.rosters.add(&context.actor, course_ref(context), student, idempotent).await?;
    into_answer(outcome, |member| context.answer(&EnrollmentView::new(member), EnrollmentView::BYTES))
}

async fn get(context: &Context<'_>) -> Outcome {
    let (course, student) = (course_ref(context), student(context));
    let member = context.state.rosters.get(&context.actor, course, Roster::Students, student).await?;
    context.answer(&EnrollmentView::new(&member), EnrollmentView::BYTES)
}
