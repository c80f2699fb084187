//! What is known of somebody, by any of the names that an erasure takes as well.

use async_trait::async_trait;
use derslik_domain::attendee::{Attendance, AttendedPage, AttendedSession};
use derslik_domain::id::{ProjectId, UserGuid};
use derslik_domain::identity::Actor;
use derslik_domain::job::{ProjectKey, ReferenceId};

use super::JobError;

/// A part of what somebody attends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendedPart {
    /// The project under which it was asked for.
    pub project: ProjectId,
    /// The person; `None` for a guest of sessions.
    pub user: Option<UserGuid>,
    /// The sessions, the earliest first.
    pub sessions: Vec<AttendedSession>,
}

/// What can be known of the people of the actor's account below a project.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ActivityService: Send + Sync {
    /// What somebody attends, in a few numbers; `None` for nobody. A guest is known by an e-mail address, and somebody who was
    /// deleted by what they were known by last, as long as a session has them.
    ///
    /// # Errors
    /// [`JobError`].
    async fn summary(&self, actor: &Actor, project: &ProjectKey, user: &ReferenceId) -> Result<Option<Attendance>, JobError>;

    /// A part of the list of the sessions that somebody attends; nothing for nobody.
    ///
    /// # Errors
    /// [`JobError`].
    async fn sessions(&self, actor: &Actor, project: &ProjectKey, user: &ReferenceId, page: AttendedPage)
    -> Result<AttendedPart, JobError>;
}
