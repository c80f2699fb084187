//! From messages and paths to aliases.

use derslik_domain::course::alias::Alias;

use super::messages::COURSE_ALIAS;
use crate::classroom::engine::{ClassroomError, Context, take_string};

/// The alias in the body.
///
/// # Errors
/// A fault of the body, or a text that is not an alias.
pub(super) fn alias_in_body(context: &Context<'_>) -> Result<Alias, ClassroomError> {
    let alias = take_string(&mut context.read(&COURSE_ALIAS)?, "alias").unwrap_or_default();
    Ok(Alias::parse(&alias)?)
}

/// The alias that the path names with its second value. A text that is not an alias names none.
///
/// # Errors
/// Not found.
pub(super) fn alias_in_path(context: &Context<'_>) -> Result<Alias, ClassroomError> {
    Alias::parse(context.value(1)).map_err(|_| ClassroomError::not_found())
}

/// The alias at a position of a list. The position is its text.
pub(super) fn position(bytes: &[u8]) -> Option<Alias> {
    Alias::from_bytes(bytes).ok()
}
