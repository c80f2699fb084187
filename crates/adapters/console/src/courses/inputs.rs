//! The fields of the forms that make and change a course: their names are those of the wire.

use std::collections::BTreeMap;

use derslik_domain::course::{ChangeError, Course, CourseField, CourseFields, CourseForm, CourseState, CourseViolation, CreateError};
use derslik_domain::form::Field;
use derslik_domain::text::Text;
use derslik_ports::inbound::CourseError;

use super::reasons;
use crate::failure::Failure;
use crate::fields::Fields;
use crate::texts::Texts;

/// The fields that a person types, in the order of the form.
pub(super) const TYPED: [CourseField; 8] = [
    CourseField::Name,
    CourseField::Section,
    CourseField::Room,
    CourseField::Subject,
    CourseField::Levels,
    CourseField::Owner,
    CourseField::DescriptionHeading,
    CourseField::Description,
];

/// What is wrong with each field.
pub(super) type Problems = BTreeMap<CourseField, String>;

/// A field of a form, as it is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Input {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) value: String,
    pub(super) help: Option<String>,
    pub(super) problem: Option<String>,
    /// The value that is stored now, where it differs from a value that came too late.
    pub(super) stored: Option<String>,
    pub(super) is_long: bool,
}

/// The name of a field in forms and on the wire.
pub(super) const fn name_of(field: CourseField) -> &'static str {
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

fn label_of(t: Texts, field: CourseField) -> String {
    match field {
        CourseField::Id => t.courses_field_alias(),
        CourseField::Name => t.courses_field_name(),
        CourseField::Section => t.courses_field_section(),
        CourseField::DescriptionHeading => t.courses_field_heading(),
        CourseField::Description => t.courses_field_description(),
        CourseField::Room => t.courses_field_room(),
        CourseField::Owner => t.courses_field_owner(),
        CourseField::State => t.courses_field_state(),
        CourseField::Subject => t.courses_field_subject(),
        CourseField::Levels => t.courses_field_levels(),
    }
}

/// The fields of a form.
pub(super) fn inputs(t: Texts, fields: &[CourseField], value: impl Fn(CourseField) -> String, problems: &Problems) -> Vec<Input> {
    let input = |field: CourseField| Input {
        name: name_of(field),
        label: label_of(t, field),
        value: value(field),
        help: None,
        problem: problems.get(&field).cloned(),
        stored: None,
        is_long: field == CourseField::Description,
    };
    fields.iter().copied().map(input).collect()
}

/// The stored value of a field.
pub(super) fn stored(course: &Course, field: CourseField) -> String {
    let details = &course.details;
    match field {
        CourseField::Id => course.id.to_string(),
        CourseField::Name => details.name.to_string(),
        CourseField::Section => text(details.section.as_ref()),
        CourseField::DescriptionHeading => text(details.description_heading.as_ref()),
        CourseField::Description => text(details.description.as_ref()),
        CourseField::Room => text(details.room.as_ref()),
        CourseField::Owner => course.owner.to_string(),
        CourseField::State => course.state.name().to_owned(),
        CourseField::Subject => text(details.subject.as_ref()),
        CourseField::Levels => text(details.levels.as_ref()),
    }
}

/// The text of a field; empty without one.
pub(super) fn text<const MAX: usize>(text: Option<&Text<MAX>>) -> String {
    text.map(Text::as_str).unwrap_or_default().to_owned()
}

/// The value of a field as it was sent; `None` for a form without the field. Browsers send each end of a line as two characters.
pub(super) fn sent(form: &Fields, field: CourseField) -> Option<String> {
    let value = form.raw(name_of(field))?;
    Some(match field {
        CourseField::Id | CourseField::Owner => value.trim().to_owned(),
        CourseField::Name
        | CourseField::Section
        | CourseField::DescriptionHeading
        | CourseField::Description
        | CourseField::Room
        | CourseField::State
        | CourseField::Subject
        | CourseField::Levels => unix(value),
    })
}

fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The fields that were sent with another value than the stored one.
pub(super) fn changed(course: &Course, form: &Fields) -> CourseFields {
    let differs = |field: &CourseField| sent(form, *field).is_some_and(|value| value != unix(&stored(course, *field)));
    TYPED.into_iter().filter(differs).collect()
}

/// The form of the domain with those fields of the form that was sent.
pub(super) fn form_of(form: &Fields, fields: impl IntoIterator<Item = CourseField>) -> CourseForm {
    let mut course = CourseForm::default();
    for field in fields {
        let Some(value) = sent(form, field) else { continue };
        let value = if value.is_empty() && field != CourseField::Name { Field::Null } else { Field::Given(value.into_bytes()) };
        match field {
            CourseField::Id => course.alias = value,
            CourseField::Name => course.name = value,
            CourseField::Section => course.section = value,
            CourseField::DescriptionHeading => course.description_heading = value,
            CourseField::Description => course.description = value,
            CourseField::Room => course.room = value,
            CourseField::Owner => course.owner = value,
            CourseField::State => course.state = form.get(name_of(field)).and_then(CourseState::by_name).map_or(Field::Null, Field::Given),
            CourseField::Subject => course.subject = value,
            CourseField::Levels => course.levels = value,
        }
    }
    course
}

/// Why a form was refused, and what is wrong with each field.
///
/// # Errors
/// A failure that has a page of its own.
pub(super) fn problems_of(t: Texts, error: CourseError) -> Result<(String, Problems), Failure> {
    let violations: &[CourseViolation] = match &error {
        CourseError::Create(CreateError::Invalid(violations)) | CourseError::Change(ChangeError::Invalid(violations)) => violations,
        _ => &[],
    };
    let mut problems: Problems = violations.iter().map(|violation| (violation.field, reasons::of_field(t, violation.problem))).collect();
    let blamed = blamed(&error);
    let reason = reasons::reason(t, error)?;
    if let Some(field) = blamed {
        problems.insert(field, reason.clone());
    }
    Ok((reason, problems))
}

/// The field that the whole refusal is about.
const fn blamed(error: &CourseError) -> Option<CourseField> {
    match error {
        CourseError::Create(CreateError::UnknownOwner | CreateError::CannotOwn | CreateError::InactiveOwner)
        | CourseError::Change(ChangeError::Transfer(_))
        | CourseError::UnknownUser => Some(CourseField::Owner),
        CourseError::Create(CreateError::TitleContainsUrl) | CourseError::Change(ChangeError::TitleContainsUrl) => Some(CourseField::Name),
        CourseError::Alias(_) | CourseError::AliasTaken | CourseError::NoProject => Some(CourseField::Id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::course::CourseProblem;
    use derslik_domain::course::roster::TransferError;
    use derslik_testkit::builders::course;

    use super::*;
    use crate::locale::Language;

    #[test]
    fn a_change_is_about_the_fields_that_differ() {
        let mut stored = course(7);
        stored.details.description = Text::new("a\r\nb").ok();
        let form = Fields::read("name=10.+Sınıf+Biyoloji&section=B&room=&description=a%0D%0Ab&ownerId=+2+".as_bytes());
        let fields = changed(&stored, &form);
        assert!(fields.iter().eq([CourseField::Section]), "{fields:?}");
        let form = form_of(&form, fields.iter());
        assert_eq!(form, CourseForm { section: Field::Given(b"B".to_vec()), ..CourseForm::default() });
    }

    #[test]
    fn an_emptied_field_is_cleared_and_an_empty_name_is_refused_as_one() {
        let form = form_of(&Fields::read(b"name=&room=&courseState=ACTIVE"), [CourseField::Name, CourseField::Room, CourseField::State]);
        assert_eq!((form.name, form.room), (Field::Given(Vec::new()), Field::Null));
        assert_eq!(form.state, Field::Given(CourseState::Active));
    }

    #[test]
    fn a_refusal_stands_beside_the_field_it_is_about() {
        let t = Texts::of(Language::Turkish);
        let violation = CourseViolation { field: CourseField::Room, problem: CourseProblem::Required };
        let invalid = CourseError::Create(CreateError::Invalid(vec![violation]));
        let transfer = CourseError::Change(ChangeError::Transfer(TransferError::UserAlreadyOwner));
        let url = CourseError::Change(ChangeError::TitleContainsUrl);
        for (error, field) in [
            (invalid, CourseField::Room),
            (transfer, CourseField::Owner),
            (url, CourseField::Name),
            (CourseError::AliasTaken, CourseField::Id),
        ] {
            let (reason, problems) = problems_of(t, error).unwrap();
            assert!(!reason.is_empty() && problems.keys().eq([&field]), "{problems:?}");
        }
        assert!(problems_of(t, CourseError::Stale).unwrap().1.is_empty());
    }
}
