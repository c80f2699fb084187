//! A request as a journal shows it, which both sides of the use cases know.

use std::time::Duration;

use derslik_domain::fault::Api;
use derslik_domain::idempotency::AnswerCode;

/// What is known of a request beside what its client sent. Nothing of it is a secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestFacts {
    /// The API, if the path belongs to one.
    pub api: Option<Api>,
    /// The bytes of the body that were read.
    pub body_bytes: u64,
    /// The code of the answer. `None` if no answer was sent.
    pub answer: Option<AnswerCode>,
    /// The bytes of the answer, where they are known before it is sent.
    pub answer_bytes: Option<u64>,
    /// From the head of the request to the head of the answer.
    pub took: Duration,
    /// The name of the fault that was injected.
    pub fault: Option<&'static str>,
}

/// A request and what is known of its answer, without secrets and without the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// The API, if the path belongs to one.
    pub api: Option<Api>,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, without the question mark.
    pub query: String,
    /// The template of the path, if it belongs to a route.
    pub route: Option<String>,
    /// The names and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The bytes of the body that were read.
    pub body_bytes: u64,
    /// The code of the answer. `None` if no answer was sent.
    pub answer: Option<AnswerCode>,
    /// The bytes of the answer, where they are known before it is sent.
    pub answer_bytes: Option<u64>,
    /// From the head of the request to the head of the answer.
    pub took: Duration,
    /// The name of the fault that was injected.
    pub fault: Option<&'static str>,
    /// The id of the request.
    pub request_id: String,
}
