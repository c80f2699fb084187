//! Lists the projects of an account.

use derslik_domain::id::ProjectId;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::Project;
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::UnitOfWork;

use super::Projects;

pub(super) async fn run<U: UnitOfWork>(
    service: &Projects<U>,
    actor: &Actor,
    page: PageRequest<ProjectId>,
) -> Result<Vec<Project>, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let account = actor.account_id();
    service.uow.read(account, move |stores| Ok(stores.projects().list(account, page)?)).await
}
