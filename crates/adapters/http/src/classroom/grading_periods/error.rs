//! Refused changes of grading periods as errors of the API.

use derslik_domain::course::grading_period::{GradingPeriodError, GradingPeriodField, GradingPeriodPlace, GradingPeriodViolation};

use crate::classroom::courses::not_modifiable;
use crate::classroom::engine::ClassroomError;

impl From<GradingPeriodError> for ClassroomError {
    fn from(error: GradingPeriodError) -> Self {
        match error {
            GradingPeriodError::Invalid(violations) => period_violations(&violations),
            GradingPeriodError::NotModifiable(state) => not_modifiable(state),
        }
    }
}

fn period_violations(violations: &[GradingPeriodViolation]) -> ClassroomError {
    let named: Vec<(String, String)> = violations
        .iter()
        .map(|GradingPeriodViolation { field: place, problem }| {
            let field = match place {
                GradingPeriodPlace::List => "grading_periods".to_owned(),
                GradingPeriodPlace::ApplyToExistingCoursework => "apply_to_existing_coursework".to_owned(),
                GradingPeriodPlace::Period(position, field) => format!("grading_periods[{position}].{}", period_field(*field)),
            };
            (format!("grading_period_settings.{field}"), problem.to_string())
        })
        .collect();
    ClassroomError::bad_values(&named)
}

const fn period_field(field: GradingPeriodField) -> &'static str {
    match field {
        GradingPeriodField::Id => "id",
        GradingPeriodField::Title => "title",
        GradingPeriodField::Start => "start_date",
        GradingPeriodField::End => "end_date",
    }
}
