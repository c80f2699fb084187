//! Batches: one multipart request carries a call in each part. The calls are answered in order, in the parts of one multipart
//! answer. Only one part of the answer is in memory at a time. A failing part does not affect the others.

use std::convert::Infallible;
use std::ops::Range;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use derslik_domain::identity::ClientNetwork;
use derslik_domain::trace::TraceParent;
use futures_util::Stream;
use futures_util::stream::unfold;
use metrics::counter;

use super::answer::{Answer, JSON, refusal};
use super::call::Call;
use super::dispatch::answer;
use super::error::ClassroomError;
use super::operation::Api;
use super::query::System;
use crate::body::Body;
use crate::idempotency::{KEY, KeyHeader};
use crate::memory::Reservation;
use crate::response::CountedBody;
use crate::state::HttpState;

/// The most parts of a batch.
const MAX_PARTS: usize = 1_000;
/// The boundary of the answer's parts. A JSON body has no line that begins like this.
const BOUNDARY: &str = "batch_derslik_1c0a5e2f7d";

/// The content type of the answer to a batch.
pub(super) const CONTENT_TYPE: &str = "multipart/mixed; boundary=batch_derslik_1c0a5e2f7d";

/// One part: the id that the client gave it, and its call.
struct Part {
    id: Option<String>,
    call: Result<Call, ClassroomError>,
}

/// What the request of a batch says about the sender of its parts.
pub(super) struct Sender {
    /// The credential for parts without one of their own.
    pub(super) authorization: Option<String>,
    /// The network of the client, which counts for parts without a valid credential.
    pub(super) client: Option<ClientNetwork>,
    /// The step of a trace that the request is. All parts continue it.
    pub(super) trace: Option<TraceParent>,
}

/// A batch whose body could be split into parts. Each part is parsed when its turn comes.
pub(super) struct Batch {
    api: &'static Api,
    body: Body,
    parts: std::vec::IntoIter<Range<usize>>,
    sender: Sender,
    /// The bytes that are being sent.
    current: CountedBody,
    is_closed: bool,
}

impl Batch {
    /// Splits a body into parts, which are calls of that API.
    ///
    /// # Errors
    /// The body is not multipart, or has too many parts.
    pub(super) fn read(api: &'static Api, content_type: &str, sender: Sender, body: Body) -> Result<Self, ClassroomError> {
        let boundary = boundary(content_type).ok_or_else(|| ClassroomError::invalid("A batch is multipart/mixed with a boundary."))?;
        let parts = parts(&body, &boundary).ok_or_else(|| ClassroomError::invalid("The multipart body of the batch cannot be read."))?;
        if parts.len() > MAX_PARTS {
            return Err(ClassroomError::invalid(format!("A batch has at most {MAX_PARTS} parts.")));
        }
        Ok(Self { api, body, parts: parts.into_iter(), sender, current: CountedBody::default(), is_closed: false })
    }

    /// The body of the answer, in pieces. A part is carried out once the answer to the previous one was handed over, so a batch
    /// never holds more than one answer.
    pub(super) fn answers(self, state: Data<HttpState>) -> impl Stream<Item = Result<Bytes, Infallible>> {
        unfold((self, state), |(mut batch, state)| async move {
            let piece = batch.next_piece(&state).await?;
            Some((Ok(piece), (batch, state)))
        })
    }

    async fn next_piece(&mut self, state: &HttpState) -> Option<Bytes> {
        loop {
            if let Some(piece) = self.current.next_piece() {
                return Some(piece);
            }
            // The memory of the sent answer is given back before the next one takes some.
            self.current = CountedBody::default();
            self.current = match self.parts.next() {
                Some(part) => self.answer(state, part).await,
                None if !self.is_closed => {
                    self.is_closed = true;
                    CountedBody::new(format!("--{BOUNDARY}--\r\n"), Reservation::default())
                }
                None => return None,
            };
        }
    }

    async fn answer(&self, state: &HttpState, part: Range<usize>) -> CountedBody {
        let part = read_part(&self.body, part);
        let answer = match part.call {
            Ok(mut call) => {
                call.authorization = call.authorization.or_else(|| self.sender.authorization.clone());
                call.client = self.sender.client;
                call.trace = self.sender.trace;
                answer(self.api, state, &call).await
            }
            Err(error) => refusal(error, &System::default()),
        };
        let outcome = if answer.status < StatusCode::BAD_REQUEST.as_u16() { "accepted" } else { "refused" };
        counter!("derslik_batch_items_total", "dialect" => "courses", "outcome" => outcome).increment(1);
        CountedBody::new(render_part(part.id.as_deref(), &answer), answer.reservation)
    }
}

/// The boundary in a content type, with or without quotes.
fn boundary(content_type: &str) -> Option<String> {
    let (essence, parameters) = content_type.split_once(';')?;
    if !essence.trim().eq_ignore_ascii_case("multipart/mixed") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then_some(value.trim())
    })?;
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    (!value.is_empty() && value.len() <= 200).then(|| value.to_owned())
}

/// The ranges of a body's parts. Lines may end with LF alone, as Python clients send them.
fn parts(body: &[u8], boundary: &str) -> Option<Vec<Range<usize>>> {
    let text = std::str::from_utf8(body).ok()?;
    let opening = format!("--{boundary}");
    let mut parts = Vec::new();
    // MIME defines all text before the first boundary line as a preamble for readers without MIME.
    let mut pieces = text.split(opening.as_str());
    let preface = pieces.next()?;
    if !(preface.is_empty() || preface.ends_with('\n')) {
        return None;
    }
    let mut end = preface.len();
    for piece in pieces {
        end += opening.len() + piece.len();
        if piece.starts_with("--") {
            return (!parts.is_empty()).then_some(parts);
        }
        let piece = piece.strip_prefix("\r\n").or_else(|| piece.strip_prefix('\n'))?;
        parts.push(end - piece.len()..end);
    }
    None
}

/// The part at that range of a body.
fn read_part(body: &Bytes, range: Range<usize>) -> Part {
    let text = body.get(range).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    let (headers, inner) = split_head(text);
    let headers = unfold_lines(headers);
    let id = header(&headers, "content-id").filter(|id| is_plain(id)).map(str::to_owned);
    let is_http = header(&headers, "content-type").is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("application/http"));
    let call = if is_http && headers.iter().all(|line| is_plain(line)) { call(inner, body) } else { None };
    Part { id, call: call.ok_or_else(|| ClassroomError::invalid("The part is not an HTTP request.")).and_then(refuse_nested) }
}

fn refuse_nested(call: Call) -> Result<Call, ClassroomError> {
    if call.path.starts_with("/batch") { Err(ClassroomError::invalid("A batch cannot hold a batch.")) } else { Ok(call) }
}

/// The request in a part. Its body shares the memory of the whole batch.
fn call(text: &str, whole: &Bytes) -> Option<Call> {
    let (head, body) = split_head(text.trim_start_matches(['\r', '\n']));
    let lines = unfold_lines(head);
    if !lines.iter().all(|line| is_plain(line)) {
        return None;
    }
    let mut words = lines.first()?.split_whitespace();
    let (verb, target) = (words.next()?, words.next()?);
    // Some clients send the absolute URL as the target.
    let target = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/"),
        None => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    // Bodies are JSON, which white space at the end does not change. Some clients count the bytes of a body wrongly.
    let body = body.trim_end_matches(['\r', '\n']);
    let call = Call {
        verb: verb.to_ascii_uppercase(),
        path,
        query: query.to_owned(),
        authorization: header(&lines, "authorization").map(str::to_owned),
        if_match: header(&lines, "if-match").map(str::to_owned),
        key: KeyHeader::read(headers(&lines, KEY.as_str()).map(str::as_bytes)),
        ..Call::default()
    };
    let call = call.overridden(header(&lines, "x-http-method-override"), header(&lines, "content-type"));
    Some(call.complete(whole.slice_ref(body.as_bytes())))
}

/// Whether a line of a head holds no character that HTTP forbids there, such as NUL or a CR within the line. The id of a part
/// is copied into the head of its answer, where such characters would be harmful.
fn is_plain(line: &str) -> bool {
    !line.contains(|letter: char| letter.is_ascii_control() && letter != '\t')
}

/// Splits a part at its first empty line into head and body.
fn split_head(text: &str) -> (&str, &str) {
    let lf = text.find("\n\n").map(|at| (at, 2));
    let crlf = text.find("\r\n\r\n").map(|at| (at, 4));
    let first = [lf, crlf].into_iter().flatten().min_by_key(|(at, _)| *at);
    let (at, length) = first.unwrap_or((text.len(), 0));
    (text.get(..at).unwrap_or(text), text.get(at + length..).unwrap_or_default())
}

/// The lines of a head. A line that begins with white space continues the one before.
fn unfold_lines(head: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in head.lines() {
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => lines.push(line.trim_end().to_owned()),
        }
    }
    lines
}

fn header<'a>(lines: &'a [String], name: &'a str) -> Option<&'a str> {
    headers(lines, name).next()
}

fn headers<'a>(lines: &'a [String], name: &'a str) -> impl Iterator<Item = &'a str> {
    lines.iter().filter_map(move |line| {
        let (known, value) = line.split_once(':')?;
        known.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// The id of the answer to a part: in angle brackets if the id of the part is.
fn answer_id(id: &str) -> String {
    match id.strip_prefix('<').and_then(|id| id.strip_suffix('>')) {
        Some(id) => format!("<response-{id}>"),
        None => format!("response-{id}"),
    }
}

/// One part of the answer.
fn render_part(id: Option<&str>, answer: &Answer) -> Vec<u8> {
    let reason = StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let id = id.map_or_else(String::new, |id| format!("Content-ID: {}\r\n", answer_id(id)));
    let headers: Vec<String> = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "--{BOUNDARY}\r\nContent-Type: application/http\r\n{id}\r\nHTTP/1.1 {} {reason}\r\nContent-Type: {JSON}\r\n{}Content-Length: \
         {}\r\n\r\n",
        answer.status,
        headers.concat(),
        answer.body.len()
    );
    [head.as_bytes(), &answer.body, b"\r\n"].concat()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("multipart/mixed; boundary=\"===12==\"", Some("===12=="))]
    #[case("Multipart/Mixed;charset=utf-8; Boundary=a", Some("a"))]
    #[case("multipart/mixed", None)]
    #[case("multipart/mixed; boundary=", None)]
    #[case("application/json; boundary=a", None)]
    fn a_boundary_comes_with_or_without_quotes(#[case] content_type: &str, #[case] expected: Option<&str>) {
        assert_eq!(boundary(content_type).as_deref(), expected);
    }

    #[test]
    fn a_part_is_read_as_the_python_client_writes_it() {
        let body = "--b\nContent-Type: application/http\nMIME-Version: 1.0\nContent-ID: <8f-4a\n + 1>\n\n\
                    PATCH /v1/courses/d%3Aa?alt=json HTTP/1.1\nContent-Type: application/json\nauthorization: Bearer t\n\
                    content-length: 12\nHost: h\n\n{\"name\":\"ş\"}\n--b--";
        let body = Bytes::from(body);
        let part = read_part(&body, parts(&body, "b").unwrap().remove(0));
        let call = part.call.as_ref().ok().unwrap();
        assert_eq!(part.id.as_deref(), Some("<8f-4a + 1>"));
        assert_eq!((call.verb.as_str(), call.path.as_str(), call.query.as_str()), ("PATCH", "/v1/courses/d%3Aa", "alt=json"));
        assert_eq!((call.authorization.as_deref(), &call.body[..]), (Some("Bearer t"), "{\"name\":\"ş\"}".as_bytes()));
    }

    #[rstest]
    #[case("<8f-4a + 1>", "<response-8f-4a + 1>")]
    #[case("foo", "response-foo")]
    #[case("<foo", "response-<foo")]
    #[case("foo>", "response-foo>")]
    #[case("<>", "<response->")]
    fn the_id_of_an_answer_has_brackets_if_that_of_the_part_has(#[case] id: &str, #[case] expected: &str) {
        assert_eq!(answer_id(id), expected);
    }

    #[rstest]
    #[case("Content-ID: <a>\nX-Any: \0", "GET / HTTP/1.1", Some("<a>"))]
    #[case("Content-ID: <a>", "GET /\0 HTTP/1.1", Some("<a>"))]
    #[case("Content-ID: <a>", "GET / HTTP/1.1\nIf-Match: \0", Some("<a>"))]
    #[case("Content-ID: <a\0>", "GET / HTTP/1.1", None)]
    #[case("Content-ID: <a\rX-Any: b>", "GET / HTTP/1.1", None)]
    fn a_part_with_a_control_character_in_a_head_is_refused(#[case] head: &str, #[case] inner: &str, #[case] id: Option<&str>) {
        let body = Bytes::from(format!("--b\nContent-Type: application/http\n{head}\n\n{inner}\n\n--b--"));
        let part = read_part(&body, parts(&body, "b").unwrap().remove(0));
        assert_eq!((part.id.as_deref(), part.call.is_err()), (id, true));
    }

    #[rstest]
    #[case("")]
    #[case("nothing")]
    #[case("--b--")]
    #[case("--b\nContent-Type: application/http\n\nGET / HTTP/1.1")]
    #[case("x--b\n\n--b--")]
    fn a_body_that_is_not_multipart_has_no_parts(#[case] body: &str) {
        assert!(parts(body.as_bytes(), "b").is_none());
    }
}
