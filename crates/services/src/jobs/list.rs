//! Lists the jobs of a project, a page at a time.

use derslik_domain::id::JobId;
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{ProjectKey, ShownJob};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::UnitOfWork;

use super::{Jobs, project_id};

pub(super) async fn run<U: UnitOfWork>(
    service: &Jobs<U>,
    actor: &Actor,
    project: &ProjectKey,
    page: PageRequest<JobId>,
) -> Result<Vec<ShownJob>, JobError> {
    authorize(actor, Action::ReadJobs)?;
    let (account, project) = (actor.account_id(), project.clone());
    service
        .uow
        .read(account, move |stores| {
            let project = project_id(stores, account, &project)?;
            Ok(stores.jobs().list_shown(account, Some(project), page)?)
        })
        .await
}
