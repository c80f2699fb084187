//! A course for the tests of this folder.

use crate::form::{Field, RawText};
use crate::id::Id;
use crate::time::Timestamp;

use super::gradebook::GradebookSettings;
use super::{Course, CourseDetails, CourseForm, CourseName, CourseState, EnrollmentCode, GroupName, Revision};

/// The owner of [`course`].
pub(super) const OWNER: i64 = 2;

/// An active course with only a name.
pub(super) fn course() -> Course {
    Course {
        id: Id::new(7),
        revision: Revision::new(3),
        details: CourseDetails {
            name: CourseName::new("10. Sınıf Biyoloji").unwrap(),
            section: None,
            description_heading: None,
            description: None,
            room: None,
            subject: None,
            levels: None,
        },
        owner: Id::new(OWNER),
        state: CourseState::Active,
        suspended_from: None,
        enrollment_code: EnrollmentCode::from_random(5),
        group: GroupName::new("10. Sınıf Biyoloji", None, 5),
        teacher_folder: None,
        material_sets: Vec::new(),
        guardians_enabled: false,
        calendar: None,
        gradebook: GradebookSettings::default(),
        created_at: Timestamp::from_micros(1_000),
        updated_at: Timestamp::from_micros(2_000),
        first_active_at: Some(Timestamp::from_micros(1_000)),
    }
}

/// A text as a client sends it.
pub(super) fn given(text: &str) -> Field<RawText> {
    Field::Given(text.as_bytes().to_vec())
}

/// A form with a name.
pub(super) fn named(name: &str) -> CourseForm {
    CourseForm { name: given(name), ..CourseForm::default() }
}
