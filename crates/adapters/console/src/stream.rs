//! Streams of events, by which a page renews its parts.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use derslik_side_listener::Lifetime;
use futures_util::{Stream, StreamExt};

/// How long the connection is kept. A browser that still listens then asks again.
const LIFETIME: Duration = Duration::from_secs(600);

/// A piece without an event. An empty piece would end the answer.
pub(crate) const NOTHING: &str = ":\n\n";

/// The answer that sends these pieces.
pub(crate) fn answer(request: &HttpRequest, pieces: impl Stream<Item = String> + 'static) -> HttpResponse {
    if let Some(lifetime) = request.conn_data::<Lifetime>() {
        lifetime.extend(LIFETIME);
    }
    HttpResponse::Ok()
        .content_type("text/event-stream")
        // Compression would hold the events back.
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(pieces.map(|piece| Ok::<_, Infallible>(Bytes::from(piece))))
}

/// An event of that name. Each line of its data is a line of the event.
pub(crate) fn event(name: &str, data: &str) -> String {
    let mut event = format!("event: {name}\n");
    for line in data.lines() {
        event.push_str("data: ");
        event.push_str(line);
        event.push('\n');
    }
    event.push('\n');
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_its_name_and_the_lines_of_its_data() {
        assert_eq!(event("health", "<ul>\n</ul>\n"), "event: health\ndata: <ul>\ndata: </ul>\n\n");
    }
}
