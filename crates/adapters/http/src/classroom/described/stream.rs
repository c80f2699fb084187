//! What announcements, course work and materials have in common.

use crate::classroom::courses::{DRIVE_FILE, FORM, LINK, YOU_TUBE_VIDEO};
use crate::classroom::engine::{Choice, Kind, Message, field, text};

pub(super) static ASSIGNEE_MODE: Choice = Choice {
    name: "AssigneeMode",
    values: &["ASSIGNEE_MODE_UNSPECIFIED", "ALL_STUDENTS", "INDIVIDUAL_STUDENTS"],
    meanings: &["Not set.", "Every student of the course.", "The students that are named."],
};

static SHARE_MODE: Choice = Choice {
    name: "ShareMode",
    values: &["UNKNOWN_SHARE_MODE", "VIEW", "EDIT", "STUDENT_COPY"],
    meanings: &["Not set.", "See the file.", "Change the file together.", "Change a copy of the file each."],
};

pub(super) static TIME_OF_DAY: Message = Message {
    union: None,
    name: "TimeOfDay",
    fields: &[
        field("hours", Kind::Int32, "The hour, 0 to 23."),
        field("minutes", Kind::Int32, "The minute, 0 to 59."),
        field("nanos", Kind::Int32, "The fraction of the second, in billionths."),
        field("seconds", Kind::Int32, "The second, 0 to 59."),
    ],
};

pub(super) static INDIVIDUAL_STUDENTS_OPTIONS: Message =
    Message { union: None, name: "IndividualStudentsOptions", fields: &[field("studentIds", Kind::Texts, "The ids of the students.")] };

pub(super) static MODIFY_INDIVIDUAL_STUDENTS_OPTIONS: Message = Message {
    union: None,
    name: "ModifyIndividualStudentsOptions",
    fields: &[
        field("addStudentIds", Kind::Texts, "The ids of the students to add."),
        field("removeStudentIds", Kind::Texts, "The ids of the students to remove."),
    ],
};

static SHARED_DRIVE_FILE: Message = Message {
    union: None,
    name: "SharedDriveFile",
    fields: &[
        field("driveFile", Kind::One(&DRIVE_FILE), "The file."),
        field("shareMode", Kind::Choice(&SHARE_MODE), "What students may do with it."),
    ],
};

static GEMINI_GEM: Message = Message {
    union: None,
    name: "GeminiGem",
    fields: &[text("id", "The id."), text("title", "The title."), text("url", "Where people open it.")],
};

static NOTEBOOK_LM_NOTEBOOK: Message = Message {
    union: None,
    name: "NotebookLmNotebook",
    fields: &[text("id", "The id."), text("title", "The title."), text("url", "Where people open it.")],
};

pub(super) static MATERIAL: Message = Message {
    union: Some("material"),
    name: "Material",
    fields: &[
        field("driveFile", Kind::One(&SHARED_DRIVE_FILE), "A file, and how it is shared."),
        field("form", Kind::One(&FORM), "Output only. A form to fill in."),
        field("gem", Kind::One(&GEMINI_GEM), "Output only. A gem."),
        field("link", Kind::One(&LINK), "A page of the web."),
        field("notebook", Kind::One(&NOTEBOOK_LM_NOTEBOOK), "Output only. A notebook."),
        field("youtubeVideo", Kind::One(&YOU_TUBE_VIDEO), "A video."),
    ],
};
