//! The words of the discovery document about scopes, and about the parameters of paths and queries.

use super::engine::{ParameterText, ScopeText};

/// Every scope of the original, in alphabetical order.
pub(super) static SCOPES: [ScopeText; 24] = [
    ScopeText { name: "classroom.addons.student", about: "See and change what an add-on attached, as a student." },
    ScopeText { name: "classroom.addons.teacher", about: "See, create and change what an add-on attached, as a teacher." },
    ScopeText { name: "classroom.announcements", about: "See and change announcements." },
    ScopeText { name: "classroom.announcements.readonly", about: "See announcements." },
    ScopeText { name: "classroom.courses", about: "See, create, change and delete courses." },
    ScopeText { name: "classroom.courses.readonly", about: "See courses." },
    ScopeText { name: "classroom.coursework.me", about: "See and hand in one's own course work, and see its grades." },
    ScopeText { name: "classroom.coursework.me.readonly", about: "See one's own course work and its grades." },
    ScopeText { name: "classroom.coursework.students", about: "See and change the course work of students, and its grades." },
    ScopeText { name: "classroom.coursework.students.readonly", about: "See the course work of students and its grades." },
    ScopeText { name: "classroom.courseworkmaterials", about: "See and change the materials of courses." },
    ScopeText { name: "classroom.courseworkmaterials.readonly", about: "See the materials of courses." },
    ScopeText { name: "classroom.guardianlinks.me.readonly", about: "See one's own guardians." },
    ScopeText { name: "classroom.guardianlinks.students", about: "See, invite and remove the guardians of students." },
    ScopeText { name: "classroom.guardianlinks.students.readonly", about: "See the guardians of students." },
    ScopeText { name: "classroom.profile.emails", about: "See the e-mail addresses of the members of courses." },
    ScopeText { name: "classroom.profile.photos", about: "See the pictures of the members of courses." },
    ScopeText { name: "classroom.push-notifications", about: "Be notified of changes." },
    ScopeText { name: "classroom.rosters", about: "See and change who the members of courses are." },
    ScopeText { name: "classroom.rosters.readonly", about: "See who the members of courses are." },
    ScopeText { name: "classroom.student-submissions.me.readonly", about: "See one's own submissions and their grades." },
    ScopeText { name: "classroom.student-submissions.students.readonly", about: "See the submissions of students and their grades." },
    ScopeText { name: "classroom.topics", about: "See and change topics." },
    ScopeText { name: "classroom.topics.readonly", about: "See topics." },
];

/// Every parameter. Within a resource it may mean something else than elsewhere; the first text that fits counts.
pub(super) static PARAMETERS: [ParameterText; 45] = [
    within("courses.announcements", "id", "The id of the announcement."),
    within("courses.courseWork.rubrics", "id", "The id of the rubric."),
    within("courses.courseWork.studentSubmissions", "id", "The id of the submission."),
    within(
        "courses.courseWork.studentSubmissions",
        "courseWorkId",
        "The id of the course work; in a list, `-` stands for all of the course.",
    ),
    within("courses.courseWork.studentSubmissions", "states", "The states of the submissions to list; all without it."),
    within("courses.courseWork.studentSubmissions", "userId", "The student whose submissions to list: an id, an e-mail address or `me`."),
    within("courses.courseWork", "id", "The id of the course work; beside the id of course work, that of its rubric."),
    within("courses.courseWorkMaterials", "id", "The id of the material."),
    within("courses.posts", "postId", "The id of the item under its former name."),
    within("courses.studentGroups", "id", "The id of the group."),
    within("courses.topics", "id", "The id of the topic."),
    within("courses", "id", "The id of the course, or one of its aliases."),
    within("invitations", "courseId", "The course whose invitations to list."),
    within("invitations", "id", "The id of the invitation."),
    within("userProfiles.guardianInvitations", "states", "The states of the invitations to list; those that wait without it."),
    within("userProfiles", "studentId", "The student: an id, an e-mail address or `me`; in a list, `-` stands for all."),
    everywhere("addOnToken", "What the add-on was given when it was opened."),
    everywhere("alias", "The alias."),
    everywhere("announcementStates", "The states of the announcements to list; PUBLISHED without it."),
    everywhere("attachmentId", "The id of the attachment."),
    everywhere("courseId", "The id of the course, or one of its aliases."),
    everywhere("courseStates", "The states of the courses to list; all without it."),
    everywhere("courseWorkId", "The id of the course work."),
    everywhere("courseWorkMaterialStates", "The states of the materials to list; PUBLISHED without it."),
    everywhere("courseWorkStates", "The states of the course work to list; PUBLISHED without it."),
    everywhere("enrollmentCode", "The code of the course, with which students join by themselves."),
    everywhere("guardianId", "The id of the guardian."),
    everywhere("invitationId", "The id of the invitation."),
    everywhere("invitedEmailAddress", "Lists only what goes to this address."),
    everywhere("itemId", "The id of the announcement, course work or material."),
    everywhere("late", "Whether to list only submissions that are late, or only others."),
    everywhere("materialDriveId", "Lists only materials with this file."),
    everywhere("materialLink", "Lists only materials with a link to this address."),
    everywhere("orderBy", "The fields to sort by, each with `asc` or `desc` after it, between commas."),
    everywhere("pageSize", "The most entries of the page; the service may send fewer."),
    everywhere("pageToken", "What the page before gave for the next one."),
    everywhere("postId", "Deprecated. The item under its former name."),
    everywhere("previewVersion", "The version of a preview, which the answer repeats."),
    everywhere("registrationId", "The id of the registration."),
    everywhere("studentGroupId", "The id of the group."),
    everywhere("studentId", "Lists only courses with this student: an id, an e-mail address or `me`."),
    everywhere("submissionId", "The id of the submission to the attachment."),
    everywhere("teacherId", "Lists only courses with this teacher: an id, an e-mail address or `me`."),
    everywhere("updateMask", "The fields to change, between commas."),
    everywhere("userId", "The user: an id, an e-mail address or `me`."),
];

/// A parameter of all resources.
const fn everywhere(name: &'static str, about: &'static str) -> ParameterText {
    ParameterText { resource: "", name, about }
}

/// A parameter of a resource, and of those below it.
const fn within(resource: &'static str, name: &'static str, about: &'static str) -> ParameterText {
    ParameterText { resource, name, about }
}
