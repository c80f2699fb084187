//! Has everything of a user erased: makes the job for it, in the caller's own transaction.

use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{Job, NewJob, ProjectKey, ReferenceId};
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::UnitOfWork;

use super::{Jobs, project_id};

pub(super) async fn run<U: UnitOfWork>(service: &Jobs<U>, actor: &Actor, project: &ProjectKey, user: ReferenceId) -> Result<Job, JobError> {
    authorize(actor, Action::EraseUser)?;
    let (account, project, now) = (actor.account_id(), project.clone(), service.clock.now());
    service
        .uow
        .write(move |stores| {
            let project = project_id(stores, account, &project)?;
            Ok(stores.jobs().enqueue(account, &NewJob::delete_user_data(project, user, now))?.into_job())
        })
        .await
}
