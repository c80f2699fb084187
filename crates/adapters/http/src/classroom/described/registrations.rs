//! `registrations`: notifications about changes.

use crate::classroom::engine::{Choice, Described, EMPTY, Kind, Message, field, text};

static FEED_TYPE: Choice = Choice {
    name: "FeedType",
    values: &["FEED_TYPE_UNSPECIFIED", "DOMAIN_ROSTER_CHANGES", "COURSE_ROSTER_CHANGES", "COURSE_WORK_CHANGES"],
    meanings: &[
        "Not set.",
        "The members of all courses.",
        "The members of one course.",
        "The course work of one course, and the submissions to it.",
    ],
};

static CLOUD_PUBSUB_TOPIC: Message =
    Message { union: None, name: "CloudPubsubTopic", fields: &[text("topicName", "The topic, as `projects/PROJECT/topics/TOPIC`.")] };

static COURSE_ROSTER_CHANGES_INFO: Message =
    Message { union: None, name: "CourseRosterChangesInfo", fields: &[text("courseId", "The course whose members are followed.")] };

static COURSE_WORK_CHANGES_INFO: Message =
    Message { union: None, name: "CourseWorkChangesInfo", fields: &[text("courseId", "The course whose course work is followed.")] };

static FEED: Message = Message {
    union: None,
    name: "Feed",
    fields: &[
        field("courseRosterChangesInfo", Kind::One(&COURSE_ROSTER_CHANGES_INFO), "Which course; only for the members of one course."),
        field("courseWorkChangesInfo", Kind::One(&COURSE_WORK_CHANGES_INFO), "Which course; only for course work."),
        field("feedType", Kind::Choice(&FEED_TYPE), "What is followed."),
    ],
};

static REGISTRATION: Message = Message {
    union: None,
    name: "Registration",
    fields: &[
        field("cloudPubsubTopic", Kind::One(&CLOUD_PUBSUB_TOPIC), "Where the notifications go."),
        field("expiryTime", Kind::Time, "Output only. Until when notifications are sent."),
        field("feed", Kind::One(&FEED), "What is followed."),
        text("registrationId", "Output only. The id of the registration."),
    ],
};

const WRITE: &[&str] = &["classroom.push-notifications"];

pub(super) static DESCRIBED: [Described; 2] = [
    Described {
        resource: "registrations",
        name: "create",
        verb: "POST",
        path: "v1/registrations",
        query: &[],
        request: Some(&REGISTRATION),
        response: &REGISTRATION,
        scopes: WRITE,
        about: "Asks for notifications about a feed, for a week.",
    },
    Described {
        resource: "registrations",
        name: "delete",
        verb: "DELETE",
        path: "v1/registrations/{registrationId}",
        query: &[],
        request: None,
        response: &EMPTY,
        scopes: WRITE,
        about: "Ends the notifications of a registration.",
    },
];
