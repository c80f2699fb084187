//! Reads one project.

use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{Project, ProjectKey};
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::UnitOfWork;

use super::Projects;

pub(super) async fn run<U: UnitOfWork>(service: &Projects<U>, actor: &Actor, key: &ProjectKey) -> Result<Project, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let (account, key) = (actor.account_id(), key.clone());
    service.uow.read(account, move |stores| stores.projects().find_by_key(account, &key)?.ok_or(JobError::ProjectNotFound)).await
}
