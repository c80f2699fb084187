//! The messages of grading periods.

use crate::classroom::engine::{Kind, Message, PREVIEW_VERSION, field, text};

pub(crate) static DATE: Message = Message {
    union: None,
    name: "Date",
    fields: &[
        field("year", Kind::Int32, "The year."),
        field("month", Kind::Int32, "The month, from 1."),
        field("day", Kind::Int32, "The day of the month, from 1."),
    ],
};

static GRADING_PERIOD: Message = Message {
    union: None,
    name: "GradingPeriod",
    fields: &[
        text("id", "Output only. The id of the grading period; names the one to keep in a change."),
        text("title", "The title, which no other period of the course has."),
        field("startDate", Kind::One(&DATE), "The first day."),
        field("endDate", Kind::One(&DATE), "The last day."),
    ],
};

pub(super) static GRADING_PERIOD_SETTINGS: Message = Message {
    union: None,
    name: "GradingPeriodSettings",
    fields: &[
        field("gradingPeriods", Kind::Many(&GRADING_PERIOD), "The grading periods, in order; a change replaces them all."),
        field("applyToExistingCoursework", Kind::Flag, "Whether the periods are applied to coursework that exists."),
        field("previewVersion", Kind::Choice(&PREVIEW_VERSION), "Output only. The version that was asked for."),
    ],
};

pub(super) static GRADING_PERIODS_ELIGIBILITY: Message = Message {
    union: None,
    name: "CheckGradingPeriodsSetupEligibilityResponse",
    fields: &[
        text("courseId", "The course."),
        field("isGradingPeriodsSetupEligible", Kind::Flag, "Whether the grading periods could be changed."),
        field("previewVersion", Kind::Choice(&PREVIEW_VERSION), "Output only. The version that was asked for."),
    ],
};
