//! When a request gets its line in the access log, and what the line tells.

use std::future::poll_fn;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use actix_http::Request;
use actix_web::App;
use actix_web::dev::Service;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{HttpResponse, web};
use futures_util::future::pending;
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_actix_web::TracingLogger;
use tracing_subscriber::fmt::MakeWriter;

use super::*;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// All lines of the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

impl Log {
    /// A log of this thread, until the guard is dropped.
    fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let guard = set_default(tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish());
        (log, guard)
    }

    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

/// An app with a text of nine bytes, and a handler that never answers.
async fn app() -> impl Service<Request, Response = ServiceResponse<impl MessageBody>, Error = Error> {
    let app = App::new().wrap(from_fn(observe)).wrap(TracingLogger::<RequestSpan>::new());
    let text = web::resource("/texts/{name}").app_data(Dialect::Sessions).route(web::get().to(|| async { "some text" }));
    let text = text.route(web::head().to(|| async { "some text" }));
    let never = web::resource("/never").route(web::get().to(pending::<HttpResponse>));
    init_service(app.service(text).service(never)).await
}

#[actix_web::test]
async fn a_request_is_logged_once_its_answer_was_handed_over() {
    let (log, _guard) = Log::start();
    let app = app().await;
    let step = ("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
    let response = call_service(&app, TestRequest::get().uri("/texts/secret?more=secret").insert_header(step).to_request()).await;
    assert!(log.lines().is_empty(), "the answer is not handed over yet");
    let id = response.headers().get(X_REQUEST_ID).unwrap().to_str().unwrap().to_owned();
    read_body(response).await;
    let lines = log.lines();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    let first = r#" access: request api="sessions" method="GET" route="/texts/{name}" status=200 duration_ms="#;
    let last = format!(" bytes=9 request_id=\"{id}\" trace_id={TRACE}");
    assert!(line.contains(first) && line.ends_with(&last) && !line.contains("secret"), "{line}");
}

#[actix_web::test]
async fn the_answer_to_head_has_no_bytes() {
    let (log, _guard) = Log::start();
    let app = app().await;
    let request = TestRequest::default().method(Method::HEAD).uri("/texts/1").to_request();
    read_body(call_service(&app, request).await).await;
    assert!(log.lines().iter().any(|line| line.contains(" status=200 ") && line.contains(" bytes=0 ")), "{:?}", log.lines());
}

#[actix_web::test]
async fn a_path_without_a_route_is_not_shown() {
    let (log, _guard) = Log::start();
    let app = app().await;
    read_body(call_service(&app, TestRequest::get().uri("/secret").to_request()).await).await;
    let lines = log.lines();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(line.contains(r#" api="none" method="GET" route="other" status=404 "#) && !line.contains("secret"), "{line}");
}

#[actix_web::test]
async fn a_method_that_no_route_has_is_not_shown() {
    let (log, _guard) = Log::start();
    let app = app().await;
    let method = Method::from_bytes(&b"SECRET".repeat(1_000)).unwrap();
    read_body(call_service(&app, TestRequest::default().method(method).uri("/texts/1").to_request()).await).await;
    let lines = log.lines();
    assert!(lines.iter().any(|line| line.contains(r#" method="other" "#)), "{lines:?}");
    assert!(lines.iter().all(|line| !line.contains("SECRET")), "{lines:?}");
}

#[actix_web::test]
async fn a_client_that_leaves_before_the_answer_has_a_line_as_well() {
    let (log, _guard) = Log::start();
    let app = app().await;
    let mut call = Box::pin(app.call(TestRequest::get().uri("/never").to_request()));
    assert!(poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx).is_pending())).await);
    assert!(log.lines().is_empty(), "{:?}", log.lines());
    drop(call);
    let lines = log.lines();
    assert!(lines.len() == 1 && lines.iter().all(|line| line.contains(" status=499 ")), "{lines:?}");
}
