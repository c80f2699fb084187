//! `courses.topics`: the headings under which course work and materials stand.

use super::parameters::{MASKED, PAGED};
use crate::classroom::engine::{Described, EMPTY, Kind, Message, field, text};

static TOPIC: Message = Message {
    union: None,
    name: "Topic",
    fields: &[
        text("courseId", "Output only. The course."),
        text("name", "The name, 1 to 100 characters, which no other topic of the course has."),
        text("topicId", "Output only. The id, unique within the course."),
        field("updateTime", Kind::Time, "Output only. When it was changed last."),
    ],
};

static LIST_TOPIC_RESPONSE: Message = Message {
    union: None,
    name: "ListTopicResponse",
    fields: &[
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
        field("topic", Kind::Many(&TOPIC), "The topics."),
    ],
};

const WRITE: &[&str] = &["classroom.topics"];
const READ: &[&str] = &["classroom.topics", "classroom.topics.readonly"];

pub(super) static DESCRIBED: [Described; 5] = [
    Described {
        resource: "courses.topics",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/topics",
        query: &[],
        request: Some(&TOPIC),
        response: &TOPIC,
        scopes: WRITE,
        about: "Creates a topic in a course.",
    },
    Described {
        resource: "courses.topics",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/topics",
        query: &PAGED,
        request: None,
        response: &LIST_TOPIC_RESPONSE,
        scopes: READ,
        about: "Lists the topics of a course.",
    },
    Described {
        resource: "courses.topics",
        name: "get",
        verb: "GET",
        path: "v1/courses/{courseId}/topics/{id}",
        query: &[],
        request: None,
        response: &TOPIC,
        scopes: READ,
        about: "Returns a topic.",
    },
    Described {
        resource: "courses.topics",
        name: "patch",
        verb: "PATCH",
        path: "v1/courses/{courseId}/topics/{id}",
        query: &MASKED,
        request: Some(&TOPIC),
        response: &TOPIC,
        scopes: WRITE,
        about: "Changes the name of a topic.",
    },
    Described {
        resource: "courses.topics",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/topics/{id}",
        query: &[],
        request: None,
        response: &EMPTY,
        scopes: WRITE,
        about: "Deletes a topic; what stands under it stays.",
    },
];
