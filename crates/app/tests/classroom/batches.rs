//! Batches of calls.

use serde_json::{Value, json};

use crate::api::{ADMIN, Api, TEACHER};

pub(crate) async fn batches(api: Api) {
    let part = |number: usize, request: &str| format!("--b\nContent-Type: application/http\nContent-ID: <u + {number}>\n\n{request}\n\n\n");
    let mixed = [("Content-Type", "multipart/mixed; boundary=\"b\"")];
    let body = part(1, "GET /v1/courses HTTP/1.1")
        + &part(2, "GET /v1/courses/1 HTTP/1.1")
        + &part(3, "POST /batch HTTP/1.1")
        + &part(4, "GET /v1/courses HTTP/1.1\nauthorization: Bearer wrong")
        + "--b--\n";
    for path in ["/batch", "/batch/classroom/v1"] {
        let reply = api.send(ADMIN, "POST", path, body.clone().into_bytes(), &mixed).await;
        let text = reply.body.as_str().unwrap_or_default();
        let statuses: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)).collect();
        assert_eq!((reply.status, statuses), (200, vec!["200", "404", "400", "401"]), "{text}");
        assert!(text.contains("Content-ID: <response-u + 4>\r\n"));
    }
    let bare = "--b\nContent-Type: application/http\nContent-ID: foo\n\nGET /v1/courses HTTP/1.1\n\n--b--";
    let reply = api.send(ADMIN, "POST", "/batch", bare.as_bytes().to_vec(), &mixed).await;
    assert!(reply.body.as_str().unwrap_or_default().contains("Content-ID: response-foo\r\n"), "{reply:?}");
    let most: String = (0..1_000).map(|number| part(number, "GET /v1/courses/1 HTTP/1.1")).collect();
    let reply = api.send(ADMIN, "POST", "/batch", (most + "--b--").into_bytes(), &mixed).await;
    assert_eq!((reply.status, reply.body.as_str().unwrap_or_default().matches("HTTP/1.1 404").count()), (200, 1_000));
    let many: String = (0..1_001).map(|number| part(number, "GET /v1/courses/1 HTTP/1.1")).collect();
    let kind = |kind: &'static str| [("Content-Type", kind)];
    for (headers, body) in [
        (kind("multipart/mixed"), body.clone()),
        (kind("application/json"), body.clone()),
        (mixed, "nothing".to_owned()),
        (mixed, part(1, "GET /v1/courses HTTP/1.1")),
        (mixed, many + "--b--"),
    ] {
        let reply = api.send(ADMIN, "POST", "/batch", body.into_bytes(), &headers).await;
        assert_eq!(reply.error().0, 400);
    }
}

pub(crate) async fn overrides(api: Api) {
    let id = api.course().await;
    let body = json!({ "room": "9" }).to_string();
    let whole = format!(
        "--b\nContent-Type: application/http\nContent-ID: <1>\n\nPOST /v1/courses/{id}?updateMask=room HTTP/1.1\nContent-Type: \
         application/json\nX-HTTP-Method-Override: PATCH\n\n{body}\n\
         --b\nContent-Type: application/http\nContent-ID: <2>\n\nPOST /v1/courses HTTP/1.1\nContent-Type: \
         application/x-www-form-urlencoded\nx-http-method-override: GET\n\npageSize=1&fields=courses(room)\n--b--"
    );
    let reply = api.send(TEACHER, "POST", "/batch", whole.into_bytes(), &[("Content-Type", "multipart/mixed; boundary=b")]).await;
    let text = reply.body.as_str().unwrap_or_default();
    assert_eq!((reply.status, text.matches("HTTP/1.1 200 OK").count(), text.matches("\"room\": \"9\"").count()), (200, 2, 2), "{text}");
    // A single request behaves the same, and an unknown method is not found.
    let path = format!("/v1/courses/{id}?updateMask=room");
    let patched = api.send(TEACHER, "POST", &path, b"{}".to_vec(), &[("x-http-method-override", "patch")]).await;
    assert_eq!((patched.status, &patched.body["room"]), (200, &Value::Null));
    let unknown = api.send(TEACHER, "POST", "/v1/courses", Vec::new(), &[("x-http-method-override", "BREW")]).await;
    assert_eq!(unknown.error(), (404, "NOT_FOUND", "Method not found."));
    // The header overrides the method of a POST only.
    let read = api.send(TEACHER, "GET", &format!("/v1/courses/{id}"), Vec::new(), &[("x-http-method-override", "DELETE")]).await;
    assert_eq!((read.status, &read.body["id"]), (200, &json!(id)));
}
