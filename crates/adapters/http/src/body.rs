//! Reading a request body: no longer than allowed, no slower than allowed, and JSON where JSON is wanted. The framework
//! alone would wait forever for a body that stalls.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut, Payload, Query};
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

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
    NoRoom,
}

/// A request body, which counts among those in flight until it is dropped.
#[derive(Debug)]
pub(crate) struct Body {
    bytes: Bytes,
    _room: Room,
}

impl std::ops::Deref for Body {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.bytes
    }
}

/// The room that the bodies of all requests share.
#[derive(Debug, Clone)]
pub(crate) struct BodyRoom(Arc<Semaphore>);

/// The part of it that one body takes.
#[derive(Debug, Default)]
struct Room {
    taken: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

/// In what pieces room is taken.
const PIECE: usize = 16 * 1024;

impl BodyRoom {
    /// Room for so many bytes.
    pub(crate) fn of_bytes(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / PIECE).clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// Makes a part large enough for `bytes`.
    fn enlarge(&self, room: &mut Room, bytes: usize) -> Result<(), BodyError> {
        if bytes <= room.bytes {
            return Ok(());
        }
        let pieces = (bytes - room.bytes).div_ceil(PIECE);
        let more = u32::try_from(pieces).ok().and_then(|pieces| Arc::clone(&self.0).try_acquire_many_owned(pieces).ok());
        let more = more.ok_or(BodyError::NoRoom)?;
        room.bytes += pieces * PIECE;
        match &mut room.taken {
            Some(taken) => taken.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

/// Reads a JSON body, whatever JSON it is. A request that names no content type is taken at its word.
pub(crate) async fn read_json(request: &HttpRequest, payload: Payload, state: &HttpState) -> Result<Body, BodyError> {
    if !says_json(request) {
        return Err(BodyError::UnsupportedMediaType);
    }
    read_bytes(request, payload, state).await
}

/// Reads a JSON body that need not be there; where there is none, what it would have been does not matter.
pub(crate) async fn read_optional_json(request: &HttpRequest, payload: Payload, state: &HttpState) -> Result<Body, BodyError> {
    let body = read_bytes(request, payload, state).await?;
    if body.is_empty() || says_json(request) { Ok(body) } else { Err(BodyError::UnsupportedMediaType) }
}

/// Reads the fields of a form.
pub(crate) async fn read_form(request: &HttpRequest, payload: Payload, state: &HttpState) -> Result<Vec<(String, String)>, BodyError> {
    if essence(request) != Some("application/x-www-form-urlencoded") {
        return Err(BodyError::NoForm);
    }
    let body = read_bytes(request, payload, state).await?;
    let fields = std::str::from_utf8(&body).ok().and_then(|text| Query::from_query(text).ok());
    fields.map(Query::into_inner).ok_or(BodyError::NoForm)
}

/// Reads a body, whatever it is.
pub(crate) async fn read_bytes(request: &HttpRequest, payload: Payload, state: &HttpState) -> Result<Body, BodyError> {
    let limit = state.limits.body_bytes;
    if content_length(request).is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge { limit });
    }
    timeout(state.limits.body_deadline, collect(payload, state.body_room(), limit)).await.unwrap_or(Err(BodyError::TooSlow))
}

async fn collect(mut payload: Payload, shared: &BodyRoom, limit: usize) -> Result<Body, BodyError> {
    let (mut body, mut room) = (BytesMut::new(), Room::default());
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| BodyError::CutOff)?;
        let length = body.len() + chunk.len();
        if length > limit {
            return Err(BodyError::TooLarge { limit });
        }
        // What was announced is not believed: a body takes room as it comes.
        shared.enlarge(&mut room, length)?;
        body.extend_from_slice(&chunk);
    }
    Ok(Body { bytes: body.freeze(), _room: room })
}

fn content_length(request: &HttpRequest) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The content type without its parameters.
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
            // Two of them: the first may complete a pair, or follow a backslash that stood alone.
            text.push_str("\\udfff\\udfff");
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_room_and_give_it_back() {
        let shared = BodyRoom::of_bytes(2 * PIECE);
        let (mut one, mut other) = (Room::default(), Room::default());
        shared.enlarge(&mut one, 1).unwrap();
        shared.enlarge(&mut one, PIECE).unwrap();
        shared.enlarge(&mut other, PIECE).unwrap();
        assert_eq!(shared.enlarge(&mut one, PIECE + 1), Err(BodyError::NoRoom));
        drop(other);
        shared.enlarge(&mut one, 2 * PIECE).unwrap();
    }

    #[test]
    fn bytes_that_are_no_text_become_an_escape_that_no_text_can_hold() {
        assert_eq!(body_text(b"\xef\xbb\xbf[\"a\"]"), "[\"a\"]");
        assert_eq!(body_text(b"[\"a\xff\xfeb\"]"), "[\"a\\udfff\\udfff\\udfff\\udfffb\"]");
        for body in [b"[\"\xff\"]".as_slice(), b"[\"\\\xff\"]", b"[\"\\ud83c\xff\"]"] {
            assert!(serde_json::from_str::<Vec<String>>(&body_text(body)).is_err());
        }
    }
}
