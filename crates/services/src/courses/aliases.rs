//! Attaches aliases to courses, lists and detaches them.

use derslik_domain::course::CourseAction;
use derslik_domain::course::alias::{Alias, AliasSpace, CourseRef};
use derslik_domain::identity::Actor;
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::inbound::{CourseError, CourseWithAccess, IdempotentOutcome, IdempotentRequest};
use derslik_ports::outbound::{Conflict, StoreError, Stores, UnitOfWork};

use super::Courses;
use super::access::{find, lock};
use crate::author::{Author, write_as};
use crate::idempotency::IdempotencyGuard;

pub(super) async fn create<U: UnitOfWork>(
    service: &Courses<U>,
    actor: &Actor,
    course: CourseRef,
    alias: Alias,
    idempotent: Option<IdempotentRequest<Alias>>,
) -> Result<IdempotentOutcome<Alias>, CourseError> {
    let (author, actor, at) = (Author::of(actor), actor.clone(), service.clock.now_of(actor.account_id()));
    let guard = IdempotencyGuard::new(&actor, idempotent, at);
    let work = move |stores: &mut dyn Stores| {
        let (seen, space) = for_writing(stores, &actor, &course, &alias)?;
        stores.aliases().add(actor.account_id(), seen.course.id, space, &alias, at)?;
        Ok(alias)
    };
    match write_as(&service.uow, author, move |stores| guard.run(stores, work)).await {
        Err(CourseError::Store(StoreError::Conflict(Conflict::Alias))) => Err(CourseError::AliasTaken),
        outcome => outcome,
    }
}

pub(super) async fn delete<U: UnitOfWork>(service: &Courses<U>, actor: &Actor, course: CourseRef, alias: Alias) -> Result<(), CourseError> {
    let actor = actor.clone();
    write_as(&service.uow, Author::of(&actor), move |stores| {
        let (seen, space) = for_writing(stores, &actor, &course, &alias)?;
        let removed = stores.aliases().remove(actor.account_id(), seen.course.id, space, &alias)?;
        if removed { Ok(()) } else { Err(CourseError::NotFound) }
    })
    .await
}

/// Locks the course to write one of its aliases; returns it with the space of the alias.
fn for_writing(
    stores: &mut dyn Stores,
    actor: &Actor,
    course: &CourseRef,
    alias: &Alias,
) -> Result<(CourseWithAccess, AliasSpace), CourseError> {
    let seen = lock(stores, actor, course, CourseAction::WriteAlias(alias.scope()))?;
    if !seen.course.state.allows_aliases() {
        return Err(CourseError::NoAliases(seen.course.state));
    }
    let space = AliasSpace::of(alias.scope(), actor.project).map_err(|_| CourseError::NoProject)?;
    Ok((seen, space))
}

pub(super) async fn list<U: UnitOfWork>(
    service: &Courses<U>,
    actor: &Actor,
    course: CourseRef,
    page: PageRequest<Alias>,
) -> Result<Page<Alias>, CourseError> {
    let actor = actor.clone();
    service
        .uow
        .read(actor.account_id(), move |stores| {
            let seen = find(stores, &actor, &course, CourseAction::ListAliases)?;
            Ok(stores.aliases().list(actor.account_id(), seen.course.id, actor.project, &page)?)
        })
        .await
}
