//! `courses.posts`: the calls of add-ons about items by their former name. The original keeps them for older clients.

use super::add_ons::{ADD_ON_ATTACHMENT, ADD_ON_ATTACHMENT_STUDENT_SUBMISSION, ADD_ON_CONTEXT, LIST_ADD_ON_ATTACHMENTS_RESPONSE};
use crate::classroom::engine::{Described, EMPTY, PAGE_SIZE, PAGE_TOKEN, Parameter, ParameterKind};

const READ: &[&str] = &["classroom.addons.student", "classroom.addons.teacher"];
const WRITE: &[&str] = &["classroom.addons.teacher"];
const READ_SUBMISSIONS: &[&str] = &[
    "classroom.addons.student",
    "classroom.addons.teacher",
    "classroom.coursework.me",
    "classroom.coursework.me.readonly",
    "classroom.coursework.students",
    "classroom.coursework.students.readonly",
    "classroom.student-submissions.me.readonly",
    "classroom.student-submissions.students.readonly",
];

static CONTEXT: [Parameter; 3] = [
    Parameter::new("addOnToken", ParameterKind::Text),
    Parameter::new("attachmentId", ParameterKind::Text),
    Parameter::new("itemId", ParameterKind::Text),
];

static CREATE: [Parameter; 2] = [Parameter::new("addOnToken", ParameterKind::Text), Parameter::new("itemId", ParameterKind::Text)];

static LIST: [Parameter; 3] = [Parameter::new("itemId", ParameterKind::Text), PAGE_SIZE, PAGE_TOKEN];

static ITEM: [Parameter; 1] = [Parameter::new("itemId", ParameterKind::Text)];

static PATCH: [Parameter; 2] = [Parameter::new("itemId", ParameterKind::Text), Parameter::new("updateMask", ParameterKind::FieldMask)];

pub(super) static DESCRIBED: [Described; 8] = [
    Described {
        resource: "courses.posts",
        name: "getAddOnContext",
        verb: "GET",
        path: "v1/courses/{courseId}/posts/{postId}/addOnContext",
        query: &CONTEXT,
        request: None,
        response: &ADD_ON_CONTEXT,
        scopes: READ,
        about: "Tells an add-on what it was opened from on a post.",
    },
    Described {
        resource: "courses.posts.addOnAttachments",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/posts/{postId}/addOnAttachments",
        query: &CREATE,
        request: Some(&ADD_ON_ATTACHMENT),
        response: &ADD_ON_ATTACHMENT,
        scopes: WRITE,
        about: "Attaches something of an add-on to a post.",
    },
    Described {
        resource: "courses.posts.addOnAttachments",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/posts/{postId}/addOnAttachments",
        query: &LIST,
        request: None,
        response: &LIST_ADD_ON_ATTACHMENTS_RESPONSE,
        scopes: READ,
        about: "Lists the attachments of an add-on to a post.",
    },
    Described {
        resource: "courses.posts.addOnAttachments",
        name: "get",
        verb: "GET",
        path: "v1/courses/{courseId}/posts/{postId}/addOnAttachments/{attachmentId}",
        query: &ITEM,
        request: None,
        response: &ADD_ON_ATTACHMENT,
        scopes: READ,
        about: "Returns an attachment of an add-on to a post.",
    },
    Described {
        resource: "courses.posts.addOnAttachments",
        name: "patch",
        verb: "PATCH",
        path: "v1/courses/{courseId}/posts/{postId}/addOnAttachments/{attachmentId}",
        query: &PATCH,
        request: Some(&ADD_ON_ATTACHMENT),
        response: &ADD_ON_ATTACHMENT,
        scopes: WRITE,
        about: "Changes the fields of an attachment to a post that the mask names.",
    },
    Described {
        resource: "courses.posts.addOnAttachments",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/posts/{postId}/addOnAttachments/{attachmentId}",
        query: &ITEM,
        request: None,
        response: &EMPTY,
        scopes: WRITE,
        about: "Removes an attachment of an add-on from a post.",
    },
    Described {
        resource: "courses.posts.addOnAttachments.studentSubmissions",
        name: "get",
        verb: "GET",
        path: "v1/courses/{courseId}/posts/{postId}/addOnAttachments/{attachmentId}/studentSubmissions/{submissionId}",
        query: &ITEM,
        request: None,
        response: &ADD_ON_ATTACHMENT_STUDENT_SUBMISSION,
        scopes: READ_SUBMISSIONS,
        about: "Returns what a student did with an attachment.",
    },
    Described {
        resource: "courses.posts.addOnAttachments.studentSubmissions",
        name: "patch",
        verb: "PATCH",
        path: "v1/courses/{courseId}/posts/{postId}/addOnAttachments/{attachmentId}/studentSubmissions/{submissionId}",
        query: &PATCH,
        request: Some(&ADD_ON_ATTACHMENT_STUDENT_SUBMISSION),
        response: &ADD_ON_ATTACHMENT_STUDENT_SUBMISSION,
        scopes: WRITE,
        about: "Sets the points of a student for an attachment.",
    },
];
