//! Requests over HTTP/2 and their answers.

use h2::Reason;
use rstest::rstest;

use super::h2_client::{Client, GOAWAY, SEARCH, encrypted_plan, head, next_of, raw, search, whole, with};
use super::*;

#[actix_web::test]
async fn the_apis_answer_over_both_protocols_in_the_same_way() {
    let server = encrypted_plan().start();
    let client = Client::connect(&server).await;
    for (method, path, authorization, body) in [
        ("GET", "/n", "", ""),
        ("GET", "/v1/courses", "Bearer unknown", ""),
        ("GET", "/api/v1/projects", "unknown", ""),
        ("GET", "/$discovery/rest?version=v1", "", ""),
        ("POST", SEARCH, KNOWN, "{}"),
        ("POST", SEARCH, KNOWN, "{"),
        ("POST", SEARCH, "Bearer unknown", "{}"),
        ("DELETE", "/v1/courses/1", "", ""),
    ] {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: derslik\r\nContent-Type: application/json\r\nAuthorization: {authorization}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let one = exchange(&mut server.connect_encrypted().await, &request).await;
        let two = client.ask(with(head(method, path), "authorization", authorization), body).await.unwrap();
        assert_eq!((two.status(), &two.body), (one.status, &one.body), "{method} {path}");
        for name in ["content-type", "content-length", "cache-control", "x-content-type-options"] {
            let header = two.head.headers.get(name).map(|value| value.to_str().unwrap());
            let expected = one.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            assert_eq!(header.map(str::to_ascii_lowercase), expected.map(str::to_owned), "{method} {path} {name}");
        }
        assert!(two.head.headers.contains_key("date"));
    }
}

#[actix_web::test]
async fn a_client_without_a_preference_speaks_http1() {
    let server = encrypted_plan().start();
    for protocols in [&[][..], &[b"http/1.1".as_slice()]] {
        let mut stream = encrypted_for(server.connect().await, protocols).await;
        assert_eq!(exchange(&mut stream, &get("/n")).await.status, 404);
    }
    let stream = encrypted_for(server.connect().await, &[b"http/1.1", b"h2"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
}

#[actix_web::test]
async fn a_proxy_names_host_and_scheme_over_http2() {
    let root = |answer: &str| serde_json::from_str::<serde_json::Value>(answer).unwrap()["rootUrl"].clone();
    let forwarded = || with(with(head("GET", "/$discovery/rest"), "x-forwarded-proto", "http"), "x-forwarded-host", "derslik.example");
    for (proxies, expected) in [(&[][..], "https://derslik/"), (&["127.0.0.0/8"], "http://derslik.example/")] {
        let proxies = TrustedProxies::parse(proxies.iter().copied()).unwrap();
        let server = Plan { proxies, ..encrypted_plan() }.start();
        let answer = Client::connect(&server).await.ask(forwarded(), "").await.unwrap();
        assert_eq!(root(&answer.body), expected);
    }
}

#[actix_web::test]
async fn bodies_are_longer_than_what_may_be_sent_ahead() {
    let server = encrypted_plan().start();
    let client = Client::connect(&server).await;
    let body = format!("{{}}{}", " ".repeat(1_000_000));
    let asked = futures_util::future::join_all((0..4).map(|_| client.ask(search(), &body))).await;
    for answer in asked {
        assert_eq!(answer.unwrap().status(), 200);
    }
}

#[actix_web::test]
async fn an_answer_to_head_has_no_body() {
    let server = encrypted_plan().start();
    let client = Client::connect(&server).await;
    let answer = client.ask(head("HEAD", "/$discovery/rest"), "").await.unwrap();
    assert_eq!(answer.body, "");
    assert_eq!(client.ask(search(), "{}").await.unwrap().status(), 200);
}

#[actix_web::test]
async fn a_client_that_waits_for_permission_to_send_gets_it() {
    let server = encrypted_plan().start();
    let client = Client::connect(&server).await;
    let (mut answer, mut body) = client.begin(with(search(), "expect", "100-continue"), false).await;
    let told = std::future::poll_fn(|cx| answer.poll_informational(cx));
    let told = timeout(PATIENCE, told).await.unwrap().unwrap().unwrap();
    assert_eq!(told.status().as_u16(), 100);
    body.send_data("{}".into(), true).unwrap();
    assert_eq!(whole(answer).await.unwrap().status(), 200);
}

#[actix_web::test]
async fn a_tunnel_is_not_granted() {
    let server = encrypted_plan().start();
    let client = Client::connect(&server).await;
    let connect = http::Request::builder().method("CONNECT").uri("derslik:443").body(()).unwrap();
    let (answer, _stream) = client.begin(connect, false).await;
    assert_eq!(whole(answer).await.unwrap().status(), 404);
}

#[actix_web::test]
async fn a_stream_under_way_is_answered_when_the_server_stops_and_its_client_is_told() {
    let server = Plan { grace: PATIENCE, ..encrypted_plan() }.start();
    let mut client = Client::connect(&server).await;
    let (mut answer, mut body) = client.begin(with(search(), "expect", "100-continue"), false).await;
    let told = std::future::poll_fn(|cx| answer.poll_informational(cx));
    timeout(PATIENCE, told).await.unwrap().unwrap().unwrap();
    let mut idle = raw(&server, &[]).await;
    let stopper = server.stopper.clone();
    let stopped = actix_web::rt::spawn(async move { stopper.stop(true).await });
    let told = next_of(&mut idle, &[GOAWAY]).await.unwrap();
    assert_eq!(told.reason(), Reason::NO_ERROR);
    drop(idle);
    body.send_data("{}".into(), true).unwrap();
    assert_eq!(whole(answer).await.unwrap().status(), 200);
    timeout(PATIENCE, &mut client.ended).await.expect("a closed connection").unwrap().ok();
    timeout(PATIENCE, stopped).await.expect("a stopped server").unwrap();
}

/// HTTP/2 is for TLS alone.
#[rstest]
#[actix_web::test]
async fn the_preface_without_tls_is_refused(#[values(false, true)] is_encrypted: bool) {
    let server = Plan { is_encrypted, ..Plan::default() }.start();
    let mut stream = server.connect().await;
    let answer = exchange(&mut stream, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert_eq!((answer.status, answer.head.starts_with("http/1.1")), (400, true), "{}", answer.head);
    closed(&mut stream).await;
}
