//! A recorded request in the form in which it is sent again, with another credential. What the journal does not show can't be sent.

use derslik_ports::inbound::control::RecordedRequest;

use crate::masking::MASK;

/// The headers that are sent again. All others are set by the sender, are of no effect, or are about the first request alone, as the key
/// that made it idempotent.
const SENT: [&str; 6] = ["accept", "accept-language", "content-type", "if-match", "if-none-match", "x-http-method-override"];

/// Parameters of a query that are left out: they are a credential.
const CREDENTIALS: [&str; 3] = ["access_token", "oauth_token", "key"];

/// A recorded request for a listener at `host`, as HTTP/1.1. The connection ends after the answer. `shown` is the body that the journal
/// shows; one in JSON has the values of the first body, and may have their members in another order. `None` if the journal does not have
/// all of the request: a part is masked, or the body was not kept or not read to its end.
pub fn request_again(request: &RecordedRequest, shown: Option<&str>, host: &str, credential: &str) -> Option<Vec<u8>> {
    let body = whole_body(request, shown)?;
    let mut lines = vec![format!("{} {}{} HTTP/1.1", request.method, request.path, query(&request.query)), format!("host: {host}")];
    let headers = request.headers.iter().filter(|(name, _)| SENT.contains(&name.as_str()));
    lines.extend(headers.map(|(name, value)| format!("{name}: {value}")));
    if !body.is_empty() || header(request, "content-length").is_some() {
        lines.push(format!("content-length: {}", body.len()));
    }
    let is_whole = |part: &str| !part.contains(MASK);
    let is_line = |line: &String| is_whole(line.as_str()) && !line.contains(char::is_control);
    if !lines.iter().all(is_line) || !is_whole(body) {
        return None;
    }
    lines.push(format!("authorization: Bearer {credential}"));
    lines.push("connection: close\r\n\r\n".to_owned());
    let mut bytes = lines.join("\r\n").into_bytes();
    bytes.extend_from_slice(body.as_bytes());
    Some(bytes)
}

/// The body, if all of it was read and kept.
fn whole_body<'b>(request: &RecordedRequest, shown: Option<&'b str>) -> Option<&'b str> {
    let is_cut = header(request, "content-length").is_some_and(|length| length.trim().parse::<u64>() != Ok(request.body_bytes));
    let was_sent = request.body_bytes > 0 || header(request, "transfer-encoding").is_some();
    match shown {
        Some(body) => (!is_cut).then_some(body),
        None => (!was_sent && !is_cut).then_some(""),
    }
}

/// The query with its question mark, without credentials.
fn query(query: &str) -> String {
    let is_sent = |pair: &&str| !CREDENTIALS.contains(&pair.split('=').next().unwrap_or_default());
    let pairs: Vec<_> = query.split('&').filter(is_sent).collect();
    let pairs = pairs.join("&");
    if pairs.is_empty() { pairs } else { format!("?{pairs}") }
}

fn header<'a>(request: &'a RecordedRequest, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn request(headers: &[(&str, &str)]) -> RecordedRequest {
        RecordedRequest {
            api: None,
            method: "POST".to_owned(),
            path: "/v1/courses".to_owned(),
            query: "alt=json".to_owned(),
            route: None,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body_bytes: 0,
            answer: None,
            answer_bytes: None,
            took: Duration::ZERO,
            fault: None,
            request_id: String::new(),
        }
    }

    /// The text that is sent for that request and that body.
    fn again(request: &RecordedRequest, body: Option<&str>) -> Option<String> {
        Some(String::from_utf8(request_again(request, body, "127.0.0.1:8080", "ticket")?).unwrap())
    }

    #[test]
    fn a_request_is_sent_with_another_credential_and_without_its_key() {
        let headers = [
            ("authorization", MASK),
            ("content-type", "application/json"),
            ("content-length", "13"),
            ("host", "example.org"),
            ("idempotency-key", "k"),
            ("x-http-method-override", "PATCH"),
            ("x-own", MASK),
        ];
        let sent = again(&RecordedRequest { body_bytes: 13, ..request(&headers) }, Some(r#"{"name":"Ü"}"#));
        let expected = "POST /v1/courses?alt=json HTTP/1.1\r\nhost: 127.0.0.1:8080\r\ncontent-type: application/json\r\n\
                        x-http-method-override: PATCH\r\ncontent-length: 13\r\nauthorization: Bearer ticket\r\nconnection: close\r\n\r\n\
                        {\"name\":\"Ü\"}";
        assert_eq!(sent.as_deref(), Some(expected));
    }

    #[test]
    fn credentials_in_a_query_are_left_out_and_other_secrets_stop_it() {
        let of_query = |query: &str| again(&RecordedRequest { query: query.to_owned(), ..request(&[]) }, None);
        for (query, target) in
            [("", "/v1/courses "), ("key=***", "/v1/courses "), ("access_token=***&pageSize=2", "/v1/courses?pageSize=2 ")]
        {
            assert!(of_query(query).is_some_and(|sent| sent.starts_with(&format!("POST {target}HTTP/1.1\r\n"))), "{query}");
        }
        assert_eq!(of_query("other_token=***"), None);
        assert_eq!(again(&RecordedRequest { path: "/v1/***".to_owned(), ..request(&[]) }, None), None);
        assert_eq!(again(&request(&[("if-match", "***")]), None), None);
        assert_eq!(again(&RecordedRequest { body_bytes: 2, ..request(&[]) }, Some(r#"{"password":"***"}"#)), None);
    }

    #[test]
    fn a_body_that_was_not_kept_or_not_read_stops_it() {
        assert_eq!(again(&RecordedRequest { body_bytes: 9, ..request(&[]) }, None), None);
        assert_eq!(again(&request(&[("content-length", "9")]), None), None);
        assert_eq!(again(&request(&[("transfer-encoding", "chunked")]), None), None);
        let part = RecordedRequest { body_bytes: 3, ..request(&[("content-length", "9")]) };
        assert_eq!(again(&part, Some("a=1")), None);
        assert!(again(&request(&[("content-length", "0")]), None).is_some_and(|sent| sent.contains("\r\ncontent-length: 0\r\n")));
    }

    #[test]
    fn a_line_that_would_become_two_stops_it() {
        assert_eq!(again(&request(&[("accept", "a\r\nx-own: b")]), None), None);
    }
}
