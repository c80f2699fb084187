//! Requests under test control, in profile `dev` alone: each meets the faults of its account, and is kept in the journal of its account.
//! A fault before the work is met where a dialect has checked the credential, so that the dialect words the refusal. A fault on the
//! answer is met here, after the work is committed.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpRequest};
use derslik_domain::fault::{Fault, Moment};
use derslik_domain::identity::Actor;
use derslik_ports::inbound::AuthenticationError;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use crate::budgets::holder_of;
use crate::exchange::Exchange;
use crate::injection::{InjectedDenial, refused};
use crate::rate::Exceeded;
use crate::state::HttpState;

/// The bytes of a slow answer that are sent at a time.
const DRIP_BYTES: usize = 64;

/// Lets a request with a valid credential meet the fault that its account has for it before the work.
///
/// # Errors
/// The error of a refusal.
pub(crate) async fn meet_faults<E>(state: &HttpState, request: &HttpRequest, actor: &Actor) -> Result<(), E>
where
    E: From<AuthenticationError> + From<Exceeded> + From<InjectedDenial>,
{
    if state.test_control().is_none() {
        return Ok(());
    }
    let Some(exchange) = Exchange::of(request) else { return Ok(()) };
    exchange.note(request, Some(actor.account_id()));
    match exchange.next_fault(Moment::Request) {
        Some(Fault::Refuse(refusal)) => return Err(refused(refusal)),
        Some(Fault::Delay(span)) => sleep(span).await,
        Some(Fault::Reset) => {
            exchange.record(None);
            exchange.end_connection(true).await;
        }
        Some(Fault::LoseAnswer | Fault::Truncate | Fault::Drip(_) | Fault::Job(_)) | None => {}
    }
    Ok(())
}

/// Records a request without an answer when its work ends early, because the client has left.
struct Unanswered(Rc<Exchange>);

impl Drop for Unanswered {
    fn drop(&mut self) {
        self.0.record(None);
    }
}

/// Follows a request, and lets its answer meet the fault that the account has for it.
pub(crate) async fn control<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<FaultyBody<B>>, Error> {
    let Some(exchange) = Exchange::begin(&mut request) else {
        return Ok(next.call(request).await?.map_body(|_, body| FaultyBody { body, fault: AnswerFault::None }));
    };
    let _unanswered = Unanswered(Rc::clone(&exchange));
    let response = match next.call(request).await {
        Ok(response) => response,
        Err(error) => {
            exchange.record(Some((error.as_response_error().status_code(), None)));
            return Err(error);
        }
    };
    exchange.note(response.request(), holder_of(response.request()).account());
    let fault = exchange.next_fault(Moment::Answer);
    let (status, size) = (response.status(), response.response().body().size());
    if fault == Some(Fault::LoseAnswer) {
        // The parts of a batch are carried out while its answer is written.
        drain(response.into_body()).await;
        exchange.record(None);
        exchange.end_connection(false).await;
        return Err(actix_web::error::ErrorServiceUnavailable("the answer was lost for a test"));
    }
    let bytes = match size {
        BodySize::Sized(bytes) => Some(bytes),
        BodySize::None => Some(0),
        BodySize::Stream => None,
    };
    exchange.record(Some((status, bytes)));
    let fault = AnswerFault::of(fault, size);
    Ok(response.map_body(|_, body| FaultyBody { body, fault }))
}

/// Reads a body to its end.
async fn drain(body: impl MessageBody) {
    let mut body = pin!(body);
    while let Some(Ok(_)) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {}
}

/// What happens to the body of an answer.
enum AnswerFault {
    None,
    /// The connection ends after some more bytes.
    Truncate {
        left: usize,
        /// Whether the bytes so far were handed over for writing.
        is_flushed: bool,
    },
    Drip(Box<Drip>),
}

/// An answer that is sent slowly.
struct Drip {
    pause: Duration,
    rest: Bytes,
    /// The pause before the next piece.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl AnswerFault {
    fn of(fault: Option<Fault>, size: BodySize) -> Self {
        match fault {
            Some(Fault::Truncate) => {
                let left = match size {
                    BodySize::Sized(bytes) => usize::try_from(bytes / 2).unwrap_or(usize::MAX),
                    BodySize::None | BodySize::Stream => 1,
                };
                Self::Truncate { left, is_flushed: false }
            }
            Some(Fault::Drip(pause)) => Self::Drip(Box::new(Drip { pause, rest: Bytes::new(), sleep: None })),
            Some(Fault::Refuse(_) | Fault::Delay(_) | Fault::Reset | Fault::LoseAnswer | Fault::Job(_)) | None => Self::None,
        }
    }
}

/// An answer was cut off by a fault.
#[derive(Debug, thiserror::Error)]
#[error("the answer was cut off for a test")]
struct CutOff;

pin_project! {
    /// The body of an answer, with the fault that happens to it.
    pub(crate) struct FaultyBody<B> {
        #[pin]
        body: B,
        fault: AnswerFault,
    }
}

impl<B: MessageBody> MessageBody for FaultyBody<B> {
    type Error = Box<dyn StdError>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        match this.fault {
            AnswerFault::None => this.body.poll_next(cx).map_err(Into::into),
            AnswerFault::Truncate { left: 0, is_flushed: true } => Poll::Ready(Some(Err(Box::new(CutOff)))),
            AnswerFault::Truncate { left: 0, is_flushed } => {
                // The connection writes what it has before it asks again.
                *is_flushed = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            AnswerFault::Truncate { left, .. } => match ready!(this.body.poll_next(cx)) {
                Some(Ok(mut bytes)) => {
                    let part = bytes.split_to(bytes.len().min(*left));
                    *left -= part.len();
                    Poll::Ready(Some(Ok(part)))
                }
                Some(Err(error)) => Poll::Ready(Some(Err(error.into()))),
                None => Poll::Ready(None),
            },
            AnswerFault::Drip(drip) => {
                if drip.rest.is_empty() {
                    match ready!(this.body.poll_next(cx)) {
                        Some(Ok(bytes)) => drip.rest = bytes,
                        Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                        None => return Poll::Ready(None),
                    }
                }
                let pause = drip.pause;
                ready!(drip.sleep.get_or_insert_with(|| Box::pin(sleep(pause))).as_mut().poll(cx));
                drip.sleep = None;
                let length = drip.rest.len().min(DRIP_BYTES);
                Poll::Ready(Some(Ok(drip.rest.split_to(length))))
            }
        }
    }
}
