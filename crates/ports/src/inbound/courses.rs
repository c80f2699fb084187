//! Courses, their aliases and their grading periods.

use async_trait::async_trait;
use derslik_domain::course::alias::{Alias, AliasError, CourseRef};
use derslik_domain::course::grading_period::{GradingPeriodError, GradingPeriodMask, GradingPeriodSettings, GradingPeriodSettingsForm};
use derslik_domain::course::roster::{JoinError, LeaveError};
use derslik_domain::course::{
    ChangeError, Course, CourseAccess, CourseCursor, CourseDenial, CourseForm, CourseListForm, CourseState, CourseStates, CreateError,
    ListError, Revision, UpdateMask,
};
use derslik_domain::id::CourseId;
use derslik_domain::identity::Actor;
use derslik_domain::page::{Page, PageRequest};

use super::{ActorGone, IdempotentOutcome, IdempotentRequest, KeyRefusal};
use crate::StoreError;

/// A course, and the actor's roles towards it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseWithAccess {
    /// The course.
    pub course: Course,
    /// The actor's roles towards it.
    pub access: CourseAccess,
}

/// The version of a course that a request is valid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Any version.
    Any,
    /// One of these versions.
    OneOf(Vec<(CourseId, Revision)>),
}

/// Whether the actor could do something to a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eligibility {
    /// The course.
    pub course: CourseId,
    /// Whether the actor could.
    pub eligible: bool,
}

/// Why a use case of courses failed.
#[derive(Debug, thiserror::Error)]
pub enum CourseError {
    /// The principal was deleted or disabled.
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
    /// The course is not in a version that the precondition names.
    #[error("the course was changed meanwhile")]
    Stale,
    /// The course can't be created.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The course can't be changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The course can't be deleted in its present state.
    #[error("a course that is {state} cannot be deleted")]
    NotArchived {
        /// The present state.
        state: CourseState,
        /// The states to which the actor may move it.
        reachable: CourseStates,
    },
    /// The alias is not valid.
    #[error(transparent)]
    Alias(#[from] AliasError),
    /// The alias is taken.
    #[error("the alias is taken")]
    AliasTaken,
    /// The credential belongs to no project, and the alias needs one.
    #[error("a project alias needs a credential of a project")]
    NoProject,
    /// A course in this state can't have aliases.
    #[error("the course takes no aliases")]
    NoAliases(CourseState),
    /// The grading periods can't be changed.
    #[error(transparent)]
    GradingPeriods(#[from] GradingPeriodError),
    /// The list request is not valid.
    #[error(transparent)]
    List(#[from] ListError),
    /// The user can't join.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// The user can't be removed from the roster.
    #[error(transparent)]
    Leave(#[from] LeaveError),
    /// The idempotency key refuses the request.
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    /// The store failed. Nothing was changed, unless the connection broke during the commit: then the outcome is unknown.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads and changes the courses of the actor's account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait CourseService: Send + Sync {
    /// Creates a course and attaches the alias that the form names: both or neither. With an idempotency key, this happens
    /// once.
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

    /// A page of the courses that match the form and that the actor sees. A page of long texts holds fewer courses than its size
    /// and sets `more`: it ends early where its texts reach
    /// [`CourseFilter::TEXT_BYTES`](derslik_domain::course::CourseFilter::TEXT_BYTES). The roles of an actor who sees all courses
    /// leave out those as a member, which show nothing more of a list.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn list(
        &self,
        actor: &Actor,
        form: CourseListForm,
        page: PageRequest<CourseCursor>,
    ) -> Result<Page<CourseWithAccess>, CourseError>;

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

    /// Replaces all settable fields of a course by those of the form.
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

    /// Changes the grading periods of a course. Without a mask, the fields that the form holds change.
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

    /// Whether the actor may call [`CourseService::change_grading_periods`] for the course.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn check_grading_periods(&self, actor: &Actor, course: CourseRef) -> Result<Eligibility, CourseError>;

    /// Whether an add-on of the actor could attach something to coursework of the course.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn check_add_ons(&self, actor: &Actor, course: CourseRef) -> Result<Eligibility, CourseError>;

    /// Attaches an alias to a course. With an idempotency key, this happens once.
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

    /// A page of the aliases of a course that the actor's credential sees, in the order of their bytes.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn list_aliases(&self, actor: &Actor, course: CourseRef, page: PageRequest<Alias>) -> Result<Page<Alias>, CourseError>;

    /// Detaches an alias from a course.
    ///
    /// # Errors
    /// [`CourseError`].
    async fn delete_alias(&self, actor: &Actor, course: CourseRef, alias: Alias) -> Result<(), CourseError>;
}
