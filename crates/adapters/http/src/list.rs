//! Lists of any length, which are never held as a whole: they are read and sent in parts. This module knows neither the entries
//! nor the dialect.

use std::future::Future;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::try_unfold;
use serde::Serialize;

use crate::memory::BudgetExhausted;
use crate::response::{CountedBody, ResponseReservation, reserve};
use crate::state::HttpState;

/// The text around the entries of a list, and the content type of the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) content_type: &'static str,
    pub(crate) opening: &'static str,
    pub(crate) closing: &'static str,
}

/// Whether a list has another part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// More entries may follow.
    More,
    /// This part was the last one.
    Last,
}

/// A list that is read in parts.
pub(crate) trait Parts: 'static {
    /// The error of the dialect for a part that can't be read.
    type Error: From<BudgetExhausted> + std::error::Error;

    /// Reads the next part and writes its entries.
    fn next(&mut self, list: &mut ListBody) -> impl Future<Output = Result<Part, Self::Error>>;
}

/// The entries that were written and not sent yet.
#[derive(Debug)]
pub(crate) struct ListBody {
    bytes: Vec<u8>,
    is_empty: bool,
    closing: &'static str,
}

impl ListBody {
    fn begin(frame: Frame) -> Self {
        Self { bytes: frame.opening.as_bytes().to_vec(), is_empty: true, closing: frame.closing }
    }

    /// Reserves capacity for `things` more entries of about `bytes` bytes each.
    pub(crate) fn reserve(&mut self, things: usize, bytes: usize) {
        self.bytes.reserve(things.saturating_mul(bytes));
    }

    /// Writes one more entry.
    pub(crate) fn push(&mut self, thing: &impl Serialize) {
        if !self.is_empty {
            self.bytes.push(b',');
        }
        self.is_empty = false;
        // Every entry in these lists can be written as JSON, and writing to a vector can't fail.
        let _ = serde_json::to_writer(&mut self.bytes, thing);
    }

    /// The bytes to send now.
    fn take(&mut self, part: Part) -> Bytes {
        if part == Part::Last {
            self.bytes.extend_from_slice(self.closing.as_bytes());
        }
        Bytes::from(std::mem::take(&mut self.bytes))
    }
}

/// The answer that carries a list. Most errors occur in the first part, which is read before the status is sent. The list keeps
/// the bytes that are reserved for its first part until it is sent. No part should hold more than that.
pub(crate) async fn stream<P: Parts>(
    state: &HttpState,
    request: &HttpRequest,
    first_part_bytes: usize,
    frame: Frame,
    mut parts: P,
) -> Result<HttpResponse, P::Error> {
    let held = reserve(state, request, first_part_bytes).await?;
    let mut list = ListBody::begin(frame);
    let part = parts.next(&mut list).await?;
    let first = list.take(part);
    let mut response = HttpResponse::Ok();
    response.content_type(frame.content_type);
    if part == Part::Last {
        return Ok(ResponseReservation::refusable(held).attach_to(response.body(first)));
    }
    let sending = Sending { parts, list, part, body: CountedBody::new(first, held) };
    Ok(response.streaming(try_unfold(sending, |mut sending| async move {
        let piece = sending.next_piece().await?;
        Ok::<_, P::Error>(piece.map(|piece| (piece, sending)))
    })))
}

/// A list that is being sent.
struct Sending<P> {
    parts: P,
    list: ListBody,
    /// Whether the part that is being sent is the last one.
    part: Part,
    body: CountedBody,
}

impl<P: Parts> Sending<P> {
    async fn next_piece(&mut self) -> Result<Option<Bytes>, P::Error> {
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
