//! From a stream of HTTP/2 to a request as the app knows it. The app sees what a request of HTTP/1.1 would show: a path, and the
//! host as a header.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_http::error::PayloadError;
use actix_http::header::{HOST, HeaderName, HeaderValue};
use actix_http::{HttpMessage, Method, Payload, Request, RequestHead, StatusCode, Uri, Version};
use actix_web::web::Bytes;
use futures_util::Stream;
use h2::RecvStream;

use crate::client::Scheme;

/// The most headers of a request, as with HTTP/1.1.
const MAX_HEADERS: usize = 96;
/// What one header counts besides its name and value (RFC 9113, section 6.5.2).
const HEADER_OVERHEAD: usize = 32;

/// The bytes of a head, counted as HTTP/2 counts them.
pub(super) fn head_bytes(request: &http::Request<RecvStream>) -> usize {
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + HEADER_OVERHEAD);
    let uri = request.uri();
    let target = uri.authority().map_or(0, |authority| authority.as_str().len()) + uri.path().len() + uri.query().map_or(0, str::len);
    headers.sum::<usize>() + target + HEADER_OVERHEAD
}

/// Makes a request for the app.
///
/// # Errors
/// The status of the answer, if the app can't be asked.
pub(super) fn for_app(request: http::Request<RecvStream>, peer: Option<SocketAddr>) -> Result<Request, StatusCode> {
    let (parts, body) = request.into_parts();
    if parts.headers.len() > MAX_HEADERS {
        return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    // A tunnel is never granted, so what a client would send through it is not read.
    let is_tunnel = parts.method == http::Method::CONNECT;
    let payload: Payload =
        if is_tunnel || body.is_end_stream() { Payload::None } else { Payload::Stream { payload: Box::pin(Body(body)) } };
    let mut request = Request::with_payload(payload);
    fill(request.head_mut(), &parts).ok_or(StatusCode::BAD_REQUEST)?;
    request.head_mut().peer_addr = peer;
    request.extensions_mut().insert(Scheme::Https);
    Ok(request)
}

/// Copies a head. The crates of the app and of HTTP/2 have their own types for the same things.
fn fill(head: &mut RequestHead, parts: &http::request::Parts) -> Option<()> {
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    let target = parts.uri.path_and_query().map_or(authority, |target| Some(target.as_str()));
    head.method = Method::from_bytes(parts.method.as_str().as_bytes()).ok()?;
    head.uri = target?.parse::<Uri>().ok()?;
    head.version = Version::HTTP_2;
    for (name, value) in &parts.headers {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        head.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    if let Some(authority) = authority {
        head.headers_mut().insert(HOST, HeaderValue::from_str(authority).ok()?);
    }
    Some(())
}

/// The body of a request. What was read of it gives the client room to send more.
struct Body(RecvStream);

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(match ready!(self.0.poll_data(cx)) {
            Some(Ok(bytes)) => {
                self.0.flow_control().release_capacity(bytes.len()).ok();
                Some(Ok(bytes))
            }
            Some(Err(_)) => Some(Err(PayloadError::Incomplete(None))),
            None => None,
        })
    }
}
