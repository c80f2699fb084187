//! The names in JSON of the fields that a change may set.

use derslik_domain::course::{CourseField, GradingPeriodMask, GradingPeriodSetting, UpdateMask};

use super::error::ClassroomError;
use super::masks;
use super::schema::{COURSE, GRADING_PERIOD_SETTINGS};

/// The name of a field of a course.
pub(super) const fn course_field(field: CourseField) -> &'static str {
    match field {
        CourseField::Id => "id",
        CourseField::Name => "name",
        CourseField::Section => "section",
        CourseField::DescriptionHeading => "descriptionHeading",
        CourseField::Description => "description",
        CourseField::Room => "room",
        CourseField::Owner => "ownerId",
        CourseField::State => "courseState",
        CourseField::Subject => "subject",
        CourseField::Levels => "levels",
    }
}

/// The name of a field of the grading-period settings.
const fn grading_period_setting(field: GradingPeriodSetting) -> &'static str {
    match field {
        GradingPeriodSetting::Periods => "gradingPeriods",
        GradingPeriodSetting::ApplyToExistingCoursework => "applyToExistingCoursework",
    }
}

/// The mask of a change of a course.
pub(super) fn course_mask(text: &str) -> Result<UpdateMask, ClassroomError> {
    let settable = |name: &str| CourseField::SETTABLE.into_iter().find(|field| course_field(*field) == name);
    let fields = masks::parse(text, &COURSE, settable)?;
    UpdateMask::of(fields.into_iter().collect()).ok_or_else(|| masks::MaskError::Empty.into())
}

/// The mask of a change of the grading-period settings.
pub(super) fn grading_period_mask(text: &str) -> Result<GradingPeriodMask, ClassroomError> {
    let settable = |name: &str| GradingPeriodSetting::ALL.into_iter().find(|field| grading_period_setting(*field) == name);
    Ok(masks::parse(text, &GRADING_PERIOD_SETTINGS, settable)?.into_iter().collect())
}
