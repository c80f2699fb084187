//! Wraps each request of HTTP/1.1 between the connection and the service. The request gets a body only if it announces one. The watch of
//! the connection learns when the request begins and ends.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_http::error::PayloadError;
use actix_http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, TRANSFER_ENCODING};
use actix_http::{ConnectionType, Payload, Request, Response, StatusCode};
use actix_service::Service;
use actix_web::web::Bytes;
use futures_util::Stream;
use pin_project_lite::pin_project;

use super::connection::Connection;
use super::permits::{ClientPermit, Refusal};
use super::tail::Tail;
use super::watch::UnreadInput;
use crate::forwarding::TrustedProxies;

/// A request that is in flight until this is dropped.
struct InFlight {
    connection: Option<Rc<Connection>>,
    /// `None` where there is no body.
    body: Option<Rc<BodyProgress>>,
    _permit: Option<ClientPermit>,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.watch().ended(self.unread_input(&connection.tail()));
        }
    }
}

impl InFlight {
    /// The unread input that follows the request, if `received` is the end of all received bytes.
    fn unread_input(&self, received: &Tail) -> UnreadInput {
        let is_all = match self.body.as_deref() {
            Some(body) if !body.has_ended.get() => return UnreadInput::Body,
            Some(BodyProgress { tail: Some(tail), .. }) => received.ends_with(&tail.get()),
            Some(BodyProgress { tail: None, .. }) | None => received.ends_with_empty_line(),
        };
        if is_all { UnreadInput::Nothing } else { UnreadInput::Head }
    }
}

/// How far a body has been read.
struct BodyProgress {
    has_ended: Cell<bool>,
    /// The last bytes read, starting with the end of the head. `None` for a chunked body, which marks its own end.
    tail: Option<Cell<Tail>>,
}

/// A body that records how far it was read.
struct ObservedBody {
    payload: Payload,
    progress: Rc<BodyProgress>,
}

impl Stream for ObservedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.payload).poll_next(cx);
        match (&next, &self.progress.tail) {
            (Poll::Ready(None), _) => self.progress.has_ended.set(true),
            (Poll::Ready(Some(Ok(bytes))), Some(tail)) => tail.set(tail.get().then(bytes)),
            _ => {}
        }
        next
    }
}

pin_project! {
    /// The body of an answer. Its request is in flight until the whole body has been handed over for writing.
    pub(super) struct TrackedBody<B> {
        #[pin]
        body: B,
        in_flight: InFlight,
    }
}

impl<B: MessageBody> MessageBody for TrackedBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.project().body.poll_next(cx)
    }
}

/// Passes a request to the service and tracks it until its answer is handed over.
pub(super) fn answer<S, B>(
    mut request: Request,
    service: &S,
    proxies: &TrustedProxies,
) -> impl Future<Output = Result<Response<EitherBody<TrackedBody<B>>>, S::Error>> + use<S, B>
where
    S: Service<Request>,
    S::Response: Into<Response<B>>,
    B: MessageBody,
{
    let connection = request.conn_data::<Rc<Connection>>().cloned();
    let permit = connection.as_ref().map_or(Ok(None), |connection| connection.permit_for_request(request.head(), proxies));
    let started = permit.map(|permit| {
        if let Some(connection) = &connection {
            connection.watch().began();
        }
        let upgrade = ProtocolUpgrade::detect(&mut request);
        let in_flight = InFlight { connection, body: observe_body(&mut request), _permit: permit };
        (service.call(request), in_flight, upgrade)
    });
    async move {
        match started {
            Ok((call, in_flight, upgrade)) => {
                let mut response: Response<B> = call.await?.into();
                upgrade.refuse(&mut response);
                Ok(response.map_body(|_, body| EitherBody::left(TrackedBody { body, in_flight })))
            }
            Err(refusal) => Ok(refuse(refusal).map_body(|_, body| EitherBody::right(body))),
        }
    }
}

/// A request to use another protocol on the connection, which the server never grants.
struct ProtocolUpgrade {
    is_upgrade: bool,
    /// Whether the framework would read all further input as the body of the request.
    is_endless: bool,
}

impl ProtocolUpgrade {
    /// Detects an upgrade in a request. A request that announces no body gets an empty one; otherwise everything up to the end
    /// of the connection would be its body.
    fn detect(request: &mut Request) -> Self {
        let head = request.head();
        let is_framed = head.headers().contains_key(CONTENT_LENGTH) || head.headers().contains_key(TRANSFER_ENCODING);
        let is_upgrade = head.connection_type() == ConnectionType::Upgrade;
        let is_endless = !is_framed && !matches!(request.payload(), Payload::None);
        if is_endless {
            drop(request.take_payload());
        }
        Self { is_upgrade, is_endless }
    }

    fn refuse<B>(&self, response: &mut Response<B>) {
        if self.is_upgrade || self.is_endless {
            response.head_mut().set_connection_type(ConnectionType::Close);
            response.head_mut().no_chunking(self.is_endless);
        }
    }
}

/// Replaces the request's body with one that records how far it was read.
fn observe_body(request: &mut Request) -> Option<Rc<BodyProgress>> {
    let is_chunked = request.head().headers().contains_key(TRANSFER_ENCODING);
    match request.take_payload() {
        Payload::None => None,
        payload @ (Payload::H1 { .. } | Payload::Stream { .. }) => {
            let tail = (!is_chunked).then(|| Cell::new(Tail::default().then(b"\n")));
            let progress = Rc::new(BodyProgress { has_ended: Cell::new(false), tail });
            let observed = ObservedBody { payload, progress: Rc::clone(&progress) };
            *request.payload() = Payload::Stream { payload: Box::pin(observed) };
            Some(progress)
        }
    }
}

/// The status and the body of the answer to a connection or request that was refused a permit.
pub(super) const fn refusal_parts(refusal: Refusal) -> (StatusCode, &'static str) {
    match refusal {
        Refusal::InAll => (StatusCode::SERVICE_UNAVAILABLE, r#"{"error":"the service has as many connections as it can; try again"}"#),
        Refusal::OfClient => (StatusCode::TOO_MANY_REQUESTS, r#"{"error":"there are too many connections from this address; try again"}"#),
    }
}

/// The answer to a request that was refused a permit.
pub(super) fn refuse(refusal: Refusal) -> Response<BoxBody> {
    let (status, body) = refusal_parts(refusal);
    Response::build(status)
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((RETRY_AFTER, "1"))
        .body(body)
        .map_into_boxed_body()
}
