//! Lists of any length, which are never held as a whole: they are read and sent part by part. It knows nothing of what is in
//! them.

use std::future::Future;

use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::try_unfold;
use serde::Serialize;

use super::error::OpenReplayError;
use crate::answer::{HeldBody, LIST_BYTES, Reserved, reserve};
use crate::state::HttpState;

/// About as much as one thing of a list takes up.
const TYPICAL: usize = 320;

/// Whether a list has another part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// There may be more.
    More,
    /// That was the last one.
    Last,
}

/// A list that is read part by part.
pub(super) trait Parts: 'static {
    /// Reads the next part and writes it.
    fn next(&mut self, list: &mut ListBody) -> impl Future<Output = Result<Part, OpenReplayError>>;
}

/// What of a list was written and not sent yet.
#[derive(Debug)]
pub(super) struct ListBody {
    bytes: Vec<u8>,
    is_empty: bool,
}

impl ListBody {
    fn begin() -> Self {
        Self { bytes: br#"{"data":["#.to_vec(), is_empty: true }
    }

    /// Makes room for so many things more.
    pub(super) fn reserve(&mut self, things: usize) {
        self.bytes.reserve(things.saturating_mul(TYPICAL));
    }

    /// Writes one thing more.
    pub(super) fn push(&mut self, thing: &impl Serialize) {
        if !self.is_empty {
            self.bytes.push(b',');
        }
        self.is_empty = false;
        // Nothing in these lists has no JSON, and a vector takes whatever is written to it.
        let _ = serde_json::to_writer(&mut self.bytes, thing);
    }

    /// What there is to send now.
    fn take(&mut self, part: Part) -> Bytes {
        if part == Part::Last {
            self.bytes.extend_from_slice(b"]}");
        }
        Bytes::from(std::mem::take(&mut self.bytes))
    }
}

/// The answer that carries a list. Whatever can go wrong mostly goes wrong in its first part, which is read before there is a
/// status. The list keeps what was taken for its first part until it is sent, and no part holds more.
pub(super) async fn stream(state: &HttpState, request: &HttpRequest, mut parts: impl Parts) -> Result<HttpResponse, OpenReplayError> {
    let held = reserve(state, request, LIST_BYTES).await?;
    let mut list = ListBody::begin();
    let part = parts.next(&mut list).await?;
    let first = list.take(part);
    let mut response = HttpResponse::Ok();
    response.insert_header(ContentType::json());
    if part == Part::Last {
        return Ok(Reserved::to_read(held).put_on(response.body(first)));
    }
    let sending = Sending { parts, list, part, body: HeldBody::new(first, held) };
    Ok(response.streaming(try_unfold(sending, |mut sending| async move {
        let piece = sending.next_piece().await?;
        Ok::<_, OpenReplayError>(piece.map(|piece| (piece, sending)))
    })))
}

/// A list on its way.
struct Sending<P> {
    parts: P,
    list: ListBody,
    /// Whether what is being sent is the last part.
    part: Part,
    body: HeldBody,
}

impl<P: Parts> Sending<P> {
    async fn next_piece(&mut self) -> Result<Option<Bytes>, OpenReplayError> {
        loop {
            if let Some(piece) = self.body.next_piece() {
                return Ok(Some(piece));
            }
            if self.part == Part::Last {
                return Ok(None);
            }
            self.part = self.parts.next(&mut self.list).await?;
            self.body.refill(self.list.take(self.part));
        }
    }
}
