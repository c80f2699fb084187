//! The parts that the batches of all resources have in common.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use metrics::counter;
use serde::Serialize;

use super::error::PerculusError;
use super::language::Language;
use super::text::Text;

/// Whether the answer should report the position of each item.
pub(super) fn wants_index(request: &HttpRequest) -> bool {
    request.headers().get("x-batch-index").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}

/// The part of the digest of a batch that stands for the shape of its answer.
pub(super) const fn variant(with_index: bool) -> &'static str {
    if with_index { "index" } else { "" }
}

/// The status of a batch with these accepted and refused items.
pub(super) fn status<A, R>(approved: &[A], rejected: &[R]) -> StatusCode {
    match (approved.is_empty(), rejected.is_empty()) {
        (_, true) => StatusCode::OK,
        (false, false) => StatusCode::MULTI_STATUS,
        (true, false) => StatusCode::BAD_REQUEST,
    }
}

/// Counts the items of a batch that was carried out. An answer that is repeated for an idempotency key does not count.
pub(super) fn count_items<A, R>(approved: &[A], rejected: &[R]) {
    for (outcome, items) in [("accepted", approved.len()), ("refused", rejected.len())] {
        let count = u64::try_from(items).unwrap_or(u64::MAX);
        counter!("derslik_batch_items_total", "dialect" => "sessions", "outcome" => outcome).increment(count);
    }
}

/// The reason why an item of a batch was refused.
#[derive(Debug, Serialize)]
pub(super) struct ItemState {
    code: u16,
    details: Details,
}

/// Violations are reported as a list of texts, a state that forbids the change as one text.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Details {
    Violations(Vec<String>),
    State(String),
}

impl ItemState {
    /// The item violates rules.
    pub(super) fn invalid(rules: impl Iterator<Item = Text>, language: Language) -> Self {
        Self { code: 12, details: Details::Violations(rules.map(|rule| rule.in_language(language)).collect()) }
    }

    /// The error that a request for this one item would have had.
    pub(super) fn of(error: PerculusError, language: Language) -> Self {
        if let PerculusError::Invalid(rules) = error {
            return Self::invalid(rules.into_iter(), language);
        }
        Self { code: error.code(), details: Details::State(error.details_in(language)) }
    }
}
