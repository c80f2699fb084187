//! Streams of events, by which a page renews its parts.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING};
use actix_web::web::Bytes;
use derslik_side_listener::Lifetime;
use futures_util::{Stream, StreamExt};

use crate::visit::Visit;

/// How long the connection is kept. A browser that still listens then asks again.
const LIFETIME: Duration = Duration::from_secs(600);

/// A piece without an event. An empty piece would end the answer.
pub(crate) const NOTHING: &str = ":\n\n";

/// The answer that sends these pieces for as long as the visitor is signed in.
pub(crate) fn answer(visit: &Visit, pieces: impl Stream<Item = String> + 'static) -> HttpResponse {
    if let Some(lifetime) = visit.request.conn_data::<Lifetime>() {
        lifetime.extend(LIFETIME);
    }
    HttpResponse::Ok()
        .content_type("text/event-stream")
        // Compression would hold the events back.
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(until(pieces, visit.sign_in_end()))
}

/// The bytes of these pieces until that has ended, also while no piece comes.
fn until(pieces: impl Stream<Item = String>, end: impl Future<Output = ()>) -> impl Stream<Item = Result<Bytes, Infallible>> {
    pieces.take_until(end).map(|piece| Ok::<_, Infallible>(Bytes::from(piece)))
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
    use futures_util::stream::pending;
    use tokio::time::timeout;

    use super::*;
    use crate::guard::sign_in_end;
    use crate::{SignInMode, testing};

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_soon_after_the_visitor_has_signed_out_though_nothing_is_sent() {
        let console = testing::console(SignInMode::Token("printed".to_owned()));
        let token = console.0.local.sign_in("printed").unwrap();
        let mut stream = Box::pin(until(pending(), sign_in_end(console.clone(), token.clone())));
        assert!(timeout(Duration::from_secs(60), stream.next()).await.is_err());
        console.0.local.sign_out(&token);
        let end = timeout(Duration::from_secs(15), stream.next()).await;
        assert!(matches!(end, Ok(None)));
    }

    #[test]
    fn an_event_has_its_name_and_the_lines_of_its_data() {
        assert_eq!(event("health", "<ul>\n</ul>\n"), "event: health\ndata: <ul>\ndata: </ul>\n\n");
    }
}
