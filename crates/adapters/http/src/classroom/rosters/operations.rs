//! The methods of teachers and students.

use derslik_domain::course::CourseAction;
use derslik_domain::course::roster::Roster;
use derslik_ports::inbound::MemberWithAccess;

use super::messages::{STUDENT, STUDENTS, TEACHER, TEACHERS};
use super::read::{new_member, position, user_at, user_ref};
use super::view::MemberView;
use crate::classroom::courses::{course_ref, page_below};
use crate::classroom::engine::{
    Context, EMPTY, EmptyView, ListView, Message, ONLY_PREVIEW, Operation, Outcome, PAGED, PREVIEW, Parameter, ParameterKind, into_answer,
};

/// About as many bytes as most members take.
const MEMBER_BYTES: usize = 512;

static JOIN: [Parameter; 2] = [Parameter::new("enrollmentCode", ParameterKind::Text), PREVIEW];

pub(crate) static OPERATIONS: [Operation; 8] = [
    Operation {
        resource: "courses.teachers",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/teachers",
        query: &ONLY_PREVIEW,
        request: Some(&TEACHER),
        response: &TEACHER,
        scopes: CourseAction::AddTo(Roster::Teachers).scopes(),
        takes_key: true,
        about: "Adds a teacher to a course.",
        handler: |context| Box::pin(create(context, Roster::Teachers)),
    },
    Operation {
        resource: "courses.teachers",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/teachers",
        query: &PAGED,
        request: None,
        response: &TEACHERS,
        scopes: CourseAction::ReadRoster(Roster::Teachers).scopes(),
        takes_key: false,
        about: "Lists the teachers of a course.",
        handler: |context| Box::pin(list(context, Roster::Teachers)),
    },
    Operation {
        resource: "courses.teachers",
        name: "get",
        verb: "GET",
        path: "v1/courses/{courseId}/teachers/{userId}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &TEACHER,
        scopes: CourseAction::ReadRoster(Roster::Teachers).scopes(),
        takes_key: false,
        about: "Returns a teacher of a course.",
        handler: |context| Box::pin(get(context, Roster::Teachers)),
    },
    Operation {
        resource: "courses.teachers",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/teachers/{userId}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &EMPTY,
        scopes: CourseAction::RemoveFrom(Roster::Teachers).scopes(),
        takes_key: false,
        about: "Removes a teacher from a course.",
        handler: |context| Box::pin(delete(context, Roster::Teachers)),
    },
    Operation {
        resource: "courses.students",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/students",
        query: &JOIN,
        request: Some(&STUDENT),
        response: &STUDENT,
        scopes: CourseAction::AddTo(Roster::Students).scopes(),
        takes_key: true,
        about: "Adds a student to a course.",
        handler: |context| Box::pin(create(context, Roster::Students)),
    },
    Operation {
        resource: "courses.students",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/students",
        query: &PAGED,
        request: None,
        response: &STUDENTS,
        scopes: CourseAction::ReadRoster(Roster::Students).scopes(),
        takes_key: false,
        about: "Lists the students of a course.",
        handler: |context| Box::pin(list(context, Roster::Students)),
    },
    Operation {
        resource: "courses.students",
        name: "get",
        verb: "GET",
        path: "v1/courses/{courseId}/students/{userId}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &STUDENT,
        scopes: CourseAction::ReadRoster(Roster::Students).scopes(),
        takes_key: false,
        about: "Returns a student of a course.",
        handler: |context| Box::pin(get(context, Roster::Students)),
    },
    Operation {
        resource: "courses.students",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/students/{userId}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &EMPTY,
        scopes: CourseAction::RemoveFrom(Roster::Students).scopes(),
        takes_key: false,
        about: "Removes a student from a course.",
        handler: |context| Box::pin(delete(context, Roster::Students)),
    },
];

/// The message of a member of that roster.
fn message(roster: Roster) -> &'static Message {
    match roster {
        Roster::Teachers => &TEACHER,
        Roster::Students => &STUDENT,
    }
}

/// The name of that roster in lists.
fn list_name(roster: Roster) -> &'static str {
    match roster {
        Roster::Teachers => "teachers",
        Roster::Students => "students",
    }
}

async fn create(context: &Context<'_>, roster: Roster) -> Outcome {
    let member = new_member(context, roster, message(roster))?;
    let actor = context.actor.clone();
    let idempotent =
        context.idempotent(move |format, member: &MemberWithAccess| format.answer(&MemberView::new(member, &actor), MEMBER_BYTES));
    let outcome = context.state.rosters.add(&context.actor, course_ref(context), member, idempotent).await?;
    into_answer(outcome, |member| context.answer(&MemberView::new(member, &context.actor), MEMBER_BYTES))
}

async fn list(context: &Context<'_>, roster: Roster) -> Outcome {
    let name = list_name(roster);
    let tokens = context.page_tokens(name, &[context.value(0)]);
    let page = page_below(context, || context.page_after(&tokens, user_at))?;
    let reservation = context.reserve(page.size).await?;
    let listed = context.state.rosters.list(&context.actor, course_ref(context), roster, page).await?;
    let next = listed.entries.last().filter(|_| listed.more).map(|last| tokens.token(&position(last.user.id)));
    let entries: Vec<_> = listed.entries.iter().map(|member| MemberView::new(member, &context.actor)).collect();
    context.list(&ListView { name, entries, next }, MEMBER_BYTES, reservation)
}

async fn get(context: &Context<'_>, roster: Roster) -> Outcome {
    let member = context.state.rosters.get(&context.actor, course_ref(context), roster, user_ref(context)).await?;
    context.answer(&MemberView::new(&member, &context.actor), MEMBER_BYTES)
}

async fn delete(context: &Context<'_>, roster: Roster) -> Outcome {
    context.state.rosters.remove(&context.actor, course_ref(context), roster, user_ref(context)).await?;
    context.answer(&EmptyView {}, 8)
}
