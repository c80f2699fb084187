//! The head of a request as a journal keeps it until it is read: in one piece of memory, as it was sent. What may be a secret as a whole is
//! left out at once, and the rest is searched for secrets when it is shown.

use std::borrow::Cow;

use actix_web::dev::RequestHead;
use derslik_ports::inbound::control::{RecordedRequest, RequestFacts};
use tracing_actix_web::RequestId;

use crate::masking::{MASK, is_shown, shown_pairs, shown_text};

/// The bytes that most heads need.
const USUAL_BYTES: usize = 512;

/// The length of the text of an id.
const ID_BYTES: usize = 36;

/// The head of a request.
///
/// The method, the path and the query have a line each, and so has each header: the name alone, or the name, a colon and the value. An
/// empty line follows, and then those of the route and of the id, which are known later. No part can have the end of a line in it.
pub(crate) struct KeptHead {
    lines: Vec<u8>,
    /// Where the method ends.
    method: usize,
    /// Where the path ends, which begins on the next line.
    path: usize,
}

impl KeptHead {
    /// Copies a head.
    pub(crate) fn of(head: &RequestHead) -> Self {
        let mut lines = Vec::with_capacity(USUAL_BYTES);
        lines.extend_from_slice(head.method.as_str().as_bytes());
        let method = lines.len();
        lines.push(b'\n');
        lines.extend_from_slice(head.uri.path().as_bytes());
        let path = lines.len();
        lines.push(b'\n');
        lines.extend_from_slice(head.uri.query().unwrap_or_default().as_bytes());
        lines.push(b'\n');
        for (name, value) in &head.headers {
            lines.extend_from_slice(name.as_str().as_bytes());
            if is_shown(name.as_str()) {
                lines.push(b':');
                lines.extend_from_slice(value.as_bytes());
            }
            lines.push(b'\n');
        }
        Self { lines, method, path }
    }

    /// The method.
    pub(crate) fn method(&self) -> &str {
        self.text(0, self.method)
    }

    /// The path as it was sent.
    pub(crate) fn path(&self) -> &str {
        self.text(self.method + 1, self.path)
    }

    fn text(&self, begin: usize, end: usize) -> &str {
        self.lines.get(begin..end).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// All of it, with a route, whose parts are written one after the other, and the id. It is called once.
    pub(crate) fn end(&mut self, route: [&str; 2], id: Option<RequestId>) -> &[u8] {
        self.lines.push(b'\n');
        for part in route {
            self.lines.extend_from_slice(part.as_bytes());
        }
        self.lines.push(b'\n');
        if let Some(id) = id {
            self.lines.extend_from_slice(id.as_hyphenated().encode_lower(&mut [0_u8; ID_BYTES]).as_bytes());
        }
        &self.lines
    }
}

/// What a journal shows of a head that has ended.
pub(crate) fn shown_request(facts: RequestFacts, head: &[u8]) -> RecordedRequest {
    let RequestFacts { api, body_bytes, answer, answer_bytes, took, fault } = facts;
    let mut lines = head.split(|byte| *byte == b'\n');
    let (method, path, query) = (text(lines.next()), text(lines.next()), text(lines.next()));
    let headers = lines.by_ref().take_while(|line| !line.is_empty()).map(shown_header).collect();
    let (route, id) = (text(lines.next()), text(lines.next()));
    RecordedRequest {
        api,
        method: method.into_owned(),
        path: shown_text(&path),
        query: shown_pairs(&query),
        route: (!route.is_empty()).then(|| route.into_owned()),
        headers,
        body_bytes,
        answer,
        answer_bytes,
        took,
        fault,
        request_id: id.into_owned(),
    }
}

fn text(line: Option<&[u8]>) -> Cow<'_, str> {
    line.map(String::from_utf8_lossy).unwrap_or_default()
}

/// The name and the value of a header. A value that was not kept is masked.
fn shown_header(line: &[u8]) -> (String, String) {
    let line = String::from_utf8_lossy(line);
    let Some((name, value)) = line.split_once(':') else { return (line.into_owned(), MASK.to_owned()) };
    (name.to_owned(), shown_text(value))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
    use actix_web::test::TestRequest;

    use super::*;

    fn head_of(request: TestRequest) -> KeptHead {
        KeptHead::of(request.to_http_request().head())
    }

    /// What a journal shows of a request, which has a route.
    fn shown(request: TestRequest) -> RecordedRequest {
        shown_request(RequestFacts::default(), head_of(request).end(["/", "v1/courses"], None))
    }

    fn pairs<const COUNT: usize>(pairs: [(&str, &str); COUNT]) -> Vec<(String, String)> {
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn credentials_in_headers_are_not_kept_and_known_headers_are_shown() {
        let request = || {
            let request = TestRequest::get().insert_header((AUTHORIZATION, "Bearer abc")).insert_header((CONTENT_TYPE, "application/json"));
            request.insert_header(("x-own", "abc"))
        };
        let kept = String::from_utf8(head_of(request()).lines).unwrap();
        assert!(!kept.contains("abc"), "{kept}");
        let mut headers = shown(request()).headers;
        headers.sort();
        assert_eq!(headers, pairs([("authorization", MASK), ("content-type", "application/json"), ("x-own", MASK)]));
    }

    #[test]
    fn secrets_within_a_head_are_hidden_when_it_is_shown() {
        let request = || TestRequest::post().uri("/v1/ya29.abcdef?alt=json&key=k").insert_header((USER_AGENT, "x: Bearer a-b"));
        let head = head_of(request());
        assert_eq!((head.method(), head.path()), ("POST", "/v1/ya29.abcdef"));
        let shown = shown(request());
        assert_eq!((shown.method.as_str(), shown.path.as_str(), shown.query.as_str()), ("POST", "/v1/***", "alt=json&key=***"));
        assert_eq!(shown.headers, pairs([("user-agent", "x: Bearer ***")]));
        assert_eq!((shown.route.as_deref(), shown.request_id.as_str()), (Some("/v1/courses"), ""));
    }

    #[test]
    fn a_head_without_query_and_headers_and_one_with_odd_bytes_are_shown_too() {
        let plain = shown(TestRequest::get().uri("/"));
        assert_eq!((plain.path.as_str(), plain.query.as_str(), plain.headers), ("/", "", Vec::new()));
        let without_route = shown_request(RequestFacts::default(), head_of(TestRequest::get().uri("/")).end(["", ""], None));
        assert_eq!((without_route.route, without_route.headers), (None, Vec::new()));
        let odd = HeaderValue::from_bytes(b"a\xffb").unwrap();
        let mut headers = shown(TestRequest::get().insert_header((USER_AGENT, odd)).insert_header((CONTENT_TYPE, ""))).headers;
        headers.sort();
        assert_eq!(headers, pairs([("content-type", ""), ("user-agent", "a\u{fffd}b")]));
    }
}
