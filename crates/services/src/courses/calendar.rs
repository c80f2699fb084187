//! Enqueues the job that assigns a calendar to a course that has become active for the first time.

use derslik_domain::course::CourseFact;
use derslik_domain::id::{AccountId, CourseId};
use derslik_domain::job::{NewJob, ReferenceId};
use derslik_domain::time::Timestamp;
use derslik_domain::trace::TraceParent;
use derslik_ports::outbound::{StoreError, Stores};

/// Enqueues the calendar job if `facts` has the first activation. The job commits in the transaction of the course, and continues
/// the trace of the request.
pub(crate) fn enqueue_calendar_job(
    stores: &mut dyn Stores,
    account: AccountId,
    course: CourseId,
    facts: &[CourseFact],
    at: Timestamp,
    trace: Option<TraceParent>,
) -> Result<(), StoreError> {
    if facts.contains(&CourseFact::FirstActivated) {
        stores.jobs().enqueue(account, &NewJob::assign_calendar_id(ReferenceId::of_id(course), at).with_trace(trace))?;
    }
    Ok(())
}
