//! Adds a user to a roster. An administrator can add any user; an actor with the code of a course can add themselves.

use derslik_domain::course::CourseAction;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::roster::{Entry, Joining, Roster, join};
use derslik_domain::identity::{Actor, Role};
use derslik_ports::inbound::{CourseError, IdempotentOutcome, IdempotentRequest, MemberWithAccess, NewMember};
use derslik_ports::outbound::{Stores, UnitOfWork};

use super::Rosters;
use crate::author::{Author, write_as};
use crate::courses::access::{find_user, hold_status, lock, owner_account};
use crate::idempotency::IdempotencyGuard;

pub(super) async fn run<U: UnitOfWork>(
    service: &Rosters<U>,
    actor: &Actor,
    course: CourseRef,
    new_member: NewMember,
    idempotent: Option<IdempotentRequest<MemberWithAccess>>,
) -> Result<IdempotentOutcome<MemberWithAccess>, CourseError> {
    let (author, actor, at) = (Author::of(actor), actor.clone(), service.clock.now_of(actor.account_id()));
    let guard = IdempotencyGuard::new(&actor, idempotent, at);
    let work = move |stores: &mut dyn Stores| {
        let NewMember { roster, user, code } = new_member;
        // Looked up before access is checked, since each way to name the actor counts as the actor. Members must not learn
        // whether another user exists: they are denied either way.
        let user = find_user(stores, &actor, &user)?;
        let is_actor = user.as_ref().is_some_and(|user| user.id == actor.principal.id);
        let by_code = roster == Roster::Students && is_actor && (code.is_some() || actor.principal.role != Role::Admin);
        let action = if by_code { CourseAction::Join } else { CourseAction::AddTo(roster) };
        let seen = lock(stores, &actor, &course, action)?;
        let user = user.ok_or(CourseError::UnknownUser)?;
        let current = stores.rosters().membership(actor.account_id(), seen.course.id, user.id)?;
        let code = code.unwrap_or_default();
        let entry = if by_code { Entry::Code(&code) } else { Entry::Direct };
        let status = hold_status(stores, &actor, &user)?;
        let owner = owner_account(stores, &actor, &seen.course)?;
        let membership = join(&seen.course, &Joining { roster, entry, current, status, owner })?;
        stores.rosters().put(actor.account_id(), &seen.course, user.id, membership, at)?;
        Ok(MemberWithAccess { course: seen.course.id, user })
    };
    write_as(&service.uow, author, move |stores| guard.run(stores, work)).await
}
