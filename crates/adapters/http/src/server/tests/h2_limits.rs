//! What the client of one connection of HTTP/2 can take.

use h2::Reason;

use super::h2_client::{
    CONTINUATION, Client, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, PING, RST_STREAM, SEARCH, WINDOW_UPDATE,
    block, encrypted_plan, frame, head, next_of, ping, raw, search, send, whole, with,
};
use super::*;

/// No deadline passes in these tests.
fn patient() -> Plan {
    let long = 10 * PATIENCE;
    let deadlines = Deadlines { handshake: long, head: long, unread_body: long, idle: long, stalled_reader: long };
    Plan { deadlines, ..encrypted_plan() }
}

#[actix_web::test]
async fn a_stream_above_the_limit_is_refused_and_the_others_are_answered() {
    let server = Plan { http2_streams: 3, ..patient() }.start();
    let mut stream = raw(&server, &[]).await;
    for id in [1, 3, 5, 7] {
        send(&mut stream, &frame(HEADERS, END_HEADERS, id, &block("POST", SEARCH, KNOWN))).await;
    }
    let refused = next_of(&mut stream, &[RST_STREAM]).await.unwrap();
    assert_eq!((refused.stream, refused.reason()), (7, Reason::REFUSED_STREAM));
    for id in [1, 3, 5] {
        send(&mut stream, &frame(DATA, END_STREAM, id, b"{}")).await;
        let answered = next_of(&mut stream, &[HEADERS]).await.unwrap();
        assert_eq!(answered.stream, id);
        // 0x88 is the status 200 in the static table.
        assert_eq!(answered.payload[0], 0x88, "{answered:?}");
    }
}

#[actix_web::test]
async fn a_head_may_be_as_long_as_with_http1_and_no_longer() {
    let server = patient().start();
    let client = Client::connect(&server).await;
    let long = with(head("GET", "/n"), "x-long", &"n".repeat(100_000));
    assert_eq!(client.ask(long, "").await.unwrap().status(), 404);
    let longer = with(head("GET", "/n"), "x-long", &"n".repeat(200_000));
    // The connection ends where even reading the head would take too much.
    if let Ok(answer) = client.ask(longer, "").await {
        assert_eq!(answer.status(), 431);
    }
    let mut many = head("GET", "/n");
    for number in 0..200 {
        many.headers_mut().insert(http::HeaderName::try_from(format!("x-{number}")).unwrap(), http::HeaderValue::from_static("n"));
    }
    assert_eq!(Client::connect(&server).await.ask(many, "").await.unwrap().status(), 431);
}

#[actix_web::test]
async fn the_heads_of_a_connection_have_the_limit_of_one() {
    let server = patient().start();
    let client = Client::connect(&server).await;
    let long = || with(search(), "x-long", &"n".repeat(100_000));
    let (first, mut body) = client.begin(long(), false).await;
    let refused = client.ask(long(), "{}").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::REFUSED_STREAM));
    assert_eq!(client.ask(search(), "{}").await.unwrap().status(), 200);
    body.send_data("{}".into(), true).unwrap();
    assert_eq!(whole(first).await.unwrap().status(), 200);
    assert_eq!(client.ask(long(), "{}").await.unwrap().status(), 200);
}

#[actix_web::test]
async fn a_head_of_endless_frames_closes_its_connection() {
    let server = patient().start();
    let mut stream = raw(&server, &[]).await;
    send(&mut stream, &frame(HEADERS, 0, 1, &block("GET", "/n", ""))).await;
    closed_in_spite_of(&mut stream, &frame(CONTINUATION, 0, 1, b"").repeat(100)).await;
}

/// Waits until the server has noted all that was sent. Returns the reason if it ends the connection.
async fn settled(stream: &mut TlsStream<TcpStream>) -> Option<Reason> {
    // The answer to the first ping may be on its way before the streams are looked at.
    for _ in 0..2 {
        stream.write_all(&ping()).await.ok();
        stream.flush().await.ok();
        let answered = next_of(stream, &[PING, GOAWAY]).await.unwrap();
        if answered.kind == GOAWAY {
            return Some(answered.reason());
        }
    }
    None
}

/// The server begins each stream before the client resets it.
#[actix_web::test]
async fn a_client_that_resets_its_requests_again_and_again_is_sent_away() {
    const STREAMS: u32 = 5;
    let server = Plan { http2_streams: STREAMS, ..patient() }.start();
    let mut stream = raw(&server, &[]).await;
    for number in 0..=STREAMS {
        let id = 2 * number + 1;
        send(&mut stream, &frame(HEADERS, END_HEADERS, id, &block("POST", SEARCH, KNOWN))).await;
        assert_eq!(settled(&mut stream).await, None);
        send(&mut stream, &frame(RST_STREAM, 0, id, &u32::from(Reason::CANCEL).to_be_bytes())).await;
        let expected = (number == STREAMS).then_some(Reason::ENHANCE_YOUR_CALM);
        assert_eq!(settled(&mut stream).await, expected, "{number}");
    }
    closed(&mut stream).await;
    assert_eq!(Client::connect(&server).await.ask(search(), "{}").await.unwrap().status(), 200);
}

/// The server has read the reset of each stream before it begins it.
#[actix_web::test]
async fn a_flood_of_requests_that_are_reset_at_once_ends_its_connection() {
    let server = patient().start();
    let mut stream = raw(&server, &[]).await;
    let flood = (0..1_000).flat_map(|number| {
        let id = 2 * number + 1;
        [frame(HEADERS, END_HEADERS, id, &block("POST", SEARCH, KNOWN)), frame(RST_STREAM, 0, id, &u32::from(Reason::CANCEL).to_be_bytes())]
    });
    // The server may close the connection before it has read all of it.
    stream.write_all(&flood.collect::<Vec<_>>().concat()).await.ok();
    stream.flush().await.ok();
    closed(&mut stream).await;
    assert_eq!(Client::connect(&server).await.ask(search(), "{}").await.unwrap().status(), 200);
}

async fn until(holds: impl Fn() -> bool) {
    let held = async {
        while !holds() {
            tokio::time::sleep(DRIP).await;
        }
    };
    timeout(PATIENCE, held).await.expect("it holds in time");
}

#[actix_web::test]
async fn the_body_of_a_request_takes_memory_until_its_stream_is_reset() {
    const HELD: usize = 256 * 1024;
    let server = patient().start();
    let free = || server.state.body_budgets().free_bytes();
    let before = free();
    let client = Client::connect(&server).await;
    let (_answer, mut body) = client.begin(search(), false).await;
    body.send_data(vec![b' '; HELD].into(), false).unwrap();
    until(|| free() == before - HELD).await;
    body.send_reset(Reason::CANCEL);
    until(|| free() == before).await;
}

#[actix_web::test]
async fn an_answer_takes_memory_until_the_client_has_taken_it_or_resets_the_stream() {
    let server = patient().start();
    let free = || server.state.response_budget().free_bytes();
    let before = free();
    // The client leaves no room for any answer.
    let mut stream = raw(&server, &[(INITIAL_WINDOW_SIZE, 0)]).await;
    let authorization = format!("{KNOWN}-{WITH_SESSIONS}");
    let mut held = Vec::new();
    for id in [1, 3] {
        send(&mut stream, &frame(HEADERS, END_HEADERS | END_STREAM, id, &block("POST", SEARCH, &authorization))).await;
        assert_eq!(next_of(&mut stream, &[HEADERS]).await.unwrap().payload[0], 0x88);
        held.push(before - free());
    }
    assert!(held[0] > 0 && held[1] == 2 * held[0], "{held:?}");
    send(&mut stream, &frame(RST_STREAM, 0, 1, &u32::from(Reason::CANCEL).to_be_bytes())).await;
    until(|| before - free() == held[0]).await;
    // Room for the other answer, on its stream and on the connection.
    for id in [3, 0] {
        send(&mut stream, &frame(WINDOW_UPDATE, 0, id, &(1_u32 << 30).to_be_bytes())).await;
    }
    while next_of(&mut stream, &[DATA]).await.unwrap().flags & END_STREAM == 0 {}
    until(|| free() == before).await;
}

/// A client has no more requests under way than it could have connections.
#[actix_web::test]
async fn the_streams_of_a_client_count_as_its_connections() {
    let connections = ConnectionLimits { in_all: 20, per_client: 3 };
    let server = Plan { connections, ..patient() }.start();
    let client = Client::on(server.connect_from("127.0.0.2").await).await;
    let mut running = Vec::new();
    for _ in 0..3 {
        running.push(client.begin(search(), false).await);
    }
    let refused = client.ask(search(), "{}").await.unwrap();
    assert_eq!((refused.status(), refused.head.headers["retry-after"].as_bytes()), (429, b"1".as_slice()));
    let other = Client::on(server.connect_from("127.0.0.3").await).await;
    assert_eq!(other.ask(search(), "{}").await.unwrap().status(), 200);
    let (answer, mut body) = running.pop().unwrap();
    body.send_data("{}".into(), true).unwrap();
    assert_eq!(whole(answer).await.unwrap().status(), 200);
    assert_eq!(client.ask(search(), "{}").await.unwrap().status(), 200);
}

/// All clients together have no more requests under way than they could have connections.
#[actix_web::test]
async fn the_streams_of_all_clients_count_among_all_connections() {
    let connections = ConnectionLimits { in_all: 3, per_client: 20 };
    let server = Plan { connections, ..patient() }.start();
    let client = Client::on(server.connect_from("127.0.0.2").await).await;
    let other = Client::on(server.connect_from("127.0.0.3").await).await;
    let _first = client.begin(search(), false).await;
    let (second, mut body) = client.begin(search(), false).await;
    let refused = client.ask(search(), "{}").await.unwrap();
    assert_eq!((refused.status(), refused.head.headers["retry-after"].as_bytes()), (503, b"1".as_slice()));
    assert_eq!(other.ask(search(), "{}").await.unwrap().status(), 200, "the permit of a connection counts for a stream");
    body.send_data("{}".into(), true).unwrap();
    assert_eq!(whole(second).await.unwrap().status(), 200);
    assert_eq!(client.ask(search(), "{}").await.unwrap().status(), 200);
}

#[actix_web::test]
async fn behind_a_trusted_proxy_the_requests_of_each_client_are_counted_over_http2() {
    let connections = ConnectionLimits { in_all: 20, per_client: 2 };
    let proxies = TrustedProxies::parse(["127.0.0.2"]).unwrap();
    let server = Plan { connections, proxies, ..patient() }.start();
    let proxy = Client::on(server.connect_from("127.0.0.2").await).await;
    let of = |client: &str| with(search(), "x-forwarded-for", client);
    let _running = (proxy.begin(of("192.0.2.7"), false).await, proxy.begin(of("192.0.2.7"), false).await);
    assert_eq!(proxy.ask(of("192.0.2.7"), "{}").await.unwrap().status(), 429);
    assert_eq!(proxy.ask(of("192.0.2.8"), "{}").await.unwrap().status(), 200);
}
