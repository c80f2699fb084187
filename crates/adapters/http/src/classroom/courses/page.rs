//! Pages of lists: their size, and the position of a course in a page token.

use derslik_domain::course::CourseCursor;
use derslik_domain::id::Id;
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;

use crate::classroom::engine::{ClassroomError, Context};

/// The page that a request asks for, after that position.
///
/// # Errors
/// A negative size.
pub(super) fn page<Key>(context: &Context<'_>, after: Option<Key>) -> Result<PageRequest<Key>, ClassroomError> {
    PageRequest::new(context.query.integer("pageSize"), after).map_err(|error| ClassroomError::bad_value("page_size", error.to_string()))
}

/// The page of a list below a course, after the position that `after` reads. Its size is checked before its token.
///
/// # Errors
/// A negative size, or what `after` returns.
pub(crate) fn page_below<Key>(
    context: &Context<'_>,
    after: impl FnOnce() -> Result<Option<Key>, ClassroomError>,
) -> Result<PageRequest<Key>, ClassroomError> {
    let PageRequest { size, after: _ } = page::<Key>(context, None)?;
    Ok(PageRequest { size, after: after()? })
}

/// A position in a list of courses, as the bytes of a page token.
pub(super) fn position(cursor: CourseCursor) -> Vec<u8> {
    let CourseCursor { created_at, id } = cursor;
    [created_at.micros().to_be_bytes(), id.get().to_be_bytes()].concat()
}

/// The inverse of [`position`].
pub(super) fn cursor(position: &[u8]) -> Option<CourseCursor> {
    let (created_at, id) = position.split_at_checked(8)?;
    let number = |bytes: &[u8]| bytes.try_into().ok().map(i64::from_be_bytes);
    Some(CourseCursor { created_at: Timestamp::from_micros(number(created_at)?), id: Id::new(number(id)?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_leads_back_to_its_cursor() {
        let one = CourseCursor { created_at: Timestamp::from_micros(1_738_847_255_488_565), id: Id::new(123_456_789_012) };
        assert_eq!(cursor(&position(one)), Some(one));
        assert_eq!([cursor(b""), cursor(b"12345678"), cursor(&[7; 17])], [None, None, None]);
    }
}
