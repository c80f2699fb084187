//! Members of courses as messages.

use derslik_domain::identity::Actor;
use derslik_ports::inbound::MemberWithAccess;
use serde::Serialize;

use crate::classroom::profiles::ProfileView;

/// A member of a course.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MemberView<'a> {
    course_id: String,
    user_id: String,
    profile: ProfileView<'a>,
}

impl<'a> MemberView<'a> {
    /// A member as the actor sees them.
    pub(super) fn new(member: &'a MemberWithAccess, actor: &Actor) -> Self {
        let MemberWithAccess { course, user } = member;
        Self { course_id: course.to_string(), user_id: user.id.to_string(), profile: ProfileView::new(user, actor) }
    }
}
