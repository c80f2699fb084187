//! Removes a user from a roster.

use derslik_domain::course::CourseAction;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::roster::{Roster, UserRef, leave};
use derslik_domain::identity::Actor;
use derslik_ports::inbound::CourseError;
use derslik_ports::outbound::UnitOfWork;

use super::Rosters;
use crate::author::{Author, write_as};
use crate::courses::access::{find_user, lock};

pub(super) async fn run<U: UnitOfWork>(
    service: &Rosters<U>,
    actor: &Actor,
    course: CourseRef,
    roster: Roster,
    user: UserRef,
) -> Result<(), CourseError> {
    let actor = actor.clone();
    write_as(&service.uow, Author::of(&actor), move |stores| {
        let user = find_user(stores, &actor, &user)?;
        let is_actor = user.as_ref().is_some_and(|user| user.id == actor.principal.id);
        let action = if is_actor { CourseAction::Leave } else { CourseAction::RemoveFrom(roster) };
        let seen = lock(stores, &actor, &course, action)?;
        let user = user.ok_or(CourseError::NotFound)?;
        let current = stores.rosters().membership(actor.account_id(), seen.course.id, user.id)?;
        leave(&seen.course, roster, current)?;
        Ok(stores.rosters().remove(actor.account_id(), seen.course.id, user.id)?)
    })
    .await
}
