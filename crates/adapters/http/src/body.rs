//! Reading a request body: no longer than allowed, no slower than allowed, and JSON where JSON is wanted. The framework
//! alone would wait forever for a body that stalls.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::state::Limits;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body must be JSON, with the content type application/json and without a content encoding")]
    UnsupportedMediaType,
    #[error("the body is longer than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the body was cut off")]
    CutOff,
}

/// Reads a JSON body, whatever JSON it is. A request that names no content type is taken at its word.
pub(crate) async fn read_json(request: &HttpRequest, payload: Payload, limits: &Limits) -> Result<Bytes, BodyError> {
    if !says_json(request) {
        return Err(BodyError::UnsupportedMediaType);
    }
    read_bytes(request, payload, limits).await
}

/// Reads a body, whatever it is.
pub(crate) async fn read_bytes(request: &HttpRequest, payload: Payload, limits: &Limits) -> Result<Bytes, BodyError> {
    let limit = limits.body_bytes;
    let announced = content_length(request).unwrap_or(0);
    if announced > limit {
        return Err(BodyError::TooLarge { limit });
    }
    timeout(limits.body_deadline, collect(payload, announced, limit)).await.unwrap_or(Err(BodyError::TooSlow))
}

async fn collect(mut payload: Payload, announced: usize, limit: usize) -> Result<Bytes, BodyError> {
    // What was announced is believed only so far: a body that never comes costs no more than this.
    const RESERVED_AT_ONCE: usize = 256 * 1024;
    let mut body = BytesMut::with_capacity(announced.min(RESERVED_AT_ONCE));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| BodyError::CutOff)?;
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn content_length(request: &HttpRequest) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn says_json(request: &HttpRequest) -> bool {
    let headers = request.headers();
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return false;
    }
    let Some(content_type) = headers.get(CONTENT_TYPE) else { return true };
    let essence = content_type.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.eq_ignore_ascii_case("text/json")
}

/// The text of a body. Bytes that are not UTF-8 become the escape of an unpaired surrogate, so that they pass as text as
/// far as the rules for text, which refuse them where they stand. A byte order mark is left out.
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
            text.push_str("\\udfff");
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_become_an_escape_that_no_text_can_hold() {
        assert_eq!(body_text(b"\xef\xbb\xbf[\"a\"]"), "[\"a\"]");
        assert_eq!(body_text(b"[\"a\xff\xfeb\"]"), "[\"a\\udfff\\udfffb\"]");
        assert!(serde_json::from_str::<Vec<String>>(&body_text(b"[\"\xff\"]")).is_err());
    }
}
