//! `courses.courseWork.rubrics`: the criteria by which course work is graded.

use super::parameters::{MASKED, PAGED};
use crate::classroom::engine::{Described, EMPTY, Kind, Message, Parameter, ParameterKind, field, text};

static LEVEL: Message = Message {
    union: None,
    name: "Level",
    fields: &[
        text("description", "What a performance of this level shows."),
        text("id", "The id; names the level to keep in a change."),
        field("points", Kind::Double, "The points; all levels of a rubric have them, or none."),
        text("title", "The title; needed where there are no points."),
    ],
};

static CRITERION: Message = Message {
    union: None,
    name: "Criterion",
    fields: &[
        text("description", "What the criterion is about."),
        text("id", "The id; names the criterion to keep in a change."),
        field("levels", Kind::Many(&LEVEL), "Its levels of performance, by their points."),
        text("title", "The title."),
    ],
};

static RUBRIC: Message = Message {
    union: None,
    name: "Rubric",
    fields: &[
        text("courseId", "Output only. The course."),
        text("courseWorkId", "Output only. The course work that is graded by it."),
        field("creationTime", Kind::Time, "Output only. When it was created."),
        field("criteria", Kind::Many(&CRITERION), "The criteria, in order; a change replaces them all."),
        text("id", "Output only. The id of the rubric."),
        text("sourceSpreadsheetId", "A spreadsheet to take the criteria from, when it is created."),
        field("updateTime", Kind::Time, "Output only. When it was changed last."),
    ],
};

static LIST_RUBRICS_RESPONSE: Message = Message {
    union: None,
    name: "ListRubricsResponse",
    fields: &[
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
        field("rubrics", Kind::Many(&RUBRIC), "The rubrics: one at the most."),
    ],
};

const WRITE: &[&str] = &["classroom.coursework.students"];
const READ: &[&str] = &[
    "classroom.coursework.me",
    "classroom.coursework.me.readonly",
    "classroom.coursework.students",
    "classroom.coursework.students.readonly",
];

static UPDATE: [Parameter; 2] = [Parameter::new("id", ParameterKind::Text), Parameter::new("updateMask", ParameterKind::FieldMask)];

pub(super) static DESCRIBED: [Described; 6] = [
    Described {
        resource: "courses.courseWork.rubrics",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/courseWork/{courseWorkId}/rubrics",
        query: &[],
        request: Some(&RUBRIC),
        response: &RUBRIC,
        scopes: WRITE,
        about: "Creates the rubric of course work, which has one at the most.",
    },
    Described {
        resource: "courses.courseWork.rubrics",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/courseWork/{courseWorkId}/rubrics",
        query: &PAGED,
        request: None,
        response: &LIST_RUBRICS_RESPONSE,
        scopes: READ,
        about: "Lists the rubrics of course work.",
    },
    Described {
        resource: "courses.courseWork.rubrics",
        name: "get",
        verb: "GET",
        path: "v1/courses/{courseId}/courseWork/{courseWorkId}/rubrics/{id}",
        query: &[],
        request: None,
        response: &RUBRIC,
        scopes: READ,
        about: "Returns a rubric.",
    },
    Described {
        resource: "courses.courseWork.rubrics",
        name: "patch",
        verb: "PATCH",
        path: "v1/courses/{courseId}/courseWork/{courseWorkId}/rubrics/{id}",
        query: &MASKED,
        request: Some(&RUBRIC),
        response: &RUBRIC,
        scopes: WRITE,
        about: "Changes a rubric.",
    },
    Described {
        resource: "courses.courseWork.rubrics",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/courseWork/{courseWorkId}/rubrics/{id}",
        query: &[],
        request: None,
        response: &EMPTY,
        scopes: WRITE,
        about: "Deletes a rubric that nothing was graded by.",
    },
    Described {
        resource: "courses.courseWork",
        name: "updateRubric",
        verb: "PATCH",
        path: "v1/courses/{courseId}/courseWork/{courseWorkId}/rubric",
        query: &UPDATE,
        request: Some(&RUBRIC),
        response: &RUBRIC,
        scopes: WRITE,
        about: "Changes the rubric of course work, whichever it is.",
    },
];
