//! `userProfiles`: the profiles of users.

mod messages;
mod operations;
mod view;

pub(super) use messages::USER_PROFILE;
pub(super) use operations::OPERATIONS;
pub(super) use view::ProfileView;
