//! The messages of add-ons: what they attach to items, and what students do with it.

use super::stream::TIME_OF_DAY;
use super::submissions::SUBMISSION_STATE;
use crate::classroom::engine::{Kind, Message, field, text};
use crate::classroom::grading_periods::DATE;

static EMBED_URI: Message = Message {
    union: None,
    name: "EmbedUri",
    fields: &[text("uri", "The address, 1 to 1,800 characters; the host belongs to the add-on.")],
};

static COPY_HISTORY: Message = Message {
    union: None,
    name: "CopyHistory",
    fields: &[
        text("attachmentId", "The attachment that was copied."),
        text("courseId", "Its course."),
        text("itemId", "Its item."),
        text("postId", "Deprecated. Its item under the former name."),
    ],
};

pub(super) static ADD_ON_ATTACHMENT: Message = Message {
    union: None,
    name: "AddOnAttachment",
    fields: &[
        field("copyHistory", Kind::Many(&COPY_HISTORY), "Output only. Which attachments it was copied from, the latest first."),
        text("courseId", "The course."),
        field("dueDate", Kind::One(&DATE), "The day on which it is due; only together with the time."),
        field("dueTime", Kind::One(&TIME_OF_DAY), "The time of that day, in UTC."),
        field("gradeSyncEnabled", Kind::Flag, "Output only. Whether its points become the draft grade of the submission."),
        text("id", "The id of the attachment, unique within its item."),
        text("itemId", "The announcement, course work or material that it is attached to."),
        field("maxPoints", Kind::Double, "The points of a perfect score; zero or absent for an attachment that is not graded."),
        text("postId", "Deprecated. The item under its former name."),
        field("studentViewUri", Kind::One(&EMBED_URI), "What students are shown."),
        field("studentWorkReviewUri", Kind::One(&EMBED_URI), "What teachers are shown to review the work of a student."),
        field("teacherViewUri", Kind::One(&EMBED_URI), "What teachers are shown."),
        text("title", "The title, 1 to 1,000 characters."),
    ],
};

pub(super) static LIST_ADD_ON_ATTACHMENTS_RESPONSE: Message = Message {
    union: None,
    name: "ListAddOnAttachmentsResponse",
    fields: &[
        field("addOnAttachments", Kind::Many(&ADD_ON_ATTACHMENT), "The attachments."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};

static STUDENT_CONTEXT: Message = Message {
    union: None,
    name: "StudentContext",
    fields: &[text("submissionId", "The submission to the course work; set if students may submit work with the attachment.")],
};

static TEACHER_CONTEXT: Message = Message { union: None, name: "TeacherContext", fields: &[] };

pub(super) static ADD_ON_CONTEXT: Message = Message {
    union: None,
    name: "AddOnContext",
    fields: &[
        text("courseId", "The course."),
        text("itemId", "The item that the add-on was opened from."),
        text("postId", "Deprecated. The item under its former name."),
        field("studentContext", Kind::One(&STUDENT_CONTEXT), "What an add-on learns about a student; set if the caller is one."),
        field("supportsStudentWork", Kind::Flag, "Whether students may submit work with the attachment."),
        field("teacherContext", Kind::One(&TEACHER_CONTEXT), "Set if the caller is a teacher of the course."),
    ],
};

pub(super) static ADD_ON_ATTACHMENT_STUDENT_SUBMISSION: Message = Message {
    union: None,
    name: "AddOnAttachmentStudentSubmission",
    fields: &[
        text("courseWorkSubmissionId", "Output only. The submission to the course work that this is a part of."),
        text("id", "Output only. The id of the submission to the attachment."),
        field("pointsEarned", Kind::Double, "The points that the student has earned; only where the attachment has a maximum."),
        field("postSubmissionState", Kind::Choice(&SUBMISSION_STATE), "The state of the submission to the course work."),
        text("userId", "The student."),
    ],
};

pub(super) static LIST_ADD_ON_ATTACHMENT_STUDENT_SUBMISSIONS_RESPONSE: Message = Message {
    union: None,
    name: "ListAddOnAttachmentStudentSubmissionsResponse",
    fields: &[
        field("addOnAttachmentStudentSubmissions", Kind::Many(&ADD_ON_ATTACHMENT_STUDENT_SUBMISSION), "The submissions."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};
