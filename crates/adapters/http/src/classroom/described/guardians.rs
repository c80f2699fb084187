//! `userProfiles.guardians` and `userProfiles.guardianInvitations`: who learns about a student.

use super::parameters::MASKED;
use crate::classroom::engine::{Choice, Described, EMPTY, Kind, Message, PAGE_SIZE, PAGE_TOKEN, Parameter, ParameterKind, field, text};
use crate::classroom::profiles::USER_PROFILE;

static INVITATION_STATE: Choice = Choice {
    name: "GuardianInvitationState",
    values: &["GUARDIAN_INVITATION_STATE_UNSPECIFIED", "PENDING", "COMPLETE"],
    meanings: &["Not set.", "It waits for an answer.", "It was accepted, declined or withdrawn, or has expired."],
};

static GUARDIAN: Message = Message {
    union: None,
    name: "Guardian",
    fields: &[
        text("guardianId", "The guardian."),
        field("guardianProfile", Kind::One(&USER_PROFILE), "The profile of the guardian."),
        text("invitedEmailAddress", "The address to which the invitation went; for administrators alone."),
        text("studentId", "The student."),
    ],
};

static LIST_GUARDIANS_RESPONSE: Message = Message {
    union: None,
    name: "ListGuardiansResponse",
    fields: &[
        field("guardians", Kind::Many(&GUARDIAN), "The guardians."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};

static GUARDIAN_INVITATION: Message = Message {
    union: None,
    name: "GuardianInvitation",
    fields: &[
        field("creationTime", Kind::Time, "Output only. When it was made."),
        text("invitationId", "Output only. The id of the invitation."),
        text("invitedEmailAddress", "The address to which it goes; shown to administrators alone."),
        field("state", Kind::Choice(&INVITATION_STATE), "Whether it waits for an answer."),
        text("studentId", "Output only. The student."),
    ],
};

static LIST_GUARDIAN_INVITATIONS_RESPONSE: Message = Message {
    union: None,
    name: "ListGuardianInvitationsResponse",
    fields: &[
        field("guardianInvitations", Kind::Many(&GUARDIAN_INVITATION), "The invitations."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};

const READ: &[&str] =
    &["classroom.guardianlinks.me.readonly", "classroom.guardianlinks.students", "classroom.guardianlinks.students.readonly"];
const WRITE: &[&str] = &["classroom.guardianlinks.students"];
const READ_INVITATIONS: &[&str] = &["classroom.guardianlinks.students", "classroom.guardianlinks.students.readonly"];

static LIST_GUARDIANS: [Parameter; 3] = [Parameter::new("invitedEmailAddress", ParameterKind::Text), PAGE_SIZE, PAGE_TOKEN];

static LIST_INVITATIONS: [Parameter; 4] = [
    Parameter::new("invitedEmailAddress", ParameterKind::Text),
    Parameter::new("states", ParameterKind::Choices(&INVITATION_STATE)),
    PAGE_SIZE,
    PAGE_TOKEN,
];

pub(super) static DESCRIBED: [Described; 7] = [
    Described {
        resource: "userProfiles.guardians",
        name: "list",
        verb: "GET",
        path: "v1/userProfiles/{studentId}/guardians",
        query: &LIST_GUARDIANS,
        request: None,
        response: &LIST_GUARDIANS_RESPONSE,
        scopes: READ,
        about: "Lists the guardians of a student; `-` stands for all students.",
    },
    Described {
        resource: "userProfiles.guardians",
        name: "get",
        verb: "GET",
        path: "v1/userProfiles/{studentId}/guardians/{guardianId}",
        query: &[],
        request: None,
        response: &GUARDIAN,
        scopes: READ,
        about: "Returns a guardian of a student.",
    },
    Described {
        resource: "userProfiles.guardians",
        name: "delete",
        verb: "DELETE",
        path: "v1/userProfiles/{studentId}/guardians/{guardianId}",
        query: &[],
        request: None,
        response: &EMPTY,
        scopes: WRITE,
        about: "Ends that a guardian learns about a student.",
    },
    Described {
        resource: "userProfiles.guardianInvitations",
        name: "create",
        verb: "POST",
        path: "v1/userProfiles/{studentId}/guardianInvitations",
        query: &[],
        request: Some(&GUARDIAN_INVITATION),
        response: &GUARDIAN_INVITATION,
        scopes: WRITE,
        about: "Invites a guardian of a student.",
    },
    Described {
        resource: "userProfiles.guardianInvitations",
        name: "list",
        verb: "GET",
        path: "v1/userProfiles/{studentId}/guardianInvitations",
        query: &LIST_INVITATIONS,
        request: None,
        response: &LIST_GUARDIAN_INVITATIONS_RESPONSE,
        scopes: READ_INVITATIONS,
        about: "Lists the invitations of guardians; `-` stands for all students.",
    },
    Described {
        resource: "userProfiles.guardianInvitations",
        name: "get",
        verb: "GET",
        path: "v1/userProfiles/{studentId}/guardianInvitations/{invitationId}",
        query: &[],
        request: None,
        response: &GUARDIAN_INVITATION,
        scopes: READ_INVITATIONS,
        about: "Returns an invitation of a guardian.",
    },
    Described {
        resource: "userProfiles.guardianInvitations",
        name: "patch",
        verb: "PATCH",
        path: "v1/userProfiles/{studentId}/guardianInvitations/{invitationId}",
        query: &MASKED,
        request: Some(&GUARDIAN_INVITATION),
        response: &GUARDIAN_INVITATION,
        scopes: WRITE,
        about: "Withdraws an invitation of a guardian.",
    },
];
