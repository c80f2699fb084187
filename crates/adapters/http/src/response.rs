//! Responses of all dialects, and the memory that they hold until they are sent. A large answer counts until its client has read
//! it. It is handed to the connection in pieces. Where no memory is left for it, the client is asked to try again.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::idempotency::{Answer, AnswerCode};
use serde::Serialize;

use crate::budgets::{ResponseBudget, holder_of};
use crate::memory::{BLOCK_BYTES, BudgetExhausted, Holder, Reservation};
use crate::state::HttpState;

/// The bytes that are handed to a connection at a time. That many lie in its buffer in addition to those that are counted.
const CHUNK_BYTES: usize = 32 * 1024;

/// The bytes reserved for a list before it is read: the rows of a part, and their JSON.
pub(crate) const LIST_BYTES: usize = 2 * 1024 * 1024;

/// The bytes reserved for a list of at most that number of entries before it is read.
pub(crate) fn list_bytes(entries: u32) -> usize {
    /// About as much as one entry can take.
    const ENTRY_BYTES: usize = 128 * 1024;
    usize::try_from(entries).unwrap_or(usize::MAX).saturating_mul(ENTRY_BYTES).min(LIST_BYTES)
}

/// The bytes reserved for a batch of that number of items before it is carried out. Most answers hold about as much.
pub(crate) fn batch_bytes(items: usize) -> usize {
    const ITEM_BYTES: usize = 2 * 1024;
    items.saturating_mul(ITEM_BYTES)
}

/// The seconds after which a client should send a request again that was refused for the moment.
pub(crate) const RETRY_AFTER_SECONDS: &str = "1";

/// An answer whose body is JSON of about `capacity` bytes.
pub(crate) fn json_answer(status: StatusCode, capacity: usize, body: &impl Serialize) -> Answer {
    let mut bytes = Vec::with_capacity(capacity);
    match serde_json::to_writer(&mut bytes, body) {
        Ok(()) => Answer { code: AnswerCode::new(status.as_u16()), body: bytes },
        Err(error) => {
            tracing::error!(%error, "cannot write an answer");
            Answer { code: AnswerCode::new(StatusCode::INTERNAL_SERVER_ERROR.as_u16()), body: Vec::new() }
        }
    }
}

/// The response for an answer.
pub(crate) fn respond(answer: Answer, content_type: &'static str) -> HttpResponse {
    let status = StatusCode::from_u16(answer.code.get()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).content_type(content_type).body(answer.body)
}

/// The memory reserved for an answer before it was made, and whether the answer may still be refused.
#[derive(Debug, Default)]
pub(crate) struct ResponseReservation {
    held: Reservation,
    refusable: bool,
}

impl ResponseReservation {
    /// For an answer to a request that changes nothing.
    pub(crate) fn refusable(held: Reservation) -> Self {
        Self { held, refusable: true }
    }

    /// For an answer that reports what was done.
    pub(crate) fn committed(held: Reservation) -> Self {
        Self { held, refusable: false }
    }

    /// No memory yet, for an answer to a request with that method.
    fn of(method: &Method) -> Self {
        Self { refusable: [Method::GET, Method::HEAD].contains(method), ..Self::default() }
    }

    /// Makes it fit an answer of `bytes`.
    ///
    /// # Errors
    /// [`BudgetExhausted`], if the answer may be refused.
    pub(crate) fn fit(self, budget: &ResponseBudget, holder: Holder, bytes: usize) -> Result<Reservation, BudgetExhausted> {
        let mut held = self.held;
        budget.resize(&mut held, holder, bytes, self.refusable)?;
        Ok(held)
    }

    /// Attaches the reservation to the response for which it was made.
    pub(crate) fn attach_to(self, mut response: HttpResponse) -> HttpResponse {
        response.extensions_mut().insert(self);
        response
    }
}

/// Reserves memory for the answer to a request, before it is made.
///
/// # Errors
/// [`BudgetExhausted`] if no memory was free for a while.
pub(crate) async fn reserve(state: &HttpState, request: &HttpRequest, bytes: usize) -> Result<Reservation, BudgetExhausted> {
    state.response_budget().reserve(holder_of(request), bytes).await
}

/// Makes a finished response count until it is sent. Small responses and streams are not counted. Where no memory is left for
/// the response, `refuse` takes its place.
pub(crate) fn count_until_sent(response: ServiceResponse, refuse: impl FnOnce() -> HttpResponse) -> ServiceResponse {
    let small = u64::try_from(BLOCK_BYTES).unwrap_or(u64::MAX);
    let is_large = matches!(response.response().body().size(), BodySize::Sized(bytes) if bytes > small);
    let state = response.request().app_data::<Data<HttpState>>().filter(|_| is_large).cloned();
    let Some(state) = state else { return response };
    let (request, mut response) = response.into_parts();
    let reserved = response.extensions_mut().remove().unwrap_or_else(|| ResponseReservation::of(request.method()));
    let (bare, body) = response.into_parts();
    let response = match body.try_into_bytes() {
        Err(stream) => bare.set_body(stream),
        Ok(bytes) => match reserved.fit(state.response_budget(), holder_of(&request), bytes.len()) {
            Ok(held) => bare.set_body(BoxBody::new(CountedBody::new(bytes, held))),
            Err(BudgetExhausted) => refuse(),
        },
    };
    ServiceResponse::new(request, response)
}

/// Bytes that count until they are handed over.
#[derive(Debug, Default)]
pub(crate) struct CountedBody {
    rest: Bytes,
    _held: Reservation,
}

impl CountedBody {
    /// These bytes, which count as `held`.
    pub(crate) fn new(bytes: impl Into<Bytes>, held: Reservation) -> Self {
        Self { rest: bytes.into(), _held: held }
    }

    /// Continues with these bytes, which count as the ones before did.
    pub(crate) fn refill(&mut self, bytes: Bytes) {
        self.rest = bytes;
    }

    /// The next piece, or nothing at the end.
    pub(crate) fn next_piece(&mut self) -> Option<Bytes> {
        let length = self.rest.len().min(CHUNK_BYTES);
        (length > 0).then(|| self.rest.split_to(length))
    }
}

impl MessageBody for CountedBody {
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
    use crate::limits::Limits;

    const ME: Holder = Holder::Principal(Id::new(1), Id::new(1));

    fn budget(blocks: usize) -> ResponseBudget {
        ResponseBudget::new(&Limits { answers_in_flight_bytes: blocks * BLOCK_BYTES, ..Limits::default() })
    }

    #[actix_web::test]
    async fn an_answer_counts_until_its_last_piece_is_taken() {
        let budget = budget(16);
        let held =
            ResponseReservation::refusable(budget.reserve(ME, 4 * BLOCK_BYTES).await.unwrap()).fit(&budget, ME, 3 * BLOCK_BYTES).unwrap();
        let mut body = CountedBody::new(vec![7; 3 * BLOCK_BYTES], held);
        assert_eq!((body.size(), budget.free_bytes()), (BodySize::Sized(3 * 16 * 1024), 13 * BLOCK_BYTES));
        let pieces: Vec<usize> = std::iter::from_fn(|| body.next_piece()).map(|piece| piece.len()).collect();
        assert_eq!((pieces, budget.free_bytes()), (vec![2 * BLOCK_BYTES, BLOCK_BYTES], 13 * BLOCK_BYTES));
        drop(body);
        assert_eq!(budget.free_bytes(), 16 * BLOCK_BYTES);
    }

    #[actix_web::test]
    async fn an_answer_is_refused_without_free_memory_unless_something_was_done() {
        let budget = budget(16);
        let stalled = ResponseReservation::default().fit(&budget, ME, 3 * BLOCK_BYTES).unwrap();
        let read = ResponseReservation::refusable(budget.reserve(ME, BLOCK_BYTES).await.unwrap());
        assert_eq!(read.fit(&budget, ME, 2 * BLOCK_BYTES).err(), Some(BudgetExhausted));
        let done = ResponseReservation::committed(Reservation::default()).fit(&budget, ME, 100 * BLOCK_BYTES).unwrap();
        assert_eq!((stalled.bytes(), done.bytes(), budget.free_bytes()), (3 * BLOCK_BYTES, BLOCK_BYTES, 12 * BLOCK_BYTES));
    }

    #[actix_web::test]
    async fn the_answers_to_one_account_leave_memory_for_those_to_others() {
        let budget = budget(16);
        let of = |account, number| Holder::Principal(Id::new(account), Id::new(number));
        let stalled: Vec<_> = [1, 2, 3]
            .map(|number| ResponseReservation::default().fit(&budget, of(1, number), 4 * BLOCK_BYTES).unwrap())
            .into_iter()
            .collect();
        assert_eq!(stalled.iter().map(Reservation::bytes).sum::<usize>(), 8 * BLOCK_BYTES);
        let read = ResponseReservation::refusable(Reservation::default());
        assert_eq!(read.fit(&budget, of(2, 1), 4 * BLOCK_BYTES).map(|held| held.bytes()), Ok(4 * BLOCK_BYTES));
    }

    #[actix_web::test]
    async fn an_answer_that_is_longer_than_a_share_takes_all_of_it() {
        let budget = budget(16);
        let read =
            ResponseReservation::refusable(budget.reserve(ME, BLOCK_BYTES).await.unwrap()).fit(&budget, ME, 100 * BLOCK_BYTES).unwrap();
        assert_eq!(read.bytes(), 4 * BLOCK_BYTES);
    }
}
