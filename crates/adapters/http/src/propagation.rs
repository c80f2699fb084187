//! Distributed traces: the step of a trace that a request names, and the step that its work continues. How traces are recorded is
//! decided elsewhere; without a recorder the work continues the caller's step.

use actix_web::HttpMessage;
use actix_web::http::header::{HeaderMap, HeaderName};
use derslik_domain::identity::Actor;
use derslik_domain::trace::TraceParent;
use tracing::Span;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Makes the span of a request a part of the trace that the request names, if it names one. Returns the step of a trace that the
/// work of the request continues.
pub type ContinueTrace = fn(&Span, Option<TraceParent>) -> Option<TraceParent>;

/// Records nothing: the work continues the step that the request names.
pub(crate) fn pass_on(_: &Span, received: Option<TraceParent>) -> Option<TraceParent> {
    received
}

/// The step that a request names. A header that can't be read, or that is sent twice, counts as missing (W3C Trace Context).
pub(crate) fn received(headers: &HeaderMap) -> Option<TraceParent> {
    let mut values = headers.get_all(&TRACEPARENT);
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok()?.trim().parse().ok(),
        _ => None,
    }
}

/// Notes the step that the work of a request continues.
pub(crate) fn note(request: &impl HttpMessage, step: TraceParent) {
    request.extensions_mut().insert(step);
}

/// The step that the work of a request continues.
pub(crate) fn noted(request: &impl HttpMessage) -> Option<TraceParent> {
    request.extensions().get().copied()
}

/// The actor, whose jobs continue the trace of the request.
pub(crate) fn traced(request: &impl HttpMessage, actor: Actor) -> Actor {
    Actor { trace: noted(request), ..actor }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    const STEP: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn step_in(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT, HeaderValue::from_str(value).unwrap());
        }
        received(&headers).map(|step| step.to_string())
    }

    #[test]
    fn a_request_names_its_step_once() {
        assert_eq!(step_in(&[STEP]).as_deref(), Some(STEP));
        assert_eq!(step_in(&[&format!(" {STEP} ")]).as_deref(), Some(STEP));
        for values in [&[][..], &[""], &["00-1-2-01"], &[STEP, STEP]] {
            assert_eq!(step_in(values), None, "{values:?}");
        }
    }
}
