//! Reads of single objects, for many callers at once.
//!
//! Concurrent callers may share a statement, so this is for frequent reads that need nothing else.

use async_trait::async_trait;
use derslik_domain::id::{AccountId, SessionGuid};
use derslik_domain::job::ShownJob;
use derslik_domain::session::Session;

use super::{CourseLookup, CourseWithMembership, JobOfProject, StoreError};

/// Reads one session.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SessionReader: Send + Sync + 'static {
    /// The session as it is after the call began, if the account has it.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn read_session(&self, account: AccountId, guid: SessionGuid) -> Result<Option<Session>, StoreError>;
}

/// Reads one job of a project.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait JobReader: Send + Sync + 'static {
    /// The job as it is after the call began, if the project of the account has it.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn read_job(&self, account: AccountId, job: JobOfProject) -> Result<Option<ShownJob>, StoreError>;
}

/// Reads one course together with the membership of a principal.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait CourseReader: Send + Sync + 'static {
    /// The course as it is after the call began, if the account has it.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn read_course(&self, account: AccountId, course: CourseLookup) -> Result<Option<CourseWithMembership>, StoreError>;
}

/// All readers of the service.
pub trait Readers: SessionReader + JobReader + CourseReader {}

impl<R> Readers for R where R: SessionReader + JobReader + CourseReader {}
