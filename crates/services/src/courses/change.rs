//! Changes a course: it locks the course, lets the domain decide, and writes the result. Nothing is written if nothing changed.

use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::roster::{Membership, OwnerCandidate};
use derslik_domain::course::{
    Change, Course, CourseAccess, CourseAction, CourseFact, CourseField, CourseForm, CreateError, Patch, UpdateMask, patch, replace,
};
use derslik_domain::identity::Actor;
use derslik_ports::inbound::{CourseError, CourseWithAccess, Precondition};
use derslik_ports::outbound::{Stores, UnitOfWork};

use super::Courses;
use super::access::{check_precondition, find_user, hold_status, lock, with_access};
use super::calendar::enqueue_calendar_job;
use crate::author::{Author, write_as};

/// The requested change of a course.
pub(super) enum CourseChange {
    /// The fields that the mask names.
    Patch(CourseForm, UpdateMask),
    /// All settable fields.
    Replace(CourseForm),
}

impl CourseChange {
    fn action(&self) -> CourseAction {
        match self {
            Self::Patch(_, mask) if mask.contains(CourseField::Owner) => CourseAction::Transfer,
            Self::Patch(..) | Self::Replace(_) => CourseAction::Edit,
        }
    }
}

pub(super) async fn run<U: UnitOfWork>(
    service: &Courses<U>,
    actor: &Actor,
    course: CourseRef,
    requested: CourseChange,
    precondition: Precondition,
) -> Result<CourseWithAccess, CourseError> {
    let (actor, at) = (actor.clone(), service.clock.now_of(actor.account_id()));
    write_as(&service.uow, Author::of(&actor), move |stores| {
        let CourseWithAccess { course, access } = lock(stores, &actor, &course, requested.action())?;
        check_precondition(&course, &precondition)?;
        let change = match requested {
            CourseChange::Patch(form, mask) => {
                let owner = if mask.contains(CourseField::Owner) { candidate(stores, &actor, &course, &form)? } else { None };
                patch(&course, Patch { form, mask, owner }, access, at)?
            }
            CourseChange::Replace(form) => replace(&course, form, access, at)?,
        };
        let access = write(stores, &actor, &change, access)?;
        enqueue_calendar_job(stores, actor.account_id(), change.course.id, &change.facts, at, actor.trace)?;
        Ok(with_access(change.course, access))
    })
    .await
}

/// The user that the form names as the new owner.
fn candidate(stores: &mut dyn Stores, actor: &Actor, course: &Course, form: &CourseForm) -> Result<Option<OwnerCandidate>, CourseError> {
    // The validation of the fields refuses a form without an owner.
    let Ok(named) = form.owner_ref() else { return Ok(None) };
    let user = find_user(stores, actor, &named)?.ok_or(CreateError::UnknownOwner)?;
    let membership = stores.rosters().membership(actor.account_id(), course.id, user.id)?;
    let status = hold_status(stores, actor, &user)?;
    Ok(Some(OwnerCandidate { user: user.id, membership, status }))
}

/// Writes the change, and returns the actor's access to the course after it.
fn write(stores: &mut dyn Stores, actor: &Actor, change: &Change, access: CourseAccess) -> Result<CourseAccess, CourseError> {
    if change.facts.is_empty() {
        return Ok(access);
    }
    let (account, course) = (actor.account_id(), &change.course);
    stores.courses().update(account, course)?;
    let mut access = access;
    for fact in &change.facts {
        if let CourseFact::OwnerChanged { from, to } = fact {
            stores.rosters().put(account, course, *from, Membership::Teacher, course.updated_at)?;
            stores.rosters().put(account, course, *to, Membership::Owner, course.updated_at)?;
            let membership = stores.rosters().membership(account, course.id, actor.principal.id)?;
            access = CourseAccess::of_actor(actor, membership);
        }
    }
    Ok(access)
}
