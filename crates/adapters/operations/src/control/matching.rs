//! Which entries of a journal are meant, and how others differ from them.

use derslik_domain::fault::{RequestFilter, RequestLine};
use derslik_ports::inbound::control::{ControlError, JournalEntry};
use serde::Deserialize;
use serde_json::{Value, json};

use super::faults::request_filter;

/// How many of the entries that come closest are shown.
const NEAREST: usize = 3;

/// The description of entries, as queries and bodies have it. All members may be left out.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Described {
    pub(super) api: Option<String>,
    pub(super) method: Option<String>,
    pub(super) path: Option<String>,
    pub(super) status: Option<u16>,
    pub(super) contains: Option<String>,
    pub(super) after: u64,
    /// A part of the body of the request, in JSON.
    pub(super) body: Option<Value>,
}

/// The entries that are meant.
#[derive(Debug, Clone)]
pub(super) struct Matching {
    requests: RequestFilter,
    path: Option<String>,
    status: Option<u16>,
    contains: Option<String>,
    body: Option<Value>,
}

impl Described {
    /// Reads the description.
    ///
    /// # Errors
    /// [`ControlError::Invalid`].
    pub(super) fn matching(self) -> Result<Matching, ControlError> {
        let requests = request_filter(self.api.as_deref(), self.method.as_deref(), self.path.as_deref())?;
        Ok(Matching { requests, path: self.path, status: self.status, contains: self.contains, body: self.body })
    }
}

impl Matching {
    /// Whether an entry is meant.
    pub(super) fn matches(&self, entry: &JournalEntry) -> bool {
        // The secrets of an entry are masked when it is first read.
        self.is_open() || self.differences(entry).is_empty()
    }

    /// Whether every entry is meant.
    fn is_open(&self) -> bool {
        let Self { requests, path: _, status, contains, body } = self;
        *requests == RequestFilter::default() && status.is_none() && contains.is_none() && body.is_none()
    }

    /// What an entry has another way than is expected.
    fn differences(&self, entry: &JournalEntry) -> Vec<Value> {
        let request = entry.request();
        let line = RequestLine { api: request.api, method: &request.method, path: &request.path };
        let RequestFilter { api, methods, path } = self.requests.clone();
        let differs = |filter: RequestFilter| !filter.matches(&line);
        let mut found = Vec::new();
        if let Some(expected) = api
            && differs(RequestFilter { api, ..RequestFilter::default() })
        {
            found.push(difference("api", &json!(expected.name()), &json!(request.api.map(derslik_domain::fault::Api::name))));
        }
        let expected = json!(methods.join(","));
        if differs(RequestFilter { methods, ..RequestFilter::default() }) {
            found.push(difference("method", &expected, &json!(request.method)));
        }
        if differs(RequestFilter { path, ..RequestFilter::default() }) {
            found.push(difference("path", &json!(self.path), &json!(request.path)));
        }
        let status = request.answer.map(derslik_domain::idempotency::AnswerCode::get);
        if self.status.is_some() && self.status != status {
            found.push(difference("status", &json!(self.status), &json!(status)));
        }
        if let Some(text) = &self.contains
            && !has_text(entry, text)
        {
            found.push(difference("contains", &json!(text), &Value::Null));
        }
        if let Some(expected) = &self.body {
            let body = entry.body().map_or(Value::Null, |body| serde_json::from_str(body).unwrap_or(Value::Null));
            compare("body", expected, &body, &mut found);
        }
        found
    }

    /// The entries that come closest, the closest first and later ones before earlier ones, with what they have another way.
    pub(super) fn nearest<'a>(&self, entries: impl DoubleEndedIterator<Item = &'a JournalEntry>) -> Value {
        let mut near: Vec<_> = entries.rev().map(|entry| (entry, self.differences(entry))).collect();
        near.sort_by_key(|(_, differences)| differences.len());
        let shown = near.into_iter().take(NEAREST).map(|(entry, differences)| {
            let request = entry.request();
            json!({ "seq": entry.number, "method": request.method, "path": request.path, "differences": differences })
        });
        shown.collect()
    }
}

fn has_text(entry: &JournalEntry, text: &str) -> bool {
    let request = entry.request();
    [request.path.as_str(), request.query.as_str()].into_iter().chain(entry.body()).any(|part| part.contains(text))
}

fn difference(field: &str, expected: &Value, found: &Value) -> Value {
    json!({ "field": field, "expected": expected, "found": found })
}

/// Compares what is expected with a value that may have more members.
fn compare(field: &str, expected: &Value, found: &Value, differences: &mut Vec<Value>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (name, member) in expected {
                compare(&format!("{field}.{name}"), member, found.get(name).unwrap_or(&Value::Null), differences);
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (place, (item, other)) in items.iter().zip(others).enumerate() {
                compare(&format!("{field}.{place}"), item, other, differences);
            }
        }
        (expected, found) if expected == found => {}
        (expected, found) => differences.push(difference(field, expected, found)),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use derslik_domain::fault::Api;
    use derslik_domain::idempotency::AnswerCode;
    use derslik_domain::time::Timestamp;
    use derslik_ports::inbound::control::{Masked, Recorded, RecordedRequest};

    use super::*;

    /// An entry of a request that makes a course.
    pub(in super::super) fn entry(number: u64) -> JournalEntry {
        entry_of(number, request(), Some(r#"{"name":"Ada's","rooms":["7"]}"#))
    }

    /// An entry of a request with that body.
    pub(in super::super) fn entry_of(number: u64, request: RecordedRequest, body: Option<&str>) -> JournalEntry {
        let body = body.map(str::to_owned).map(|body| Masked::new(move || Some(body)));
        JournalEntry {
            number,
            at: Timestamp::from_micros(0),
            recorded: Recorded { request: Masked::new(move || request), body, actor: None },
        }
    }

    /// A request that makes a course, without its body.
    pub(in super::super) fn request() -> RecordedRequest {
        RecordedRequest {
            api: Some(Api::Courses),
            method: "POST".to_owned(),
            path: "/v1/courses".to_owned(),
            query: "alt=json".to_owned(),
            route: Some("/v1/courses".to_owned()),
            headers: vec![("authorization".to_owned(), "***".to_owned()), ("content-type".to_owned(), "application/json".to_owned())],
            body_bytes: 30,
            answer: Some(AnswerCode::new(200)),
            answer_bytes: Some(99),
            took: Duration::from_micros(1_500),
            fault: None,
            request_id: "r".to_owned(),
        }
    }

    fn matching(described: Value) -> Matching {
        serde_json::from_value::<Described>(described).unwrap().matching().unwrap()
    }

    #[test]
    fn an_entry_matches_by_each_part_that_is_named() {
        for described in [
            json!({}),
            json!({ "api": "courses", "method": "get,post", "path": "/v1/*", "status": 200, "contains": "Ada" }),
            json!({ "body": { "rooms": ["7"] } }),
        ] {
            assert!(matching(described.clone()).matches(&entry(1)), "{described}");
        }
        for described in [
            json!({ "api": "jobs" }),
            json!({ "method": "GET" }),
            json!({ "path": "/v1/courses/*" }),
            json!({ "status": 404 }),
            json!({ "contains": "Bob" }),
            json!({ "body": { "rooms": [] } }),
            json!({ "body": { "owner": "7" } }),
        ] {
            assert!(!matching(described.clone()).matches(&entry(1)), "{described}");
        }
    }

    #[test]
    fn the_nearest_entry_comes_first_with_what_differs() {
        let other = RecordedRequest { method: "GET".to_owned(), ..request() };
        let entries = [entry(1), entry_of(2, other, Some(r#"{"name":"Ada's"}"#))];
        let nearest = matching(json!({ "method": "POST", "body": { "name": "Bob" } })).nearest(entries.iter());
        let differs = json!([{ "field": "body.name", "expected": "Bob", "found": "Ada's" }]);
        assert_eq!(nearest[0], json!({ "seq": 1, "method": "POST", "path": "/v1/courses", "differences": differs }));
        assert_eq!(nearest[1]["differences"].as_array().map(Vec::len), Some(2));
    }
}
