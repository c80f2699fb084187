//! `courses.studentGroups`: groups of the students of a course.

use super::parameters::{MASKED, PAGED};
use crate::classroom::engine::{Described, EMPTY, Kind, Message, field, text};

static STUDENT_GROUP: Message = Message {
    union: None,
    name: "StudentGroup",
    fields: &[text("courseId", "Output only. The course."), text("id", "Output only. The id of the group."), text("title", "The title.")],
};

static LIST_STUDENT_GROUPS_RESPONSE: Message = Message {
    union: None,
    name: "ListStudentGroupsResponse",
    fields: &[
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
        field("studentGroups", Kind::Many(&STUDENT_GROUP), "The groups."),
    ],
};

static STUDENT_GROUP_MEMBER: Message = Message {
    union: None,
    name: "StudentGroupMember",
    fields: &[
        text("courseId", "Output only. The course."),
        text("studentGroupId", "Output only. The group."),
        text("userId", "The student."),
    ],
};

static LIST_STUDENT_GROUP_MEMBERS_RESPONSE: Message = Message {
    union: None,
    name: "ListStudentGroupMembersResponse",
    fields: &[
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
        field("studentGroupMembers", Kind::Many(&STUDENT_GROUP_MEMBER), "The members."),
    ],
};

const WRITE: &[&str] = &["classroom.rosters"];
const READ: &[&str] = &["classroom.rosters", "classroom.rosters.readonly"];

pub(super) static DESCRIBED: [Described; 7] = [
    Described {
        resource: "courses.studentGroups",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/studentGroups",
        query: &[],
        request: Some(&STUDENT_GROUP),
        response: &STUDENT_GROUP,
        scopes: WRITE,
        about: "Creates a group of students in a course.",
    },
    Described {
        resource: "courses.studentGroups",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/studentGroups",
        query: &PAGED,
        request: None,
        response: &LIST_STUDENT_GROUPS_RESPONSE,
        scopes: READ,
        about: "Lists the groups of students of a course.",
    },
    Described {
        resource: "courses.studentGroups",
        name: "patch",
        verb: "PATCH",
        path: "v1/courses/{courseId}/studentGroups/{id}",
        query: &MASKED,
        request: Some(&STUDENT_GROUP),
        response: &STUDENT_GROUP,
        scopes: WRITE,
        about: "Changes the title of a group of students.",
    },
    Described {
        resource: "courses.studentGroups",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/studentGroups/{id}",
        query: &[],
        request: None,
        response: &EMPTY,
        scopes: WRITE,
        about: "Deletes a group of students.",
    },
    Described {
        resource: "courses.studentGroups.studentGroupMembers",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/studentGroups/{studentGroupId}/studentGroupMembers",
        query: &[],
        request: Some(&STUDENT_GROUP_MEMBER),
        response: &STUDENT_GROUP_MEMBER,
        scopes: WRITE,
        about: "Adds a student of the course to a group.",
    },
    Described {
        resource: "courses.studentGroups.studentGroupMembers",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/studentGroups/{studentGroupId}/studentGroupMembers",
        query: &PAGED,
        request: None,
        response: &LIST_STUDENT_GROUP_MEMBERS_RESPONSE,
        scopes: READ,
        about: "Lists the students of a group.",
    },
    Described {
        resource: "courses.studentGroups.studentGroupMembers",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/studentGroups/{studentGroupId}/studentGroupMembers/{userId}",
        query: &[],
        request: None,
        response: &EMPTY,
        scopes: WRITE,
        about: "Removes a student from a group.",
    },
];
