//! The attendance of one data subject, named by any reference that an erasure accepts too.

use async_trait::async_trait;
use derslik_domain::attendee::{Attendance, AttendanceFilter, AttendedCursor, AttendedSession};
use derslik_domain::id::{ProjectId, SessionGuid, UserGuid};
use derslik_domain::identity::Actor;
use derslik_domain::job::{ProjectKey, ReferenceId};
use derslik_domain::page::PageRequest;

use super::JobError;

/// A page of the sessions that one data subject attends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendedSessions {
    /// The project of the request.
    pub project: ProjectId,
    /// The person; `None` for a guest.
    pub user: Option<UserGuid>,
    /// The sessions, the earliest first.
    pub sessions: Vec<AttendedSession>,
}

/// Reads the attendance of people and guests of the actor's account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ActivityService: Send + Sync {
    /// A summary of the attendance of one data subject; `None` if the reference matches no person or guest. A guest is found by
    /// e-mail address. A deleted person is found by the last known names, as long as a session lists the person.
    ///
    /// # Errors
    /// [`JobError`].
    async fn summary(&self, actor: &Actor, project: &ProjectKey, user: &ReferenceId) -> Result<Option<Attendance>, JobError>;

    /// A page of the sessions that one data subject attends; empty if the reference matches no person or guest.
    ///
    /// # Errors
    /// [`JobError`].
    async fn sessions(
        &self,
        actor: &Actor,
        project: &ProjectKey,
        user: &ReferenceId,
        filter: AttendanceFilter,
        page: PageRequest<AttendedCursor>,
    ) -> Result<AttendedSessions, JobError>;

    /// Whether the account has a session of that GUID which is not deleted.
    ///
    /// # Errors
    /// [`JobError`].
    async fn has_session(&self, actor: &Actor, project: &ProjectKey, session: SessionGuid) -> Result<bool, JobError>;
}
