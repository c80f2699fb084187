//! Requests under test control, in profile `dev` alone: each meets the faults of its account, and is kept in the journal of its account.
//! A fault before the work is met where a dialect has checked the credential, so that the dialect words the refusal. A fault on the
//! answer is met here, after the work is committed.

use std::error::Error as StdError;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::TRANSFER_ENCODING;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpRequest};
use derslik_domain::fault::{Fault, Moment};
use derslik_domain::identity::Actor;
use derslik_ports::inbound::AuthenticationError;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use crate::budgets::holder_of;
use crate::claimed::account_of;
use crate::cut::{Cut, end_connection};
use crate::exchange::Exchange;
use crate::injection::{InjectedDenial, refused};
use crate::rate::Exceeded;
use crate::state::HttpState;

/// The bytes of a slow answer that are sent at a time.
const DRIP_BYTES: usize = 64;

/// Lets a request with a valid credential meet the fault that its account has for it before the work.
///
/// # Errors
/// The error of a refusal.
pub(crate) async fn meet_faults<E>(state: &HttpState, request: &HttpRequest, actor: &Actor) -> Result<(), E>
where
    E: From<AuthenticationError> + From<Exceeded> + From<InjectedDenial>,
{
    if state.request_control().is_none() {
        return Ok(());
    }
    let Some(exchange) = Exchange::of(request) else { return Ok(()) };
    exchange.note_admitted(request, actor);
    let met = exchange.next_faults(Moment::Request);
    for (number, span) in met.delays {
        tokio::select! {
            () = sleep(span) => {}
            () = exchange.gone(number) => {}
        }
    }
    match met.fault {
        Some((_, Fault::Refuse(refusal))) => return Err(refused(refusal)),
        Some((_, Fault::Reset)) => {
            exchange.record(None);
            end_connection(Cut::of(request), true).await;
        }
        Some((_, Fault::Delay(_) | Fault::LoseAnswer | Fault::Truncate | Fault::Drip(_) | Fault::Job(_))) | None => {}
    }
    Ok(())
}

/// Records a request without an answer when its work ends early, because the client has left.
struct Unanswered(Rc<Exchange>);

impl Drop for Unanswered {
    fn drop(&mut self) {
        self.0.record(None);
    }
}

/// Follows a request, and lets its answer meet the fault that the account has for it.
pub(crate) async fn control<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<FaultyBody<B>>, Error> {
    let Some(exchange) = Exchange::begin(&mut request) else {
        return Ok(next.call(request).await?.map_body(|_, body| FaultyBody { body, fault: AnswerFault::None }));
    };
    let unanswered = Unanswered(Rc::clone(&exchange));
    let response = match next.call(request).await {
        Ok(response) => response,
        Err(error) => {
            exchange.record(Some((error.as_response_error().status_code(), None)));
            return Err(error);
        }
    };
    let holder = holder_of(response.request()).account();
    exchange.note_answered(response.request(), holder);
    let fault = exchange.next_faults(Moment::Answer).fault;
    let (status, size) = (response.status(), response.response().body().size());
    let bytes = match size {
        BodySize::Sized(bytes) => Some(bytes),
        BodySize::None => Some(0),
        BodySize::Stream => None,
    };
    if holder.is_none() && exchange.named().is_none() && is_unrouted(status) {
        let claimed = account_of(response.request());
        if response.request().headers().contains_key(TRANSFER_ENCODING) {
            // While an answer waits, a chunk that breaks would end the connection without it. So this one does not wait for the look-up.
            let exchange = Rc::clone(&exchange);
            actix_web::rt::spawn(async move {
                let _unanswered = unanswered;
                exchange.belongs_to(claimed.await);
                exchange.record(Some((status, bytes)));
            });
            return Ok(response.map_body(|_, body| FaultyBody { body, fault: AnswerFault::None }));
        }
        exchange.belongs_to(claimed.await);
    }
    if let Some((_, Fault::LoseAnswer)) = fault {
        let cut = Cut::of(response.request());
        // The parts of a batch are carried out while its answer is written.
        drain(response.into_body()).await;
        exchange.record(None);
        end_connection(cut, false).await;
        return Err(actix_web::error::ErrorServiceUnavailable("the answer was lost for a test"));
    }
    exchange.record(Some((status, bytes)));
    let fault = AnswerFault::of(fault, size, &exchange);
    Ok(response.map_body(|_, body| FaultyBody { body, fault }))
}

/// Whether an answer may be that to a request which reached no handler, and whose credential was therefore not looked at.
fn is_unrouted(status: StatusCode) -> bool {
    let others = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];
    status == StatusCode::NOT_IMPLEMENTED || (status.is_client_error() && !others.contains(&status))
}

/// Reads a body to its end.
async fn drain(body: impl MessageBody) {
    let mut body = pin!(body);
    while let Some(Ok(_)) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {}
}

/// What happens to the body of an answer.
enum AnswerFault {
    None,
    /// The connection ends after some more bytes.
    Truncate {
        left: usize,
        /// Whether the bytes so far were handed over for writing.
        is_flushed: bool,
    },
    Drip(Box<Drip>),
}

/// An answer that is sent slowly.
struct Drip {
    pause: Duration,
    rest: Bytes,
    /// The pause before the next piece.
    sleep: Option<Pin<Box<Sleep>>>,
    /// Ends once the fault was removed. The rest comes without pauses then.
    gone: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl AnswerFault {
    fn of(fault: Option<(u64, Fault)>, size: BodySize, exchange: &Exchange) -> Self {
        match fault {
            Some((_, Fault::Truncate)) => {
                let left = match size {
                    BodySize::Sized(bytes) => usize::try_from(bytes / 2).unwrap_or(usize::MAX),
                    BodySize::None | BodySize::Stream => 1,
                };
                Self::Truncate { left, is_flushed: false }
            }
            Some((number, Fault::Drip(pause))) => {
                let gone: Pin<Box<dyn Future<Output = ()>>> = Box::pin(exchange.gone(number));
                Self::Drip(Box::new(Drip { pause, rest: Bytes::new(), sleep: None, gone: Some(gone) }))
            }
            Some((_, Fault::Refuse(_) | Fault::Delay(_) | Fault::Reset | Fault::LoseAnswer | Fault::Job(_))) | None => Self::None,
        }
    }
}

/// An answer was cut off by a fault.
#[derive(Debug, thiserror::Error)]
#[error("the answer was cut off for a test")]
struct CutOff;

pin_project! {
    /// The body of an answer, with the fault that happens to it.
    pub(crate) struct FaultyBody<B> {
        #[pin]
        body: B,
        fault: AnswerFault,
    }
}

impl<B: MessageBody> MessageBody for FaultyBody<B> {
    type Error = Box<dyn StdError>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        match this.fault {
            AnswerFault::None => this.body.poll_next(cx).map_err(Into::into),
            AnswerFault::Truncate { left: 0, is_flushed: true } => Poll::Ready(Some(Err(Box::new(CutOff)))),
            AnswerFault::Truncate { left: 0, is_flushed } => {
                // The connection writes what it has before it asks again.
                *is_flushed = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            AnswerFault::Truncate { left, .. } => match ready!(this.body.poll_next(cx)) {
                Some(Ok(mut bytes)) => {
                    let part = bytes.split_to(bytes.len().min(*left));
                    *left -= part.len();
                    Poll::Ready(Some(Ok(part)))
                }
                Some(Err(error)) => Poll::Ready(Some(Err(error.into()))),
                None => Poll::Ready(None),
            },
            AnswerFault::Drip(drip) => {
                if drip.rest.is_empty() {
                    match ready!(this.body.poll_next(cx)) {
                        Some(Ok(bytes)) => drip.rest = bytes,
                        Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                        None => return Poll::Ready(None),
                    }
                }
                if let Some(gone) = &mut drip.gone
                    && gone.as_mut().poll(cx).is_ready()
                {
                    drip.gone = None;
                }
                if drip.gone.is_none() {
                    return Poll::Ready(Some(Ok(std::mem::take(&mut drip.rest))));
                }
                let pause = drip.pause;
                ready!(drip.sleep.get_or_insert_with(|| Box::pin(sleep(pause))).as_mut().poll(cx));
                drip.sleep = None;
                let length = drip.rest.len().min(DRIP_BYTES);
                Poll::Ready(Some(Ok(drip.rest.split_to(length))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use actix_http::Request;
    use actix_web::App;
    use actix_web::dev::Service;
    use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, read_body, read_body_json};
    use async_trait::async_trait;
    use derslik_domain::fault::{Api, Faults, JobFault, Met, Refusal, RequestFilter, RequestLine, Schedule};
    use derslik_domain::id::AccountId;
    use derslik_domain::idempotency::AnswerCode;
    use derslik_domain::job::Action;
    use derslik_domain::time::Timestamp;
    use derslik_ports::inbound::control::{FaultInjection, JournalRecording, KeptRequests, RecordedRequest, UnmaskedRequest};
    use derslik_ports::inbound::{CourseError, MockCourseService};
    use derslik_testkit::builders::account;
    use serde_json::Value;

    use super::*;
    use crate::state::RequestControl;
    use crate::tests::state;

    /// The faults and the journal of the one account of these tests.
    #[derive(Debug, Clone, Default)]
    struct Controlled(Arc<Mutex<Kept>>);

    #[derive(Debug, Default)]
    struct Kept {
        faults: Faults,
        recorded: KeptRequests,
        unmatched: KeptRequests,
    }

    #[async_trait]
    impl FaultInjection for Controlled {
        fn for_request(&self, of: AccountId, moment: Moment, request: &RequestLine<'_>) -> Met {
            assert_eq!(of, account().id);
            self.0.lock().unwrap_or_else(PoisonError::into_inner).faults.next_for(moment, request)
        }

        async fn gone(&self, _: AccountId, number: u64) {
            loop {
                let is_there = self.0.lock().unwrap_or_else(PoisonError::into_inner).faults.has(number);
                if !is_there {
                    return;
                }
                sleep(Duration::from_millis(1)).await;
            }
        }

        fn has_for_jobs(&self, _: AccountId) -> bool {
            false
        }

        fn for_job(&self, _: AccountId, _: Action) -> Option<JobFault> {
            None
        }
    }

    impl JournalRecording for Controlled {
        fn record(&self, of: AccountId, request: UnmaskedRequest<'_>) {
            assert_eq!(of, account().id);
            self.0.lock().unwrap_or_else(PoisonError::into_inner).recorded.push(Timestamp::from_micros(0), request);
        }

        fn record_unmatched(&self, request: UnmaskedRequest<'_>) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).unmatched.push(Timestamp::from_micros(0), request);
        }
    }

    fn shown(kept: &KeptRequests) -> Vec<RecordedRequest> {
        kept.after(0).iter().map(|entry| entry.request().clone()).collect()
    }

    impl Controlled {
        /// The first request meets the first fault, the second one the second fault, and so on.
        fn with(faults: &[Fault]) -> Self {
            let controlled = Self::default();
            for (fault, first) in faults.iter().zip(1..) {
                let once = Schedule { first, times: Some(1), chance: None };
                controlled.0.lock().unwrap().faults.add(*fault, RequestFilter::default(), None, once);
            }
            controlled
        }

        fn unmatched(&self) -> Vec<RecordedRequest> {
            shown(&self.0.lock().unwrap_or_else(PoisonError::into_inner).unmatched)
        }

        fn recorded(&self) -> Vec<RecordedRequest> {
            shown(&self.0.lock().unwrap_or_else(PoisonError::into_inner).recorded)
        }

        fn bodies(&self) -> Vec<Option<String>> {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.recorded.after(0).iter().map(|entry| entry.body().map(str::to_owned)).collect()
        }

        /// An app under test control whose courses are looked up that often, and never found.
        async fn app(self, lookups: usize) -> impl Service<Request, Response = ServiceResponse<impl MessageBody>, Error = Error> {
            let mut courses = MockCourseService::new();
            courses.expect_get().times(lookups).returning(|_, _| Err(CourseError::NotFound));
            let control_by = RequestControl { faults: Arc::new(self.clone()), journal: Arc::new(self) };
            let state = state(courses).with_request_control(control_by);
            init_service(App::new().wrap(from_fn(control)).configure(|config| crate::configure(config, state))).await
        }
    }

    fn get_course() -> TestRequest {
        TestRequest::get().uri("/v1/courses/7?alt=json&key=abc").insert_header((AUTHORIZATION, "Bearer right"))
    }

    #[actix_web::test]
    async fn a_refusal_has_the_shape_of_the_api_and_no_effect() {
        let too_many = Fault::Refuse(Refusal::TooMany { retry_after_seconds: 3 });
        let controlled = Controlled::with(&[too_many, Fault::Refuse(Refusal::Unavailable), Fault::Refuse(Refusal::Denied)]);
        let app = controlled.clone().app(1).await;
        let first = call_service(&app, get_course().to_request()).await;
        assert_eq!(first.status(), 429);
        assert_eq!(first.headers().get(RETRY_AFTER).unwrap(), "3");
        let body: Value = read_body_json(first).await;
        assert_eq!(body["error"]["status"], "RESOURCE_EXHAUSTED");
        for status in [503, 403, 404] {
            assert_eq!(call_service(&app, get_course().to_request()).await.status(), status);
        }
        let faults: Vec<_> = controlled.recorded().iter().map(|request| (request.answer.unwrap().get(), request.fault)).collect();
        let expected = [(429, Some("status")), (503, Some("database-away")), (403, Some("status")), (404, None)];
        assert_eq!(faults, expected);
    }

    #[actix_web::test]
    async fn the_journal_shows_a_request_without_its_secrets() {
        let controlled = Controlled::default();
        let app = controlled.clone().app(1).await;
        call_service(&app, get_course().to_request()).await;
        let recorded = controlled.recorded();
        let [request] = recorded.as_slice() else { panic!("{recorded:?}") };
        assert_eq!((request.api, request.method.as_str(), request.path.as_str()), (Some(Api::Courses), "GET", "/v1/courses/7"));
        assert_eq!((request.query.as_str(), request.route.as_deref()), ("alt=json&key=***", Some("/v1/courses/{id}")));
        assert_eq!(request.headers, [("authorization".to_owned(), "***".to_owned())]);
    }

    #[actix_web::test]
    async fn the_journal_keeps_a_body_that_was_read() {
        let controlled = Controlled::default();
        let app = controlled.clone().app(0).await;
        let request = TestRequest::post().uri("/v1/courses").insert_header((AUTHORIZATION, "Bearer right"));
        let request = request.insert_header((CONTENT_TYPE, "application/json")).set_payload(r#"{"nome":"a","password":"p"}"#);
        assert_eq!(call_service(&app, request.to_request()).await.status(), 400);
        let recorded = controlled.recorded();
        assert_eq!(controlled.bodies(), [Some(r#"{"nome":"a","password":"***"}"#.to_owned())]);
        assert_eq!(recorded.first().map(|request| request.body_bytes), Some(27));
    }

    #[actix_web::test]
    async fn requests_without_a_valid_credential_meet_no_faults_and_are_not_kept() {
        let controlled = Controlled::with(&[Fault::Refuse(Refusal::Failure), Fault::LoseAnswer]);
        let app = controlled.clone().app(0).await;
        let request = TestRequest::get().uri("/v1/courses/7").insert_header((AUTHORIZATION, "Bearer wrong"));
        assert_eq!(call_service(&app, request.to_request()).await.status(), 401);
        assert!(controlled.recorded().is_empty());
        let unmatched = controlled.unmatched();
        assert_eq!(unmatched.iter().map(|request| request.path.as_str()).collect::<Vec<_>>(), ["/v1/courses/7"]);
    }

    #[actix_web::test]
    async fn a_request_to_a_wrong_path_is_in_the_journal_of_its_account() {
        let controlled = Controlled::with(&[Fault::LoseAnswer]);
        let app = controlled.clone().app(0).await;
        let request = TestRequest::get().uri("/no/such/path").insert_header((AUTHORIZATION, "Bearer right"));
        assert_eq!(call_service(&app, request.to_request()).await.status(), 404);
        let recorded: Vec<_> = controlled.recorded().iter().map(|request| (request.path.clone(), request.fault)).collect();
        assert_eq!(recorded, [("/no/such/path".to_owned(), None)]);
        assert!(controlled.unmatched().is_empty());
    }

    #[actix_web::test]
    async fn a_request_in_chunks_to_a_wrong_path_is_in_the_journal_of_its_account() {
        let controlled = Controlled::default();
        let app = controlled.clone().app(0).await;
        for credential in ["Bearer right", "Bearer wrong"] {
            let request = TestRequest::post().uri("/no/such/path").insert_header((AUTHORIZATION, credential));
            let request = request.insert_header((TRANSFER_ENCODING, "chunked")).set_payload("{}");
            assert_eq!(call_service(&app, request.to_request()).await.status(), 404);
        }
        // The answer does not wait for the entry.
        while controlled.recorded().len() + controlled.unmatched().len() < 2 {
            sleep(Duration::from_millis(1)).await;
        }
        for entries in [controlled.recorded(), controlled.unmatched()] {
            let found: Vec<_> = entries.iter().map(|request| (request.path.as_str(), request.answer.map(AnswerCode::get))).collect();
            assert_eq!(found, [("/no/such/path", Some(404))]);
        }
    }

    #[actix_web::test]
    async fn each_status_has_the_shape_of_the_api() {
        let refusals = [
            (Refusal::Malformed, 400_u16, "INVALID_ARGUMENT"),
            (Refusal::Missing, 404, "NOT_FOUND"),
            (Refusal::TooSlow, 408, "DEADLINE_EXCEEDED"),
            (Refusal::Clash, 409, "ABORTED"),
            (Refusal::BadGateway, 502, "UNAVAILABLE"),
            (Refusal::Away, 503, "UNAVAILABLE"),
            (Refusal::GatewayTimeout, 504, "DEADLINE_EXCEEDED"),
        ];
        let controlled = Controlled::with(&refusals.map(|(refusal, ..)| Fault::Refuse(refusal)));
        let app = controlled.clone().app(0).await;
        for (_, status, name) in refusals {
            let response = call_service(&app, get_course().to_request()).await;
            assert_eq!(response.status(), status);
            let body: Value = read_body_json(response).await;
            assert_eq!((&body["error"]["code"], &body["error"]["status"]), (&Value::from(status), &Value::from(name)));
        }
        assert!(controlled.recorded().iter().all(|request| request.fault == Some("status")));
    }

    #[actix_web::test]
    async fn a_removed_fault_holds_no_request() {
        let hour = Duration::from_secs(3_600);
        let controlled = Controlled::with(&[Fault::Delay(hour), Fault::Drip(hour)]);
        let app = controlled.clone().app(2).await;
        let remove = async |number| {
            sleep(Duration::from_millis(20)).await;
            assert!(controlled.0.lock().unwrap().faults.remove(number));
        };
        let (delayed, ()) = tokio::join!(call_service(&app, get_course().to_request()), remove(1));
        assert_eq!(delayed.status(), 404);
        let slow = call_service(&app, get_course().to_request()).await;
        let (body, ()): (Bytes, ()) = tokio::join!(read_body(slow), remove(2));
        assert!(serde_json::from_slice::<Value>(&body).is_ok());
    }

    #[actix_web::test]
    async fn an_answer_is_lost_after_the_work() {
        let controlled = Controlled::with(&[Fault::LoseAnswer]);
        let app = controlled.clone().app(1).await;
        // There is no connection here that could end.
        assert!(app.call(get_course().to_request()).await.is_err());
        let recorded: Vec<_> = controlled.recorded().iter().map(|request| (request.answer, request.fault)).collect();
        assert_eq!(recorded, [(None, Some("lose-answer"))]);
    }

    #[actix_web::test]
    async fn an_answer_is_cut_off_in_its_middle() {
        let app = Controlled::with(&[Fault::Truncate]).app(2).await;
        let mut cut = pin!(call_service(&app, get_course().to_request()).await.into_body());
        let whole = read_body(call_service(&app, get_course().to_request()).await).await;
        let mut received = Vec::new();
        let error: Option<Box<dyn StdError>> = loop {
            match poll_fn(|cx| cut.as_mut().poll_next(cx)).await {
                Some(Ok(bytes)) => received.extend_from_slice(&bytes),
                Some(Err(error)) => break Some(error.into()),
                None => break None,
            }
        };
        assert!(error.is_some_and(|error| error.is::<CutOff>()));
        assert_eq!(received, whole[..whole.len() / 2]);
    }

    #[actix_web::test]
    async fn a_slow_answer_arrives_whole() {
        let app = Controlled::with(&[Fault::Drip(Duration::from_millis(1))]).app(2).await;
        let slow = read_body(call_service(&app, get_course().to_request()).await).await;
        assert_eq!(slow, read_body(call_service(&app, get_course().to_request()).await).await);
    }
}
