//! The span of a request, its id, which every answer carries, and its line in the access log. Queries, paths and headers are never
//! recorded, because they may hold secrets and names.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage, HttpRequest};
use derslik_domain::id::{AccountId, Id};
use derslik_domain::trace::TraceParent;
use pin_project_lite::pin_project;
use tracing::{Span, field, record_all};
use tracing_actix_web::{RequestId, RootSpanBuilder};

use crate::budgets::holder_of;
use crate::observed::{Dialect, NO_ROUTE, Observed, Template};
use crate::state::HttpState;
use crate::{denied, metrics, propagation};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The status that stands for a client that left before there was an answer, as other servers log it.
const CLIENT_LEFT: u16 = 499;

/// Opens the span of a request, in the trace that the request names. Counts denied requests at its end.
#[derive(Debug)]
pub(crate) struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().copied();
        let received = propagation::received(request.headers());
        // The route and the status are known only at the end.
        let span = tracing::info_span!(
            "request",
            id = id.map(field::display),
            method = shown(request.method()),
            trace_id = received.map(|step| field::display(step.trace_id())),
            route = field::Empty,
            status = field::Empty
        );
        let step = match request.app_data::<Data<HttpState>>() {
            Some(state) => state.continue_trace(&span, received),
            None => received,
        };
        if let Some(step) = step {
            propagation::note(request, step);
        }
        span
    }

    fn on_request_end<B: MessageBody>(_: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        if let Ok(response) = outcome {
            denied::count(response);
        }
    }
}

/// Puts the id of the request on the answer, and observes the request until its answer is handed over or its client has left.
pub(crate) async fn observe<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<ObservedBody<B>>, Error> {
    let mut observation = Observation::begin(&request);
    let mut response = match next.call(request).await {
        Ok(response) => response,
        Err(error) => {
            observation.outcome = Some(Outcome::of_error(error.as_response_error().status_code()));
            return Err(error);
        }
    };
    if let Ok(id) = HeaderValue::from_str(&observation.request_id) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    let outcome = Outcome::of(response.request(), response.status());
    let span = Span::current();
    record_all!(span, route = outcome.route.as_str(), status = outcome.status.as_u16());
    observation.outcome = Some(outcome);
    Ok(response.map_body(|_, body| ObservedBody { body, observation }))
}

/// A request under observation. It is reported when this is dropped, which happens however the request ends.
struct Observation {
    began: Instant,
    method: Method,
    request_id: String,
    trace: Option<TraceParent>,
    /// `None` until there is an answer.
    outcome: Option<Outcome>,
    /// The bytes of the body that were handed over.
    bytes: u64,
}

/// What is known of a request once it is answered.
struct Outcome {
    dialect: Dialect,
    route: String,
    status: StatusCode,
    account: Option<AccountId>,
}

impl Outcome {
    fn of(request: &HttpRequest, status: StatusCode) -> Self {
        Self {
            dialect: request.app_data::<Dialect>().copied().unwrap_or(Dialect::None),
            route: route_of(request).unwrap_or_else(|| NO_ROUTE.to_owned()),
            status,
            account: holder_of(request).account(),
        }
    }

    fn of_error(status: StatusCode) -> Self {
        Self { dialect: Dialect::None, route: NO_ROUTE.to_owned(), status, account: None }
    }

    /// The outcome of a request that has no answer: its client left, or its handler panicked.
    fn missing() -> Self {
        Self::of_error(if std::thread::panicking() {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::from_u16(CLIENT_LEFT).unwrap_or(StatusCode::BAD_REQUEST)
        })
    }
}

/// The template of the path, without a slash at its end. `None` for a path that belongs to no route.
fn route_of(request: &HttpRequest) -> Option<String> {
    match template_of(request) {
        Some(Template(path)) => Some(format!("/{path}")),
        None => pattern_of(request),
    }
}

/// The template with which a dialect has marked the request.
pub(crate) fn template_of(request: &HttpRequest) -> Option<Template> {
    request.extensions().get().copied()
}

/// The template of the path as the framework knows it, without a slash at its end. `None` for a path that belongs to no route.
pub(crate) fn pattern_of(request: &HttpRequest) -> Option<String> {
    let mut pattern = request.match_pattern()?;
    if pattern.len() > 1 && pattern.ends_with('/') {
        pattern.pop();
    }
    // A pattern for all other paths is not a route.
    (!pattern.contains(":.*}")).then_some(pattern)
}

impl Observation {
    fn begin(request: &ServiceRequest) -> Self {
        let id = request.extensions().get::<RequestId>().copied();
        Self {
            began: Instant::now(),
            method: request.method().clone(),
            request_id: id.map(|id| id.to_string()).unwrap_or_default(),
            trace: propagation::noted(request),
            outcome: None,
            bytes: 0,
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        let outcome = self.outcome.take().unwrap_or_else(Outcome::missing);
        let observed = Observed {
            dialect: outcome.dialect,
            route: &outcome.route,
            method: &self.method,
            status: outcome.status,
            duration: self.began.elapsed(),
            bytes: self.bytes,
            account: outcome.account,
            request_id: &self.request_id,
            trace: self.trace,
        };
        metrics::request(&observed);
        log(&observed);
    }
}

/// Writes the line of the access log. It holds all that is known of the request, so it stands outside of the request's span.
fn log(observed: &Observed<'_>) {
    tracing::info!(
        target: "access",
        parent: None,
        api = observed.dialect.as_str(),
        method = shown(observed.method),
        route = observed.route,
        status = observed.status.as_u16(),
        duration_ms = millis(observed.duration),
        bytes = observed.bytes,
        account = observed.account.map(Id::get),
        request_id = observed.request_id,
        trace_id = observed.trace.map(|step| field::display(step.trace_id())),
        "request"
    );
}

/// The method as logs and traces show it. A client may send any text in its place, of any length.
const fn shown(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "other",
    }
}

/// Milliseconds with three digits after the point.
fn millis(span: Duration) -> f64 {
    let micros = u32::try_from(span.as_micros()).unwrap_or(u32::MAX);
    f64::from(micros) / 1_000.0
}

pin_project! {
    /// The body of an answer. Its request is observed until the whole body has been handed over for writing.
    pub(crate) struct ObservedBody<B> {
        #[pin]
        body: B,
        observation: Observation,
    }
}

impl<B: MessageBody> MessageBody for ObservedBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        let next = this.body.poll_next(cx);
        if let Poll::Ready(Some(Ok(bytes))) = &next
            && this.observation.method != Method::HEAD
        {
            this.observation.bytes += u64::try_from(bytes.len()).unwrap_or_default();
        }
        next
    }
}

#[cfg(test)]
mod tests;
