//! Courses, their aliases and their grading periods.

use async_trait::async_trait;
use derslik_domain::course::{
    Alias, AliasError, ChangeError, Course, CourseAccess, CourseDenial, CourseForm, CourseListForm, CoursePage, CourseRef, CourseState,
    CourseStates, CreateError, GradingPeriodError, GradingPeriodMask, GradingPeriodSettings, GradingPeriodSettingsForm, JoinError,
    LeaveError, ListError, Revision, UpdateMask,
};
use derslik_domain::id::CourseId;
use derslik_domain::identity::Actor;

use super::{ActorGone, IdempotentOutcome, IdempotentRequest, KeyRefusal};
use crate::outbound::{Listed, Slice, StoreError};

/// A course, and what the actor is to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseWithAccess {
    /// The course.
    pub course: Course,
    /// What the actor is to it.
    pub access: CourseAccess,
}

/// Which version of a course a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Whatever it is.
    Any,
    /// One of these.
    OneOf(Vec<(CourseId, Revision)>),
}

/// Whether something would be let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eligibility {
    /// The course.
    pub course: CourseId,
    /// Whether it would.
    pub eligible: bool,
}

/// Why a use case of courses failed. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum CourseError {
    /// The principal may not act any more.
    #[error(transparent)]
    Gone(#[from] ActorGone),
    /// The actor may not do this.
    #[error(transparent)]
    Denied(#[from] CourseDenial),
    /// There is no such course, alias or member.
    #[error("not found")]
    NotFound,
    /// There is no such user.
    #[error("no such user")]
    UnknownUser,
    /// The actor may not read the profile of the user.
    #[error("the actor may not read this profile")]
    PrivateProfile,
    /// The course is not in the version that the request is about.
    #[error("the course was changed meanwhile")]
    Stale,
    /// The course can't be created.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The course can't be changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The course can't be deleted in the state in which it is.
    #[error("a course that is {state} cannot be deleted")]
    NotArchived {
        /// Where it is.
        state: CourseState,
        /// Where the actor may send it.
        reachable: CourseStates,
    },
    /// The alias is none.
    #[error(transparent)]
    Alias(#[from] AliasError),
    /// The alias is taken.
    #[error("the alias is taken")]
    AliasTaken,
    /// The credential belongs to no project, and the alias needs one.
    #[error("a project alias needs a credential of a project")]
    NoProject,
    /// The course takes no aliases.
    #[error("the course takes no aliases")]
    NoAliases(CourseState),
    /// The grading periods can't be changed.
    #[error(transparent)]
    GradingPeriods(#[from] GradingPeriodError),
    /// The list can't be made.
    #[error(transparent)]
    List(#[from] ListError),
    /// The user can't join.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// The user can't be taken off.
    #[error(transparent)]
    Leave(#[from] LeaveError),
    /// The key of the request stands in its way.
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What can be done with the courses of the actor's account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait CourseService: Send + Sync {
    /// Creates a course, and attaches the alias that the form names: both or neither. Under a key, it is done once.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn create(
        &self,
        actor: &Actor,
        form: CourseForm,
        idempotent: Option<IdempotentRequest<CourseWithAccess>>,
    ) -> Result<IdempotentOutcome<CourseWithAccess>, CourseError>;

    /// One course.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn get(&self, actor: &Actor, course: CourseRef) -> Result<CourseWithAccess, CourseError>;

    /// A page of the courses that the actor sees.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn list(&self, actor: &Actor, form: CourseListForm, page: CoursePage) -> Result<Listed<CourseWithAccess>, CourseError>;

    /// Changes some fields of a course.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn patch(
        &self,
        actor: &Actor,
        course: CourseRef,
        form: CourseForm,
        mask: UpdateMask,
        precondition: Precondition,
    ) -> Result<CourseWithAccess, CourseError>;

    /// Puts a form in the place of everything of a course that can be set.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn replace(
        &self,
        actor: &Actor,
        course: CourseRef,
        form: CourseForm,
        precondition: Precondition,
    ) -> Result<CourseWithAccess, CourseError>;

    /// Deletes a course.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn delete(&self, actor: &Actor, course: CourseRef, precondition: Precondition) -> Result<(), CourseError>;

    /// The grading periods of a course.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn grading_periods(&self, actor: &Actor, course: CourseRef) -> Result<GradingPeriodSettings, CourseError>;

    /// Changes the grading periods of a course: without a mask, what the form holds.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn change_grading_periods(
        &self,
        actor: &Actor,
        course: CourseRef,
        form: GradingPeriodSettingsForm,
        mask: Option<GradingPeriodMask>,
    ) -> Result<GradingPeriodSettings, CourseError>;

    /// Whether [`CourseService::change_grading_periods`] would be let through.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn check_grading_periods(&self, actor: &Actor, course: CourseRef) -> Result<Eligibility, CourseError>;

    /// Whether an add-on of the actor could attach something to coursework of the course.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn check_add_ons(&self, actor: &Actor, course: CourseRef) -> Result<Eligibility, CourseError>;

    /// Attaches an alias to a course. Under a key, it is done once.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn create_alias(
        &self,
        actor: &Actor,
        course: CourseRef,
        alias: Alias,
        idempotent: Option<IdempotentRequest<Alias>>,
    ) -> Result<IdempotentOutcome<Alias>, CourseError>;

    /// A page of the aliases of a course that the actor's credential sees.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn list_aliases(&self, actor: &Actor, course: CourseRef, slice: Slice<Alias>) -> Result<Listed<Alias>, CourseError>;

    /// Detaches an alias from a course.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn delete_alias(&self, actor: &Actor, course: CourseRef, alias: Alias) -> Result<(), CourseError>;
}
