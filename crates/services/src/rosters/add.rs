//! Puts somebody on a roster: an administrator anybody, and whoever knows the code of a course themselves.

use derslik_domain::course::{CourseAction, CourseRef, Entry, Joining, Roster, UserRef, join};
use derslik_domain::identity::{Actor, Role};
use derslik_ports::inbound::{CourseError, Entrant, Once, Performed, SeenMember};
use derslik_ports::outbound::{Stores, UnitOfWork};

use super::Rosters;
use crate::courses::look_up::{find_user, lock, status};
use crate::once::Guard;

pub(super) async fn run<U: UnitOfWork>(
    service: &Rosters<U>,
    actor: &Actor,
    course: CourseRef,
    entrant: Entrant,
    once: Option<Once<SeenMember>>,
) -> Result<Performed<SeenMember>, CourseError> {
    let (account, actor, at) = (actor.account_id(), actor.clone(), service.clock.now());
    let guard = Guard::new(&actor, once, at);
    let work = move |stores: &mut dyn Stores| {
        let Entrant { roster, user, code } = entrant;
        let by_code = roster == Roster::Students && names(&actor, &user) && (code.is_some() || actor.principal.role != Role::Admin);
        let action = if by_code { CourseAction::Join } else { CourseAction::AddTo(roster) };
        let seen = lock(stores, &actor, &course, action)?;
        let user = find_user(stores, &actor, &user)?.ok_or(CourseError::UnknownUser)?;
        let current = stores.rosters().membership(actor.account_id(), seen.course.id, user.id)?;
        let code = code.unwrap_or_default();
        let entry = if by_code { Entry::Code(&code) } else { Entry::Direct };
        let membership = join(&seen.course, &Joining { roster, entry, current, status: status(&user) })?;
        stores.rosters().put(actor.account_id(), &seen.course, user.id, membership, at)?;
        Ok(SeenMember { course: seen.course.id, user })
    };
    service.uow.write(account, move |stores| guard.run(stores, work)).await
}

/// Whether that is the actor; an address is looked up by nobody but administrators.
fn names(actor: &Actor, user: &UserRef) -> bool {
    match user {
        UserRef::Me => true,
        UserRef::Id(id) => *id == actor.principal.id,
        UserRef::Email(_) | UserRef::Impossible => false,
    }
}
