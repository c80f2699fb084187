//! Lists the members on a roster.

use derslik_domain::course::{CourseAction, CourseRef, Roster};
use derslik_domain::id::PrincipalId;
use derslik_domain::identity::Actor;
use derslik_ports::inbound::{CourseError, Listed, MemberWithAccess};
use derslik_ports::outbound::{Slice, UnitOfWork};

use super::Rosters;
use crate::courses::listed;
use crate::courses::look_up::find;

pub(super) async fn run<U: UnitOfWork>(
    service: &Rosters<U>,
    actor: &Actor,
    course: CourseRef,
    roster: Roster,
    slice: Slice<PrincipalId>,
) -> Result<Listed<MemberWithAccess>, CourseError> {
    let actor = actor.clone();
    service
        .uow
        .read(actor.account_id(), move |stores| {
            let course = find(stores, &actor, &course, CourseAction::ReadRoster(roster))?.course.id;
            let members = stores.rosters().list(actor.account_id(), course, roster, slice.clone())?;
            let members = members.into_iter().map(|member| MemberWithAccess { course, user: member.user }).collect();
            Ok(listed(members, slice.size))
        })
        .await
}
