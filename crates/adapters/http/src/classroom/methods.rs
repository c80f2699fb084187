//! The methods: each maps a query and a body to a call of an inbound port, and the result to an answer.

use std::sync::Arc;

use derslik_domain::course::{
    Alias, CourseCursor, CourseListForm, CourseOrder, CourseState, CourseStates, Revision, Roster, UserRef,
};
use derslik_domain::form::{Field, RawText};
use derslik_domain::id::Id;
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::{CourseWithAccess, MemberWithAccess, NewMember, Precondition};
use serde::Serialize;

use super::call::{Answer, Context};
use super::error::ClassroomError;
use super::idempotency::answered;
use super::names::{course_mask, grading_period_mask};
use super::operation::Method;
use super::read;
use super::schema::{COURSE, COURSE_ALIAS, GRADING_PERIOD_SETTINGS, STUDENT, TEACHER};
use super::token::PageTokens;
use super::view::{
    AddOnEligibilityView, AliasView, CourseView, EmptyView, GradingPeriodsEligibilityView, GradingPeriodsView, ListView, MemberView,
    ProfileView,
};
use crate::room::Held;

type Outcome = Result<Answer, ClassroomError>;

/// About as many bytes as most courses take.
const COURSE_BYTES: usize = 1_024;

pub(super) async fn perform(context: &Context<'_>) -> Outcome {
    match context.operation.method {
        Method::CreateCourse => create_course(context).await,
        Method::ListCourses => list_courses(context).await,
        Method::GetCourse => {
            let seen = context.state.courses.get(&context.actor, context.course()).await?;
            course(context, &seen)
        }
        Method::PatchCourse => patch_course(context).await,
        Method::UpdateCourse => {
            let form = read::course(read::read(context.body, &COURSE)?);
            let courses = &context.state.courses;
            let seen = courses.replace(&context.actor, context.course(), form, context.precondition.clone()).await?;
            course(context, &seen)
        }
        Method::DeleteCourse => {
            context.state.courses.delete(&context.actor, context.course(), context.precondition.clone()).await?;
            context.answer(&EmptyView {}, 8)
        }
        Method::GetGradingPeriodSettings => {
            let settings = context.state.courses.grading_periods(&context.actor, context.course()).await?;
            context.answer(&GradingPeriodsView::new(&settings, context.query.preview), COURSE_BYTES)
        }
        Method::UpdateGradingPeriodSettings => update_grading_periods(context).await,
        Method::CheckAddOnCreationEligibility => {
            let checked = context.state.courses.check_add_ons(&context.actor, context.course()).await?;
            let view = AddOnEligibilityView { course_id: checked.course.to_string(), is_create_attachment_eligible: checked.eligible };
            context.answer(&view, 128)
        }
        Method::CheckGradingPeriodsSetupEligibility => {
            let checked = context.state.courses.check_grading_periods(&context.actor, context.course()).await?;
            let view = GradingPeriodsEligibilityView {
                course_id: checked.course.to_string(),
                is_grading_periods_setup_eligible: checked.eligible,
                preview_version: context.query.preview,
            };
            context.answer(&view, 128)
        }
        Method::CreateAlias => create_alias(context).await,
        Method::ListAliases => list_aliases(context).await,
        Method::DeleteAlias => {
            let alias = Alias::parse(context.value(1)).map_err(|_| ClassroomError::not_found())?;
            context.state.courses.delete_alias(&context.actor, context.course(), alias).await?;
            context.answer(&EmptyView {}, 8)
        }
        Method::CreateMember(roster) => create_member(context, roster).await,
        Method::ListMembers(roster) => list_members(context, roster).await,
        Method::GetMember(roster) => {
            let user = UserRef::parse(context.value(1));
            let member = context.state.rosters.get(&context.actor, context.course(), roster, user).await?;
            context.answer(&MemberView::new(&member, &context.actor), 512)
        }
        Method::DeleteMember(roster) => {
            let user = UserRef::parse(context.value(1));
            context.state.rosters.remove(&context.actor, context.course(), roster, user).await?;
            context.answer(&EmptyView {}, 8)
        }
        Method::GetProfile => {
            let user = context.state.rosters.profile(&context.actor, UserRef::parse(context.value(0))).await?;
            context.answer(&ProfileView::new(&user, &context.actor), 512)
        }
    }
}

/// The answer that shows a course, with the tag of its version.
fn course(context: &Context<'_>, seen: &CourseWithAccess) -> Outcome {
    let mut answer = context.answer(&view(context, seen), COURSE_BYTES)?;
    answer.headers.push(("etag", tag(&seen.course.id.to_string(), seen.course.revision)));
    Ok(answer)
}

fn tag(id: &str, version: Revision) -> String {
    format!("\"{id}-{}\"", version.get())
}

/// The tag of the course in a stored answer that shows it as it was created, if the answer includes its id.
pub(super) fn first_tag(body: &[u8]) -> Option<String> {
    let shown: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(tag(shown.get("id")?.as_str()?, Revision::FIRST))
}

fn view<'a>(context: &'a Context<'_>, seen: &'a CourseWithAccess) -> CourseView<'a> {
    CourseView { seen, templates: &context.state.classroom.templates, account: &context.actor.account }
}

/// The versions in an `If-Match` header. Tags that no course can have are left out.
pub(super) fn read_if_match(header: &str) -> Precondition {
    if header.trim() == "*" {
        return Precondition::Any;
    }
    let version = |tag: &str| {
        let (id, revision) = tag.trim().strip_prefix('"')?.strip_suffix('"')?.split_once('-')?;
        Some((Id::new(id.parse().ok()?), Revision::new(revision.parse().ok()?)))
    };
    Precondition::OneOf(header.split(',').filter_map(version).collect())
}

async fn create_course(context: &Context<'_>) -> Outcome {
    let form = read::course(read::read(context.body, &COURSE)?);
    let idempotent = context.key.as_ref().map(|key| {
        // The transaction outlives a client that stops waiting, so it owns its data.
        let (printer, templates) = (context.printer.clone(), context.state.classroom.templates.clone());
        let account = Arc::clone(&context.actor.account);
        key.guard(move |seen: &CourseWithAccess| {
            printer.answer(&CourseView { seen, templates: &templates, account: &account }, COURSE_BYTES)
        })
    });
    let performed = context.state.courses.create(&context.actor, form, idempotent).await?;
    answered(performed, |seen| course(context, seen))
}

async fn patch_course(context: &Context<'_>) -> Outcome {
    let mask = course_mask(context.query.get("updateMask").unwrap_or_default())?;
    let form = read::course(read::read(context.body, &COURSE)?);
    let seen = context.state.courses.patch(&context.actor, context.course(), form, mask, context.precondition.clone()).await?;
    course(context, &seen)
}

async fn list_courses(context: &Context<'_>) -> Outcome {
    let query = &context.query;
    let text = |name: &str| query.get(name).map_or(Field::Missing, |text| Field::Given(RawText::from(text)));
    let states: CourseStates = query.all("courseStates").filter_map(CourseState::by_name).collect();
    let order = match query.get("x-orderBy") {
        None | Some("creationTime desc") => CourseOrder::NewestFirst,
        Some("creationTime" | "creationTime asc") => CourseOrder::OldestFirst,
        Some(_) => return Err(ClassroomError::bad_value("x-orderBy", "creationTime, creationTime asc or creationTime desc")),
    };
    let named: Vec<String> = states.iter().map(|state| state.code().to_string()).collect();
    let filters = [
        query.get("studentId").unwrap_or_default(),
        query.get("teacherId").unwrap_or_default(),
        &named.join(","),
        query.get("x-query").unwrap_or_default(),
        if order == CourseOrder::OldestFirst { "oldest" } else { "" },
    ];
    let tokens = PageTokens::new(&context.state.classroom.page_key, context.actor.account_id(), "courses", &filters);
    let after = query.get("pageToken").map(|token| tokens.course(token).ok_or_else(ClassroomError::bad_page_token)).transpose()?;
    let page =
        PageRequest::new(query.integer("pageSize"), after).map_err(|error| ClassroomError::bad_value("page_size", error.to_string()))?;
    let form = CourseListForm { student: text("studentId"), teacher: text("teacherId"), states, query: text("x-query"), order };
    let held = context.reserve(page.size).await?;
    let listed = context.state.courses.list(&context.actor, form, page).await?;
    let last = listed.entries.last().filter(|_| listed.more);
    let next = last.map(|seen| tokens.after_course(CourseCursor::of(&seen.course)));
    let entries: Vec<_> = listed.entries.iter().map(|seen| view(context, seen)).collect();
    let size = COURSE_BYTES * (entries.len() + 1);
    list(context, &ListView { name: "courses", entries, next }, size, held)
}

async fn update_grading_periods(context: &Context<'_>) -> Outcome {
    let mask = context.query.sent("updateMask").map(grading_period_mask).transpose()?;
    let form = read::grading_periods(read::read(context.body, &GRADING_PERIOD_SETTINGS)?);
    let settings = context.state.courses.change_grading_periods(&context.actor, context.course(), form, mask).await?;
    context.answer(&GradingPeriodsView::new(&settings, context.query.preview), COURSE_BYTES)
}

async fn create_alias(context: &Context<'_>) -> Outcome {
    let alias = read::string(&read::read(context.body, &COURSE_ALIAS)?, "alias").unwrap_or_default();
    let alias = Alias::parse(&alias)?;
    let idempotent = context.key.as_ref().map(|key| {
        let printer = context.printer.clone();
        key.guard(move |alias: &Alias| printer.answer(&AliasView::new(alias), 300))
    });
    let performed = context.state.courses.create_alias(&context.actor, context.course(), alias, idempotent).await?;
    answered(performed, |alias| context.answer(&AliasView::new(alias), 300))
}

/// The answer that shows a page of a list. `held` is the memory reserved for it.
fn list<T: Serialize>(context: &Context<'_>, view: &ListView<T>, size: usize, held: Held) -> Outcome {
    Ok(Answer { held, ..context.answer(view, size)? })
}

/// The size of a page, for all lists other than that of courses.
fn page_size(context: &Context<'_>) -> Result<u32, ClassroomError> {
    let page = PageRequest::<()>::new(context.query.integer("pageSize"), None);
    page.map(|page| page.size).map_err(|error| ClassroomError::bad_value("page_size", error.to_string()))
}

async fn list_aliases(context: &Context<'_>) -> Outcome {
    let project = context.actor.project.map_or_else(String::new, |project| project.to_string());
    let tokens = PageTokens::new(&context.state.classroom.page_key, context.actor.account_id(), "aliases", &[context.value(0), &project]);
    let after = context.query.get("pageToken").map(|token| tokens.alias(token).ok_or_else(ClassroomError::bad_page_token));
    let page = PageRequest { size: page_size(context)?, after: after.transpose()? };
    let held = context.reserve(page.size).await?;
    let listed = context.state.courses.list_aliases(&context.actor, context.course(), page).await?;
    let next = listed.entries.last().filter(|_| listed.more).map(|alias| tokens.after_alias(alias));
    let entries: Vec<_> = listed.entries.iter().map(AliasView::new).collect();
    let size = 300 * (entries.len() + 1);
    list(context, &ListView { name: "aliases", entries, next }, size, held)
}

async fn create_member(context: &Context<'_>, roster: Roster) -> Outcome {
    let message = match roster {
        Roster::Teachers => &TEACHER,
        Roster::Students => &STUDENT,
    };
    let user = read::string(&read::read(context.body, message)?, "userId");
    let user = user.ok_or_else(|| ClassroomError::bad_value("user_id", "required"))?;
    let code = context.query.get("enrollmentCode").map(str::to_owned);
    let idempotent = context.key.as_ref().map(|key| {
        let (printer, actor) = (context.printer.clone(), context.actor.clone());
        key.guard(move |member: &MemberWithAccess| printer.answer(&MemberView::new(member, &actor), 512))
    });
    let entrant = NewMember { roster, user: UserRef::parse(&user), code };
    let performed = context.state.rosters.add(&context.actor, context.course(), entrant, idempotent).await?;
    answered(performed, |member| context.answer(&MemberView::new(member, &context.actor), 512))
}

async fn list_members(context: &Context<'_>, roster: Roster) -> Outcome {
    let name = match roster {
        Roster::Teachers => "teachers",
        Roster::Students => "students",
    };
    let tokens = PageTokens::new(&context.state.classroom.page_key, context.actor.account_id(), name, &[context.value(0)]);
    let after = context.query.get("pageToken").map(|token| tokens.user(token).ok_or_else(ClassroomError::bad_page_token));
    let page = PageRequest { size: page_size(context)?, after: after.transpose()? };
    let held = context.reserve(page.size).await?;
    let listed = context.state.rosters.list(&context.actor, context.course(), roster, page).await?;
    let next = listed.entries.last().filter(|_| listed.more).map(|member| tokens.after_user(member.user.id));
    let entries: Vec<_> = listed.entries.iter().map(|member| MemberView::new(member, &context.actor)).collect();
    let size = 512 * (entries.len() + 1);
    list(context, &ListView { name, entries, next }, size, held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_no_course_had_matches_none() {
        assert_eq!(read_if_match("*"), Precondition::Any);
        let precondition = Precondition::OneOf(vec![(Id::new(7), Revision::new(3)), (Id::new(7), Revision::new(4))]);
        assert_eq!(read_if_match("\"7-3\" , \"7-4\""), precondition);
        for header in ["", "W/\"7-3\"", "7-3", "\"7\"", "\"a-b\""] {
            assert_eq!(read_if_match(header), Precondition::OneOf(Vec::new()), "{header}");
        }
    }
}
