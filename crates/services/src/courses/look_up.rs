//! Finds what a request names: a course by its id or an alias, a user by id, address or as `me`. It decides about access to the
//! course as well, so that nobody works on one without having asked.

use derslik_domain::course::{
    AliasSpace, Course, CourseAccess, CourseAction, CourseContext, CourseDenial, CourseRef, OwnerAccount, UserRef, UserStatus,
    authorize_course, check_owner, needs_owner,
};
use derslik_domain::id::CourseId;
use derslik_domain::identity::{Actor, Email, User, UserKey, UserState};
use derslik_ports::inbound::{CourseError, CourseWithAccess, Precondition};
use derslik_ports::outbound::{CourseWithMembership, StoreError, Stores};

/// The id of the course that a request names, as far as the credential sees the alias.
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

/// The course that a request names, for the actor to do that with.
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
    let seen = judge(actor, found, action)?;
    ask_owner(stores, actor, seen, action)
}

/// As [`find`], the course held against other writers until the transaction ends.
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
    let seen = judge(actor, found, action)?;
    ask_owner(stores, actor, seen, action)
}

/// The course, if its owner is there as far as the action needs one.
fn ask_owner(
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

/// Whether whoever owns a course is still there.
pub(crate) fn owner_account(stores: &mut dyn Stores, actor: &Actor, course: &Course) -> Result<OwnerAccount, StoreError> {
    // Who acts is there.
    if course.owner == actor.principal.id {
        return Ok(OwnerAccount::There);
    }
    let owner = stores.users().find(actor.account_id(), &UserKey::Id(course.owner))?;
    Ok(match owner.map(|owner| owner.status) {
        Some(UserState::Active | UserState::Passive) => OwnerAccount::There,
        Some(UserState::Deleted) | None => OwnerAccount::Deleted,
    })
}

/// What was found, if the actor may do that with it.
pub(super) fn judge(actor: &Actor, found: Option<CourseWithMembership>, action: CourseAction) -> Result<CourseWithAccess, CourseError> {
    let context = found.as_ref().map(|record| CourseContext { state: record.course.state, membership: record.membership });
    let access = authorize_course(actor, action, context, &actor.account.settings.courses)?;
    let course = found.ok_or(CourseDenial::Missing)?.course;
    Ok(CourseWithAccess { course, access })
}

/// Objects where the course is not in the version that the request is about.
pub(super) fn check(course: &Course, precondition: &Precondition) -> Result<(), CourseError> {
    match precondition {
        Precondition::Any => Ok(()),
        Precondition::OneOf(versions) if versions.contains(&(course.id, course.revision)) => Ok(()),
        Precondition::OneOf(_) => Err(CourseError::Stale),
    }
}

/// The user that a request names. Whoever was erased is still found by id.
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

/// As [`status`], the user held against deletion until the transaction ends, so that nothing is given to somebody who is erased
/// meanwhile.
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

/// What somebody sees of a course that was changed, which may have made them something else to it.
pub(super) fn seen(course: Course, access: CourseAccess) -> CourseWithAccess {
    CourseWithAccess { course, access }
}
