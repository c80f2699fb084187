//! The methods of grading periods.

use derslik_domain::course::CourseAction;

use super::messages::{GRADING_PERIOD_SETTINGS, GRADING_PERIODS_ELIGIBILITY};
use super::read::{mask, settings_form};
use super::view::{EligibilityView, SettingsView};
use crate::classroom::courses::course_ref;
use crate::classroom::engine::{Context, MASKED, ONLY_PREVIEW, Operation, Outcome};

/// About as many bytes as a few grading periods take.
const SETTINGS_BYTES: usize = 1_024;

pub(crate) static OPERATIONS: [Operation; 3] = [
    Operation {
        resource: "courses",
        name: "getGradingPeriodSettings",
        verb: "GET",
        path: "v1/courses/{courseId}/gradingPeriodSettings",
        query: &ONLY_PREVIEW,
        request: None,
        response: &GRADING_PERIOD_SETTINGS,
        scopes: CourseAction::ReadGradingPeriods.scopes(),
        takes_key: false,
        about: "Returns the grading periods of a course.",
        handler: |context| Box::pin(get(context)),
    },
    Operation {
        resource: "courses",
        name: "updateGradingPeriodSettings",
        verb: "PATCH",
        path: "v1/courses/{courseId}/gradingPeriodSettings",
        query: &MASKED,
        request: Some(&GRADING_PERIOD_SETTINGS),
        response: &GRADING_PERIOD_SETTINGS,
        scopes: CourseAction::WriteGradingPeriods.scopes(),
        takes_key: false,
        about: "Replaces the grading periods of a course.",
        handler: |context| Box::pin(update(context)),
    },
    Operation {
        resource: "courses",
        name: "checkGradingPeriodsSetupEligibility",
        verb: "GET",
        path: "v1/courses/{courseId}:checkGradingPeriodsSetupEligibility",
        query: &ONLY_PREVIEW,
        request: None,
        response: &GRADING_PERIODS_ELIGIBILITY,
        scopes: CourseAction::CheckGradingPeriods.scopes(),
        takes_key: false,
        about: "Tells whether the grading periods of a course could be changed.",
        handler: |context| Box::pin(check(context)),
    },
];

async fn get(context: &Context<'_>) -> Outcome {
    let settings = context.state.courses.grading_periods(&context.actor, course_ref(context)).await?;
    context.answer(&SettingsView::new(&settings, context.query.preview), SETTINGS_BYTES)
}

async fn update(context: &Context<'_>) -> Outcome {
    let mask = mask(context)?;
    let form = settings_form(context)?;
    let settings = context.state.courses.change_grading_periods(&context.actor, course_ref(context), form, mask).await?;
    context.answer(&SettingsView::new(&settings, context.query.preview), SETTINGS_BYTES)
}

async fn check(context: &Context<'_>) -> Outcome {
    let checked = context.state.courses.check_grading_periods(&context.actor, course_ref(context)).await?;
    context.answer(&EligibilityView::new(&checked, context.query.preview), 128)
}
