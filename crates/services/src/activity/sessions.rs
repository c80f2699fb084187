//! Lists the sessions that a data subject attends, a page at a time.

use derslik_domain::attendee::{AttendanceFilter, AttendedCursor};
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{ProjectKey, ReferenceId};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::{AttendedSessions, JobError};
use derslik_ports::outbound::UnitOfWork;

use super::{Activity, find_subject};

pub(super) async fn run<U: UnitOfWork>(
    service: &Activity<U>,
    actor: &Actor,
    project: &ProjectKey,
    user: &ReferenceId,
    filter: AttendanceFilter,
    page: PageRequest<AttendedCursor>,
) -> Result<AttendedSessions, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let (account, project, user) = (actor.account_id(), project.clone(), user.clone());
    service
        .uow
        .read(account, move |stores| {
            let (project, who) = find_subject(stores, account, &project, &user)?;
            let sessions = stores.attendees().attended_by(account, &who, filter, page)?;
            let person = who.living().or_else(|| who.people().first());
            Ok(AttendedSessions { project, user: person.map(|person| person.guid), sessions })
        })
        .await
}
