//! `courses.announcements`: texts for the students of a course.

use super::parameters::MASKED;
use super::stream::{ASSIGNEE_MODE, INDIVIDUAL_STUDENTS_OPTIONS, MATERIAL, MODIFY_INDIVIDUAL_STUDENTS_OPTIONS};
use crate::classroom::engine::{Choice, Described, EMPTY, Kind, Message, PAGE_SIZE, PAGE_TOKEN, Parameter, ParameterKind, field, text};

static ANNOUNCEMENT_STATE: Choice = Choice {
    name: "AnnouncementState",
    values: &["ANNOUNCEMENT_STATE_UNSPECIFIED", "PUBLISHED", "DRAFT", "DELETED"],
    meanings: &["Not set.", "Students see it.", "Teachers alone see it.", "It was published, and is deleted."],
};

static ANNOUNCEMENT: Message = Message {
    union: None,
    name: "Announcement",
    fields: &[
        text("alternateLink", "Output only. Where people see it, once it is published."),
        field("assigneeMode", Kind::Choice(&ASSIGNEE_MODE), "Whether all students are assigned, or those that are named."),
        text("courseId", "Output only. The course."),
        field("creationTime", Kind::Time, "Output only. When it was created."),
        text("creatorUserId", "Output only. The user who created it."),
        text("id", "Output only. The id, unique within the course."),
        field(
            "individualStudentsOptions",
            Kind::One(&INDIVIDUAL_STUDENTS_OPTIONS),
            "The students that are named; only with the mode for individual students.",
        ),
        field("materials", Kind::Many(&MATERIAL), "What is attached: at most 20."),
        field("scheduledTime", Kind::Time, "When a draft is to be published."),
        field("state", Kind::Choice(&ANNOUNCEMENT_STATE), "The state; DRAFT if not given."),
        text("text", "The text, at most 30,000 characters."),
        field("updateTime", Kind::Time, "Output only. When it was changed last."),
    ],
};

static LIST_ANNOUNCEMENTS_RESPONSE: Message = Message {
    union: None,
    name: "ListAnnouncementsResponse",
    fields: &[
        field("announcements", Kind::Many(&ANNOUNCEMENT), "The announcements."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};

static MODIFY_ANNOUNCEMENT_ASSIGNEES_REQUEST: Message = Message {
    union: None,
    name: "ModifyAnnouncementAssigneesRequest",
    fields: &[
        field("assigneeMode", Kind::Choice(&ASSIGNEE_MODE), "Whether all students are assigned, or those that are named."),
        field(
            "modifyIndividualStudentsOptions",
            Kind::One(&MODIFY_INDIVIDUAL_STUDENTS_OPTIONS),
            "Which students to add and to remove; only with the mode for individual students.",
        ),
    ],
};

const WRITE: &[&str] = &["classroom.announcements"];
const READ: &[&str] = &["classroom.announcements", "classroom.announcements.readonly"];

static LIST: [Parameter; 4] = [
    Parameter::new("announcementStates", ParameterKind::Choices(&ANNOUNCEMENT_STATE)),
    Parameter::new("orderBy", ParameterKind::Text),
    PAGE_SIZE,
    PAGE_TOKEN,
];

pub(super) static DESCRIBED: [Described; 6] = [
    Described {
        resource: "courses.announcements",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/announcements",
        query: &[],
        request: Some(&ANNOUNCEMENT),
        response: &ANNOUNCEMENT,
        scopes: WRITE,
        about: "Creates an announcement in a course.",
    },
    Described {
        resource: "courses.announcements",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/announcements",
        query: &LIST,
        request: None,
        response: &LIST_ANNOUNCEMENTS_RESPONSE,
        scopes: READ,
        about: "Lists the announcements of a course that the caller sees.",
    },
    Described {
        resource: "courses.announcements",
        name: "get",
        verb: "GET",
        path: "v1/courses/{courseId}/announcements/{id}",
        query: &[],
        request: None,
        response: &ANNOUNCEMENT,
        scopes: READ,
        about: "Returns an announcement.",
    },
    Described {
        resource: "courses.announcements",
        name: "patch",
        verb: "PATCH",
        path: "v1/courses/{courseId}/announcements/{id}",
        query: &MASKED,
        request: Some(&ANNOUNCEMENT),
        response: &ANNOUNCEMENT,
        scopes: WRITE,
        about: "Changes the fields of an announcement that the mask names.",
    },
    Described {
        resource: "courses.announcements",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/announcements/{id}",
        query: &[],
        request: None,
        response: &EMPTY,
        scopes: WRITE,
        about: "Deletes an announcement; only the project that created it may.",
    },
    Described {
        resource: "courses.announcements",
        name: "modifyAssignees",
        verb: "POST",
        path: "v1/courses/{courseId}/announcements/{id}:modifyAssignees",
        query: &[],
        request: Some(&MODIFY_ANNOUNCEMENT_ASSIGNEES_REQUEST),
        response: &ANNOUNCEMENT,
        scopes: WRITE,
        about: "Changes which students an announcement is for.",
    },
];
