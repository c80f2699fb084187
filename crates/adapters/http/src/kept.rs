//! The head of a request as a journal keeps it until it is read: in one piece of memory, as it was sent. What may be a secret as a whole is
//! left out at once, and the rest is searched for secrets when it is shown.

use actix_web::dev::RequestHead;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};

use crate::masking::{MASK, is_shown, shown_pairs, shown_text};

/// How many lines stand before those of the headers.
const FIRST_LINES: usize = 3;

/// The head of a request.
///
/// The method, the path and the query have a line each, and so has each header: the name alone, or the name, a colon and the value. None of
/// them can have the end of a line in it.
#[derive(Default)]
pub(crate) struct KeptHead(String);

impl KeptHead {
    /// Copies a head.
    pub(crate) fn of(head: &RequestHead) -> Self {
        let first = [head.method.as_str(), head.uri.path(), head.uri.query().unwrap_or_default()];
        // The longest values are those of credentials, which are not kept.
        let kept = head.headers.iter().filter(|(name, _)| **name != AUTHORIZATION && **name != COOKIE);
        let of_headers: usize = kept.map(|(name, value)| name.as_str().len() + value.len() + 2).sum();
        let mut text = String::with_capacity(first.iter().map(|part| part.len() + 1).sum::<usize>() + of_headers + 32);
        for part in first {
            text.push_str(part);
            text.push('\n');
        }
        for (name, value) in &head.headers {
            text.push_str(name.as_str());
            if is_shown(name.as_str()) {
                text.push(':');
                text.push_str(&String::from_utf8_lossy(value.as_bytes()));
            }
            text.push('\n');
        }
        Self(text)
    }

    /// The method.
    pub(crate) fn method(&self) -> &str {
        self.line(0)
    }

    /// The path as it was sent.
    pub(crate) fn path(&self) -> &str {
        self.line(1)
    }

    /// The value of the header `Content-Type`.
    pub(crate) fn content_type(&self) -> Option<&str> {
        self.headers().find(|(name, _)| *name == CONTENT_TYPE.as_str())?.1
    }

    /// The path without secrets.
    pub(crate) fn shown_path(&self) -> String {
        shown_text(self.path())
    }

    /// The query without secrets.
    pub(crate) fn shown_query(&self) -> String {
        shown_pairs(self.line(2))
    }

    /// The names and values of the headers, without secrets.
    pub(crate) fn shown_headers(&self) -> Vec<(String, String)> {
        let shown = |value: Option<&str>| value.map_or_else(|| MASK.to_owned(), shown_text);
        self.headers().map(|(name, value)| (name.to_owned(), shown(value))).collect()
    }

    fn line(&self, number: usize) -> &str {
        self.0.split('\n').nth(number).unwrap_or_default()
    }

    /// The names of the headers, with the values that were kept.
    fn headers(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let lines = self.0.split_terminator('\n').skip(FIRST_LINES);
        lines.map(|line| line.split_once(':').map_or((line, None), |(name, value)| (name, Some(value))))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderValue, USER_AGENT};
    use actix_web::test::TestRequest;

    use super::*;

    fn head_of(request: TestRequest) -> KeptHead {
        KeptHead::of(request.to_http_request().head())
    }

    fn pairs<const COUNT: usize>(pairs: [(&str, &str); COUNT]) -> Vec<(String, String)> {
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn credentials_in_headers_are_not_kept_and_known_headers_are_shown() {
        let request = TestRequest::get().insert_header((AUTHORIZATION, "Bearer abc")).insert_header((CONTENT_TYPE, "application/json"));
        let head = head_of(request.insert_header(("x-own", "abc")));
        assert!(!head.0.contains("abc"), "{}", head.0);
        let mut shown = head.shown_headers();
        shown.sort();
        assert_eq!(shown, pairs([("authorization", MASK), ("content-type", "application/json"), ("x-own", MASK)]));
        assert_eq!(head.content_type(), Some("application/json"));
    }

    #[test]
    fn secrets_within_a_head_are_hidden_when_it_is_shown() {
        let request = TestRequest::post().uri("/v1/ya29.abcdef?alt=json&key=k").insert_header((USER_AGENT, "x: Bearer a-b"));
        let head = head_of(request);
        assert_eq!((head.method(), head.path()), ("POST", "/v1/ya29.abcdef"));
        assert_eq!((head.shown_path(), head.shown_query()), ("/v1/***".to_owned(), "alt=json&key=***".to_owned()));
        assert_eq!(head.shown_headers(), pairs([("user-agent", "x: Bearer ***")]));
    }

    #[test]
    fn a_head_without_query_and_headers_and_one_with_odd_bytes_are_shown_too() {
        let head = head_of(TestRequest::get().uri("/"));
        assert_eq!((head.shown_query(), head.shown_headers(), head.content_type()), (String::new(), Vec::new(), None));
        let odd = HeaderValue::from_bytes(b"a\xffb").unwrap();
        let head = head_of(TestRequest::get().insert_header((USER_AGENT, odd)).insert_header((CONTENT_TYPE, "")));
        let mut shown = head.shown_headers();
        shown.sort();
        assert_eq!(shown, pairs([("content-type", ""), ("user-agent", "a\u{fffd}b")]));
    }
}
