//! The names in JSON of the fields that a client can send.

use derslik_domain::course::{CourseField, UpdateMask};

use super::messages::COURSE;
use crate::classroom::engine::{ClassroomError, MaskError, parse_mask};

/// The name of a field.
pub(super) const fn field_name(field: CourseField) -> &'static str {
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

/// Reads the mask of a change.
///
/// # Errors
/// The mask is empty, or names a field that a change cannot set.
pub(super) fn update_mask(text: &str) -> Result<UpdateMask, ClassroomError> {
    let settable = |name: &str| CourseField::SETTABLE.into_iter().find(|field| field_name(*field) == name);
    let fields = parse_mask(text, &COURSE, settable)?;
    UpdateMask::of(fields.into_iter().collect()).ok_or_else(|| MaskError::Empty.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classroom::engine::snake;

    fn fault(text: &str) -> String {
        update_mask(text).map_or_else(|error| format!("{error:?}"), |mask| format!("{mask:?}"))
    }

    #[test]
    fn a_mask_takes_every_settable_field_in_both_spellings() {
        let camel: Vec<_> = CourseField::SETTABLE.into_iter().map(|field| field_name(field).to_owned()).collect();
        let snake: Vec<_> = camel.iter().map(|name| snake(name)).collect();
        for names in [camel, snake] {
            assert!(update_mask(&names.join(",")).is_ok_and(|mask| mask.fields().iter().eq(CourseField::SETTABLE)), "{names:?}");
        }
    }

    #[test]
    fn every_other_field_of_a_course_is_read_only() {
        let settable = CourseField::SETTABLE.map(field_name);
        let others: Vec<_> = COURSE.fields.iter().map(|field| field.name).filter(|name| !settable.contains(name)).collect();
        assert_eq!((others.len(), settable.len()), (12, COURSE.fields.len() - 12));
        for name in others {
            for path in [name.to_owned(), snake(name), format!("{name}.id")] {
                assert!(fault(&format!("name,{path}")).contains(&format!("a read-only field: {path}")), "{path}");
            }
        }
    }

    #[test]
    fn a_mask_names_fields_of_a_course() {
        assert!(fault("").contains("at least one field"));
        for path in ["*", "learningStandardSettings", "name.first"] {
            assert!(fault(&format!("name,{path}")).contains(&format!("an unknown field: {path}")), "{path}");
        }
    }
}
