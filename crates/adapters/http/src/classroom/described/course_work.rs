//! `courses.courseWork`: assignments and questions.

use super::parameters::MASKED;
use super::stream::{ASSIGNEE_MODE, INDIVIDUAL_STUDENTS_OPTIONS, MATERIAL, MODIFY_INDIVIDUAL_STUDENTS_OPTIONS, TIME_OF_DAY};
use crate::classroom::courses::{DRIVE_FOLDER, GRADE_CATEGORY};
use crate::classroom::engine::{Choice, Described, EMPTY, Kind, Message, PAGE_SIZE, PAGE_TOKEN, Parameter, ParameterKind, field, text};
use crate::classroom::grading_periods::DATE;

static COURSE_WORK_STATE: Choice = Choice {
    name: "CourseWorkState",
    values: &["COURSE_WORK_STATE_UNSPECIFIED", "PUBLISHED", "DRAFT", "DELETED"],
    meanings: &["Not set.", "Students see it.", "Teachers alone see it.", "It was published, and is deleted."],
};

pub(super) static COURSE_WORK_TYPE: Choice = Choice {
    name: "CourseWorkType",
    values: &["COURSE_WORK_TYPE_UNSPECIFIED", "ASSIGNMENT", "SHORT_ANSWER_QUESTION", "MULTIPLE_CHOICE_QUESTION"],
    meanings: &["Not set.", "Work to hand in.", "A question with an answer in words.", "A question with choices."],
};

static MODIFICATION_MODE: Choice = Choice {
    name: "SubmissionModificationMode",
    values: &["SUBMISSION_MODIFICATION_MODE_UNSPECIFIED", "MODIFIABLE_UNTIL_TURNED_IN", "MODIFIABLE"],
    meanings: &["Not set.", "Until the submission is handed in.", "At any time."],
};

static ASSIGNMENT: Message = Message {
    union: None,
    name: "Assignment",
    fields: &[field("studentWorkFolder", Kind::One(&DRIVE_FOLDER), "The folder into which the work of students goes.")],
};

static MULTIPLE_CHOICE_QUESTION: Message =
    Message { union: None, name: "MultipleChoiceQuestion", fields: &[field("choices", Kind::Texts, "The choices.")] };

static COURSE_WORK: Message = Message {
    union: None,
    name: "CourseWork",
    fields: &[
        text("alternateLink", "Output only. Where people see it, once it is published."),
        field("assigneeMode", Kind::Choice(&ASSIGNEE_MODE), "Whether all students are assigned, or those that are named."),
        field("assignment", Kind::One(&ASSIGNMENT), "Output only. What only an assignment has."),
        field("associatedWithDeveloper", Kind::Flag, "Output only. Whether the project of the caller created it."),
        text("courseId", "Output only. The course."),
        field("creationTime", Kind::Time, "Output only. When it was created."),
        text("creatorUserId", "Output only. The user who created it."),
        text("description", "What is to be done, at most 30,000 characters."),
        field("dueDate", Kind::One(&DATE), "The day on which it is due, in UTC; only together with the time."),
        field("dueTime", Kind::One(&TIME_OF_DAY), "The time of that day, in UTC."),
        field("gradeCategory", Kind::One(&GRADE_CATEGORY), "Output only. The category whose weight its grade has."),
        text("gradingPeriodId", "The grading period that it counts for."),
        text("id", "Output only. The id, unique within the course."),
        field(
            "individualStudentsOptions",
            Kind::One(&INDIVIDUAL_STUDENTS_OPTIONS),
            "The students that are named; only with the mode for individual students.",
        ),
        field("materials", Kind::Many(&MATERIAL), "What is attached: at most 20."),
        field("maxPoints", Kind::Double, "The points of a perfect score; zero or absent for work that is not graded."),
        field("multipleChoiceQuestion", Kind::One(&MULTIPLE_CHOICE_QUESTION), "What only a question with choices has."),
        field("scheduledTime", Kind::Time, "When a draft is to be published."),
        field("state", Kind::Choice(&COURSE_WORK_STATE), "The state; DRAFT if not given."),
        field("submissionModificationMode", Kind::Choice(&MODIFICATION_MODE), "Until when students may change their answers."),
        text("title", "The title, 1 to 3,000 characters."),
        text("topicId", "The topic that it stands under, one of the same course."),
        field("updateTime", Kind::Time, "Output only. When it was changed last."),
        field("workType", Kind::Choice(&COURSE_WORK_TYPE), "The kind of work; it never changes."),
    ],
};

static LIST_COURSE_WORK_RESPONSE: Message = Message {
    union: None,
    name: "ListCourseWorkResponse",
    fields: &[
        field("courseWork", Kind::Many(&COURSE_WORK), "The course work."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};

static MODIFY_COURSE_WORK_ASSIGNEES_REQUEST: Message = Message {
    union: None,
    name: "ModifyCourseWorkAssigneesRequest",
    fields: &[
        field("assigneeMode", Kind::Choice(&ASSIGNEE_MODE), "Whether all students are assigned, or those that are named."),
        field(
            "modifyIndividualStudentsOptions",
            Kind::One(&MODIFY_INDIVIDUAL_STUDENTS_OPTIONS),
            "Which students to add and to remove; only with the mode for individual students.",
        ),
    ],
};

const WRITE: &[&str] = &["classroom.coursework.students"];
const READ: &[&str] = &[
    "classroom.coursework.me",
    "classroom.coursework.me.readonly",
    "classroom.coursework.students",
    "classroom.coursework.students.readonly",
];

static LIST: [Parameter; 4] = [
    Parameter::new("courseWorkStates", ParameterKind::Choices(&COURSE_WORK_STATE)),
    Parameter::new("orderBy", ParameterKind::Text),
    PAGE_SIZE,
    PAGE_TOKEN,
];

pub(super) static DESCRIBED: [Described; 6] = [
    Described {
        resource: "courses.courseWork",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/courseWork",
        query: &[],
        request: Some(&COURSE_WORK),
        response: &COURSE_WORK,
        scopes: WRITE,
        about: "Creates course work in a course.",
    },
    Described {
        resource: "courses.courseWork",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/courseWork",
        query: &LIST,
        request: None,
        response: &LIST_COURSE_WORK_RESPONSE,
        scopes: READ,
        about: "Lists the course work of a course that the caller sees.",
    },
    Described {
        resource: "courses.courseWork",
        name: "get",
        verb: "GET",
        path: "v1/courses/{courseId}/courseWork/{id}",
        query: &[],
        request: None,
        response: &COURSE_WORK,
        scopes: READ,
        about: "Returns course work.",
    },
    Described {
        resource: "courses.courseWork",
        name: "patch",
        verb: "PATCH",
        path: "v1/courses/{courseId}/courseWork/{id}",
        query: &MASKED,
        request: Some(&COURSE_WORK),
        response: &COURSE_WORK,
        scopes: WRITE,
        about: "Changes the fields of course work that the mask names.",
    },
    Described {
        resource: "courses.courseWork",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/courseWork/{id}",
        query: &[],
        request: None,
        response: &EMPTY,
        scopes: WRITE,
        about: "Deletes course work; only the project that created it may.",
    },
    Described {
        resource: "courses.courseWork",
        name: "modifyAssignees",
        verb: "POST",
        path: "v1/courses/{courseId}/courseWork/{id}:modifyAssignees",
        query: &[],
        request: Some(&MODIFY_COURSE_WORK_ASSIGNEES_REQUEST),
        response: &COURSE_WORK,
        scopes: WRITE,
        about: "Changes which students course work is for.",
    },
];
