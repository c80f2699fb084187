//! The messages of teachers and students.

use crate::classroom::courses::DRIVE_FOLDER;
use crate::classroom::engine::{Kind, Message, field, text};
use crate::classroom::profiles::USER_PROFILE;

pub(super) static TEACHER: Message = Message {
    union: None,
    name: "Teacher",
    fields: &[
        text("courseId", "The course."),
        text("userId", "The user: an id, an e-mail address or `me`."),
        field("profile", Kind::One(&USER_PROFILE), "Output only. The profile of the user."),
    ],
};

pub(super) static STUDENT: Message = Message {
    union: None,
    name: "Student",
    fields: &[
        text("courseId", "The course."),
        text("userId", "The user: an id, an e-mail address or `me`."),
        field("profile", Kind::One(&USER_PROFILE), "Output only. The profile of the user."),
        field("studentWorkFolder", Kind::One(&DRIVE_FOLDER), "Output only. The folder of the student's work."),
    ],
};

pub(super) static TEACHERS: Message = Message {
    union: None,
    name: "ListTeachersResponse",
    fields: &[
        field("teachers", Kind::Many(&TEACHER), "The teachers."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};

pub(super) static STUDENTS: Message = Message {
    union: None,
    name: "ListStudentsResponse",
    fields: &[
        field("students", Kind::Many(&STUDENT), "The students."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};
