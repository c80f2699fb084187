//! From messages, parameters and paths to members.

use derslik_domain::course::roster::{Roster, UserRef};
use derslik_domain::id::{Id, PrincipalId};
use derslik_ports::inbound::NewMember;

use crate::classroom::engine::{ClassroomError, Context, Message, take_string};

/// The member to add to a roster: the user in the body, and the code in the query.
///
/// # Errors
/// Every fault of the body, or a body without a user.
pub(super) fn new_member(context: &Context<'_>, roster: Roster, message: &'static Message) -> Result<NewMember, ClassroomError> {
    let user = take_string(&mut context.read(message)?, "userId");
    let user = user.ok_or_else(|| ClassroomError::bad_value("user_id", "required"))?;
    Ok(NewMember { roster, user: UserRef::parse(&user), code: context.query.get("enrollmentCode").map(str::to_owned) })
}

/// The user that the path names with its second value.
pub(super) fn user_ref(context: &Context<'_>) -> UserRef {
    UserRef::parse(context.value(1))
}

/// A position in a list of members, as the bytes of a page token.
pub(super) fn position(user: PrincipalId) -> [u8; 8] {
    user.get().to_be_bytes()
}

/// The inverse of [`position`].
pub(super) fn user_at(position: &[u8]) -> Option<PrincipalId> {
    position.try_into().ok().map(i64::from_be_bytes).map(Id::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_leads_back_to_its_user() {
        assert_eq!(user_at(&position(Id::new(5))), Some(Id::new(5)));
        assert_eq!([user_at(b""), user_at(&[7; 9])], [None, None]);
    }
}
