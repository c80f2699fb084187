//! The methods of courses.

use std::sync::Arc;

use derslik_domain::course::{CatalogueAction, CourseAction, CourseCursor, CourseOrder};
use derslik_ports::inbound::CourseWithAccess;

use super::fields::update_mask;
use super::messages::{ADD_ON_ELIGIBILITY, COURSE, COURSE_STATE, COURSES};
use super::page::{cursor, page, position};
use super::read::{course_form, course_ref, list_form, precondition};
use super::view::{AddOnEligibilityView, CourseView, first_tag, tag};
use crate::classroom::engine::{
    Context, EMPTY, EmptyView, ListView, MASKED, ONLY_PREVIEW, Operation, Outcome, PAGE_SIZE, PAGE_TOKEN, PREVIEW, Parameter,
    ParameterKind, into_answer,
};
use crate::classroom::settings::Links;

/// About as many bytes as most courses take.
const COURSE_BYTES: usize = 1_024;

/// The header with the tag of a version.
const ETAG: &str = "etag";

static LIST: [Parameter; 8] = [
    Parameter::new("studentId", ParameterKind::Text),
    Parameter::new("teacherId", ParameterKind::Text),
    Parameter::new("courseStates", ParameterKind::Choices(&COURSE_STATE)),
    PAGE_SIZE,
    PAGE_TOKEN,
    PREVIEW,
    Parameter::new("x-query", ParameterKind::Text),
    Parameter::new("x-orderBy", ParameterKind::Text),
];

pub(crate) static OPERATIONS: [Operation; 7] = [
    Operation {
        resource: "courses",
        name: "create",
        verb: "POST",
        path: "v1/courses",
        query: &ONLY_PREVIEW,
        request: Some(&COURSE),
        response: &COURSE,
        scopes: CatalogueAction::Create.scopes(),
        takes_key: true,
        about: "Creates a course; with an alias in `id`, creates both or neither.",
        handler: |context| Box::pin(create(context)),
    },
    Operation {
        resource: "courses",
        name: "list",
        verb: "GET",
        path: "v1/courses",
        query: &LIST,
        request: None,
        response: &COURSES,
        scopes: CatalogueAction::List.scopes(),
        takes_key: false,
        about: "Lists the courses that the caller sees, the newest first.",
        handler: |context| Box::pin(list(context)),
    },
    Operation {
        resource: "courses",
        name: "get",
        verb: "GET",
        path: "v1/courses/{id}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &COURSE,
        scopes: CourseAction::Get.scopes(),
        takes_key: false,
        about: "Returns a course.",
        handler: |context| Box::pin(get(context)),
    },
    Operation {
        resource: "courses",
        name: "patch",
        verb: "PATCH",
        path: "v1/courses/{id}",
        query: &MASKED,
        request: Some(&COURSE),
        response: &COURSE,
        scopes: CourseAction::Edit.scopes(),
        takes_key: false,
        about: "Changes the fields of a course that the mask names.",
        handler: |context| Box::pin(patch(context)),
    },
    Operation {
        resource: "courses",
        name: "update",
        verb: "PUT",
        path: "v1/courses/{id}",
        query: &ONLY_PREVIEW,
        request: Some(&COURSE),
        response: &COURSE,
        scopes: CourseAction::Edit.scopes(),
        takes_key: false,
        about: "Replaces a course.",
        handler: |context| Box::pin(update(context)),
    },
    Operation {
        resource: "courses",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{id}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &EMPTY,
        scopes: CourseAction::Delete.scopes(),
        takes_key: false,
        about: "Deletes a course, which has to be archived.",
        handler: |context| Box::pin(delete(context)),
    },
    Operation {
        resource: "courses",
        name: "checkAddOnCreationEligibility",
        verb: "GET",
        path: "v1/courses/{courseId}:checkAddOnCreationEligibility",
        query: &ONLY_PREVIEW,
        request: None,
        response: &ADD_ON_ELIGIBILITY,
        scopes: CourseAction::CheckAddOns.scopes(),
        takes_key: false,
        about: "Tells whether add-ons could attach something to the coursework of a course.",
        handler: |context| Box::pin(check_add_ons(context)),
    },
];

async fn create(context: &Context<'_>) -> Outcome {
    let form = course_form(context)?;
    let (templates, account) = (context.state.classroom.templates.clone(), Arc::clone(&context.actor.account));
    let idempotent = context.idempotent(move |format, course: &CourseWithAccess| {
        format.answer(&CourseView { course, links: &templates.links(&account) }, COURSE_BYTES)
    });
    let outcome = context.state.courses.create(&context.actor, form, idempotent).await?;
    let mut answer = into_answer(outcome, |course| show(context, course))?;
    // A stored answer shows the course as it was created.
    if answer.headers.iter().all(|(name, _)| *name != ETAG)
        && let Some(tag) = first_tag(&answer.body)
    {
        answer.headers.insert(0, (ETAG, tag));
    }
    Ok(answer)
}

async fn list(context: &Context<'_>) -> Outcome {
    let form = list_form(context)?;
    let states: Vec<String> = form.states.iter().map(|state| state.code().to_string()).collect();
    let filters = [
        context.query.get("studentId").unwrap_or_default(),
        context.query.get("teacherId").unwrap_or_default(),
        &states.join(","),
        context.query.get("x-query").unwrap_or_default(),
        match form.order {
            CourseOrder::NewestFirst => "",
            CourseOrder::OldestFirst => "oldest",
        },
    ];
    let tokens = context.page_tokens("courses", &filters);
    let page = page(context, context.page_after(&tokens, cursor)?)?;
    let reservation = context.reserve(page.size).await?;
    let listed = context.state.courses.list(&context.actor, form, page).await?;
    let last = listed.entries.last().filter(|_| listed.more);
    let next = last.map(|last| tokens.token(&position(CourseCursor::of(&last.course))));
    let links = links(context);
    let entries: Vec<_> = listed.entries.iter().map(|course| CourseView { course, links: &links }).collect();
    context.list(&ListView { name: "courses", entries, next }, COURSE_BYTES, reservation)
}

async fn get(context: &Context<'_>) -> Outcome {
    let course = context.state.courses.get(&context.actor, course_ref(context)).await?;
    show(context, &course)
}

async fn patch(context: &Context<'_>) -> Outcome {
    let mask = update_mask(context.query.get("updateMask").unwrap_or_default())?;
    let form = course_form(context)?;
    let courses = &context.state.courses;
    let course = courses.patch(&context.actor, course_ref(context), form, mask, precondition(context)).await?;
    show(context, &course)
}

async fn update(context: &Context<'_>) -> Outcome {
    let form = course_form(context)?;
    let course = context.state.courses.replace(&context.actor, course_ref(context), form, precondition(context)).await?;
    show(context, &course)
}

async fn delete(context: &Context<'_>) -> Outcome {
    context.state.courses.delete(&context.actor, course_ref(context), precondition(context)).await?;
    context.answer(&EmptyView {}, 8)
}

async fn check_add_ons(context: &Context<'_>) -> Outcome {
    let checked = context.state.courses.check_add_ons(&context.actor, course_ref(context)).await?;
    context.answer(&AddOnEligibilityView::new(&checked), 128)
}

/// The answer that shows a course, with the tag of its version.
fn show(context: &Context<'_>, course: &CourseWithAccess) -> Outcome {
    let mut answer = context.answer(&CourseView { course, links: &links(context) }, COURSE_BYTES)?;
    answer.headers.push((ETAG, tag(&course.course.id.to_string(), course.course.revision)));
    Ok(answer)
}

fn links<'a>(context: &'a Context<'_>) -> Links<'a> {
    context.state.classroom.templates.links(&context.actor.account)
}
