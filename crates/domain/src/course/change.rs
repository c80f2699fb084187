//! Creating, changing and deleting a course. Each decision returns the new course and the facts about the change; storing
//! and answering are left to the caller.

use crate::form::Field;
use crate::id::{CourseId, PrincipalId};
use crate::identity::{PrincipalKind, Role};
use crate::text::Text;
use crate::time::Timestamp;

use super::access::{CourseAccess, CourseRole};
use super::alias::Alias;
use super::form::CourseForm;
use super::gradebook::GradebookSettings;
use super::material::DriveFolder;
use super::roster::{OwnerCandidate, TransferError, UserStatus, transfer};
use super::settings::{CourseSettings, MemberCreation};
use super::state::{CourseState, StateConflict, TransitionError, ends_suspension, transition};
use super::validate::{CourseProblem, CourseViolation, CourseViolations, contains_url};
use super::{CalendarId, Course, CourseDetails, CourseField, CourseFields, EnrollmentCode, GroupName, Revision, UpdateMask};

/// A fact about a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum CourseFact {
    /// It moved to another state.
    StateChanged {
        /// The state before.
        from: CourseState,
        /// The state after.
        to: CourseState,
    },
    /// It became active for the first time, so it needs a calendar.
    FirstActivated,
    /// These details differ from before.
    Edited(CourseFields),
    /// It was handed over: the old owner is now a teacher of it.
    OwnerChanged {
        /// The owner before.
        from: PrincipalId,
        /// The owner after.
        to: PrincipalId,
    },
    /// It got its calendar.
    CalendarAssigned,
    /// The operator set a field that requests cannot set.
    Adjusted,
}

/// The result of a change. Without facts there is nothing to write.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Change {
    /// The course after the change.
    pub course: Course,
    /// The facts about the change.
    pub facts: Vec<CourseFact>,
}

/// Why a course was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ChangeError {
    /// The actor may not make this change.
    #[error("not allowed to change the course")]
    Role,
    /// Fields are not acceptable: all violations.
    #[error("the course is not acceptable")]
    Invalid(Vec<CourseViolation>),
    /// The course cannot move to the requested state.
    #[error(transparent)]
    State(#[from] StateConflict),
    /// In this state only the state of the course can change.
    #[error("a course that is {0} cannot be modified")]
    NotModifiable(CourseState),
    /// The name holds the address of a web page.
    #[error("the name of a course cannot contain a URL")]
    TitleContainsUrl,
    /// The course cannot be handed over to that user.
    #[error(transparent)]
    Transfer(#[from] TransferError),
}

impl From<TransitionError> for ChangeError {
    fn from(error: TransitionError) -> Self {
        match error {
            TransitionError::Role => Self::Role,
            TransitionError::State(conflict) => Self::State(conflict),
        }
    }
}

/// The parts of a new course that do not come from the client.
#[derive(Debug, Clone)]
pub struct NewCourseContext<'a> {
    /// Its id.
    pub id: CourseId,
    /// Its enrollment code.
    pub enrollment_code: EnrollmentCode,
    /// A random number for the names of its groups.
    pub group_random: u64,
    /// The folder that its teachers share.
    pub teacher_folder: Option<DriveFolder>,
    /// The principal that creates it.
    pub creator: PrincipalId,
    /// The role of the creator in the account.
    pub role: Role,
    /// The settings of the account for its courses.
    pub settings: &'a CourseSettings,
    /// The user that the form names as the owner; `None` if there is no such user.
    pub owner: Option<NamedOwner>,
    /// One reading of the clock.
    pub at: Timestamp,
}

/// The user that a form names as the owner of a new course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NamedOwner {
    /// The user.
    pub user: PrincipalId,
    /// Person or service.
    pub kind: PrincipalKind,
    /// Whether the account of the user can be used.
    pub status: UserStatus,
}

/// A new course. Its owner is on its roster from the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Created {
    /// The course.
    pub course: Course,
    /// The alias to attach to it.
    pub alias: Option<Alias>,
    /// Further facts.
    pub facts: Vec<CourseFact>,
}

/// Why a course was not created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum CreateError {
    /// Fields are not acceptable: all violations.
    #[error("the course is not acceptable")]
    Invalid(Vec<CourseViolation>),
    /// Only an administrator creates courses for other users.
    #[error("only an administrator may create a course for another user")]
    NotSelf,
    /// In this account only administrators create courses that are active at once.
    #[error("only an administrator may create an active course")]
    ActiveNotAllowed,
    /// There is no such user.
    #[error("the owner does not exist")]
    UnknownOwner,
    /// The owner is not a person.
    #[error("only a person can own a course")]
    CannotOwn,
    /// The account of the owner cannot be used.
    #[error("the account of the owner is not active")]
    InactiveOwner,
    /// The name holds the address of a web page.
    #[error("the name of a course cannot contain a URL")]
    TitleContainsUrl,
}

/// Makes a new course of a form.
///
/// # Errors
/// The [`CreateError`].
pub fn create(mut form: CourseForm, context: NewCourseContext<'_>) -> Result<Created, CreateError> {
    let mut violations = CourseViolations::default();
    let alias = violations.alias(std::mem::take(&mut form.alias));
    if let Err(violation) = form.owner_ref() {
        violations.report(violation.field, violation.problem);
    }
    let state = violations.state(std::mem::take(&mut form.state)).unwrap_or(CourseState::Provisioned);
    if !is_first_state(state) {
        violations.report(CourseField::State, CourseProblem::NoFirstState(state));
    }
    let details = violations.details(form, CourseField::SETTABLE.into_iter().collect(), None);
    let details = violations.verdict(details).map_err(CreateError::Invalid)?;
    let owner = check_owner_of_new(&context)?;
    check_first_state(state, &context)?;
    if contains_url(details.name.as_str()) {
        return Err(CreateError::TitleContainsUrl);
    }
    let active = state == CourseState::Active;
    let course = Course {
        id: context.id,
        revision: Revision::FIRST,
        group: GroupName::new(details.name.as_str(), details.section.as_ref().map(Text::as_str), context.group_random),
        details,
        owner,
        state,
        suspended_from: None,
        enrollment_code: context.enrollment_code,
        teacher_folder: context.teacher_folder,
        material_sets: Vec::new(),
        guardians_enabled: false,
        calendar: None,
        gradebook: GradebookSettings::default(),
        created_at: context.at,
        updated_at: context.at,
        first_active_at: active.then_some(context.at),
    };
    Ok(Created { course, alias, facts: active.then_some(CourseFact::FirstActivated).into_iter().collect() })
}

/// Whether a course can begin in that state.
const fn is_first_state(state: CourseState) -> bool {
    match state {
        CourseState::Active | CourseState::Provisioned => true,
        CourseState::Archived | CourseState::Declined | CourseState::Suspended => false,
    }
}

fn check_owner_of_new(context: &NewCourseContext<'_>) -> Result<PrincipalId, CreateError> {
    // Members must not find out whether another user exists.
    match (context.role, context.owner) {
        (Role::Member, Some(owner)) if owner.user != context.creator => Err(CreateError::NotSelf),
        (Role::Member, None) => Err(CreateError::NotSelf),
        (Role::Admin, None) => Err(CreateError::UnknownOwner),
        (Role::Admin | Role::Member, Some(owner)) => match (owner.kind, owner.status) {
            (PrincipalKind::Service, UserStatus::Active | UserStatus::Inactive) => Err(CreateError::CannotOwn),
            (PrincipalKind::User, UserStatus::Inactive) => Err(CreateError::InactiveOwner),
            (PrincipalKind::User, UserStatus::Active) => Ok(owner.user),
        },
    }
}

fn check_first_state(state: CourseState, context: &NewCourseContext<'_>) -> Result<(), CreateError> {
    match (context.role, context.settings.member_creation) {
        (Role::Member, MemberCreation::ProvisionedOnly) if state == CourseState::Active => Err(CreateError::ActiveNotAllowed),
        (Role::Admin | Role::Member, MemberCreation::ProvisionedOnly | MemberCreation::ActiveToo) => Ok(()),
    }
}

/// A change of some fields of a course, and the facts on which it depends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Patch {
    /// The form that the client sent.
    pub form: CourseForm,
    /// The fields to change; other fields of the form are ignored.
    pub mask: UpdateMask,
    /// The user that the form names as the new owner, if the mask names the owner and the user exists.
    pub owner: Option<OwnerCandidate>,
}

/// Changes the fields that the mask of a patch names: a field that was not sent is cleared.
///
/// # Errors
/// The [`ChangeError`]; the course is then as it was.
pub fn patch(course: &Course, patch: Patch, access: CourseAccess, at: Timestamp) -> Result<Change, ChangeError> {
    let Patch { mut form, mask, owner } = patch;
    may_ask(course, access)?;
    let hands_over = mask.contains(CourseField::Owner);
    if hands_over && !access.is_admin() {
        return Err(ChangeError::Role);
    }
    let mut violations = CourseViolations::default();
    if let Some(violation) = hands_over.then(|| form.owner_ref().err()).flatten() {
        violations.report(violation.field, violation.problem);
    }
    let state = mask.contains(CourseField::State).then(|| violations.required_state(std::mem::take(&mut form.state))).flatten();
    let details = violations.details(form, mask.fields(), Some(&course.details));
    let details = violations.verdict(details).map_err(ChangeError::Invalid)?;
    let touched = mask.fields().iter().filter(|field| *field != CourseField::State).collect();
    Edit { details, touched, state, owner }.apply(course, access, at)
}

/// Replaces every field that can be set with the value of the form, with three exceptions. The owner is ignored, the levels
/// stay if the form has none, and so does the state.
///
/// # Errors
/// The [`ChangeError`]; the course is then as it was.
pub fn replace(course: &Course, mut form: CourseForm, access: CourseAccess, at: Timestamp) -> Result<Change, ChangeError> {
    may_ask(course, access)?;
    let mut violations = CourseViolations::default();
    let state = violations.state(std::mem::take(&mut form.state));
    let touched: CourseFields = CourseField::SETTABLE.into_iter().filter(|field| is_replaced(*field, &form)).collect();
    let details = violations.details(form, touched, Some(&course.details));
    let details = violations.verdict(details).map_err(ChangeError::Invalid)?;
    Edit { details, touched, state, owner: None }.apply(course, access, at)
}

fn is_replaced(field: CourseField, form: &CourseForm) -> bool {
    match field {
        CourseField::Id | CourseField::Owner | CourseField::State => false,
        CourseField::Levels => match &form.levels {
            Field::Missing | Field::Null => false,
            Field::Given(levels) => !levels.is_empty(),
            Field::Mistyped | Field::Repeated => true,
        },
        CourseField::Name
        | CourseField::Section
        | CourseField::DescriptionHeading
        | CourseField::Description
        | CourseField::Room
        | CourseField::Subject => true,
    }
}

/// Moves a course to a state and changes nothing else.
///
/// # Errors
/// The [`ChangeError`]; the course is then as it was.
pub fn move_to(course: &Course, to: CourseState, access: CourseAccess, at: Timestamp) -> Result<Change, ChangeError> {
    let details = course.details.clone();
    Edit { details, touched: CourseFields::default(), state: Some(to), owner: None }.apply(course, access, at)
}

/// Gives a course its calendar. A course that has one keeps it, so that the job may run twice. The time of the last change
/// stays, since no user changed the course.
pub fn assign_calendar(course: &Course, calendar: CalendarId) -> Change {
    if !course.awaits_calendar() {
        return Change { course: course.clone(), facts: Vec::new() };
    }
    let course = Course { calendar: Some(calendar), revision: course.revision.next(), ..course.clone() };
    Change { course, facts: vec![CourseFact::CalendarAssigned] }
}

/// Why a course was not deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum DeleteError {
    /// The actor may not delete the course.
    #[error("only the owner and administrators may delete a course")]
    Role,
    /// The course is not archived.
    #[error("a course that is {0} cannot be deleted")]
    NotArchived(CourseState),
}

/// Decides whether a course may be deleted. If it may not, [`CourseState::way_to_deletion`] tells which states are missing.
///
/// # Errors
/// The [`DeleteError`].
pub fn delete(course: &Course, access: CourseAccess) -> Result<(), DeleteError> {
    if !access.any(|role| deletes(role) && course.state.is_visible_to(role)) {
        return Err(DeleteError::Role);
    }
    match course.state {
        CourseState::Archived => Ok(()),
        CourseState::Active | CourseState::Provisioned | CourseState::Declined | CourseState::Suspended => {
            Err(DeleteError::NotArchived(course.state))
        }
    }
}

/// Whether that role may delete courses.
pub(super) const fn deletes(role: CourseRole) -> bool {
    match role {
        CourseRole::Operator | CourseRole::Admin | CourseRole::Owner => true,
        CourseRole::CoTeacher | CourseRole::Student | CourseRole::Stranger => false,
    }
}

/// A change after the validation of its fields, and before its validation against the course.
struct Edit {
    /// The details after the change.
    details: CourseDetails,
    /// The fields that the request names, without the state, even those that do not differ.
    touched: CourseFields,
    /// The requested state.
    state: Option<CourseState>,
    /// The requested new owner.
    owner: Option<OwnerCandidate>,
}

impl Edit {
    fn apply(self, course: &Course, access: CourseAccess, at: Timestamp) -> Result<Change, ChangeError> {
        may_ask(course, access)?;
        let to = self.state.unwrap_or(course.state);
        if let Some(to) = self.state {
            check_move(course, to, access)?;
        }
        if !self.touched.is_empty() && !course.state.allows_edits() && !to.allows_edits() {
            return Err(ChangeError::NotModifiable(course.state));
        }
        if self.touched.contains(CourseField::Name) && contains_url(self.details.name.as_str()) {
            return Err(ChangeError::TitleContainsUrl);
        }
        let owner = if self.touched.contains(CourseField::Owner) { transfer(course, self.owner)? } else { course.owner };
        Ok(settle(course, self.details, to, owner, at))
    }
}

/// Refuses a state to which a user with that access may not move the course. The present state is not refused to those who may change it.
pub(super) fn check_move(course: &Course, to: CourseState, access: CourseAccess) -> Result<(), ChangeError> {
    transition(course.state, to, access)?;
    Ok(may_leave_suspension(course, to)?)
}

/// Refuses a state to which the suspension of the course does not lead back.
fn may_leave_suspension(course: &Course, to: CourseState) -> Result<(), StateConflict> {
    let from = course.state;
    let ends = |to: &CourseState| from != CourseState::Suspended || *to == from || ends_suspension(course.suspended_from, *to);
    if ends(&to) {
        return Ok(());
    }
    Err(StateConflict { from, to, reachable: from.reachable_by(CourseRole::Operator).iter().filter(ends).collect() })
}

fn may_ask(course: &Course, access: CourseAccess) -> Result<(), ChangeError> {
    if access.any(|role| course.state.answers_to(role)) { Ok(()) } else { Err(ChangeError::Role) }
}

/// Builds the changed course and collects the facts.
fn settle(course: &Course, details: CourseDetails, state: CourseState, owner: PrincipalId, at: Timestamp) -> Change {
    let mut facts = Vec::new();
    let edited = differences(&course.details, &details);
    if !edited.is_empty() {
        facts.push(CourseFact::Edited(edited));
    }
    if owner != course.owner {
        facts.push(CourseFact::OwnerChanged { from: course.owner, to: owner });
    }
    if state != course.state {
        facts.push(CourseFact::StateChanged { from: course.state, to: state });
    }
    if facts.is_empty() {
        return Change { course: course.clone(), facts };
    }
    let first_active = state == CourseState::Active && course.first_active_at.is_none();
    if first_active {
        facts.push(CourseFact::FirstActivated);
    }
    let course = Course {
        details,
        state,
        suspended_from: origin(course, state),
        owner,
        revision: course.revision.next(),
        // Clocks of several machines differ, but the time of the last change never goes back.
        updated_at: at.max(course.updated_at),
        first_active_at: if first_active { Some(at) } else { course.first_active_at },
        ..course.clone()
    };
    Change { course, facts }
}

/// The state before the suspension, if the course is suspended in the new state `state`.
const fn origin(course: &Course, state: CourseState) -> Option<CourseState> {
    match (course.state, state) {
        (CourseState::Suspended, CourseState::Suspended) => course.suspended_from,
        (from, CourseState::Suspended) => Some(from),
        (_, CourseState::Active | CourseState::Archived | CourseState::Provisioned | CourseState::Declined) => None,
    }
}

fn differences(old: &CourseDetails, new: &CourseDetails) -> CourseFields {
    let CourseDetails { name, section, description_heading, description, room, subject, levels } = old;
    [
        (CourseField::Name, *name != new.name),
        (CourseField::Section, *section != new.section),
        (CourseField::DescriptionHeading, *description_heading != new.description_heading),
        (CourseField::Description, *description != new.description),
        (CourseField::Room, *room != new.room),
        (CourseField::Subject, *subject != new.subject),
        (CourseField::Levels, *levels != new.levels),
    ]
    .into_iter()
    .filter(|(_, differs)| *differs)
    .map(|(field, _)| field)
    .collect()
}

#[cfg(test)]
mod tests;
