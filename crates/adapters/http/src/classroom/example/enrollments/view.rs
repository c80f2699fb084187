//! Enrollments as messages.

use derslik_ports::inbound::MemberWithAccess;
use serde::Serialize;

/// The enrollment of a student.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnrollmentView {
    course_id: String,
    user_id: String,
}

impl EnrollmentView {
    /// The number of bytes that it takes.
    pub(super) const BYTES: usize = 100;

    pub(super) fn new(member: &MemberWithAccess) -> Self {
        let MemberWithAccess { course, user } = member;
        Self { course_id: course.to_string(), user_id: user.id.to_string() }
    }
}
