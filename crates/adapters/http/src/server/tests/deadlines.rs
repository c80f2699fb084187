//! No state of a connection lets it wait for its client for ever.

use rstest::rstest;

use super::*;

const SEARCH: &str = "/xapi/v2/session/search";

#[actix_web::test]
async fn a_first_head_that_stops_is_answered_and_its_connection_closed() {
    let server = Plan::default().start();
    let mut stream = server.connect().await;
    assert_eq!(exchange(&mut stream, "GET /n HT").await.status, 408);
    closed(&mut stream).await;
}

#[actix_web::test]
async fn a_second_head_that_stops_closes_its_connection() {
    let server = Plan::default().start();
    let mut stream = server.connect().await;
    assert_eq!(exchange(&mut stream, &get("/n")).await.status, 404);
    stream.write_all(b"GET /n HT").await.unwrap();
    closed(&mut stream).await;
}

#[actix_web::test]
async fn a_second_head_that_drips_closes_its_connection() {
    let server = Plan::default().start();
    let mut stream = server.connect().await;
    assert_eq!(exchange(&mut stream, &get("/n")).await.status, 404);
    stream.write_all(b"GET /").await.unwrap();
    closed_in_spite_of(&mut stream, b"n").await;
}

#[actix_web::test]
async fn a_second_head_that_stops_or_drips_closes_its_encrypted_connection() {
    let server = Plan { is_encrypted: true, ..Plan::default() }.start();
    for drips in [false, true] {
        let mut stream = server.connect_encrypted().await;
        assert_eq!(exchange(&mut stream, &get("/n")).await.status, 404);
        stream.write_all(b"GET /").await.unwrap();
        stream.flush().await.unwrap();
        if drips {
            closed_in_spite_of(&mut stream, b"n").await;
        } else {
            closed(&mut stream).await;
        }
    }
}

/// Bytes that are read together with the end of a request belong to the next one.
#[rstest]
#[case::without_a_body(get("/n"), 404)]
#[case::two_requests(format!("{}{}", post(SEARCH, KNOWN, "Content-Length: 2"), "{}") + &get("/n"), 200)]
#[case::with_a_body(post(SEARCH, KNOWN, "Content-Length: 2") + "{}", 200)]
#[case::in_chunks(post(SEARCH, KNOWN, "Transfer-Encoding: chunked") + "2\r\n{}\r\n0\r\n\r\n", 200)]
#[actix_web::test]
async fn a_second_head_that_begins_with_the_first_request_and_stops_closes_its_connection(
    #[case] first: String,
    #[case] status: u16,
    #[values(false, true)] is_encrypted: bool,
) {
    let server = Plan { is_encrypted, ..Plan::default() }.start();
    let mut stream = server.connect_either(is_encrypted).await;
    stream.write_all(format!("{first}GET /n HT").as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(timeout(PATIENCE, read_answer(&mut stream)).await.unwrap().status, status);
    closed(&mut stream).await;
}

#[rstest]
#[case::unauthorized(SEARCH, "Bearer unknown", 401)]
#[case::not_found("/xapi/v2/nothing", KNOWN, 404)]
#[case::too_slow(SEARCH, KNOWN, 408)]
#[actix_web::test]
async fn a_body_that_never_ends_closes_its_connection_after_the_answer(
    #[case] path: &str,
    #[case] authorization: &str,
    #[case] status: u16,
    #[values(false, true)] drips: bool,
) {
    let server = Plan { limits: Limits { body_deadline: SHORT, ..Limits::default() }, ..Plan::default() }.start();
    let mut stream = server.connect().await;
    let request = format!("{}1\r\n[\r\n", post(path, authorization, "Transfer-Encoding: chunked"));
    assert_eq!(exchange(&mut stream, &request).await.status, status);
    if drips {
        closed_in_spite_of(&mut stream, b"1\r\n[\r\n").await;
    } else {
        closed(&mut stream).await;
    }
}

#[actix_web::test]
async fn an_endless_body_closes_its_encrypted_connection_after_the_answer() {
    let server = Plan { is_encrypted: true, ..Plan::default() }.start();
    let mut stream = server.connect_encrypted().await;
    let request = format!("{}1\r\n[\r\n", post(SEARCH, "Bearer unknown", "Transfer-Encoding: chunked"));
    assert_eq!(exchange(&mut stream, &request).await.status, 401);
    closed_in_spite_of(&mut stream, b"1\r\n[\r\n").await;
}

#[actix_web::test]
async fn a_handshake_that_stops_closes_its_connection() {
    let server = Plan { is_encrypted: true, ..Plan::default() }.start();
    closed(&mut server.connect().await).await;
    let mut stream = server.connect().await;
    // The beginning of a record that holds a handshake.
    stream.write_all(&[0x16, 3, 1, 2, 0]).await.unwrap();
    closed(&mut stream).await;
    let mut stream = server.connect().await;
    stream.write_all(&[0x16, 3, 1, 2, 0]).await.unwrap();
    closed_in_spite_of(&mut stream, &[1]).await;
}

#[rstest]
#[actix_web::test]
async fn a_reader_that_takes_nothing_is_disconnected(#[values(false, true)] is_encrypted: bool) {
    // More than the buffers of the system hold.
    const REQUESTS: usize = 600;
    let server = Plan { is_encrypted, ..Plan::default() }.start();
    let request = get("/$discovery/rest").repeat(REQUESTS);
    let stream = server.connect_either(is_encrypted).await;
    let (mut reader, mut writer) = tokio::io::split(stream);
    writer.write_all(request.as_bytes()).await.unwrap();
    writer.flush().await.unwrap();
    // The system refuses writes to a closed connection. An open one accepts them until its buffers are full.
    timeout(PATIENCE, async {
        while writer.write_all(b" ").await.is_ok() && writer.flush().await.is_ok() {
            tokio::time::sleep(DRIP).await;
        }
    })
    .await
    .expect("a closed connection");
    closed(&mut reader).await;
}

#[actix_web::test]
async fn an_idle_connection_stays_open_longer_than_a_head_may_take() {
    let server = Plan::default().start();
    let search = format!("{}{{}}", post(SEARCH, KNOWN, "Content-Length: 2"));
    let long = format!("{}{{}}{}", post(SEARCH, KNOWN, "Content-Length: 102"), " ".repeat(100));
    let chunks = format!("{}2\r\n{{}}\r\n0\r\n\r\n", post(SEARCH, KNOWN, "Transfer-Encoding: chunked"));
    let firsts = [(get("/n"), 404), (search.clone(), 200), (long, 200), (chunks, 200), (search.repeat(2), 200)];
    let mut streams = Vec::new();
    for (first, status) in firsts {
        let mut stream = server.connect().await;
        assert_eq!(exchange(&mut stream, &first).await.status, status);
        streams.push(stream);
    }
    let mut last = streams.pop().unwrap();
    assert_eq!(timeout(PATIENCE, read_answer(&mut last)).await.unwrap().status, 200);
    streams.push(last);
    for _ in 0..2 {
        tokio::time::sleep(SHORT + DRIP).await;
        for stream in &mut streams {
            assert_eq!(exchange(stream, &search).await.status, 200);
        }
    }
}

#[actix_web::test]
async fn a_body_may_take_longer_than_a_head() {
    let server = Plan::default().start();
    let mut stream = server.connect().await;
    stream.write_all(post(SEARCH, KNOWN, "Content-Length: 2").as_bytes()).await.unwrap();
    tokio::time::sleep(SHORT + DRIP).await;
    stream.write_all(b"{}").await.unwrap();
    assert_eq!(timeout(PATIENCE, read_answer(&mut stream)).await.unwrap().status, 200);
}
