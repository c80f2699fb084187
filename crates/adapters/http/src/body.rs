//! Reads request bodies within the limits of length and time, and checks that a body is JSON where JSON is expected. The
//! framework alone would wait forever for a body that stalls.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut, Payload, Query};
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::budgets::{ANONYMOUS_BODY_BYTES, holder_of};
use crate::memory::{BudgetExhausted, Holder, MemoryBudget, Reservation};
use crate::state::HttpState;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body must be JSON, with the content type application/json and without a content encoding")]
    UnsupportedMediaType,
    #[error("the body must be a form, with the content type application/x-www-form-urlencoded")]
    NoForm,
    #[error("the body is longer than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the body was cut off")]
    CutOff,
    #[error("the service holds as many request bodies as it can; try again")]
    BudgetExhausted,
}

/// A request body, which counts among those in flight until it is dropped.
#[derive(Debug)]
pub(crate) struct Body {
    bytes: Bytes,
    _held: Reservation,
}

impl std::ops::Deref for Body {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.bytes
    }
}

/// Reads a JSON body of any kind of value. A request without a content type is taken to send JSON.
pub(crate) async fn read_json(request: &HttpRequest, payload: Payload, state: &HttpState) -> Result<Body, BodyError> {
    if !says_json(request) {
        return Err(BodyError::UnsupportedMediaType);
    }
    read_bytes(request, payload, state).await
}

/// Reads an optional JSON body. An empty body needs no JSON content type.
pub(crate) async fn read_optional_json(request: &HttpRequest, payload: Payload, state: &HttpState) -> Result<Body, BodyError> {
    let body = read_bytes(request, payload, state).await?;
    if body.is_empty() || says_json(request) { Ok(body) } else { Err(BodyError::UnsupportedMediaType) }
}

/// Reads the fields of a form.
pub(crate) async fn read_form(request: &HttpRequest, payload: Payload, state: &HttpState) -> Result<Vec<(String, String)>, BodyError> {
    read_form_within(usize::MAX, request, payload, state).await
}

/// Reads the fields of a form of at most `most` bytes.
pub(crate) async fn read_form_within(
    most: usize,
    request: &HttpRequest,
    payload: Payload,
    state: &HttpState,
) -> Result<Vec<(String, String)>, BodyError> {
    if essence(request).is_none_or(|essence| !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
        return Err(BodyError::NoForm);
    }
    let body = read_within(most, request, payload, state).await?;
    let fields = std::str::from_utf8(&body).ok().and_then(|text| Query::from_query(text).ok());
    fields.map(Query::into_inner).ok_or(BodyError::NoForm)
}

/// Reads a body of any content type.
pub(crate) async fn read_bytes(request: &HttpRequest, payload: Payload, state: &HttpState) -> Result<Body, BodyError> {
    read_within(usize::MAX, request, payload, state).await
}

async fn read_within(most: usize, request: &HttpRequest, payload: Payload, state: &HttpState) -> Result<Body, BodyError> {
    let holder = holder_of(request);
    let limit = match holder {
        Holder::Anonymous => state.limits.body_bytes.min(ANONYMOUS_BODY_BYTES),
        Holder::Principal(..) => state.limits.body_bytes,
    };
    let limit = limit.min(most);
    if content_length(request).is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge { limit });
    }
    timeout(state.limits.body_deadline, collect(payload, state.body_budgets().of(holder), holder, limit))
        .await
        .unwrap_or(Err(BodyError::TooSlow))
}

async fn collect(mut payload: Payload, budget: &MemoryBudget, holder: Holder, limit: usize) -> Result<Body, BodyError> {
    let (mut body, mut held) = (BytesMut::new(), Reservation::default());
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| BodyError::CutOff)?;
        let length = body.len() + chunk.len();
        if length > limit {
            return Err(BodyError::TooLarge { limit });
        }
        // A body takes memory as it arrives: the announced length is not trusted.
        held.grow(budget, holder, length).map_err(|BudgetExhausted| BodyError::BudgetExhausted)?;
        body.extend_from_slice(&chunk);
    }
    Ok(Body { bytes: body.freeze(), _held: held })
}

fn content_length(request: &HttpRequest) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The media type in the `Content-Type` header, without its parameters.
fn essence(request: &HttpRequest) -> Option<&str> {
    request.headers().get(CONTENT_TYPE)?.to_str().ok()?.split(';').next().map(str::trim)
}

fn says_json(request: &HttpRequest) -> bool {
    let headers = request.headers();
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return false;
    }
    if !headers.contains_key(CONTENT_TYPE) {
        return true;
    }
    essence(request).is_some_and(|essence| ["application/json", "text/json"].iter().any(|json| essence.eq_ignore_ascii_case(json)))
}

/// The text of a body. Bytes that are not UTF-8 become the escape of an unpaired surrogate. They stay in place as text until
/// the rules for text refuse them. A byte order mark is left out.
pub(crate) fn body_text(body: &[u8]) -> Cow<'_, str> {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    if let Ok(text) = std::str::from_utf8(body) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(body.len() + 16);
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            // Two escapes: the first may complete a pair, or follow a backslash that stood alone.
            text.push_str("\\udfff\\udfff");
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf_8_become_an_escape_that_text_can_not_hold() {
        assert_eq!(body_text(b"\xef\xbb\xbf[\"a\"]"), "[\"a\"]");
        assert_eq!(body_text(b"[\"a\xff\xfeb\"]"), "[\"a\\udfff\\udfff\\udfff\\udfffb\"]");
        for body in [b"[\"\xff\"]".as_slice(), b"[\"\\\xff\"]", b"[\"\\ud83c\xff\"]"] {
            assert!(serde_json::from_str::<Vec<String>>(&body_text(body)).is_err());
        }
    }
}
