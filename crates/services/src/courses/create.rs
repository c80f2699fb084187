//! Creates a course with its owner and its alias, all or nothing.

use std::sync::Arc;

use derslik_domain::course::alias::AliasSpace;
use derslik_domain::course::material::{DriveFolder, MaterialId};
use derslik_domain::course::roster::Membership;
use derslik_domain::course::{
    CatalogueAction, Course, CourseAccess, CourseDenial, CourseForm, EnrollmentCode, NamedOwner, NewCourseContext, authorize_catalogue,
    create,
};
use derslik_domain::id::{AccountId, CourseId};
use derslik_domain::identity::{Actor, Role};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{CourseError, CourseWithAccess, IdempotentOutcome, IdempotentRequest};
use derslik_ports::outbound::{Conflict, Ids, StoreError, Stores, UnitOfWork};

use super::Courses;
use super::access::{find_user, hold_status, with_access};
use super::calendar::enqueue_calendar_job;
use super::random_id::twelve_digits;
use crate::author::{Author, write_as};
use crate::idempotency::IdempotencyGuard;

/// How many ids are tried. A conflict is next to impossible, since ids are random.
const TRIES: usize = 3;

pub(super) async fn run<U: UnitOfWork>(
    service: &Courses<U>,
    actor: &Actor,
    form: CourseForm,
    idempotent: Option<IdempotentRequest<CourseWithAccess>>,
) -> Result<IdempotentOutcome<CourseWithAccess>, CourseError> {
    authorize_catalogue(actor, CatalogueAction::Create)?;
    let (author, actor, ids, at) = (Author::of(actor), actor.clone(), Arc::clone(&service.ids), service.clock.now_of(actor.account_id()));
    let guard = IdempotencyGuard::new(&actor, idempotent, at);
    let work = move |stores: &mut dyn Stores| create_course(stores, &actor, form, ids.as_ref(), at);
    match write_as(&service.uow, author, move |stores| guard.run(stores, work)).await {
        Err(CourseError::Store(StoreError::Conflict(Conflict::Alias))) => Err(CourseError::AliasTaken),
        outcome => outcome,
    }
}

pub(crate) fn create_course(
    stores: &mut dyn Stores,
    actor: &Actor,
    form: CourseForm,
    ids: &dyn Ids,
    at: Timestamp,
) -> Result<CourseWithAccess, CourseError> {
    let account = actor.account_id();
    let owner = match form.owner_ref() {
        Ok(owner) => find_user(stores, actor, &owner)?,
        Err(_) => None,
    };
    let owner = match owner {
        Some(owner) => Some(NamedOwner { user: owner.id, kind: owner.kind, status: hold_status(stores, actor, &owner)? }),
        None => None,
    };
    let id = twelve_digits(ids, account);
    let context = NewCourseContext {
        id,
        enrollment_code: EnrollmentCode::from_random(ids.public_number_of(account)),
        group_random: ids.public_number_of(account),
        teacher_folder: folder(id, ids.public_number_of(account)),
        creator: actor.principal.id,
        role: actor.principal.role,
        settings: &actor.account.settings.courses,
        owner,
        at,
    };
    let mut created = create(form, context)?;
    let space = created.alias.as_ref().map(|alias| AliasSpace::of(alias.scope(), actor.project)).transpose();
    let space = space.map_err(|_| CourseError::NoProject)?;
    if space == Some(AliasSpace::Domain) && actor.principal.role != Role::Admin {
        return Err(CourseDenial::Role.into());
    }
    insert(stores, account, &mut created.course, ids)?;
    if let Some((alias, space)) = created.alias.as_ref().zip(space) {
        stores.aliases().add(account, created.course.id, space, alias, at)?;
    }
    enqueue_calendar_job(stores, account, created.course.id, &created.facts, at, actor.trace)?;
    let membership = (created.course.owner == actor.principal.id).then_some(Membership::Owner);
    Ok(with_access(created.course, CourseAccess::of_actor(actor, membership)))
}

/// Inserts the course, under another id if the first one is taken.
fn insert(stores: &mut dyn Stores, account: AccountId, course: &mut Course, ids: &dyn Ids) -> Result<(), StoreError> {
    for _ in 1..TRIES {
        match stores.courses().insert(account, course) {
            Err(StoreError::Conflict(Conflict::Course)) => {
                course.id = twelve_digits(ids, account);
                course.teacher_folder = folder(course.id, ids.public_number_of(account));
            }
            outcome => return outcome,
        }
    }
    stores.courses().insert(account, course)
}

/// A folder with a random part in its id, so that the id of the course does not reveal it.
fn folder(course: CourseId, random: u64) -> Option<DriveFolder> {
    let id = MaterialId::new(format!("{course}-{random:016x}")).ok()?;
    Some(DriveFolder { id, title: None, alternate_link: None })
}
