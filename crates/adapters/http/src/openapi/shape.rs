//! The shapes of JSON values. A dialect composes the schemas of its objects from them. Nothing here knows an API.

use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};

/// A schema, or the name of one.
pub(crate) type Shape = RefOr<Schema>;

/// The members of an object: names and shapes.
pub(crate) type Members = Vec<(String, Shape)>;

fn plain(of: Type, about: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(of).description(Some(about))
}

/// Any value.
pub(crate) fn anything(about: &str) -> Shape {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(about)).into()
}

/// Always null.
pub(crate) fn nothing(about: &str) -> Shape {
    plain(Type::Null, about).into()
}

/// A text.
pub(crate) fn text(about: &str) -> Shape {
    plain(Type::String, about).into()
}

/// A text of at least `min` and at most `max` characters.
pub(crate) fn text_within(min: usize, max: usize, about: &str) -> Shape {
    plain(Type::String, about).min_length(Some(min)).max_length(Some(max)).into()
}

/// A text that fits a regular expression.
pub(crate) fn text_like(pattern: &str, about: &str) -> Shape {
    plain(Type::String, about).pattern(Some(pattern)).into()
}

/// A text in a format of JSON Schema.
fn formatted(format: &str, about: &str) -> Shape {
    plain(Type::String, about).format(Some(SchemaFormat::Custom(format.to_owned()))).into()
}

/// A GUID.
pub(crate) fn guid(about: &str) -> Shape {
    formatted("uuid", about)
}

/// An instant with its offset.
pub(crate) fn instant(about: &str) -> Shape {
    formatted("date-time", about)
}

/// One of some texts.
pub(crate) fn one_text(of: &[&str], about: &str) -> Shape {
    plain(Type::String, about).enum_values(Some(of.iter().copied())).into()
}

/// A boolean.
pub(crate) fn flag(about: &str) -> Shape {
    plain(Type::Boolean, about).into()
}

/// A whole number.
pub(crate) fn whole(about: &str) -> Shape {
    plain(Type::Integer, about).into()
}

/// A whole number from `min` to `max`.
pub(crate) fn whole_within(min: u32, max: u32, about: &str) -> Shape {
    plain(Type::Integer, about).minimum(Some(min)).maximum(Some(max)).into()
}

/// One of some whole numbers.
pub(crate) fn one_whole(of: &[i32], about: &str) -> Shape {
    plain(Type::Integer, about).enum_values(Some(of.iter().copied())).into()
}

/// That shape, or null.
pub(crate) fn or_null(shape: Shape) -> Shape {
    if let RefOr::T(Schema::Object(mut object)) = shape {
        if let SchemaType::Type(of) = &object.schema_type {
            object.schema_type = SchemaType::from_iter([of.clone(), Type::Null]);
        }
        if let Some(values) = &mut object.enum_values {
            values.push(Value::Null);
        }
        return RefOr::T(Schema::Object(object));
    }
    either([shape, ObjectBuilder::new().schema_type(Type::Null).into()])
}

/// Exactly one of some shapes.
pub(crate) fn either(shapes: impl IntoIterator<Item = Shape>) -> Shape {
    shapes.into_iter().fold(OneOfBuilder::new(), OneOfBuilder::item).into()
}

/// A list of values of one shape.
pub(crate) fn list(items: Shape, about: &str) -> Shape {
    ArrayBuilder::new().items(items).description(Some(about)).into()
}

/// The schema of that name among the components of the document.
pub(crate) fn named(name: &str) -> Shape {
    Ref::from_schema_name(name).into()
}

/// Members from an array.
pub(crate) fn members<const N: usize>(of: [(&str, Shape); N]) -> Members {
    of.into_iter().map(|(name, shape)| (name.to_owned(), shape)).collect()
}

/// An object of an answer: it has all `required` members, maybe some of the `optional` ones, and no other.
pub(crate) fn record(about: &str, required: Members, optional: Members) -> Shape {
    let mut object = plain(Type::Object, about).additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    for (name, shape) in required {
        object = object.property(name.as_str(), shape).required(name);
    }
    for (name, shape) in optional {
        object = object.property(name, shape);
    }
    object.into()
}

/// An object of a request that has the `required` members, and is refused with any other.
pub(crate) fn closed_form(about: &str, required: Members) -> Shape {
    record(about, required, Vec::new())
}

/// An object of a request: it needs the `required` members, knows the `optional` ones, and ignores any other.
pub(crate) fn form(about: &str, required: Members, optional: Members) -> Shape {
    let mut object = plain(Type::Object, about);
    for (name, shape) in required {
        object = object.property(name.as_str(), shape).required(name);
    }
    for (name, shape) in optional {
        object = object.property(name, shape);
    }
    object.into()
}
