//! The methods of aliases.

use derslik_domain::course::CourseAction;
use derslik_domain::course::alias::Alias;

use super::messages::{COURSE_ALIAS, COURSE_ALIASES};
use super::read::{alias_in_body, alias_in_path, position};
use super::view::AliasView;
use crate::classroom::courses::{course_ref, page_below};
use crate::classroom::engine::{Context, EMPTY, EmptyView, ListView, ONLY_PREVIEW, Operation, Outcome, PAGED, into_answer};

/// About as many bytes as the longest alias takes.
const ALIAS_BYTES: usize = 300;

pub(crate) static OPERATIONS: [Operation; 3] = [
    Operation {
        resource: "courses.aliases",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/aliases",
        query: &ONLY_PREVIEW,
        request: Some(&COURSE_ALIAS),
        response: &COURSE_ALIAS,
        scopes: CourseAction::Edit.scopes(),
        takes_key: true,
        about: "Attaches an alias to a course.",
        handler: |context| Box::pin(create(context)),
    },
    Operation {
        resource: "courses.aliases",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/aliases",
        query: &PAGED,
        request: None,
        response: &COURSE_ALIASES,
        scopes: CourseAction::ListAliases.scopes(),
        takes_key: false,
        about: "Lists the aliases of a course.",
        handler: |context| Box::pin(list(context)),
    },
    Operation {
        resource: "courses.aliases",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/aliases/{alias}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &EMPTY,
        scopes: CourseAction::Edit.scopes(),
        takes_key: false,
        about: "Detaches an alias from a course.",
        handler: |context| Box::pin(delete(context)),
    },
];

async fn create(context: &Context<'_>) -> Outcome {
    let alias = alias_in_body(context)?;
    let idempotent = context.idempotent(|format, alias: &Alias| format.answer(&AliasView::new(alias), ALIAS_BYTES));
    let outcome = context.state.courses.create_alias(&context.actor, course_ref(context), alias, idempotent).await?;
    into_answer(outcome, |alias| context.answer(&AliasView::new(alias), ALIAS_BYTES))
}

async fn list(context: &Context<'_>) -> Outcome {
    let project = context.actor.project.map_or_else(String::new, |project| project.to_string());
    let tokens = context.page_tokens("aliases", &[context.value(0), &project]);
    let page = page_below(context, || context.page_after(&tokens, position))?;
    let reservation = context.reserve(page.size).await?;
    let listed = context.state.courses.list_aliases(&context.actor, course_ref(context), page).await?;
    let next = listed.entries.last().filter(|_| listed.more).map(|last| tokens.token(last.as_str().as_bytes()));
    let entries: Vec<_> = listed.entries.iter().map(AliasView::new).collect();
    context.list(&ListView { name: "aliases", entries, next }, ALIAS_BYTES, reservation)
}

async fn delete(context: &Context<'_>) -> Outcome {
    let alias = alias_in_path(context)?;
    context.state.courses.delete_alias(&context.actor, course_ref(context), alias).await?;
    context.answer(&EmptyView {}, 8)
}
