//! Authorization for courses: scopes decide the verb, the access to the course decides the object. How a denial is answered
//! is left to the dialects.

use crate::id::PrincipalId;
use crate::identity::{Actor, Role, Scope};

use super::access::{CourseAccess, CourseRole};
use super::alias::AliasScope;
use super::change::deletes;
use super::roster::{Membership, OwnerAccount, Roster};
use super::settings::{CourseSettings, GradingPeriodLicence};
use super::state::CourseState;

/// An action on the courses of an account that is not about a single course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum CatalogueAction {
    /// Create a course.
    Create,
    /// List the courses that the actor sees.
    List,
    /// Read the profile of a user.
    ReadProfile,
}

/// An action on one course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum CourseAction {
    /// Read it.
    Get,
    /// Change it, in part or as a whole.
    Edit,
    /// Hand it over.
    Transfer,
    /// Delete it.
    Delete,
    /// Read its aliases.
    ListAliases,
    /// Attach an alias of that scope, or detach it.
    WriteAlias(AliasScope),
    /// Read its grading periods.
    ReadGradingPeriods,
    /// Change its grading periods.
    WriteGradingPeriods,
    /// Ask whether its grading periods could be changed.
    CheckGradingPeriods,
    /// Ask whether add-ons could attach something to it.
    CheckAddOns,
    /// Read the teachers or the students.
    ReadRoster(Roster),
    /// Add a user to a roster.
    AddTo(Roster),
    /// Join it as a student through its code.
    Join,
    /// Remove another user from a roster.
    RemoveFrom(Roster),
    /// Leave it.
    Leave,
}

impl CatalogueAction {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::Create, Self::List, Self::ReadProfile];

    /// The scopes that allow the action; any one of them is enough.
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Create => WRITE_COURSES,
            Self::List => READ_COURSES,
            Self::ReadProfile => READ_ROSTERS,
        }
    }
}

const WRITE_COURSES: &[Scope] = &[Scope::Courses];
const READ_COURSES: &[Scope] = &[Scope::Courses, Scope::CoursesReadonly];
const WRITE_ROSTERS: &[Scope] = &[Scope::Rosters];
const READ_ROSTERS: &[Scope] = &[Scope::Rosters, Scope::RostersReadonly, Scope::ProfileEmails, Scope::ProfilePhotos];
const ADD_ONS: &[Scope] = &[Scope::AddonsTeacher];

impl CourseAction {
    /// Every action.
    pub const ALL: [Self; 19] = [
        Self::Get,
        Self::Edit,
        Self::Transfer,
        Self::Delete,
        Self::ListAliases,
        Self::WriteAlias(AliasScope::Domain),
        Self::WriteAlias(AliasScope::Project),
        Self::ReadGradingPeriods,
        Self::WriteGradingPeriods,
        Self::CheckGradingPeriods,
        Self::CheckAddOns,
        Self::ReadRoster(Roster::Teachers),
        Self::ReadRoster(Roster::Students),
        Self::AddTo(Roster::Teachers),
        Self::AddTo(Roster::Students),
        Self::Join,
        Self::RemoveFrom(Roster::Teachers),
        Self::RemoveFrom(Roster::Students),
        Self::Leave,
    ];

    /// The scopes that allow the action; any one of them is enough.
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Get | Self::ListAliases | Self::ReadGradingPeriods | Self::CheckGradingPeriods => READ_COURSES,
            Self::Edit
            | Self::Transfer
            | Self::Delete
            | Self::WriteAlias(AliasScope::Domain | AliasScope::Project)
            | Self::WriteGradingPeriods => WRITE_COURSES,
            Self::CheckAddOns => ADD_ONS,
            Self::ReadRoster(Roster::Teachers | Roster::Students) => READ_ROSTERS,
            Self::AddTo(Roster::Teachers | Roster::Students)
            | Self::Join
            | Self::RemoveFrom(Roster::Teachers | Roster::Students)
            | Self::Leave => WRITE_ROSTERS,
        }
    }
}

/// The stored facts about a course and the actor on which a decision depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CourseContext {
    /// The state of the course.
    pub state: CourseState,
    /// The membership of the actor in it.
    pub membership: Option<Membership>,
}

/// Why a request about courses was denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum CourseDenial {
    /// The credential lacks the scope for this kind of request; any of these scopes would be enough.
    #[error("the credential does not allow this")]
    Scope(&'static [Scope]),
    /// The actor's account does not have this course.
    #[error("no such course")]
    Missing,
    /// The course exists, but the actor may not see it.
    #[error("the actor may not see the course")]
    Invisible,
    /// The actor sees the course, but may not do this with it.
    #[error("the actor may not do this with the course")]
    Role,
    /// The account of the owner was deleted: only an administrator changes the course from then on.
    #[error("the account of the owner was deleted")]
    InactiveOwner,
    /// Only administrators add other users to a roster.
    #[error("only an administrator may add users directly")]
    CannotDirectAdd,
    /// The actor is neither a teacher nor an administrator, or the account lacks the licence.
    #[error("the actor may not change grading periods")]
    IneligibleForGradingPeriods,
}

/// Decides whether `actor` may do `action` with the courses of its account. Which owner and state a new course may have is
/// decided by [`create`](super::create). Which courses a list holds is decided by its [`Viewer`](super::Viewer).
///
/// # Errors
/// [`CourseDenial::Scope`].
pub fn authorize_catalogue(actor: &Actor, action: CatalogueAction) -> Result<(), CourseDenial> {
    check_scope(actor, action.scopes())
}

/// Decides whether `actor` may do `action` with the course that a store found in the actor's own account. `context` holds
/// its state and the actor's membership. Edits that the state forbids to every role are refused elsewhere.
///
/// # Errors
/// The [`CourseDenial`].
pub fn authorize_course(
    actor: &Actor,
    action: CourseAction,
    context: Option<CourseContext>,
    settings: &CourseSettings,
) -> Result<CourseAccess, CourseDenial> {
    check_scope(actor, action.scopes())?;
    let context = context.ok_or(CourseDenial::Missing)?;
    let access = CourseAccess::of_actor(actor, context.membership);
    // A user that joins by a code is a stranger until then; the code decides.
    if action == CourseAction::Join {
        return Ok(access);
    }
    // A role counts only where it sees the course. In a course that waits for its owner, the role of a co-teacher does not
    // count yet.
    if !access.any(|role| context.state.is_visible_to(role)) {
        return Err(CourseDenial::Invisible);
    }
    if !access.any(|role| context.state.is_visible_to(role) && permits(action, role)) {
        return Err(refusal(action));
    }
    if action == CourseAction::WriteGradingPeriods && settings.grading_periods == GradingPeriodLicence::Missing {
        return Err(CourseDenial::IneligibleForGradingPeriods);
    }
    Ok(access)
}

/// Whether the action is allowed only as long as the owner of the course is there. A course with a deleted owner is left to
/// the administrators, who can hand it over. Other users may read it, and members may leave it.
pub fn needs_owner(action: CourseAction, access: CourseAccess) -> bool {
    match action {
        CourseAction::Edit
        | CourseAction::Transfer
        | CourseAction::Delete
        | CourseAction::WriteAlias(AliasScope::Domain | AliasScope::Project)
        | CourseAction::WriteGradingPeriods
        | CourseAction::AddTo(Roster::Teachers | Roster::Students)
        | CourseAction::RemoveFrom(Roster::Teachers | Roster::Students) => !access.is_admin(),
        CourseAction::Get
        | CourseAction::ListAliases
        | CourseAction::ReadGradingPeriods
        | CourseAction::CheckGradingPeriods
        | CourseAction::CheckAddOns
        | CourseAction::ReadRoster(Roster::Teachers | Roster::Students)
        | CourseAction::Leave
        // The code decides whether an outsider learns of the course at all, so `join` asks about the owner.
        | CourseAction::Join => false,
    }
}

/// Decides whether the account of the owner allows the action that [`authorize_course`] permitted.
///
/// # Errors
/// [`CourseDenial::InactiveOwner`].
pub fn check_owner(action: CourseAction, access: CourseAccess, owner: OwnerAccount) -> Result<(), CourseDenial> {
    match owner {
        OwnerAccount::Deleted if needs_owner(action, access) => Err(CourseDenial::InactiveOwner),
        OwnerAccount::Deleted | OwnerAccount::There => Ok(()),
    }
}

/// Whether a change of the grading periods would be allowed with that access: the answer to a client's check.
pub fn eligible_for_grading_periods(access: CourseAccess, state: CourseState, owner: OwnerAccount, settings: &CourseSettings) -> bool {
    let licensed = match settings.grading_periods {
        GradingPeriodLicence::Held => true,
        GradingPeriodLicence::Missing => false,
    };
    let may = access.any(|role| state.is_visible_to(role) && permits(CourseAction::WriteGradingPeriods, role));
    let may_change = check_owner(CourseAction::WriteGradingPeriods, access, owner).is_ok();
    licensed && may && may_change && state.allows_edits()
}

/// Whether add-ons of a user with that access could attach something to the coursework of the course.
pub fn eligible_for_add_ons(access: CourseAccess, state: CourseState) -> bool {
    access.is_teacher() && state.allows_edits() && access.any(|role| state.is_visible_to(role))
}

/// Whether `actor` may read the profile of `user`. Administrators read every profile. A member reads its own profile and
/// those of users with whom it shares a course.
pub fn may_read_profile(actor: &Actor, user: PrincipalId, shares_course: bool) -> bool {
    match actor.principal.role {
        Role::Admin => true,
        Role::Member => actor.principal.id == user || shares_course,
    }
}

fn check_scope(actor: &Actor, scopes: &'static [Scope]) -> Result<(), CourseDenial> {
    if scopes.iter().any(|scope| actor.scopes.contains(*scope)) { Ok(()) } else { Err(CourseDenial::Scope(scopes)) }
}

/// Whether that role, where it sees the course, permits the action.
const fn permits(action: CourseAction, role: CourseRole) -> bool {
    match action {
        CourseAction::Get
        | CourseAction::ListAliases
        | CourseAction::ReadRoster(Roster::Teachers | Roster::Students)
        | CourseAction::Join => true,
        CourseAction::Edit
        | CourseAction::WriteAlias(AliasScope::Project)
        | CourseAction::ReadGradingPeriods
        | CourseAction::WriteGradingPeriods
        | CourseAction::CheckGradingPeriods
        | CourseAction::CheckAddOns
        | CourseAction::RemoveFrom(Roster::Teachers | Roster::Students) => role.is_staff(),
        CourseAction::Delete => deletes(role),
        CourseAction::Transfer
        | CourseAction::WriteAlias(AliasScope::Domain)
        | CourseAction::AddTo(Roster::Teachers | Roster::Students) => {
            matches!(role, CourseRole::Operator | CourseRole::Admin)
        }
        CourseAction::Leave => matches!(role, CourseRole::Owner | CourseRole::CoTeacher | CourseRole::Student),
    }
}

/// The denial for a role that does not permit the action.
const fn refusal(action: CourseAction) -> CourseDenial {
    match action {
        CourseAction::AddTo(Roster::Teachers | Roster::Students) => CourseDenial::CannotDirectAdd,
        CourseAction::WriteGradingPeriods => CourseDenial::IneligibleForGradingPeriods,
        CourseAction::Get
        | CourseAction::Edit
        | CourseAction::Transfer
        | CourseAction::Delete
        | CourseAction::ListAliases
        | CourseAction::WriteAlias(AliasScope::Domain | AliasScope::Project)
        | CourseAction::ReadGradingPeriods
        | CourseAction::CheckGradingPeriods
        | CourseAction::CheckAddOns
        | CourseAction::ReadRoster(Roster::Teachers | Roster::Students)
        | CourseAction::Join
        | CourseAction::RemoveFrom(Roster::Teachers | Roster::Students)
        | CourseAction::Leave => CourseDenial::Role,
    }
}

#[cfg(test)]
mod tests;
