//! Update masks: a list of names between commas, in lowerCamelCase or in `snake_case`. Each names a field of a message that a
//! change may set. Partial answers have another syntax: `fields`.

use std::fmt;

use super::schema::Message;

/// Why a mask was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MaskError {
    /// The mask names no field.
    #[error("an update mask has to name at least one field")]
    Empty,
    /// The message does not have the field.
    #[error("an update mask names an unknown field: {0}")]
    Unknown(MaskPath),
    /// The message has the field, but a change cannot set it.
    #[error("an update mask names a read-only field: {0}")]
    ReadOnly(MaskPath),
}

/// A name in a mask, as the client sent it, cut to [`MaskPath::MAX`] characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MaskPath(Box<str>);

impl MaskPath {
    /// The most characters of a name that are kept, so that an answer never repeats a long one.
    const MAX: usize = 100;

    fn new(path: &str) -> Self {
        Self(path.chars().take(Self::MAX).collect())
    }
}

impl fmt::Display for MaskPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a mask of the fields of `message`: at least one. `settable` returns the field of that name in JSON, if a change may set
/// it. Every other field of the message is read-only.
///
/// # Errors
/// The first [`MaskError`].
pub(crate) fn parse<F>(text: &str, message: &Message, settable: impl Fn(&str) -> Option<F>) -> Result<Vec<F>, MaskError> {
    let named = |name: &str| message.field(name).map(|field| field.name);
    let fields: Vec<F> = text
        .split(',')
        .map(str::trim)
        .filter(|path| !path.is_empty())
        .map(|path| {
            named(path).and_then(&settable).ok_or_else(|| {
                // A path inside a read-only field is read-only too.
                let head = named(path.split('.').next().unwrap_or(path));
                let is_read_only = head.is_some_and(|name| settable(name).is_none());
                if is_read_only { MaskError::ReadOnly(MaskPath::new(path)) } else { MaskError::Unknown(MaskPath::new(path)) }
            })
        })
        .collect::<Result<_, _>>()?;
    if fields.is_empty() { Err(MaskError::Empty) } else { Ok(fields) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::schema::text;
    use super::*;

    static LESSON: Message = Message {
        name: "Lesson",
        union: None,
        fields: &[text("title", ""), text("meetingRoom", ""), text("creationTime", ""), text("materialFolder", "")],
    };

    fn read(text: &str) -> Result<Vec<&'static str>, MaskError> {
        parse(text, &LESSON, |name| ["title", "meetingRoom"].into_iter().find(|settable| *settable == name))
    }

    #[test]
    fn fields_are_named_in_both_spellings() {
        assert_eq!(read("title,meetingRoom"), Ok(vec!["title", "meetingRoom"]));
        assert_eq!(read("meeting_room"), Ok(vec!["meetingRoom"]));
    }

    #[test]
    fn names_may_repeat_and_stand_between_blanks() {
        assert_eq!(read(" meetingRoom ,title,, meeting_room,"), Ok(vec!["meetingRoom", "title", "meetingRoom"]));
    }

    #[rstest]
    fn a_mask_has_to_name_a_field(#[values("", " , ")] text: &str) {
        assert_eq!(read(text), Err(MaskError::Empty));
    }

    #[rstest]
    fn other_names_are_unknown(
        #[values("*", "tilte", "Title", "title.first", "meeting_Room", "standardSettings", "title room", "meetingRoom.floor")] path: &str,
    ) {
        assert_eq!(read(&format!("title,{path}")), Err(MaskError::Unknown(MaskPath::new(path))));
    }

    #[rstest]
    fn other_fields_of_the_message_are_read_only(
        #[values("creationTime", "creation_time", "materialFolder", "material_folder.id", "materialFolder.id.x")] path: &str,
    ) {
        assert_eq!(read(&format!("title,{path}")), Err(MaskError::ReadOnly(MaskPath::new(path))));
    }

    #[test]
    fn an_error_repeats_no_more_than_a_hundred_characters() {
        let Err(MaskError::Unknown(path)) = read(&"ş".repeat(5_000)) else { panic!() };
        assert_eq!(path.to_string().chars().count(), MaskPath::MAX);
    }
}
