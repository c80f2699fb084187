//! Changes of single objects that are decided where the object was read, for many callers at once.
//!
//! Concurrent callers may share statements, so this is for frequent changes that concern one object alone. Every other change is made by
//! [`UnitOfWork::write`](super::UnitOfWork::write).

use async_trait::async_trait;
use derslik_domain::course::Course;
use derslik_domain::id::AccountId;

use super::{CourseLookup, CourseWithMembership, StoreError};

/// Decides on a course that was read: the same course with its changes and its next revision, or `None` to write nothing.
pub type DecideCourse = Box<dyn FnOnce(CourseWithMembership) -> Option<Course> + Send>;

/// Changes one course.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait CourseWriter: Send + Sync + 'static {
    /// Reads a course as it is after the call began, with the membership of the viewer. Writes what `decide` makes of it, and returns that
    /// with the membership that was read.
    ///
    /// The course is written if three things hold at the commit: its revision is the one that was read, the viewer may act, and no other
    /// transaction has locked either of them. The membership may have changed meanwhile. So `decide` MUST NOT depend on it, unless a change
    /// of it makes a new revision of the course.
    ///
    /// `None` means that nothing was written: there is no such course, `decide` wrote nothing, or one of the three did not hold. A store
    /// may return it at any time, also without a call of `decide`. The caller then decides in a transaction that locks the course.
    ///
    /// # Errors
    /// [`StoreError`]. If the connection dies meanwhile, it is unknown whether the change was committed, and it is not made again.
    async fn change_course(
        &self,
        account: AccountId,
        course: CourseLookup,
        decide: DecideCourse,
    ) -> Result<Option<CourseWithMembership>, StoreError>;
}
