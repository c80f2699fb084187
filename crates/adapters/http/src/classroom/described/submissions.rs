//! `courses.courseWork.studentSubmissions`: the answers of students to course work.

use super::course_work::COURSE_WORK_TYPE;
use super::parameters::MASKED;
use crate::classroom::courses::{DRIVE_FILE, FORM, LINK, YOU_TUBE_VIDEO};
use crate::classroom::engine::{Choice, Described, EMPTY, Kind, Message, PAGE_SIZE, PAGE_TOKEN, Parameter, ParameterKind, field, text};

pub(super) static SUBMISSION_STATE: Choice = Choice {
    name: "SubmissionState",
    values: &["SUBMISSION_STATE_UNSPECIFIED", "NEW", "CREATED", "TURNED_IN", "RETURNED", "RECLAIMED_BY_STUDENT"],
    meanings: &[
        "Not set.",
        "The student has not opened it.",
        "The student has begun.",
        "The student has handed it in.",
        "The teacher has given it back.",
        "The student has taken it back.",
    ],
};

static HISTORY_STATE: Choice = Choice {
    name: "State",
    values: &["STATE_UNSPECIFIED", "CREATED", "TURNED_IN", "RETURNED", "RECLAIMED_BY_STUDENT", "STUDENT_EDITED_AFTER_TURN_IN"],
    meanings: &[
        "Not set.",
        "The student has begun.",
        "The student has handed it in.",
        "The teacher has given it back.",
        "The student has taken it back.",
        "The student has changed it after handing it in.",
    ],
};

static LATE_VALUES: Choice = Choice {
    name: "LateValues",
    values: &["LATE_VALUES_UNSPECIFIED", "LATE_ONLY", "NOT_LATE_ONLY"],
    meanings: &["Not set.", "Submissions that are late.", "Submissions that are not."],
};

static GRADE_CHANGE_TYPE: Choice = Choice {
    name: "GradeChangeType",
    values: &["UNKNOWN_GRADE_CHANGE_TYPE", "DRAFT_GRADE_POINTS_EARNED_CHANGE", "ASSIGNED_GRADE_POINTS_EARNED_CHANGE", "MAX_POINTS_CHANGE"],
    meanings: &["Not set.", "The draft of the grade.", "The grade that the student sees.", "The points of a perfect score."],
};

static ATTACHMENT: Message = Message {
    union: Some("attachment"),
    name: "Attachment",
    fields: &[
        field("driveFile", Kind::One(&DRIVE_FILE), "A file."),
        field("form", Kind::One(&FORM), "A form to fill in."),
        field("link", Kind::One(&LINK), "A page of the web."),
        field("youTubeVideo", Kind::One(&YOU_TUBE_VIDEO), "A video."),
    ],
};

static ASSIGNMENT_SUBMISSION: Message = Message {
    union: None,
    name: "AssignmentSubmission",
    fields: &[field("attachments", Kind::Many(&ATTACHMENT), "What the student has attached: at most 20.")],
};

static SHORT_ANSWER_SUBMISSION: Message =
    Message { union: None, name: "ShortAnswerSubmission", fields: &[text("answer", "The answer of the student.")] };

static MULTIPLE_CHOICE_SUBMISSION: Message =
    Message { union: None, name: "MultipleChoiceSubmission", fields: &[text("answer", "The choice of the student.")] };

static STATE_HISTORY: Message = Message {
    union: None,
    name: "StateHistory",
    fields: &[
        text("actorUserId", "Who changed the state."),
        field("state", Kind::Choice(&HISTORY_STATE), "The state after the change."),
        field("stateTimestamp", Kind::Time, "When it was changed."),
    ],
};

static GRADE_HISTORY: Message = Message {
    union: None,
    name: "GradeHistory",
    fields: &[
        text("actorUserId", "Who changed the grade."),
        field("gradeChangeType", Kind::Choice(&GRADE_CHANGE_TYPE), "What was changed."),
        field("gradeTimestamp", Kind::Time, "When it was changed."),
        field("maxPoints", Kind::Double, "The points of a perfect score at that time."),
        field("pointsEarned", Kind::Double, "The points after the change."),
    ],
};

static SUBMISSION_HISTORY: Message = Message {
    union: None,
    name: "SubmissionHistory",
    fields: &[
        field("gradeHistory", Kind::One(&GRADE_HISTORY), "A change of the grade."),
        field("stateHistory", Kind::One(&STATE_HISTORY), "A change of the state."),
    ],
};

static RUBRIC_GRADE: Message = Message {
    union: None,
    name: "RubricGrade",
    fields: &[
        text("criterionId", "Output only. The criterion."),
        text("levelId", "The level that was chosen."),
        field("points", Kind::Double, "The points that were given."),
    ],
};

static STUDENT_SUBMISSION: Message = Message {
    union: None,
    name: "StudentSubmission",
    fields: &[
        text("alternateLink", "Output only. Where people see it."),
        field("assignedGrade", Kind::Double, "The grade that the student sees once it is returned."),
        field(
            "assignedRubricGrades",
            Kind::Map(&RUBRIC_GRADE),
            "Output only. The grades by the rubric that the student sees, by the ids of criteria.",
        ),
        field("assignmentSubmission", Kind::One(&ASSIGNMENT_SUBMISSION), "What was attached; only for an assignment."),
        field("associatedWithDeveloper", Kind::Flag, "Output only. Whether the project of the caller created the course work."),
        text("courseId", "Output only. The course."),
        text("courseWorkId", "Output only. The course work."),
        field("courseWorkType", Kind::Choice(&COURSE_WORK_TYPE), "Output only. The kind of the course work."),
        field("creationTime", Kind::Time, "Output only. When it was created."),
        field("draftGrade", Kind::Double, "The grade that only teachers see."),
        field(
            "draftRubricGrades",
            Kind::Map(&RUBRIC_GRADE),
            "Output only. The grades by the rubric that only teachers see, by the ids of criteria.",
        ),
        text("id", "Output only. The id, unique among the submissions to the course work."),
        field("late", Kind::Flag, "Output only. Whether it came after the due date, or is missing after it."),
        field("multipleChoiceSubmission", Kind::One(&MULTIPLE_CHOICE_SUBMISSION), "The choice; only for a question with choices."),
        field("shortAnswerSubmission", Kind::One(&SHORT_ANSWER_SUBMISSION), "The answer; only for a question with a short answer."),
        field("state", Kind::Choice(&SUBMISSION_STATE), "Output only. The state."),
        field("submissionHistory", Kind::Many(&SUBMISSION_HISTORY), "Output only. Its changes of state and of grade."),
        field("updateTime", Kind::Time, "Output only. When it was changed last."),
        text("userId", "Output only. The student."),
    ],
};

static LIST_STUDENT_SUBMISSIONS_RESPONSE: Message = Message {
    union: None,
    name: "ListStudentSubmissionsResponse",
    fields: &[
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
        field("studentSubmissions", Kind::Many(&STUDENT_SUBMISSION), "The submissions."),
    ],
};

static MODIFY_ATTACHMENTS_REQUEST: Message = Message {
    union: None,
    name: "ModifyAttachmentsRequest",
    fields: &[field("addAttachments", Kind::Many(&ATTACHMENT), "What to attach; a submission has at most 20.")],
};

static RECLAIM_STUDENT_SUBMISSION_REQUEST: Message = Message { union: None, name: "ReclaimStudentSubmissionRequest", fields: &[] };

static RETURN_STUDENT_SUBMISSION_REQUEST: Message = Message { union: None, name: "ReturnStudentSubmissionRequest", fields: &[] };

static TURN_IN_STUDENT_SUBMISSION_REQUEST: Message = Message { union: None, name: "TurnInStudentSubmissionRequest", fields: &[] };

const READ: &[&str] = &[
    "classroom.coursework.me",
    "classroom.coursework.me.readonly",
    "classroom.coursework.students",
    "classroom.coursework.students.readonly",
    "classroom.student-submissions.me.readonly",
    "classroom.student-submissions.students.readonly",
];
const WRITE: &[&str] = &["classroom.coursework.me", "classroom.coursework.students"];
const OF_STUDENTS: &[&str] = &["classroom.coursework.me"];
const OF_TEACHERS: &[&str] = &["classroom.coursework.students"];

static LIST: [Parameter; 5] = [
    Parameter::new("late", ParameterKind::Choice(&LATE_VALUES)),
    Parameter::new("states", ParameterKind::Choices(&SUBMISSION_STATE)),
    Parameter::new("userId", ParameterKind::Text),
    PAGE_SIZE,
    PAGE_TOKEN,
];

pub(super) static DESCRIBED: [Described; 7] = [
    Described {
        resource: "courses.courseWork.studentSubmissions",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/courseWork/{courseWorkId}/studentSubmissions",
        query: &LIST,
        request: None,
        response: &LIST_STUDENT_SUBMISSIONS_RESPONSE,
        scopes: READ,
        about: "Lists the submissions to course work; `-` as its id stands for all of the course.",
    },
    Described {
        resource: "courses.courseWork.studentSubmissions",
        name: "get",
        verb: "GET",
        path: "v1/courses/{courseId}/courseWork/{courseWorkId}/studentSubmissions/{id}",
        query: &[],
        request: None,
        response: &STUDENT_SUBMISSION,
        scopes: READ,
        about: "Returns the submission of a student.",
    },
    Described {
        resource: "courses.courseWork.studentSubmissions",
        name: "patch",
        verb: "PATCH",
        path: "v1/courses/{courseId}/courseWork/{courseWorkId}/studentSubmissions/{id}",
        query: &MASKED,
        request: Some(&STUDENT_SUBMISSION),
        response: &STUDENT_SUBMISSION,
        scopes: WRITE,
        about: "Changes the grades of a submission that the mask names.",
    },
    Described {
        resource: "courses.courseWork.studentSubmissions",
        name: "modifyAttachments",
        verb: "POST",
        path: "v1/courses/{courseId}/courseWork/{courseWorkId}/studentSubmissions/{id}:modifyAttachments",
        query: &[],
        request: Some(&MODIFY_ATTACHMENTS_REQUEST),
        response: &STUDENT_SUBMISSION,
        scopes: WRITE,
        about: "Attaches something to a submission.",
    },
    Described {
        resource: "courses.courseWork.studentSubmissions",
        name: "reclaim",
        verb: "POST",
        path: "v1/courses/{courseId}/courseWork/{courseWorkId}/studentSubmissions/{id}:reclaim",
        query: &[],
        request: Some(&RECLAIM_STUDENT_SUBMISSION_REQUEST),
        response: &EMPTY,
        scopes: OF_STUDENTS,
        about: "Takes a submission back from the teacher; only its student may.",
    },
    Described {
        resource: "courses.courseWork.studentSubmissions",
        name: "return",
        verb: "POST",
        path: "v1/courses/{courseId}/courseWork/{courseWorkId}/studentSubmissions/{id}:return",
        query: &[],
        request: Some(&RETURN_STUDENT_SUBMISSION_REQUEST),
        response: &EMPTY,
        scopes: OF_TEACHERS,
        about: "Gives a submission back to its student, with its grade.",
    },
    Described {
        resource: "courses.courseWork.studentSubmissions",
        name: "turnIn",
        verb: "POST",
        path: "v1/courses/{courseId}/courseWork/{courseWorkId}/studentSubmissions/{id}:turnIn",
        query: &[],
        request: Some(&TURN_IN_STUDENT_SUBMISSION_REQUEST),
        response: &EMPTY,
        scopes: OF_STUDENTS,
        about: "Hands a submission in; only its student may.",
    },
];
