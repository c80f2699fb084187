//! Reads the parts of a request to test control.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, PayloadConfig};
use derslik_ports::inbound::control::{ControlError, PublicAccountId};
use derslik_side_listener::{Lifetime, MAX_BODY};
use serde::de::DeserializeOwned;

use super::Problem;

/// How long a request that moves many rows may take.
const LONG: Duration = Duration::from_secs(120);

/// The body of a request, or why it did not come.
pub(super) type Body = Result<Bytes, actix_web::Error>;

/// The limit of bodies.
pub(super) fn limits() -> PayloadConfig {
    PayloadConfig::new(MAX_BODY)
}

/// The account that a path names.
pub(super) fn account(text: &str) -> Result<PublicAccountId, Problem> {
    text.parse().map_err(|_| ControlError::not_found("account", &text).into())
}

/// The body as a value in JSON. An empty body is the default value.
pub(super) fn json<T: DeserializeOwned + Default>(body: Body) -> Result<T, Problem> {
    let body = bytes(body)?;
    if body.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(&body).map_err(|error| Problem::malformed(&error))
}

/// The body as a text.
pub(super) fn text(body: Body) -> Result<String, Problem> {
    String::from_utf8(bytes(body)?.into()).map_err(|_| Problem::malformed(&"the body must be UTF-8"))
}

/// The body as it came.
pub(super) fn bytes(body: Body) -> Result<Bytes, Problem> {
    body.map_err(|error| match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => Problem::too_large(&format_args!("a body has at most {MAX_BODY} bytes")),
        _ => Problem::malformed(&"the body did not come as its Content-Length says"),
    })
}

/// Lets the answer to a request that moves many rows take long.
pub(super) fn allow_long(request: &HttpRequest) {
    if let Some(lifetime) = request.conn_data::<Lifetime>() {
        lifetime.extend(LONG);
    }
}
