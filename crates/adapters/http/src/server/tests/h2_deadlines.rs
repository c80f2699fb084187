//! No state of a connection of HTTP/2 lets it wait for its client for ever.

use h2::Reason;
use rstest::rstest;

use super::h2_client::{
    CONTINUATION, Client, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, PING, RST_STREAM, SEARCH, WINDOW_UPDATE,
    block, encrypted_plan, frame, next_of, ping, raw, search, send, whole,
};
use super::*;

/// A head that is announced as a frame of 1 000 bytes.
fn begun_head(stream: u32) -> Vec<u8> {
    let mut begun = frame(HEADERS, END_HEADERS, stream, &[0; 1_000]);
    begun.truncate(12);
    begun
}

#[rstest]
#[actix_web::test]
async fn a_head_that_stops_or_drips_closes_its_connection(#[values(false, true)] is_first: bool, #[values(false, true)] drips: bool) {
    let server = encrypted_plan().start();
    let mut stream = raw(&server, &[]).await;
    let mut id = 1;
    if !is_first {
        send(&mut stream, &frame(HEADERS, END_HEADERS | END_STREAM, id, &block("GET", "/n", ""))).await;
        assert_eq!(next_of(&mut stream, &[HEADERS]).await.unwrap().stream, id);
        id += 2;
    }
    send(&mut stream, &begun_head(id)).await;
    if drips {
        closed_in_spite_of(&mut stream, b"n").await;
    } else {
        closed(&mut stream).await;
    }
}

#[actix_web::test]
async fn a_head_of_many_frames_that_stops_closes_its_connection() {
    let server = encrypted_plan().start();
    let mut stream = raw(&server, &[]).await;
    send(&mut stream, &frame(HEADERS, 0, 1, &block("GET", "/n", ""))).await;
    send(&mut stream, &frame(CONTINUATION, 0, 1, b"")).await;
    closed(&mut stream).await;
}

#[actix_web::test]
async fn a_head_that_stops_closes_its_connection_while_another_request_runs() {
    let server = encrypted_plan().start();
    let mut stream = raw(&server, &[]).await;
    send(&mut stream, &frame(HEADERS, END_HEADERS, 1, &block("POST", SEARCH, KNOWN))).await;
    send(&mut stream, &begun_head(3)).await;
    closed(&mut stream).await;
}

#[rstest]
#[case::nothing(b"")]
#[case::a_part_of_the_preface(b"PRI * HT")]
#[actix_web::test]
async fn a_connection_that_does_not_begin_is_closed(#[case] sent: &[u8]) {
    let server = encrypted_plan().start();
    let mut stream = encrypted_for(server.connect().await, &[b"h2"]).await;
    send(&mut stream, sent).await;
    closed(&mut stream).await;
}

#[rstest]
#[actix_web::test]
async fn an_idle_connection_is_told_and_closed_in_spite_of_pings(#[values(false, true)] pings: bool) {
    let deadlines = Deadlines { idle: SHORT, ..Plan::default().deadlines };
    let server = Plan { deadlines, ..encrypted_plan() }.start();
    let mut stream = raw(&server, &[]).await;
    send(&mut stream, &frame(HEADERS, END_HEADERS | END_STREAM, 1, &block("GET", "/n", ""))).await;
    assert!(next_of(&mut stream, &[HEADERS]).await.is_some());
    if pings {
        closed_in_spite_of(&mut stream, &ping()).await;
    } else {
        let told = next_of(&mut stream, &[GOAWAY]).await.unwrap();
        assert_eq!((told.reason(), &told.payload[..4]), (Reason::NO_ERROR, [0, 0, 0, 1].as_slice()));
        closed(&mut stream).await;
    }
}

#[actix_web::test]
async fn a_connection_without_streams_stays_open_longer_than_a_head_may_take() {
    let server = encrypted_plan().start();
    let mut client = Client::connect(&server).await;
    for _ in 0..3 {
        assert_eq!(client.ask(search(), "{}").await.unwrap().status(), 200);
        tokio::time::sleep(SHORT + DRIP).await;
    }
    assert!(futures_util::FutureExt::now_or_never(&mut client.ended).is_none());
}

#[rstest]
#[actix_web::test]
async fn a_slow_body_ends_its_request_and_no_other(#[values(false, true)] drips: bool) {
    let server = Plan { limits: Limits { body_deadline: SHORT, ..Limits::default() }, ..encrypted_plan() }.start();
    let client = Client::connect(&server).await;
    let (answer, mut body) = client.begin(search(), false).await;
    let dripping = actix_web::rt::spawn(async move {
        while drips && body.send_data(" ".into(), false).is_ok() {
            tokio::time::sleep(DRIP).await;
        }
        body
    });
    assert_eq!(whole(answer).await.unwrap().status(), 408);
    drop(timeout(PATIENCE, dripping).await.expect("an end of the stream"));
    assert_eq!(client.ask(search(), "{}").await.unwrap().status(), 200);
}

#[actix_web::test]
async fn an_answer_without_a_body_read_resets_the_stream_of_the_body() {
    let server = encrypted_plan().start();
    let mut stream = raw(&server, &[]).await;
    send(&mut stream, &frame(HEADERS, END_HEADERS, 1, &block("POST", SEARCH, "Bearer unknown"))).await;
    let reset = next_of(&mut stream, &[RST_STREAM]).await.unwrap();
    assert_eq!((reset.stream, reset.reason()), (1, Reason::NO_ERROR));
}

#[actix_web::test]
async fn an_answer_that_the_client_leaves_no_room_for_is_given_up() {
    let server = encrypted_plan().start();
    let mut stream = raw(&server, &[(INITIAL_WINDOW_SIZE, 0)]).await;
    send(&mut stream, &frame(HEADERS, END_HEADERS | END_STREAM, 1, &block("GET", "/$discovery/rest", ""))).await;
    assert!(next_of(&mut stream, &[HEADERS]).await.is_some());
    let reset = next_of(&mut stream, &[DATA, RST_STREAM]).await.unwrap();
    assert_eq!((reset.kind, reset.stream, reset.reason()), (RST_STREAM, 1, Reason::CANCEL));
    // The connection itself is not stalled.
    send(&mut stream, &ping()).await;
    assert_eq!(next_of(&mut stream, &[PING]).await.unwrap().flags, 1);
}

#[actix_web::test]
async fn a_reader_that_takes_nothing_is_disconnected() {
    // More than the buffers of the system hold.
    const REQUESTS: u32 = 600;
    let server = Plan { http2_streams: REQUESTS, ..encrypted_plan() }.start();
    let mut stream = raw(&server, &[(INITIAL_WINDOW_SIZE, 1 << 30)]).await;
    send(&mut stream, &frame(WINDOW_UPDATE, 0, 0, &(1_u32 << 30).to_be_bytes())).await;
    let requests =
        (0..REQUESTS).map(|number| frame(HEADERS, END_HEADERS | END_STREAM, 2 * number + 1, &block("GET", "/$discovery/rest", "")));
    send(&mut stream, &requests.collect::<Vec<_>>().concat()).await;
    // The system refuses writes to a closed connection. An open one accepts them until its buffers are full.
    timeout(PATIENCE, async {
        while stream.write_all(&ping()).await.is_ok() && stream.flush().await.is_ok() {
            tokio::time::sleep(DRIP).await;
        }
    })
    .await
    .expect("a closed connection");
}
