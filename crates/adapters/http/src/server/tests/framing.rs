//! Wrongly framed requests are answered at once.

use rstest::rstest;

use super::*;

#[rstest]
#[case::upgrade("GET /v1/courses HTTP/1.1\r\nHost: derslik\r\nConnection: Upgrade\r\n\r\n", 401)]
#[case::web_socket("GET /v1/courses HTTP/1.1\r\nHost: derslik\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 401)]
#[case::sessions(
    "POST /xapi/v2/session/search HTTP/1.1\r\nHost: derslik\r\nAuthorization: Bearer known\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    200
)]
#[case::connect("CONNECT derslik:443 HTTP/1.1\r\nHost: derslik:443\r\n\r\n", 404)]
#[case::connect_to_a_path("CONNECT /v1/courses HTTP/1.1\r\nHost: derslik\r\n\r\n", 404)]
#[actix_web::test]
async fn a_request_for_another_protocol_is_answered_at_once(#[case] request: &str, #[case] status: u16) {
    let server = Plan::default().start();
    let mut stream = server.connect().await;
    let answer = exchange(&mut stream, request).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    closed(&mut stream).await;
}

#[rstest]
#[case::sessions("/xapi/v2/session/search", r#"{"code":19,"#)]
#[case::courses("/v1/courses", "{\n  \"error\": {")]
#[case::jobs("/api/v1/projects", r#"{"errors":["#)]
#[actix_web::test]
async fn a_malformed_chunk_size_is_answered_in_the_shape_of_the_api(
    #[case] path: &str,
    #[case] begins: &str,
    #[values(false, true)] comes_later: bool,
    #[values("zz\r\n", "1\r\n[\r\nzz\r\n", "ffffffffffffffffff\r\n", "1;\nx\r\n")] chunks: &str,
) {
    let server = Plan::default().start();
    let mut stream = server.connect().await;
    let head = post(path, KNOWN, "Transfer-Encoding: chunked");
    let answer = if comes_later {
        stream.write_all(head.as_bytes()).await.unwrap();
        tokio::time::sleep(DRIP).await;
        exchange(&mut stream, chunks).await
    } else {
        exchange(&mut stream, &format!("{head}{chunks}")).await
    };
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.body.starts_with(begins), "{}", answer.body);
    closed(&mut stream).await;
}

/// A body that a call does not use is read all the same, within the limits of every body. Otherwise a broken body would go
/// unnoticed.
#[rstest]
#[case::session("GET /xapi/v2/session/8293D504-13EE-447F-9B36-6686C5C39FEB", r#"{"code":19,"#)]
#[case::attendee("DELETE /xapi/session/8293D504-13EE-447F-9B36-6686C5C39FEB/attendee/a", r#"{"code":19,"#)]
#[case::jobs("GET /api/v1/projects", r#"{"errors":["#)]
#[actix_web::test]
async fn a_body_that_the_call_does_not_read_has_the_limits_of_every_body(
    #[case] call: &str,
    #[case] begins: &str,
    #[values(("1\r\n[\r\n", 408), ("3\r\n[1,\r\n3\r\n2,3\r\n", 413), ("1\r\n[\r\nzz\r\n", 400))] sent: (&str, u16),
) {
    let server = Plan { limits: Limits { body_deadline: SHORT, body_bytes: 5, ..Limits::default() }, ..Plan::default() }.start();
    let mut stream = server.connect().await;
    let head = format!("{call} HTTP/1.1\r\nHost: derslik\r\nAuthorization: {KNOWN}\r\nTransfer-Encoding: chunked\r\n\r\n");
    let answer = exchange(&mut stream, &format!("{head}{}", sent.0)).await;
    assert_eq!(answer.status, sent.1, "{}", answer.body);
    assert!(answer.body.starts_with(begins), "{}", answer.body);
    closed(&mut stream).await;
}

#[actix_web::test]
async fn plain_http_on_the_port_for_https_is_answered_with_the_reason() {
    let server = Plan { is_encrypted: true, ..Plan::default() }.start();
    let mut stream = server.connect().await;
    let answer = exchange(&mut stream, &get("/v1/courses")).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("HTTPS"), "{}", answer.body);
    closed(&mut stream).await;
}
