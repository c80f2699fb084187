//! Lists the sessions that somebody attends, a part at a time.

use derslik_domain::attendee::AttendedPage;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{ProjectKey, ReferenceId};
use derslik_ports::inbound::{AttendedPart, JobError};
use derslik_ports::outbound::UnitOfWork;

use super::{Activity, known};

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
            let (project, person) = known(stores, account, &project, &user)?;
            let Some(person) = person else { return Ok(AttendedPart { project, user: None, sessions: Vec::new() }) };
            let sessions = stores.attendees().attended_by(account, &person, &page)?;
            Ok(AttendedPart { project, user: Some(person.guid), sessions })
        })
        .await
}
