//! From messages and paths to members.

use derslik_domain::course::roster::{Roster, UserRef};
use derslik_ports::inbound::NewMember;

use super::messages::ENROLLMENT;
use crate::classroom::engine::{ClassroomError, Context, take_string};

/// The caller as a new student, with the code in the body.
///
/// # Errors
/// Every fault of the body, or a body without a code.
pub(super) fn new_student(context: &Context<'_>) -> Result<NewMember, ClassroomError> {
    let mut enrollment = context.read(&ENROLLMENT)?;
    let code = take_string(&mut enrollment, "enrollmentCode");
    let code = code.ok_or_else(|| ClassroomError::bad_value("enrollment.enrollment_code", "required"))?;
    Ok(NewMember { roster: Roster::Students, user: UserRef::Me, code: Some(code) })
}

/// The student that the path names with its second value.
pub(super) fn student(context: &Context<'_>) -> UserRef {
    UserRef::parse(context.value(1))
}
