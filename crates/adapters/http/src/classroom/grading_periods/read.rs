//! From messages and parameters to forms of the domain.

use derslik_domain::course::DateForm;
use derslik_domain::course::grading_period::{GradingPeriodForm, GradingPeriodMask, GradingPeriodSetting, GradingPeriodSettingsForm};
use derslik_domain::form::Field;
use serde_json::Value;

use super::messages::GRADING_PERIOD_SETTINGS;
use crate::classroom::engine::{Checked, ClassroomError, Context, parse_mask, take_text};

/// The name in JSON of a setting.
const fn setting_name(setting: GradingPeriodSetting) -> &'static str {
    match setting {
        GradingPeriodSetting::Periods => "gradingPeriods",
        GradingPeriodSetting::ApplyToExistingCoursework => "applyToExistingCoursework",
    }
}

/// The mask of a change, if it has one.
///
/// # Errors
/// The mask is empty, or names a field that a change cannot set.
pub(super) fn mask(context: &Context<'_>) -> Result<Option<GradingPeriodMask>, ClassroomError> {
    context.query.sent("updateMask").map(read_mask).transpose()
}

fn read_mask(text: &str) -> Result<GradingPeriodMask, ClassroomError> {
    let settable = |name: &str| GradingPeriodSetting::ALL.into_iter().find(|setting| setting_name(*setting) == name);
    Ok(parse_mask(text, &GRADING_PERIOD_SETTINGS, settable)?.into_iter().collect())
}

/// The form of the settings in the body.
///
/// # Errors
/// Every fault of the body.
pub(super) fn settings_form(context: &Context<'_>) -> Result<GradingPeriodSettingsForm, ClassroomError> {
    let mut object = context.read(&GRADING_PERIOD_SETTINGS)?;
    let periods = match object.remove("gradingPeriods") {
        Some(Value::Array(periods)) => Field::Given(periods.into_iter().filter_map(period).collect()),
        _ => Field::Missing,
    };
    let apply_to_existing_coursework = match object.remove("applyToExistingCoursework") {
        Some(Value::Bool(apply)) => Field::Given(apply),
        _ => Field::Missing,
    };
    Ok(GradingPeriodSettingsForm { periods, apply_to_existing_coursework })
}

fn period(value: Value) -> Option<GradingPeriodForm> {
    let Value::Object(mut object) = value else { return None };
    Some(GradingPeriodForm {
        id: take_text(&mut object, "id"),
        title: take_text(&mut object, "title"),
        start: take_date(&mut object, "startDate"),
        end: take_date(&mut object, "endDate"),
    })
}

fn take_date(object: &mut Checked, name: &str) -> Field<DateForm> {
    let Some(date) = object.remove(name) else { return Field::Missing };
    let number = |name: &str| date.get(name).and_then(Value::as_i64).unwrap_or(0);
    Field::Given(DateForm { year: number("year"), month: number("month"), day: number("day") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        read_mask(text).map_or_else(|error| format!("{error:?}"), |mask| format!("{mask:?}"))
    }

    #[test]
    fn a_mask_names_settings_in_both_spellings() {
        let both = read_mask("grading_periods,applyToExistingCoursework").unwrap();
        assert!(GradingPeriodSetting::ALL.into_iter().all(|setting| both.contains(setting)));
        let one = read_mask("apply_to_existing_coursework").unwrap();
        assert!(!one.contains(GradingPeriodSetting::Periods));
        assert!(fault("").contains("at least one field"));
        assert!(fault("gradingPeriods.title").contains("an unknown field: gradingPeriods.title"));
        assert!(fault("previewVersion").contains("a read-only field: previewVersion"));
    }
}
