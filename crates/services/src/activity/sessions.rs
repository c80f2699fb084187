//! Lists the sessions that a data subject attends, a page at a time.

use derslik_domain::attendee::AttendedPage;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{ProjectKey, ReferenceId};
use derslik_ports::inbound::{AttendedPart, JobError};
use derslik_ports::outbound::UnitOfWork;

use super::{Activity, find_subject};

pub(super) async fn run<U: UnitOfWork>(
    service: &Activity<U>,
    actor: &Actor,
    project: &ProjectKey,
    user: &ReferenceId,
    page: AttendedPage,
) -> Result<AttendedPart, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let (account, project, user) = (actor.account_id(), project.clone(), user.clone());
    service
        .uow
        .read(account, move |stores| {
            let (project, who) = find_subject(stores, account, &project, &user)?;
            let sessions = stores.attendees().attended_by(account, &who, &page)?;
            let person = who.living().or_else(|| who.people().first());
            Ok(AttendedPart { project, user: person.map(|person| person.guid), sessions })
        })
        .await
}
