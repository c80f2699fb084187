//! Asks for the calendar of a course that has become active for the first time: a job gives it one.

use derslik_domain::course::CourseFact;
use derslik_domain::id::{AccountId, CourseId};
use derslik_domain::job::{NewJob, ReferenceId};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{StoreError, Stores};

/// Asks for a calendar if that is among what happened; the job comes to be with the course, or not at all.
pub(super) fn ask_if_due(
    stores: &mut dyn Stores,
    account: AccountId,
    course: CourseId,
    facts: &[CourseFact],
    at: Timestamp,
) -> Result<(), StoreError> {
    if facts.contains(&CourseFact::FirstActivated) {
        stores.jobs().enqueue(account, &NewJob::assign_calendar_id(ReferenceId::of_id(course), at))?;
    }
    Ok(())
}
