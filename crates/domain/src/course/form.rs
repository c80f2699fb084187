//! The form of one course: what a client sent, field by field, not validated yet. Read-only fields are never filled in.

use crate::form::{Field, RawText};

use super::CourseState;

/// The fields of a request to create or to change a course.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CourseForm {
    /// The alias to attach; only the creation of a course looks at it.
    pub alias: Field<RawText>,
    /// The name.
    pub name: Field<RawText>,
    /// The section.
    pub section: Field<RawText>,
    /// The heading of the description.
    pub description_heading: Field<RawText>,
    /// The description.
    pub description: Field<RawText>,
    /// The room.
    pub room: Field<RawText>,
    /// The owner, by id, by e-mail address or as `me`.
    pub owner: Field<RawText>,
    /// The state; an unspecified one is read as null.
    pub state: Field<CourseState>,
    /// The subject.
    pub subject: Field<RawText>,
    /// The levels.
    pub levels: Field<RawText>,
}
