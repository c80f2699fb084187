//! The messages of user profiles.

use crate::classroom::engine::{Choice, Kind, Message, field, text};

static PERMISSION: Choice =
    Choice { name: "Permission", values: &["PERMISSION_UNSPECIFIED", "CREATE_COURSE"], meanings: &["Not set.", "Create courses."] };

static NAME: Message = Message {
    union: None,
    name: "Name",
    fields: &[text("givenName", "The given name."), text("familyName", "The family name."), text("fullName", "Both together.")],
};

static GLOBAL_PERMISSION: Message =
    Message { union: None, name: "GlobalPermission", fields: &[field("permission", Kind::Choice(&PERMISSION), "What the user may do.")] };

pub(crate) static USER_PROFILE: Message = Message {
    union: None,
    name: "UserProfile",
    fields: &[
        text("id", "The id of the user."),
        field("name", Kind::One(&NAME), "The name of the user."),
        text("emailAddress", "The address of the user; with the scope of addresses alone."),
        text("photoUrl", "A picture of the user."),
        field("permissions", Kind::Many(&GLOBAL_PERMISSION), "What the user may do in the account."),
        field("verifiedTeacher", Kind::Flag, "Whether an administrator knows the user as a teacher."),
    ],
};
