//! Lists the members on a roster.

use derslik_domain::course::CourseAction;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::roster::Roster;
use derslik_domain::id::PrincipalId;
use derslik_domain::identity::Actor;
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::inbound::{CourseError, MemberWithAccess};
use derslik_ports::outbound::UnitOfWork;

use super::Rosters;
use crate::courses::access::find;

pub(super) async fn run<U: UnitOfWork>(
    service: &Rosters<U>,
    actor: &Actor,
    course: CourseRef,
    roster: Roster,
    page: PageRequest<PrincipalId>,
) -> Result<Page<MemberWithAccess>, CourseError> {
    let actor = actor.clone();
    service
        .uow
        .read(actor.account_id(), move |stores| {
            let course = find(stores, &actor, &course, CourseAction::ReadRoster(roster))?.course.id;
            let members = stores.rosters().list(actor.account_id(), course, roster, page)?;
            Ok(members.map(|member| MemberWithAccess { course, user: member.user }))
        })
        .await
}
