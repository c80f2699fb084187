//! `invitations`: users who are asked to become members of a course.

use crate::classroom::engine::{Choice, Described, EMPTY, Kind, Message, PAGE_SIZE, PAGE_TOKEN, Parameter, ParameterKind, field, text};

static COURSE_ROLE: Choice = Choice {
    name: "CourseRole",
    values: &["COURSE_ROLE_UNSPECIFIED", "STUDENT", "TEACHER", "OWNER"],
    meanings: &["Not set.", "A student.", "A teacher.", "The owner."],
};

static INVITATION: Message = Message {
    union: None,
    name: "Invitation",
    fields: &[
        text("courseId", "The course."),
        text("id", "Output only. The id of the invitation."),
        field("role", Kind::Choice(&COURSE_ROLE), "What the user becomes by accepting; never unset."),
        text("userId", "The user: an id, an e-mail address or `me`."),
    ],
};

static LIST_INVITATIONS_RESPONSE: Message = Message {
    union: None,
    name: "ListInvitationsResponse",
    fields: &[
        field("invitations", Kind::Many(&INVITATION), "The invitations."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};

const WRITE: &[&str] = &["classroom.rosters"];
const READ: &[&str] = &["classroom.rosters", "classroom.rosters.readonly"];

static LIST: [Parameter; 4] =
    [Parameter::new("courseId", ParameterKind::Text), Parameter::new("userId", ParameterKind::Text), PAGE_SIZE, PAGE_TOKEN];

pub(super) static DESCRIBED: [Described; 5] = [
    Described {
        resource: "invitations",
        name: "create",
        verb: "POST",
        path: "v1/invitations",
        query: &[],
        request: Some(&INVITATION),
        response: &INVITATION,
        scopes: WRITE,
        about: "Invites a user to a course.",
    },
    Described {
        resource: "invitations",
        name: "list",
        verb: "GET",
        path: "v1/invitations",
        query: &LIST,
        request: None,
        response: &LIST_INVITATIONS_RESPONSE,
        scopes: READ,
        about: "Lists the invitations of a user or of a course.",
    },
    Described {
        resource: "invitations",
        name: "get",
        verb: "GET",
        path: "v1/invitations/{id}",
        query: &[],
        request: None,
        response: &INVITATION,
        scopes: READ,
        about: "Returns an invitation.",
    },
    Described {
        resource: "invitations",
        name: "delete",
        verb: "DELETE",
        path: "v1/invitations/{id}",
        query: &[],
        request: None,
        response: &EMPTY,
        scopes: WRITE,
        about: "Withdraws or declines an invitation.",
    },
    Described {
        resource: "invitations",
        name: "accept",
        verb: "POST",
        path: "v1/invitations/{id}:accept",
        query: &[],
        request: None,
        response: &EMPTY,
        scopes: WRITE,
        about: "Accepts an invitation: the user becomes a member of the course.",
    },
];
