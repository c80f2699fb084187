//! Connections when the server is told to stop.

use rstest::rstest;

use super::*;

#[rstest]
#[actix_web::test]
async fn a_request_under_way_is_answered_when_the_server_stops(#[values(false, true)] is_encrypted: bool) {
    let server = Plan { grace: PATIENCE, is_encrypted, ..Plan::default() }.start();
    let mut stream = server.connect_either(is_encrypted).await;
    let head = post("/xapi/v2/session/search", KNOWN, "Content-Length: 2\r\nExpect: 100-continue");
    // The server asks for the body once the request is under way.
    assert_eq!(exchange(&mut stream, &head).await.status, 100);
    let mut idle = server.connect_either(is_encrypted).await;
    assert_eq!(exchange(&mut idle, &get("/n")).await.status, 404);
    let stopper = server.stopper.clone();
    let stopped = actix_web::rt::spawn(async move { stopper.stop(true).await });
    closed(&mut idle).await;
    let answer = exchange(&mut stream, "{}").await;
    assert_eq!((answer.status, answer.head.contains("connection: close")), (200, true));
    timeout(PATIENCE, stopped).await.expect("a stopped server").unwrap();
}
