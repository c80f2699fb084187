//! The stores of courses, their aliases, rosters and grading periods.

use std::collections::HashMap;

use derslik_domain::course::alias::{Alias, AliasSpace};
use derslik_domain::course::grading_period::GradingPeriodSettings;
use derslik_domain::course::roster::{Membership, Roster};
use derslik_domain::course::{Course, CourseCursor, CourseFilter, Viewer};
use derslik_domain::id::{AccountId, CourseId, PrincipalId, ProjectId};
use derslik_domain::identity::User;
use derslik_domain::page::{Page, PageRequest};
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;

use super::StoreError;

/// A course, and the membership of one principal in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseWithMembership {
    /// The course.
    pub course: Course,
    /// The membership of that principal; `None` if it is not a member, or if the membership was not read.
    pub membership: Option<Membership>,
}

/// The key of a lookup: a course, and the principal whose membership is read with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CourseLookup {
    /// The course.
    pub course: CourseId,
    /// The principal.
    pub viewer: PrincipalId,
}

/// A member of a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The kind of member that the user is.
    pub membership: Membership,
    /// The user.
    pub user: User,
}

/// Stores the courses of every account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait CourseRepository {
    /// Adds a course, with its owner as its first member.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the id is taken; the transaction stays usable after that.
    fn insert(&mut self, account: AccountId, course: &Course) -> Result<(), StoreError>;

    /// Overwrites the stored course of the same id, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn update(&mut self, account: AccountId, course: &Course) -> Result<(), StoreError>;

    /// Removes a course with its aliases, its members and its grading periods, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete(&mut self, account: AccountId, course: CourseId) -> Result<(), StoreError>;

    /// One course, and the membership of `viewer` in it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, account: AccountId, course: CourseId, viewer: PrincipalId) -> Result<Option<CourseWithMembership>, StoreError>;

    /// As [`CourseRepository::find`] for many courses, each with a viewer of its own, in one statement on PostgreSQL. Missing
    /// courses are left out.
    ///
    /// # Errors
    /// [`StoreError`], also if a single one of them can't be read.
    fn find_many(&mut self, account: AccountId, viewed: &[CourseLookup])
    -> Result<HashMap<CourseLookup, CourseWithMembership>, StoreError>;

    /// As [`CourseRepository::find`], with the course locked against other writers until the transaction ends. Without a
    /// viewer, no membership is read.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock(
        &mut self,
        account: AccountId,
        course: CourseId,
        viewer: Option<PrincipalId>,
    ) -> Result<Option<CourseWithMembership>, StoreError>;

    /// A page of the courses that match the filter and that the viewer sees, in the filter's order. It is one statement, whose
    /// cost does not grow with the number of courses. The membership is read only for a viewer who sees courses as their member: it
    /// shows no more to one who [sees all](Viewer::sees_all). A page of long texts holds fewer courses than its size and sets `more`:
    /// the course whose texts reach [`CourseFilter::TEXT_BYTES`] in total is the last one. Later ones are not kept in memory.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(
        &mut self,
        account: AccountId,
        viewer: Viewer,
        filter: &CourseFilter,
        page: PageRequest<CourseCursor>,
    ) -> Result<Page<CourseWithMembership>, StoreError>;

    /// The courses that [wait for a calendar](Course::awaits_calendar), the longest waiting first, at most `limit` of them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn awaiting_calendar(&mut self, account: AccountId, limit: u32) -> Result<Vec<CourseId>, StoreError>;
}

/// Stores the aliases of courses.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AliasRepository {
    /// Attaches an alias to a course.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the alias is taken in its space, also if the same course has it.
    fn add(&mut self, account: AccountId, course: CourseId, space: AliasSpace, alias: &Alias, at: Timestamp) -> Result<(), StoreError>;

    /// Detaches an alias from a course. Returns whether it was attached to it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove(&mut self, account: AccountId, course: CourseId, space: AliasSpace, alias: &Alias) -> Result<bool, StoreError>;

    /// The course of an alias.
    ///
    /// # Errors
    /// [`StoreError`].
    fn resolve(&mut self, account: AccountId, space: AliasSpace, alias: &Alias) -> Result<Option<CourseId>, StoreError>;

    /// A page of the aliases of a course that a credential of that project can see, in the order of their bytes.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(
        &mut self,
        account: AccountId,
        course: CourseId,
        project: Option<ProjectId>,
        page: &PageRequest<Alias>,
    ) -> Result<Page<Alias>, StoreError>;
}

/// Stores the memberships of courses.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait RosterRepository {
    /// The membership of a user in a course.
    ///
    /// # Errors
    /// [`StoreError`].
    fn membership(&mut self, account: AccountId, course: CourseId, user: PrincipalId) -> Result<Option<Membership>, StoreError>;

    /// Makes a user a member of that kind, and replaces the membership that the user had, if any.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put(
        &mut self,
        account: AccountId,
        course: &Course,
        user: PrincipalId,
        membership: Membership,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Removes the membership of a user, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove(&mut self, account: AccountId, course: CourseId, user: PrincipalId) -> Result<(), StoreError>;

    /// A page of one roster of a course, ordered by the ids of the users.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(
        &mut self,
        account: AccountId,
        course: CourseId,
        roster: Roster,
        page: PageRequest<PrincipalId>,
    ) -> Result<Page<Member>, StoreError>;

    /// Whether two users are members of one course.
    ///
    /// # Errors
    /// [`StoreError`].
    fn share_course(&mut self, account: AccountId, one: PrincipalId, other: PrincipalId) -> Result<bool, StoreError>;

    /// Removes memberships of a user, except in courses that the user owns, and returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn erase_memberships(&mut self, account: AccountId, user: PrincipalId, batch: BatchSize) -> Result<RowCount, StoreError>;
}

/// Stores the grading periods of courses.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait GradingPeriodRepository {
    /// The grading periods of a course, in the order of their first days; the default settings if there is no such course.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, account: AccountId, course: CourseId) -> Result<GradingPeriodSettings, StoreError>;

    /// Replaces the grading periods of a course.
    ///
    /// # Errors
    /// [`StoreError`].
    fn replace(&mut self, account: AccountId, course: CourseId, settings: &GradingPeriodSettings) -> Result<(), StoreError>;
}
