//! Bounds the memory that answers hold until they are sent. A large answer counts until its client has read it. It is handed to
//! the connection in pieces. Where no memory is left for it, the client is asked to try again.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};

use crate::body::holder_of;
use crate::room::{Held, Holder, Most, NoRoom, PIECE, Room};
use crate::state::{HttpState, Limits};

/// The bytes that are handed to a connection at a time. That many lie in its buffer in addition to those that are counted.
const SENT_AT_ONCE: usize = 32 * 1024;

/// The bytes reserved for a list before it is read: the rows of a part, and their JSON.
pub(crate) const LIST_BYTES: usize = 2 * 1024 * 1024;

/// The bytes reserved for a list of at most so many entries before it is read.
pub(crate) fn list_bytes(entries: u32) -> usize {
    /// About as much as one entry can take.
    const ENTRY_BYTES: usize = 128 * 1024;
    usize::try_from(entries).unwrap_or(usize::MAX).saturating_mul(ENTRY_BYTES).min(LIST_BYTES)
}

/// The bytes reserved for a batch of so many items before it is carried out. Most answers hold about as much.
pub(crate) fn batch_bytes(items: usize) -> usize {
    const ITEM_BYTES: usize = 2 * 1024;
    items.saturating_mul(ITEM_BYTES)
}

/// How long a request waits for memory. It holds none meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);

/// The memory that the answers to all requests share. One holder takes a quarter of it at the most, and an account half.
#[derive(Debug, Clone)]
pub(crate) struct AnswerRoom(Room);

impl AnswerRoom {
    /// The memory that the limits allow.
    pub(crate) fn new(limits: &Limits) -> Self {
        let all = limits.answers_in_flight_bytes;
        Self(Room::of(Most { all, account: all / 2, holder: all / 4 }))
    }

    /// Reserves memory for an answer that is not made yet: `bytes`, or as much as one holder may have.
    ///
    /// # Errors
    /// [`NoRoom`] if no memory was free for a while.
    pub(crate) async fn reserve(&self, holder: Holder, bytes: usize) -> Result<Held, NoRoom> {
        self.0.wait_for(holder, bytes, PATIENCE).await
    }

    /// Makes `held` fit an answer of `bytes`. An answer that is longer than a share takes the whole share. An answer about
    /// something that was done can't be refused, so it takes what is left.
    ///
    /// # Errors
    /// [`NoRoom`], if the answer may be refused.
    fn settle(&self, held: &mut Held, holder: Holder, bytes: usize, refusable: bool) -> Result<(), NoRoom> {
        if bytes <= held.bytes() {
            held.shrink(bytes);
            return Ok(());
        }
        let bytes = bytes.min(self.0.share_bytes());
        if refusable {
            return held.grow(&self.0, holder, bytes);
        }
        held.grow_as_far_as_possible(&self.0, holder, bytes);
        Ok(())
    }
}

/// The memory reserved for an answer before it was made, and whether the answer may still be refused.
#[derive(Debug, Default)]
pub(crate) struct Reserved {
    held: Held,
    refusable: bool,
}

impl Reserved {
    /// For an answer to a request that changes nothing.
    pub(crate) fn to_read(held: Held) -> Self {
        Self { held, refusable: true }
    }

    /// For an answer that reports what was done.
    pub(crate) fn to_tell(held: Held) -> Self {
        Self { held, refusable: false }
    }

    /// No memory yet, for an answer to a request with that method.
    fn of(method: &Method) -> Self {
        Self { refusable: [Method::GET, Method::HEAD].contains(method), ..Self::default() }
    }

    /// Makes it fit an answer of `bytes`.
    ///
    /// # Errors
    /// [`NoRoom`], if the answer may be refused.
    pub(crate) fn settled(self, room: &AnswerRoom, holder: Holder, bytes: usize) -> Result<Held, NoRoom> {
        let mut held = self.held;
        room.settle(&mut held, holder, bytes, self.refusable)?;
        Ok(held)
    }

    /// Attaches the reservation to the response for which it was made.
    pub(crate) fn put_on(self, mut response: HttpResponse) -> HttpResponse {
        response.extensions_mut().insert(self);
        response
    }
}

/// Reserves memory for the answer to a request, before it is made.
///
/// # Errors
/// [`NoRoom`] if no memory was free for a while.
pub(crate) async fn reserve(state: &HttpState, request: &HttpRequest, bytes: usize) -> Result<Held, NoRoom> {
    state.answer_room().reserve(holder_of(request), bytes).await
}

/// Makes a finished response count until it is sent. Small responses and streams are not counted. Where no memory is left for
/// the response, `refuse` takes its place.
pub(crate) fn hold(response: ServiceResponse, refuse: impl FnOnce() -> HttpResponse) -> ServiceResponse {
    let small = u64::try_from(PIECE).unwrap_or(u64::MAX);
    let is_large = matches!(response.response().body().size(), BodySize::Sized(bytes) if bytes > small);
    let state = response.request().app_data::<Data<HttpState>>().filter(|_| is_large).cloned();
    let Some(state) = state else { return response };
    let (request, mut response) = response.into_parts();
    let reserved = response.extensions_mut().remove().unwrap_or_else(|| Reserved::of(request.method()));
    let (bare, body) = response.into_parts();
    let response = match body.try_into_bytes() {
        Err(stream) => bare.set_body(stream),
        Ok(bytes) => match reserved.settled(state.answer_room(), holder_of(&request), bytes.len()) {
            Ok(held) => bare.set_body(BoxBody::new(HeldBody::new(bytes, held))),
            Err(NoRoom) => refuse(),
        },
    };
    ServiceResponse::new(request, response)
}

/// Bytes that count until they are handed over.
#[derive(Debug, Default)]
pub(crate) struct HeldBody {
    rest: Bytes,
    _held: Held,
}

impl HeldBody {
    /// These bytes, which count as `held`.
    pub(crate) fn new(bytes: impl Into<Bytes>, held: Held) -> Self {
        Self { rest: bytes.into(), _held: held }
    }

    /// Continues with these bytes, which count as the ones before did.
    pub(crate) fn refill(&mut self, bytes: Bytes) {
        self.rest = bytes;
    }

    /// The next piece, or nothing at the end.
    pub(crate) fn next_piece(&mut self) -> Option<Bytes> {
        let length = self.rest.len().min(SENT_AT_ONCE);
        (length > 0).then(|| self.rest.split_to(length))
    }
}

impl MessageBody for HeldBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(u64::try_from(self.rest.len()).unwrap_or(u64::MAX))
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(self.next_piece().map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;

    use super::*;

    const ME: Holder = Holder::Principal(Id::new(1), Id::new(1));

    fn room(pieces: usize) -> AnswerRoom {
        AnswerRoom::new(&Limits { answers_in_flight_bytes: pieces * PIECE, ..Limits::default() })
    }

    #[actix_web::test]
    async fn an_answer_counts_until_its_last_piece_is_taken() {
        let room = room(16);
        let held = Reserved::to_read(room.reserve(ME, 4 * PIECE).await.unwrap()).settled(&room, ME, 3 * PIECE).unwrap();
        let mut body = HeldBody::new(vec![7; 3 * PIECE], held);
        assert_eq!((body.size(), room.0.free_bytes()), (BodySize::Sized(3 * 16 * 1024), 13 * PIECE));
        let pieces: Vec<usize> = std::iter::from_fn(|| body.next_piece()).map(|piece| piece.len()).collect();
        assert_eq!((pieces, room.0.free_bytes()), (vec![2 * PIECE, PIECE], 13 * PIECE));
        drop(body);
        assert_eq!(room.0.free_bytes(), 16 * PIECE);
    }

    #[actix_web::test]
    async fn an_answer_is_refused_where_there_is_no_room_unless_something_was_done() {
        let room = room(16);
        let stalled = Reserved::default().settled(&room, ME, 3 * PIECE).unwrap();
        let read = Reserved::to_read(room.reserve(ME, PIECE).await.unwrap());
        assert_eq!(read.settled(&room, ME, 2 * PIECE).err(), Some(NoRoom));
        let done = Reserved::to_tell(Held::default()).settled(&room, ME, 100 * PIECE).unwrap();
        assert_eq!((stalled.bytes(), done.bytes(), room.0.free_bytes()), (3 * PIECE, PIECE, 12 * PIECE));
    }

    #[actix_web::test]
    async fn the_answers_to_one_account_leave_room_for_those_to_others() {
        let room = room(16);
        let of = |account, number| Holder::Principal(Id::new(account), Id::new(number));
        let stalled: Vec<_> =
            [1, 2, 3].map(|number| Reserved::default().settled(&room, of(1, number), 4 * PIECE).unwrap()).into_iter().collect();
        assert_eq!(stalled.iter().map(Held::bytes).sum::<usize>(), 8 * PIECE);
        let read = Reserved::to_read(Held::default());
        assert_eq!(read.settled(&room, of(2, 1), 4 * PIECE).map(|held| held.bytes()), Ok(4 * PIECE));
    }

    #[actix_web::test]
    async fn an_answer_that_is_longer_than_a_share_takes_all_of_it() {
        let room = room(16);
        let read = Reserved::to_read(room.reserve(ME, PIECE).await.unwrap()).settled(&room, ME, 100 * PIECE).unwrap();
        assert_eq!(read.bytes(), 4 * PIECE);
    }
}
