//! Messages as data: the shapes of requests and answers, and their descriptions in the discovery document. The messages themselves
//! stand beside the methods that use them.

/// A message: an object with known fields.
#[derive(Debug)]
pub(crate) struct Message {
    /// The name in the discovery document.
    pub(crate) name: &'static str,
    /// The name of the union whose members are the fields, if the message is one. At most one of them is set.
    pub(crate) union: Option<&'static str>,
    pub(crate) fields: &'static [Field],
}

/// A field of a message.
#[derive(Debug)]
pub(crate) struct Field {
    /// The name in JSON.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The description for the discovery document.
    pub(crate) about: &'static str,
}

/// The type of a field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Flag,
    Int32,
    /// A number, which may have a fraction.
    Double,
    /// An instant in RFC 3339 format.
    Time,
    Choice(&'static Choice),
    One(&'static Message),
    Many(&'static Message),
    /// A list of texts.
    Texts,
    /// Messages by names that the client or the service chooses, such as ids.
    Map(&'static Message),
}

/// An enumeration. The position of a value is its number.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) values: &'static [&'static str],
    /// The meaning of each value, for the discovery document.
    pub(crate) meanings: &'static [&'static str],
}

impl Message {
    /// The field with that name, in lowerCamelCase or in `snake_case`.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name || snake(field.name) == name)
    }
}

/// A name in `snake_case`.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// A field of that name and type, with its description.
pub(crate) const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, about }
}

/// A field that is a text.
pub(crate) const fn text(name: &'static str, about: &'static str) -> Field {
    field(name, Kind::Text, about)
}

/// The preview versions that a client may name in any call.
pub(crate) static PREVIEW_VERSION: Choice = Choice {
    name: "PreviewVersion",
    values: &[
        "PREVIEW_VERSION_UNSPECIFIED",
        "V1_20231110_PREVIEW",
        "V1_20240401_PREVIEW",
        "V1_20240930_PREVIEW",
        "V1_20250630_PREVIEW",
        "V1_20260316_PREVIEW",
    ],
    meanings: &[
        "Not set.",
        "The preview of November 2023.",
        "The preview of April 2024.",
        "The preview of September 2024.",
        "The preview of June 2025.",
        "The preview of March 2026.",
    ],
};

/// A message without fields.
pub(crate) static EMPTY: Message = Message { union: None, name: "Empty", fields: &[] };
