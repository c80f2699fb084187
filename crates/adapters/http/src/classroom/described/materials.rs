//! `courses.courseWorkMaterials`: what students read without handing anything in.

use super::parameters::MASKED;
use super::stream::{ASSIGNEE_MODE, INDIVIDUAL_STUDENTS_OPTIONS, MATERIAL};
use crate::classroom::engine::{Choice, Described, EMPTY, Kind, Message, PAGE_SIZE, PAGE_TOKEN, Parameter, ParameterKind, field, text};

static MATERIAL_STATE: Choice = Choice {
    name: "CourseWorkMaterialState",
    values: &["COURSEWORK_MATERIAL_STATE_UNSPECIFIED", "PUBLISHED", "DRAFT", "DELETED"],
    meanings: &["Not set.", "Students see it.", "Teachers alone see it.", "It was published, and is deleted."],
};

static COURSE_WORK_MATERIAL: Message = Message {
    union: None,
    name: "CourseWorkMaterial",
    fields: &[
        text("alternateLink", "Output only. Where people see it, once it is published."),
        field("assigneeMode", Kind::Choice(&ASSIGNEE_MODE), "Whether all students are assigned, or those that are named."),
        text("courseId", "Output only. The course."),
        field("creationTime", Kind::Time, "Output only. When it was created."),
        text("creatorUserId", "Output only. The user who created it."),
        text("description", "The text, at most 30,000 characters."),
        text("id", "Output only. The id, unique within the course."),
        field(
            "individualStudentsOptions",
            Kind::One(&INDIVIDUAL_STUDENTS_OPTIONS),
            "The students that are named; only with the mode for individual students.",
        ),
        field("materials", Kind::Many(&MATERIAL), "What is attached: at most 20."),
        field("scheduledTime", Kind::Time, "When a draft is to be published."),
        field("state", Kind::Choice(&MATERIAL_STATE), "The state; DRAFT if not given."),
        text("title", "The title, 1 to 3,000 characters."),
        text("topicId", "The topic that it stands under, one of the same course."),
        field("updateTime", Kind::Time, "Output only. When it was changed last."),
    ],
};

static LIST_COURSE_WORK_MATERIAL_RESPONSE: Message = Message {
    union: None,
    name: "ListCourseWorkMaterialResponse",
    fields: &[
        field("courseWorkMaterial", Kind::Many(&COURSE_WORK_MATERIAL), "The materials."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};

const WRITE: &[&str] = &["classroom.courseworkmaterials"];
const READ: &[&str] = &["classroom.courseworkmaterials", "classroom.courseworkmaterials.readonly"];

static LIST: [Parameter; 6] = [
    Parameter::new("courseWorkMaterialStates", ParameterKind::Choices(&MATERIAL_STATE)),
    Parameter::new("materialDriveId", ParameterKind::Text),
    Parameter::new("materialLink", ParameterKind::Text),
    Parameter::new("orderBy", ParameterKind::Text),
    PAGE_SIZE,
    PAGE_TOKEN,
];

pub(super) static DESCRIBED: [Described; 5] = [
    Described {
        resource: "courses.courseWorkMaterials",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/courseWorkMaterials",
        query: &[],
        request: Some(&COURSE_WORK_MATERIAL),
        response: &COURSE_WORK_MATERIAL,
        scopes: WRITE,
        about: "Creates a material in a course.",
    },
    Described {
        resource: "courses.courseWorkMaterials",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/courseWorkMaterials",
        query: &LIST,
        request: None,
        response: &LIST_COURSE_WORK_MATERIAL_RESPONSE,
        scopes: READ,
        about: "Lists the materials of a course that the caller sees.",
    },
    Described {
        resource: "courses.courseWorkMaterials",
        name: "get",
        verb: "GET",
        path: "v1/courses/{courseId}/courseWorkMaterials/{id}",
        query: &[],
        request: None,
        response: &COURSE_WORK_MATERIAL,
        scopes: READ,
        about: "Returns a material.",
    },
    Described {
        resource: "courses.courseWorkMaterials",
        name: "patch",
        verb: "PATCH",
        path: "v1/courses/{courseId}/courseWorkMaterials/{id}",
        query: &MASKED,
        request: Some(&COURSE_WORK_MATERIAL),
        response: &COURSE_WORK_MATERIAL,
        scopes: WRITE,
        about: "Changes the fields of a material that the mask names.",
    },
    Described {
        resource: "courses.courseWorkMaterials",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/courseWorkMaterials/{id}",
        query: &[],
        request: None,
        response: &EMPTY,
        scopes: WRITE,
        about: "Deletes a material; only the project that created it may.",
    },
];
