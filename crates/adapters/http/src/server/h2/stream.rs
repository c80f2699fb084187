//! One stream of a connection: its request, and its answer.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use actix_http::body::{BoxBody, MessageBody};
use actix_http::header::EXPECT;
use actix_http::{HttpMessage, Request, Response};
use actix_service::Service;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};

use super::piece::Piece;
use super::request::{for_app, head_bytes};
use super::response::send;
use super::{Ended, HEAD_BYTES, Owner};
use crate::server::request::refuse;
use crate::server::watch::UnreadInput;

/// A request, and the means to answer it.
type Incoming = (http::Request<RecvStream>, SendResponse<Piece>);

/// Answers a request. Work on it ends when the client resets the stream.
pub(super) async fn answer<A, B>((request, mut respond): Incoming, app: &A, owner: &Owner<'_>) -> Ended
where
    A: Service<Request>,
    A::Response: Into<Response<B>>,
    A::Error: Into<Response<BoxBody>>,
    B: MessageBody,
{
    // A stream that was reset before its turn costs nothing more.
    if poll_fn(|cx| Poll::Ready(respond.poll_reset(cx).is_ready())).await {
        return Ended::Broken;
    }
    let Some(started) = Started::begin(owner, head_bytes(&request)) else {
        respond.send_reset(Reason::REFUSED_STREAM);
        return Ended::Failed;
    };
    let (is_head, patience) = (request.method() == http::Method::HEAD, owner.server.deadlines.stalled_reader);
    let request = match for_app(request, owner.peer) {
        Ok(request) => request,
        Err(status) => return send(Response::new(status), &mut respond, is_head, patience).await,
    };
    request.extensions_mut().insert(Rc::clone(owner.connection.cut()));
    let permits = owner.connection.permit_for_stream(request.head(), &owner.server.proxies, started.has_others());
    let _permits = match permits {
        Ok(permits) => permits,
        Err(refusal) => return send(refuse(refusal), &mut respond, is_head, patience).await,
    };
    if request.headers().get(EXPECT).is_some_and(|expected| expected.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        let mut go_on = http::Response::new(());
        *go_on.status_mut() = http::StatusCode::CONTINUE;
        respond.send_informational(go_on).ok();
    }
    let answered = {
        let mut call = pin!(app.call(request));
        tokio::select! {
            biased;
            () = reset(&mut respond) => return Ended::Broken,
            answered = call.as_mut() => answered,
        }
    };
    match answered {
        Ok(answer) => {
            let response: Response<B> = answer.into();
            send(response, &mut respond, is_head, patience).await
        }
        Err(error) => {
            let response: Response<BoxBody> = error.into();
            send(response, &mut respond, is_head, patience).await
        }
    }
}

/// Waits until the client resets a stream that has no answer yet, or its connection breaks.
async fn reset(respond: &mut SendResponse<Piece>) {
    poll_fn(|cx| respond.poll_reset(cx)).await.ok();
}

/// A running stream. It counts among those of its connection until this is dropped.
struct Started<'a> {
    owner: &'a Owner<'a>,
    head_bytes: usize,
}

impl<'a> Started<'a> {
    /// `None` if the heads of the running streams leave no room for this one.
    fn begin(owner: &'a Owner<'a>, head_bytes: usize) -> Option<Self> {
        let running = &owner.running;
        let all = running.head_bytes.get() + head_bytes;
        if running.streams.get() > 0 && all > usize::try_from(HEAD_BYTES).unwrap_or(usize::MAX) {
            return None;
        }
        running.head_bytes.set(all);
        running.streams.set(running.streams.get() + 1);
        owner.connection.watch().began();
        Some(Self { owner, head_bytes })
    }

    /// Whether other streams of the connection are running.
    fn has_others(&self) -> bool {
        self.owner.running.streams.get() > 1
    }
}

impl Drop for Started<'_> {
    fn drop(&mut self) {
        let running = &self.owner.running;
        running.head_bytes.set(running.head_bytes.get().saturating_sub(self.head_bytes));
        running.streams.set(running.streams.get().saturating_sub(1));
        self.owner.connection.watch().ended(UnreadInput::Nothing);
    }
}
