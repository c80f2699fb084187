//! The messages of enrollments.

use crate::classroom::engine::{Message, text};

pub(super) static ENROLLMENT: Message = Message {
    name: "Enrollment",
    union: None,
    fields: &[
        text("courseId", "Output only. The course."),
        text("userId", "Output only. The student."),
        text("enrollmentCode", "The code of the course."),
    ],
};
