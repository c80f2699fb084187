//! Reads one job.

use derslik_domain::id::JobId;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{Job, ProjectKey};
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::UnitOfWork;

use super::{Jobs, project_id};

pub(super) async fn run<U: UnitOfWork>(service: &Jobs<U>, actor: &Actor, project: &ProjectKey, id: JobId) -> Result<Job, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let (account, project) = (actor.account_id(), project.clone());
    service
        .uow
        .read(move |stores| {
            let project = project_id(stores, account, &project)?;
            stores.jobs().find(account, id)?.filter(|job| job.project == Some(project)).ok_or(JobError::JobNotFound)
        })
        .await
}
