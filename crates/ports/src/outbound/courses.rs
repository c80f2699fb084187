//! The stores of courses and of what hangs on them.

use std::collections::HashMap;

use derslik_domain::course::{Alias, AliasSpace, Course, CourseFilter, CoursePage, GradingPeriodSettings, Membership, Roster, Viewer};
use derslik_domain::id::{AccountId, CourseId, PrincipalId, ProjectId};
use derslik_domain::identity::User;
use derslik_domain::job::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;

use super::StoreError;

/// A course, and what somebody is to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseWithMembership {
    /// The course.
    pub course: Course,
    /// What the principal that was asked about is to it.
    pub membership: Option<Membership>,
}

/// A course as somebody looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CourseLookup {
    /// The course.
    pub course: CourseId,
    /// Who looks at it.
    pub viewer: PrincipalId,
}

/// One page of a list of names: how many, and after which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<Key> {
    /// The most entries.
    pub size: u32,
    /// The last entry of the page before.
    pub after: Option<Key>,
}

/// Some entries of a list, and whether there are more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Whether the list goes on after the last of them.
    pub more: bool,
}

/// A member of a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// What the user is to the course.
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
    /// [`StoreError::Conflict`] if the id is taken; the transaction can go on then.
    fn insert(&mut self, account: AccountId, course: &Course) -> Result<(), StoreError>;

    /// Writes a course over what is stored under its id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn update(&mut self, account: AccountId, course: &Course) -> Result<(), StoreError>;

    /// Removes a course with its aliases, its members and its grading periods.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete(&mut self, account: AccountId, course: CourseId) -> Result<(), StoreError>;

    /// One course, and what `viewer` is to it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, account: AccountId, course: CourseId, viewer: PrincipalId) -> Result<Option<CourseWithMembership>, StoreError>;

    /// As [`CourseRepository::find`] for many courses, each with a viewer of its own, in one statement on PostgreSQL. What is not
    /// there is left out.
    ///
    /// # Errors
    /// [`StoreError`], also if a single one of them can't be read.
    fn find_many(&mut self, account: AccountId, viewed: &[CourseLookup])
    -> Result<HashMap<CourseLookup, CourseWithMembership>, StoreError>;

    /// As [`CourseRepository::find`], the course held against other writers until the transaction ends. Without a viewer, nobody
    /// is asked about.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock(
        &mut self,
        account: AccountId,
        course: CourseId,
        viewer: Option<PrincipalId>,
    ) -> Result<Option<CourseWithMembership>, StoreError>;

    /// The page of the courses that the filter is about and the viewer sees, in its order: in one statement, whose cost does not
    /// grow with the number of courses. Once the texts of the page have [`CoursePage::TEXT_BYTES`] it ends, and nothing of what
    /// follows is held in memory.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(
        &mut self,
        account: AccountId,
        viewer: Viewer,
        filter: &CourseFilter,
        page: CoursePage,
    ) -> Result<Listed<CourseWithMembership>, StoreError>;

    /// The courses that [wait for a calendar](Course::awaits_calendar), the longest waiting first, `limit` of them at the most.
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
    /// [`StoreError::Conflict`] if the alias is taken in its space, be it by the same course.
    fn add(&mut self, account: AccountId, course: CourseId, space: AliasSpace, alias: &Alias, at: Timestamp) -> Result<(), StoreError>;

    /// Detaches an alias from a course. Tells whether it was attached to it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove(&mut self, account: AccountId, course: CourseId, space: AliasSpace, alias: &Alias) -> Result<bool, StoreError>;

    /// The course of an alias.
    ///
    /// # Errors
    /// [`StoreError`].
    fn resolve(&mut self, account: AccountId, space: AliasSpace, alias: &Alias) -> Result<Option<CourseId>, StoreError>;

    /// The aliases of a course that are seen through a credential of that project, in the order of their bytes.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(
        &mut self,
        account: AccountId,
        course: CourseId,
        project: Option<ProjectId>,
        slice: &Slice<Alias>,
    ) -> Result<Vec<Alias>, StoreError>;
}

/// Stores who belongs to which course.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait RosterRepository {
    /// What a user is to a course.
    ///
    /// # Errors
    /// [`StoreError`].
    fn membership(&mut self, account: AccountId, course: CourseId, user: PrincipalId) -> Result<Option<Membership>, StoreError>;

    /// Makes a user a member of that kind, whatever the user was to the course before.
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

    /// Makes a user no member any more.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove(&mut self, account: AccountId, course: CourseId, user: PrincipalId) -> Result<(), StoreError>;

    /// The members on one roster of a course, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&mut self, account: AccountId, course: CourseId, roster: Roster, slice: Slice<PrincipalId>) -> Result<Vec<Member>, StoreError>;

    /// Whether two users are members of one course.
    ///
    /// # Errors
    /// [`StoreError`].
    fn share_course(&mut self, account: AccountId, one: PrincipalId, other: PrincipalId) -> Result<bool, StoreError>;

    /// Removes memberships of a user, but for those of courses that it owns, and tells how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn erase_memberships(&mut self, account: AccountId, user: PrincipalId, batch: BatchSize) -> Result<RowCount, StoreError>;
}

/// Stores the grading periods of courses.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait GradingPeriodRepository {
    /// The grading periods of a course.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, account: AccountId, course: CourseId) -> Result<GradingPeriodSettings, StoreError>;

    /// Puts these in the place of the grading periods of a course.
    ///
    /// # Errors
    /// [`StoreError`].
    fn replace(&mut self, account: AccountId, course: CourseId, settings: &GradingPeriodSettings) -> Result<(), StoreError>;
}

/// Stores the random keys that every process of the installation shares.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait KeyRepository {
    /// The key of that name; `fresh`, and that from now on, if there is none yet.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get_or_add(&mut self, name: &'static str, fresh: [u8; 32]) -> Result<[u8; 32], StoreError>;
}
