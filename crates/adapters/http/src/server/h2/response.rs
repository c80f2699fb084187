//! Answers on a stream: their head, and their body as the client makes room for it.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::{Duration, SystemTime};

use actix_http::body::{BodySize, MessageBody};
use actix_http::header::HttpDate;
use actix_http::{Response, StatusCode};
use actix_web::web::Bytes;
use h2::server::SendResponse;
use h2::{Reason, SendStream};
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE};
use tokio::time::timeout;

use super::Ended;
use super::piece::{Piece, Unwritten};

/// The longest piece that is handed over at once: a frame that every client takes.
const PIECE_BYTES: usize = 16 * 1024;

/// Sends an answer. Returns when all of it is written to the socket, or when the stream is broken. A client that takes nothing
/// of it for the time of `patience` gets no more of it.
///
/// The next chunk of a body is made once the chunk before it was written. So what waits here is at most one chunk, and the body
/// keeps what it holds of the budget for answers until then.
pub(super) async fn send<B: MessageBody>(
    response: Response<B>,
    respond: &mut SendResponse<Piece>,
    is_head: bool,
    patience: Duration,
) -> Ended {
    let (response, body) = response.into_parts();
    let size = body_size(response.status(), body.size());
    let is_empty = is_head || size.is_eof();
    let Ok(mut stream) = respond.send_response(head_of(&response, size), is_empty) else { return Ended::Broken };
    if is_empty {
        return Ended::Answered;
    }
    let unwritten = Rc::new(Unwritten::default());
    let mut body = pin!(body);
    loop {
        let next = poll_fn(|cx| match stream.poll_reset(cx) {
            Poll::Ready(_) => Poll::Ready(Err(())),
            Poll::Pending => body.as_mut().poll_next(cx).map(Ok),
        });
        let sent = match next.await {
            Err(()) => return Ended::Broken,
            Ok(Some(Ok(chunk))) => send_chunk(chunk, &mut stream, &unwritten, patience).await,
            Ok(Some(Err(_))) => {
                stream.send_reset(Reason::INTERNAL_ERROR);
                return Ended::Failed;
            }
            Ok(None) => {
                if stream.send_data(Piece::new(Bytes::new(), &unwritten), true).is_err() {
                    return Ended::Broken;
                }
                let written = is_written(&unwritten, patience).await;
                return if written { Ended::Answered } else { give_up(&mut stream) };
            }
        };
        match sent {
            Ok(()) => {}
            Err(Unsent::Stalled) => return give_up(&mut stream),
            Err(Unsent::Broken) => return Ended::Broken,
        }
        if !is_written(&unwritten, patience).await {
            return give_up(&mut stream);
        }
    }
}

/// Why a chunk was not handed over.
enum Unsent {
    /// The client made no room for it in time.
    Stalled,
    /// The stream has ended.
    Broken,
}

fn give_up(stream: &mut SendStream<Piece>) -> Ended {
    stream.send_reset(Reason::CANCEL);
    Ended::Broken
}

/// Hands a chunk over in pieces, each as soon as the client has room for it.
async fn send_chunk(mut chunk: Bytes, stream: &mut SendStream<Piece>, unwritten: &Rc<Unwritten>, patience: Duration) -> Result<(), Unsent> {
    while !chunk.is_empty() {
        let wanted = chunk.len().min(PIECE_BYTES);
        let room = timeout(patience, room(stream, wanted)).await.map_err(|_| Unsent::Stalled)?;
        let piece = chunk.split_to(room.ok_or(Unsent::Broken)?.min(wanted));
        stream.send_data(Piece::new(piece, unwritten), false).map_err(|_| Unsent::Broken)?;
    }
    Ok(())
}

/// Waits for room for some of the wanted bytes, at least one. `None` if the stream has ended.
async fn room(stream: &mut SendStream<Piece>, wanted: usize) -> Option<usize> {
    stream.reserve_capacity(wanted);
    poll_fn(|cx| {
        // Room that was granted before is not reported again.
        let granted = stream.capacity();
        if granted > 0 {
            return Poll::Ready(Some(granted));
        }
        Poll::Ready(ready!(stream.poll_capacity(cx)).and_then(Result::ok))
    })
    .await
}

/// Waits until all pieces are written. `false` if none was for the time of `patience`.
async fn is_written(unwritten: &Unwritten, patience: Duration) -> bool {
    loop {
        match timeout(patience, unwritten.progress()).await {
            Ok(true) => {}
            Ok(false) => return true,
            Err(_) => return false,
        }
    }
}

/// The size of the body that may be sent with a status.
fn body_size(status: StatusCode, size: BodySize) -> BodySize {
    match status {
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED => BodySize::None,
        _ => size,
    }
}

/// The head of an answer, without the headers of HTTP/1.1 that HTTP/2 forbids.
fn head_of(response: &Response<()>, size: BodySize) -> http::Response<()> {
    let mut head = http::Response::new(());
    *head.status_mut() = http::StatusCode::from_u16(response.status().as_u16()).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = head.headers_mut();
    for (name, value) in response.headers() {
        let copied = HeaderName::from_bytes(name.as_str().as_bytes()).ok().zip(HeaderValue::from_bytes(value.as_bytes()).ok());
        if let Some((name, value)) = copied.filter(|(name, _)| !is_of_http1(name)) {
            headers.append(name, value);
        }
    }
    if let BodySize::Sized(length) = size {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if let Ok(now) = HeaderValue::from_str(&now().to_string()) {
        headers.insert(DATE, now);
    }
    head
}

/// The time for the header `Date`.
#[expect(clippy::disallowed_methods, reason = "the header tells the time of the machine, as the framework's own does with HTTP/1.1")]
fn now() -> HttpDate {
    SystemTime::now().into()
}

fn is_of_http1(name: &HeaderName) -> bool {
    [CONNECTION, TRANSFER_ENCODING, UPGRADE].contains(name) || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

#[cfg(test)]
mod tests {
    use actix_http::body::BoxBody;
    use rstest::rstest;

    use super::*;

    #[test]
    fn headers_of_connections_are_left_out() {
        let response = Response::build(StatusCode::CREATED)
            .insert_header(("Connection", "close"))
            .insert_header(("Keep-Alive", "timeout=5"))
            .insert_header(("Transfer-Encoding", "chunked"))
            .append_header(("X-Two", "1"))
            .append_header(("X-Two", "2"))
            .body("ab");
        let (response, _): (_, BoxBody) = response.map_into_boxed_body().into_parts();
        let head = head_of(&response, BodySize::Sized(2));
        let mut names: Vec<_> = head.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        names.retain(|(name, _)| *name != "date");
        names.sort_unstable();
        assert_eq!(names, [("content-length", "2"), ("x-two", "1"), ("x-two", "2")]);
        assert!(head.status() == http::StatusCode::CREATED && head.headers().contains_key(DATE));
    }

    #[rstest]
    #[case(StatusCode::NO_CONTENT, BodySize::Sized(0), BodySize::None)]
    #[case(StatusCode::NOT_MODIFIED, BodySize::Sized(4), BodySize::None)]
    #[case(StatusCode::OK, BodySize::Sized(0), BodySize::Sized(0))]
    #[case(StatusCode::OK, BodySize::Stream, BodySize::Stream)]
    fn a_status_without_a_body_has_no_length(#[case] status: StatusCode, #[case] size: BodySize, #[case] sent: BodySize) {
        assert_eq!(body_size(status, size), sent);
    }
}
