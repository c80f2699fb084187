//! Operations on courses.

use async_trait::async_trait;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::gradebook::{GradebookError, GradebookForm};
use derslik_domain::course::material::CourseMaterialSet;
use derslik_domain::course::{AdjustError, ChangeError, Course, CourseState, RestoreError};
use derslik_domain::id::AccountId;

use crate::StoreError;

/// What an operator can do to a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CourseOperation {
    /// Close it: only its owner still sees it, and no request can change it.
    Suspend,
    /// End its suspension. The new state is the given one, or else the one before the suspension.
    Restore(Option<CourseState>),
    /// Turn notifications of guardians on or off.
    Guardians(bool),
    /// Change how its overall grades are computed.
    Gradebook(GradebookForm),
    /// Replace the materials on its "about" page.
    Materials(Vec<CourseMaterialSet>),
}

/// Why an operation on a course failed.
#[derive(Debug, thiserror::Error)]
pub enum CourseOperationError {
    /// The account has no such course.
    #[error("there is no such course")]
    NotFound,
    /// The course can't be suspended.
    #[error(transparent)]
    Suspend(#[from] ChangeError),
    /// The suspension of the course can't be ended, or not in that state.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The setting can't be applied to the course.
    #[error(transparent)]
    Adjust(#[from] AdjustError),
    /// The gradebook would not be valid.
    #[error(transparent)]
    Gradebook(#[from] GradebookError),
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes courses as no API can: suspends and restores them, and sets what their teachers can't.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait CourseOperations: Send + Sync {
    /// Carries out an operation on a course, and returns the course. It is idempotent. An operator belongs to no project, so
    /// only aliases of the account are resolved.
    ///
    /// # Errors
    /// [`CourseOperationError`].
    async fn operate(&self, account: AccountId, course: CourseRef, operation: CourseOperation) -> Result<Course, CourseOperationError>;
}
