//! Finds the course of a request by its id or an alias, and the user by id, address or as `me`. It checks access to the course
//! as well, so that no use case gets a course without this check.

use derslik_domain::course::alias::{AliasSpace, CourseRef};
use derslik_domain::course::roster::{OwnerAccount, UserRef, UserStatus};
use derslik_domain::course::{Course, CourseAccess, CourseAction, CourseContext, CourseDenial, authorize_course, check_owner, needs_owner};
use derslik_domain::id::CourseId;
use derslik_domain::identity::{Actor, Email, User, UserKey, UserState};
use derslik_ports::inbound::{CourseError, CourseWithAccess, Precondition};
use derslik_ports::outbound::{CourseWithMembership, StoreError, Stores};

/// The id of the course that a request names; `None` for an alias that the credential can't see.
fn resolve(stores: &mut dyn Stores, actor: &Actor, course: &CourseRef) -> Result<Option<CourseId>, StoreError> {
    match course {
        CourseRef::Id(id) => Ok(Some(*id)),
        CourseRef::Alias(alias) => match AliasSpace::of(alias.scope(), actor.project) {
            Ok(space) => stores.aliases().resolve(actor.account_id(), space, alias),
            Err(_) => Ok(None),
        },
        CourseRef::Impossible => Ok(None),
    }
}

/// The course that a request names, if the actor may carry out `action` on it.
pub(crate) fn find(
    stores: &mut dyn Stores,
    actor: &Actor,
    course: &CourseRef,
    action: CourseAction,
) -> Result<CourseWithAccess, CourseError> {
    let found = match resolve(stores, actor, course)? {
        Some(id) => stores.courses().find(actor.account_id(), id, actor.principal.id)?,
        None => None,
    };
    let seen = authorize_found(actor, found, action)?;
    require_owner(stores, actor, seen, action)
}

/// As [`find`], with the course locked against other writers until the transaction ends.
pub(crate) fn lock(
    stores: &mut dyn Stores,
    actor: &Actor,
    course: &CourseRef,
    action: CourseAction,
) -> Result<CourseWithAccess, CourseError> {
    let found = match resolve(stores, actor, course)? {
        Some(id) => stores.courses().lock(actor.account_id(), id, Some(actor.principal.id))?,
        None => None,
    };
    let seen = authorize_found(actor, found, action)?;
    require_owner(stores, actor, seen, action)
}

/// Checks that the owner of the course exists, if the action needs one.
fn require_owner(
    stores: &mut dyn Stores,
    actor: &Actor,
    seen: CourseWithAccess,
    action: CourseAction,
) -> Result<CourseWithAccess, CourseError> {
    if needs_owner(action, seen.access) {
        check_owner(action, seen.access, owner_account(stores, actor, &seen.course)?)?;
    }
    Ok(seen)
}

/// Whether the owner of a course still exists.
pub(crate) fn owner_account(stores: &mut dyn Stores, actor: &Actor, course: &Course) -> Result<OwnerAccount, StoreError> {
    // The actor exists.
    if course.owner == actor.principal.id {
        return Ok(OwnerAccount::There);
    }
    let owner = stores.users().find(actor.account_id(), &UserKey::Id(course.owner))?;
    Ok(match owner.map(|owner| owner.status) {
        Some(UserState::Active | UserState::Passive) => OwnerAccount::There,
        Some(UserState::Deleted) | None => OwnerAccount::Deleted,
    })
}

/// The course that was found, if the actor may carry out `action` on it.
pub(super) fn authorize_found(
    actor: &Actor,
    found: Option<CourseWithMembership>,
    action: CourseAction,
) -> Result<CourseWithAccess, CourseError> {
    let context = found.as_ref().map(|record| CourseContext { state: record.course.state, membership: record.membership });
    let access = authorize_course(actor, action, context, &actor.account.settings.courses)?;
    let course = found.ok_or(CourseDenial::Missing)?.course;
    Ok(CourseWithAccess { course, access })
}

/// Checks the precondition of a request against the version of the course.
pub(super) fn check_precondition(course: &Course, precondition: &Precondition) -> Result<(), CourseError> {
    match precondition {
        Precondition::Any => Ok(()),
        Precondition::OneOf(versions) if versions.contains(&(course.id, course.revision)) => Ok(()),
        Precondition::OneOf(_) => Err(CourseError::Stale),
    }
}

/// The user that a request names. An erased user is still found by id.
pub(crate) fn find_user(stores: &mut dyn Stores, actor: &Actor, user: &UserRef) -> Result<Option<User>, StoreError> {
    let key = match user {
        UserRef::Me => UserKey::Id(actor.principal.id),
        UserRef::Id(id) => UserKey::Id(*id),
        UserRef::Email(email) => match Email::parse(email) {
            Ok(email) => UserKey::Email(email),
            Err(_) => return Ok(None),
        },
        UserRef::Impossible => return Ok(None),
    };
    stores.users().find(actor.account_id(), &key)
}

/// As [`status`], with the user protected from deletion until the transaction ends. So an erased user can't become an owner or
/// a member meanwhile.
pub(crate) fn hold_status(stores: &mut dyn Stores, actor: &Actor, user: &User) -> Result<UserStatus, StoreError> {
    match status(user) {
        UserStatus::Active if stores.identity().hold_principal(actor.account_id(), user.id)? => Ok(UserStatus::Active),
        UserStatus::Active | UserStatus::Inactive => Ok(UserStatus::Inactive),
    }
}

/// Whether the account of a user can be used.
const fn status(user: &User) -> UserStatus {
    match user.status {
        UserState::Active => UserStatus::Active,
        UserState::Passive | UserState::Deleted => UserStatus::Inactive,
    }
}

/// A changed course with the actor's access after the change.
pub(super) fn with_access(course: Course, access: CourseAccess) -> CourseWithAccess {
    CourseWithAccess { course, access }
}
