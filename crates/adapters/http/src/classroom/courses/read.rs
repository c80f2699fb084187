//! From messages, parameters and headers to forms of the domain.

use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::{CourseForm, CourseListForm, CourseOrder, CourseState, Revision};
use derslik_domain::form::{Field, RawText};
use derslik_domain::id::Id;
use derslik_ports::inbound::Precondition;
use serde_json::Value;

use super::messages::COURSE;
use crate::classroom::engine::{Checked, ClassroomError, Context, take_text};

/// The course that the path names with its first value.
pub(crate) fn course_ref(context: &Context<'_>) -> CourseRef {
    CourseRef::parse(context.value(0))
}

/// The form of the course in the body. Read-only fields are ignored.
///
/// # Errors
/// Every fault of the body.
pub(super) fn course_form(context: &Context<'_>) -> Result<CourseForm, ClassroomError> {
    Ok(form(context.read(&COURSE)?))
}

fn form(mut object: Checked) -> CourseForm {
    let state = match object.remove("courseState") {
        Some(Value::String(name)) => CourseState::by_name(&name).map_or(Field::Null, Field::Given),
        _ => Field::Missing,
    };
    CourseForm {
        alias: take_text(&mut object, "id"),
        name: take_text(&mut object, "name"),
        section: take_text(&mut object, "section"),
        description_heading: take_text(&mut object, "descriptionHeading"),
        description: take_text(&mut object, "description"),
        room: take_text(&mut object, "room"),
        owner: take_text(&mut object, "ownerId"),
        state,
        subject: take_text(&mut object, "subject"),
        levels: take_text(&mut object, "levels"),
    }
}

/// The form of a list.
///
/// # Errors
/// An unknown order.
pub(super) fn list_form(context: &Context<'_>) -> Result<CourseListForm, ClassroomError> {
    let query = &context.query;
    let text = |name: &str| query.get(name).map_or(Field::Missing, |text| Field::Given(RawText::from(text)));
    let order = match query.get("x-orderBy") {
        None | Some("creationTime desc") => CourseOrder::NewestFirst,
        Some("creationTime" | "creationTime asc") => CourseOrder::OldestFirst,
        Some(_) => return Err(ClassroomError::bad_value("x-orderBy", "creationTime, creationTime asc or creationTime desc")),
    };
    Ok(CourseListForm {
        student: text("studentId"),
        teacher: text("teacherId"),
        owner: None,
        states: query.all("courseStates").filter_map(CourseState::by_name).collect(),
        query: text("x-query"),
        order,
    })
}

/// The versions in the header `If-Match`. Tags that no course can have are left out.
pub(super) fn precondition(context: &Context<'_>) -> Precondition {
    context.if_match.map_or(Precondition::Any, read_if_match)
}

fn read_if_match(header: &str) -> Precondition {
    if header.trim() == "*" {
        return Precondition::Any;
    }
    let version = |tag: &str| {
        let (id, revision) = tag.trim().strip_prefix('"')?.strip_suffix('"')?.split_once('-')?;
        Some((Id::new(id.parse().ok()?), Revision::new(revision.parse().ok()?)))
    };
    Precondition::OneOf(header.split(',').filter_map(version).collect())
}

#[cfg(test)]
mod tests {
    use derslik_domain::course::CourseField;

    use super::super::fields::field_name;
    use super::*;

    #[test]
    fn a_tag_that_no_course_had_matches_none() {
        assert_eq!(read_if_match("*"), Precondition::Any);
        let precondition = Precondition::OneOf(vec![(Id::new(7), Revision::new(3)), (Id::new(7), Revision::new(4))]);
        assert_eq!(read_if_match("\"7-3\" , \"7-4\""), precondition);
        for header in ["", "W/\"7-3\"", "7-3", "\"7\"", "\"a-b\""] {
            assert_eq!(read_if_match(header), Precondition::OneOf(Vec::new()), "{header}");
        }
    }

    #[test]
    fn each_settable_field_is_read_from_the_message_under_its_name() {
        for field in CourseField::SETTABLE.into_iter().chain([CourseField::Id]) {
            let name = field_name(field);
            assert!(COURSE.field(name).is_some(), "the message does not have {name}");
            let mut object = Checked::new();
            object.insert(name.to_owned(), Value::from("ACTIVE"));
            let (sent, mut expected) = (Field::Given(b"ACTIVE".to_vec()), CourseForm::default());
            match field {
                CourseField::Id => expected.alias = sent,
                CourseField::Name => expected.name = sent,
                CourseField::Section => expected.section = sent,
                CourseField::DescriptionHeading => expected.description_heading = sent,
                CourseField::Description => expected.description = sent,
                CourseField::Room => expected.room = sent,
                CourseField::Owner => expected.owner = sent,
                CourseField::State => expected.state = Field::Given(CourseState::Active),
                CourseField::Subject => expected.subject = sent,
                CourseField::Levels => expected.levels = sent,
            }
            assert_eq!(form(object), expected, "{name}");
        }
    }

    #[test]
    fn an_unspecified_state_is_a_null() {
        let mut object = Checked::new();
        object.insert("courseState".to_owned(), Value::from("COURSE_STATE_UNSPECIFIED"));
        assert_eq!(form(object), CourseForm { state: Field::Null, ..CourseForm::default() });
    }
}
