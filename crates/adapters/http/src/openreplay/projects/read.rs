//! A project in a request.

use derslik_domain::form::{Field, RawText};
use derslik_domain::job::ProjectForm;
use serde_json::{Map, Value};

use crate::openreplay::error::{InputFault, OpenReplayError};
use crate::openreplay::words::platform_by_name;

/// The fields of a project in a body.
///
/// # Errors
/// If the body is not a JSON object.
pub(in crate::openreplay) fn project_form(body: &[u8]) -> Result<ProjectForm, OpenReplayError> {
    let object: Map<String, Value> = serde_json::from_slice(body).map_err(|_| not_an_object())?;
    Ok(ProjectForm { name: text(&object, "name"), platform: text(&object, "platform").map(|name| platform_by_name(&name)) })
}

fn text(object: &Map<String, Value>, name: &str) -> Field<RawText> {
    match object.get(name) {
        None => Field::Missing,
        Some(Value::Null) => Field::Null,
        Some(Value::String(text)) => Field::Given(text.clone().into_bytes()),
        Some(_) => Field::Mistyped,
    }
}

fn not_an_object() -> OpenReplayError {
    OpenReplayError::Unprocessable(InputFault::new("json_invalid", ("body", "project"), "Input should be a valid JSON object", ""))
}
