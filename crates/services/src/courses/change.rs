//! Changes a course. Nothing is written if nothing changes.
//!
//! A change of the course alone is decided where the store read the course, if the role that permits it stays as long as the revision. Every
//! other change locks the course in a transaction: the domain decides, and the result is written. So each refusal is decided under the lock.

use std::sync::Arc;

use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::roster::{Membership, OwnerCandidate};
use derslik_domain::course::{
    Change, ChangeError, Course, CourseAccess, CourseAction, CourseFact, CourseField, CourseForm, CreateError, Patch, UpdateMask, patch,
    replace,
};
use derslik_domain::id::CourseId;
use derslik_domain::identity::Actor;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{CourseError, CourseWithAccess, Precondition};
use derslik_ports::outbound::{CourseLookup, CourseWithMembership, CourseWriter, Stores, UnitOfWork};

use super::Courses;
use super::access::{authorize_found, check_precondition, find_user, hold_status, lock, with_access};
use super::calendar::enqueue_calendar_job;
use crate::author::{Author, write_as};

/// The requested change of a course.
#[derive(Clone)]
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

    /// The outcome for a course. `owner` is the user that the form names as the new owner.
    fn apply(self, course: &Course, owner: Option<OwnerCandidate>, access: CourseAccess, at: Timestamp) -> Result<Change, ChangeError> {
        match self {
            Self::Patch(form, mask) => patch(course, Patch { form, mask, owner }, access, at),
            Self::Replace(form) => replace(course, form, access, at),
        }
    }
}

/// A request for a change.
#[derive(Clone)]
struct Request {
    actor: Actor,
    requested: CourseChange,
    precondition: Precondition,
    at: Timestamp,
}

pub(super) async fn run<U: UnitOfWork + CourseWriter>(
    service: &Courses<U>,
    actor: &Actor,
    course: CourseRef,
    requested: CourseChange,
    precondition: Precondition,
) -> Result<CourseWithAccess, CourseError> {
    let at = service.clock.now_of(actor.account_id());
    let request = Arc::new(Request { actor: actor.clone(), requested, precondition, at });
    let changed = match &course {
        CourseRef::Id(id) if request.requested.action() == CourseAction::Edit => change_where_read(service, *id, &request).await?,
        CourseRef::Id(_) | CourseRef::Alias(_) | CourseRef::Impossible => None,
    };
    if let Some(changed) = changed {
        return Ok(changed);
    }
    let request = Arc::unwrap_or_clone(request);
    write_as(&service.uow, Author::of(actor), move |stores| change_locked(stores, &course, request)).await
}

/// Makes the change where the store read the course. `None` leaves it to a transaction.
async fn change_where_read<U: CourseWriter>(
    service: &Courses<U>,
    course: CourseId,
    request: &Arc<Request>,
) -> Result<Option<CourseWithAccess>, CourseError> {
    let (actor, shared) = (&request.actor, Arc::clone(request));
    let viewed = CourseLookup { course, viewer: actor.principal.id };
    let decide = Box::new(move |found| decide_where_read(&shared, found));
    let written = service.uow.change_course(actor.account_id(), viewed, decide).await?;
    Ok(written.map(|CourseWithMembership { course, membership }| with_access(course, CourseAccess::of_actor(actor, membership))))
}

/// The changed course, if the change concerns it alone, and if the role that permits the change can't end without a new revision.
fn decide_where_read(request: &Request, found: CourseWithMembership) -> Option<Course> {
    let Request { actor, requested, precondition, at } = request;
    // An administrator stays one for this request. An owner stays the owner as long as the revision, and is the actor, who is checked. A
    // co-teacher may be removed meanwhile, and is refused once the owner was deleted.
    let is_owner = found.course.owner == actor.principal.id;
    let lasting = found.membership.filter(|membership| is_owner && *membership == Membership::Owner);
    let found = CourseWithMembership { membership: lasting, ..found };
    let CourseWithAccess { course, access } = authorize_found(actor, Some(found), requested.action()).ok()?;
    check_precondition(&course, precondition).ok()?;
    let Change { course, facts } = requested.clone().apply(&course, None, access, *at).ok()?;
    let is_alone = !facts.is_empty() && facts.iter().all(concerns_the_course_alone);
    is_alone.then_some(course)
}

/// Whether nothing but the course is written for the fact.
const fn concerns_the_course_alone(fact: &CourseFact) -> bool {
    match fact {
        CourseFact::Edited(_) | CourseFact::StateChanged { .. } => true,
        CourseFact::FirstActivated | CourseFact::OwnerChanged { .. } | CourseFact::CalendarAssigned | CourseFact::Adjusted => false,
    }
}

/// Makes the change in a transaction in which the course is locked.
fn change_locked(stores: &mut dyn Stores, course: &CourseRef, request: Request) -> Result<CourseWithAccess, CourseError> {
    let Request { actor, requested, precondition, at } = request;
    let CourseWithAccess { course, access } = lock(stores, &actor, course, requested.action())?;
    check_precondition(&course, &precondition)?;
    let owner = match &requested {
        CourseChange::Patch(form, mask) if mask.contains(CourseField::Owner) => candidate(stores, &actor, &course, form)?,
        CourseChange::Patch(..) | CourseChange::Replace(_) => None,
    };
    let change = requested.apply(&course, owner, access, at)?;
    let access = write(stores, &actor, &change, access)?;
    enqueue_calendar_job(stores, actor.account_id(), change.course.id, &change.facts, at, actor.trace)?;
    Ok(with_access(change.course, access))
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
