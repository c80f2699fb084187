//! Files that the listener shows as they are. The program hands them in; this crate adds the description of the listener itself.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpResponse, Resource};

use crate::Operations;

/// The path of the OpenAPI document of this listener.
pub const DOCUMENT_PATH: &str = "/openapi/operations.json";

/// The document, which a test writes.
const DOCUMENT: &[u8] = include_bytes!("../../../../docs/openapi-operations.json");

/// One file.
#[derive(Debug, Clone)]
pub struct File {
    /// The path of its URL.
    pub path: &'static str,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The value of `Content-Security-Policy`: what a browser may do with it.
    pub policy: &'static str,
    /// The content.
    pub body: Bytes,
}

/// Adds the URLs of all files, unless others reach the listener.
pub(crate) fn configure(config: &mut ServiceConfig, operations: &Data<Operations>) {
    if operations.access.is_control_open() {
        for file in operations.files.iter().cloned().chain([document()]) {
            config.service(resource(file));
        }
    }
}

fn document() -> File {
    let policy = "default-src 'none'; frame-ancestors 'none'";
    File { path: DOCUMENT_PATH, content_type: "application/json", policy, body: Bytes::from_static(DOCUMENT) }
}

fn resource(file: File) -> Resource {
    let path = file.path;
    let answer = move || {
        let response = respond(&file);
        async move { response }
    };
    web::resource(path).route(web::get().to(answer.clone())).route(web::head().to(answer))
}

fn respond(file: &File) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.content_type))
        .insert_header((CONTENT_SECURITY_POLICY, file.policy))
        .body(Pieces(file.body.clone()))
}

/// The longest piece of a file that is copied for a client at once, in bytes.
const PIECE: usize = 16 * 1024;

/// What is left of a file. It is handed over in pieces, so that a client that does not read holds no copy of all of it.
struct Pieces(Bytes);

impl MessageBody for Pieces {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        u64::try_from(self.0.len()).map_or(BodySize::Stream, BodySize::Sized)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let length = self.0.len().min(PIECE);
        Poll::Ready((length > 0).then(|| Ok(self.0.split_to(length))))
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    #[test]
    fn a_file_is_handed_over_in_pieces() {
        let file: Vec<_> = (0..=u8::MAX).cycle().take(5 * PIECE / 2).collect();
        let mut pieces = pin!(Pieces(file.clone().into()));
        let (mut context, mut whole) = (Context::from_waker(Waker::noop()), Vec::new());
        while let Poll::Ready(Some(Ok(piece))) = pieces.as_mut().poll_next(&mut context) {
            assert!(piece.len() <= PIECE);
            whole.extend_from_slice(&piece);
        }
        assert_eq!(whole, file);
    }
}
