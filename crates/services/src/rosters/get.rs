//! Reads one member.

use derslik_domain::course::CourseAction;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::roster::{Roster, UserRef};
use derslik_domain::identity::Actor;
use derslik_ports::inbound::{CourseError, MemberWithAccess};
use derslik_ports::outbound::UnitOfWork;

use super::Rosters;
use crate::courses::access::{find, find_user};

pub(super) async fn run<U: UnitOfWork>(
    service: &Rosters<U>,
    actor: &Actor,
    course: CourseRef,
    roster: Roster,
    user: UserRef,
) -> Result<MemberWithAccess, CourseError> {
    let actor = actor.clone();
    service
        .uow
        .read(actor.account_id(), move |stores| {
            let seen = find(stores, &actor, &course, CourseAction::ReadRoster(roster))?;
            let user = find_user(stores, &actor, &user)?.ok_or(CourseError::NotFound)?;
            let membership = stores.rosters().membership(actor.account_id(), seen.course.id, user.id)?;
            let is_listed = membership.is_some_and(|membership| membership.roster() == roster);
            if is_listed { Ok(MemberWithAccess { course: seen.course.id, user }) } else { Err(CourseError::NotFound) }
        })
        .await
}
