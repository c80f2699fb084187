//! Notices a broken body while the handler waits for something else. When a chunk of a body can't be read, the framework drops
//! the request at once. The client then gets an answer only if it is ready at that moment.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Ready, poll_fn, ready};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::TRANSFER_ENCODING;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use futures_util::{Stream, StreamExt};
use tokio::time::timeout;

use crate::body::BodyError;
use crate::limits::Limits;

/// The most bytes that are read ahead.
const MAX_READ_AHEAD: usize = 32 * 1024;

/// A body that is read ahead. Only a chunked body can break, so every other body is left alone.
pub(crate) struct BodyWatcher(Option<Rc<RefCell<Chunks>>>);

/// The part of a body that was read and not yet handed to the handler.
struct Chunks {
    payload: Payload,
    read: VecDeque<Result<Bytes, PayloadError>>,
    bytes: usize,
    is_broken: bool,
}

/// The body as the handler reads it.
struct Reader(Rc<RefCell<Chunks>>);

impl BodyWatcher {
    /// Reads a body ahead of the handler, which takes `payload` afterwards.
    pub(crate) fn of(request: &HttpRequest, payload: &mut Payload) -> Self {
        if !request.headers().contains_key(TRANSFER_ENCODING) {
            return Self(None);
        }
        let chunks = Chunks { payload: payload.take(), read: VecDeque::new(), bytes: 0, is_broken: false };
        let chunks = Rc::new(RefCell::new(chunks));
        *payload = Payload::Stream { payload: Box::pin(Reader(Rc::clone(&chunks))) };
        Self(Some(chunks))
    }

    /// Waits for another future.
    ///
    /// # Errors
    /// If the body breaks before the other future is ready.
    pub(crate) async fn wait_for<F: Future>(&self, other: F) -> Result<F::Output, BodyError> {
        let Some(chunks) = &self.0 else { return Ok(other.await) };
        let mut other = pin!(other);
        poll_fn(|cx| match other.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending if chunks.borrow_mut().breaks(cx) => Poll::Ready(Err(BodyError::CutOff)),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Reads the body to its end and discards it, for a call that takes no body. Nothing reads ahead any more once the call is
    /// carried out.
    ///
    /// # Errors
    /// If the body breaks, or is longer or slower than a body may be.
    pub(crate) async fn skip(&self, limits: &Limits) -> Result<(), BodyError> {
        let Some(chunks) = &self.0 else { return Ok(()) };
        let limit = limits.body_bytes;
        let mut chunks = Reader(Rc::clone(chunks));
        let skipped = timeout(limits.body_deadline, async {
            let mut length = 0;
            while let Some(chunk) = chunks.next().await {
                length += chunk.map_err(|_| BodyError::CutOff)?.len();
                if length > limit {
                    return Err(BodyError::TooLarge { limit });
                }
            }
            Ok(())
        });
        skipped.await.unwrap_or(Err(BodyError::TooSlow))
    }
}

/// Among the arguments of a handler, it must stand before the payload.
impl FromRequest for BodyWatcher {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request, payload)))
    }
}

impl Chunks {
    /// Reads the available chunks. Returns whether the body broke.
    fn breaks(&mut self, cx: &mut Context<'_>) -> bool {
        while self.bytes < MAX_READ_AHEAD && !self.is_broken {
            match Pin::new(&mut self.payload).poll_next(cx) {
                Poll::Ready(Some(chunk)) => {
                    self.bytes += chunk.as_ref().map_or(0, Bytes::len);
                    self.is_broken = chunk.is_err();
                    self.read.push_back(chunk);
                }
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        self.is_broken
    }
}

impl Stream for Reader {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut chunks = self.0.borrow_mut();
        match chunks.read.pop_front() {
            Some(chunk) => Poll::Ready(Some(chunk)),
            None => Pin::new(&mut chunks.payload).poll_next(cx),
        }
    }
}
