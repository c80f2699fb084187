//! The messages of aliases.

use crate::classroom::engine::{Kind, Message, field, text};

pub(super) static COURSE_ALIAS: Message =
    Message { union: None, name: "CourseAlias", fields: &[text("alias", "The alias: `d:` or `p:` and a name, at most 256 characters.")] };

pub(super) static COURSE_ALIASES: Message = Message {
    union: None,
    name: "ListCourseAliasesResponse",
    fields: &[
        field("aliases", Kind::Many(&COURSE_ALIAS), "The aliases."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};
