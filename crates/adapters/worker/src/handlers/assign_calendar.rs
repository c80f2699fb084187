//! Assigns a calendar to a course that has become active.

use std::fmt;

use derslik_domain::course::{CalendarId, Course, assign_calendar};
use derslik_domain::id::CourseId;
use derslik_domain::job::{Failure, FailureReason};
use derslik_ports::outbound::Stores;

use crate::registry::{Step, StepContext, StepError, StepHandler};

/// The template of calendar ids: `{id}` is the id of the course, `{group}` the name of its group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarTemplate(Box<str>);

/// The template yields invalid calendar ids, or the same one for every course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarTemplateError;

impl fmt::Display for CalendarTemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the id of a calendar needs {id} or {group}, no NUL, and at most 254 characters in the end")
    }
}

impl std::error::Error for CalendarTemplateError {}

impl CalendarTemplate {
    /// The template of the original service.
    pub const DEFAULT: &'static str = "classroom{id}@group.calendar.google.com";
    /// The longest name of a group, in characters: it has to fit the local part of an e-mail address.
    const LONGEST_GROUP: usize = 64;

    /// Validates a template.
    ///
    /// # Errors
    /// [`CalendarTemplateError`] if the template can't give every course a calendar of its own.
    pub fn new(template: &str) -> Result<Self, CalendarTemplateError> {
        let longest = fill(template, CourseId::new(i64::MAX), &"g".repeat(Self::LONGEST_GROUP));
        match CalendarId::new(longest) {
            Ok(_) if template.contains("{id}") || template.contains("{group}") => Ok(Self(template.into())),
            _ => Err(CalendarTemplateError),
        }
    }

    fn calendar_of(&self, course: &Course) -> Option<CalendarId> {
        CalendarId::new(fill(&self.0, course.id, &course.group.of_members())).ok()
    }
}

impl Default for CalendarTemplate {
    fn default() -> Self {
        Self(Self::DEFAULT.into())
    }
}

fn fill(template: &str, id: CourseId, group: &str) -> String {
    template.replace("{id}", &id.to_string()).replace("{group}", group)
}

/// Assigns a calendar to a course. It is idempotent, and does nothing for a course that was deleted meanwhile.
#[derive(Debug, Clone)]
pub struct AssignCalendar {
    template: CalendarTemplate,
}

impl AssignCalendar {
    /// A handler that forms calendar ids by that template.
    pub const fn new(template: CalendarTemplate) -> Self {
        Self { template }
    }
}

impl StepHandler for AssignCalendar {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let Ok(id) = context.job.reference.as_str().parse() else { return Err(broken("the reference is not the id of a course")) };
        let Some(found) = stores.courses().lock(context.account, CourseId::new(id), None)? else { return Ok(Step::Done(None)) };
        let calendar = self.template.calendar_of(&found.course).ok_or_else(|| broken("the template yields no valid id of a calendar"))?;
        let change = assign_calendar(&found.course, calendar);
        if !change.facts.is_empty() {
            stores.courses().update(context.account, &change.course)?;
        }
        Ok(Step::Done(None))
    }
}

/// A permanent failure: a retry would fail in the same way.
fn broken(text: &str) -> StepError {
    StepError::Failed(Failure::new(FailureReason::Permanent, text))
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::{Id, JobId};
    use derslik_domain::job::{Job, NewJob, ReferenceId};
    use derslik_ports::mocks::MockStores;
    use derslik_ports::outbound::CourseWithMembership;
    use derslik_testkit::builders::{account, course, now};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("calendar-{id}")]
    #[case("{group}@calendars.example")]
    #[case(CalendarTemplate::DEFAULT)]
    fn a_template_tells_courses_apart(#[case] template: &str) {
        assert!(CalendarTemplate::new(template).is_ok());
    }

    #[rstest]
    #[case("")]
    #[case("one-for-all")]
    #[case("{id}\0")]
    #[case(&("{group}".to_owned() + &"x".repeat(191)))]
    fn a_template_that_names_no_calendars_is_refused(#[case] template: &str) {
        assert_eq!(CalendarTemplate::new(template), Err(CalendarTemplateError));
    }

    fn job(reference: &str) -> Job {
        NewJob::assign_calendar_id(ReferenceId::new(reference).unwrap(), now()).into_job(JobId::new(1))
    }

    fn run(stores: &mut MockStores, reference: &str) -> Result<Step, StepError> {
        let job = job(reference);
        AssignCalendar::new(CalendarTemplate::default()).step(stores, &StepContext { account: account().id, job: &job, now: now() })
    }

    fn holding(course: Option<Course>) -> MockStores {
        let mut stores = MockStores::default();
        stores.courses.expect_lock().once().returning(move |account_id, id, viewer| {
            assert_eq!((account_id, id, viewer), (account().id, Id::new(7), None));
            Ok(course.clone().map(|course| CourseWithMembership { course, membership: None }))
        });
        stores
    }

    #[test]
    fn a_course_that_waits_is_given_a_calendar() {
        let mut stores = holding(Some(course(7)));
        stores.courses.expect_update().once().returning(|_, changed| {
            assert_eq!(changed.calendar, CalendarId::new("classroom7@group.calendar.google.com").ok());
            assert_eq!(*changed, Course { calendar: changed.calendar.clone(), revision: course(7).revision.next(), ..course(7) });
            Ok(())
        });
        assert_eq!(run(&mut stores, "7").unwrap(), Step::Done(None));
    }

    #[test]
    fn nothing_is_written_for_a_course_that_has_one_or_was_never_active_or_is_gone() {
        let has = Course { calendar: CalendarId::new("c").ok(), ..course(7) };
        let never = Course { first_active_at: None, ..course(7) };
        for course in [Some(has), Some(never), None] {
            assert_eq!(run(&mut holding(course), "7").unwrap(), Step::Done(None));
        }
    }

    #[test]
    fn a_reference_to_no_course_fails_for_good() {
        let failed = run(&mut MockStores::default(), "math");
        assert!(matches!(failed, Err(StepError::Failed(failure)) if failure.reason == FailureReason::Permanent));
    }
}
