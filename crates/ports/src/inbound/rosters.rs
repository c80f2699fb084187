//! The teachers and students of courses, and the profiles of users.

use async_trait::async_trait;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::roster::{Roster, UserRef};
use derslik_domain::id::{CourseId, PrincipalId};
use derslik_domain::identity::{Actor, User};
use derslik_domain::page::{Page, PageRequest};

use super::{CourseError, IdempotentOutcome, IdempotentRequest};

/// A member of a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberWithAccess {
    /// The course.
    pub course: CourseId,
    /// The member.
    pub user: User,
}

/// A user to add to a roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// The roster.
    pub roster: Roster,
    /// The user.
    pub user: UserRef,
    /// The code of the course; with it, the actor joins the course.
    pub code: Option<String>,
}

/// Reads and changes the rosters of the actor's account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait RosterService: Send + Sync {
    /// Adds a user to a roster; with a code, the actor joins by it. With an idempotency key, this happens once.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn add(
        &self,
        actor: &Actor,
        course: CourseRef,
        new_member: NewMember,
        idempotent: Option<IdempotentRequest<MemberWithAccess>>,
    ) -> Result<IdempotentOutcome<MemberWithAccess>, CourseError>;

    /// One member on a roster.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn get(&self, actor: &Actor, course: CourseRef, roster: Roster, user: UserRef) -> Result<MemberWithAccess, CourseError>;

    /// A page of a roster, ordered by the ids of the members.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn list(
        &self,
        actor: &Actor,
        course: CourseRef,
        roster: Roster,
        page: PageRequest<PrincipalId>,
    ) -> Result<Page<MemberWithAccess>, CourseError>;

    /// Removes a user from a roster.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn remove(&self, actor: &Actor, course: CourseRef, roster: Roster, user: UserRef) -> Result<(), CourseError>;

    /// The profile of a user.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn profile(&self, actor: &Actor, user: UserRef) -> Result<User, CourseError>;
}
