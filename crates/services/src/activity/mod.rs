//! Attendance of one data subject, below a project.

mod has_session;
mod sessions;
mod summary;

use async_trait::async_trait;
use derslik_domain::attendee::{Attendance, AttendanceFilter, AttendedCursor};
use derslik_domain::id::{AccountId, ProjectId, SessionGuid};
use derslik_domain::identity::{Actor, DataSubject};
use derslik_domain::job::{ProjectKey, ReferenceId};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::{ActivityService, AttendedSessions, JobError};
use derslik_ports::outbound::{Stores, UnitOfWork};

/// The use cases of attendance over a unit of work.
#[derive(Debug, Clone)]
pub struct Activity<U> {
    uow: U,
}

impl<U: UnitOfWork> Activity<U> {
    /// The use cases over this unit of work.
    pub fn new(uow: U) -> Self {
        Self { uow }
    }
}

#[async_trait]
impl<U: UnitOfWork> ActivityService for Activity<U> {
    async fn summary(&self, actor: &Actor, project: &ProjectKey, user: &ReferenceId) -> Result<Option<Attendance>, JobError> {
        summary::run(self, actor, project, user).await
    }

    async fn sessions(
        &self,
        actor: &Actor,
        project: &ProjectKey,
        user: &ReferenceId,
        filter: AttendanceFilter,
        page: PageRequest<AttendedCursor>,
    ) -> Result<AttendedSessions, JobError> {
        sessions::run(self, actor, project, user, filter, page).await
    }

    async fn has_session(&self, actor: &Actor, project: &ProjectKey, session: SessionGuid) -> Result<bool, JobError> {
        has_session::run(self, actor, project, session).await
    }
}

/// The project, and the data subject that an erasure would find by the same reference.
fn find_subject(
    stores: &mut dyn Stores,
    account: AccountId,
    project: &ProjectKey,
    user: &ReferenceId,
) -> Result<(ProjectId, DataSubject), JobError> {
    let project = stores.projects().find_by_key(account, project)?.ok_or(JobError::ProjectNotFound)?;
    Ok((project.id, stores.users().find_subject(account, user)?))
}
