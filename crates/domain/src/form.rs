//! What a client sent, field by field, before it is judged: dialects fill these in, the rules of each kind of object
//! read them. It knows no field names.

/// One field of a request object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// The field was not sent.
    #[default]
    Missing,
    /// The field was sent with a null.
    Null,
    /// The field was sent with a value of the wanted type.
    Given(T),
    /// The field was sent with a value of another type.
    Mistyped,
    /// The field was sent more than once, so that nobody can tell which value was meant.
    Repeated,
}

/// Text as it came from the wire: mostly UTF-8, but nobody has looked yet.
pub type RawText = Vec<u8>;

/// What every field can get wrong, whatever it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldFault {
    /// Of the wrong type.
    Mistyped,
    /// Sent more than once.
    Repeated,
}

impl<T> Field<T> {
    /// The value, or `None` for a missing field and for a null.
    ///
    /// # Errors
    /// The [`FieldFault`] of a field that holds no usable value.
    pub fn given(self) -> Result<Option<T>, FieldFault> {
        match self {
            Field::Missing | Field::Null => Ok(None),
            Field::Given(value) => Ok(Some(value)),
            Field::Mistyped => Err(FieldFault::Mistyped),
            Field::Repeated => Err(FieldFault::Repeated),
        }
    }
}
