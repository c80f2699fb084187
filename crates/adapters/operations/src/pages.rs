//! The URLs of the listener and their answers.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use derslik_domain::time::Zone;
use derslik_ports::inbound::{HealthPart, HealthState, PartHealth, Readiness};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::access::MetricsAccess;
use crate::{MetricsText, Operations, control, files};

/// How long the metrics may take to be rendered.
const METRICS_TIMEOUT: Duration = Duration::from_secs(5);

/// Adds the URLs. Each worker of a server has the same state.
pub(crate) fn configure(config: &mut ServiceConfig, operations: &Data<Operations>, renderer: &Data<Semaphore>) {
    config
        .app_data(operations.clone())
        .app_data(renderer.clone())
        .service(web::resource("/healthz").route(web::get().to(healthz)).route(web::head().to(healthz)))
        .service(web::resource("/readyz").route(web::get().to(readyz)).route(web::head().to(readyz)))
        .service(web::resource("/version").route(web::get().to(version)).route(web::head().to(version)))
        .service(web::resource("/metrics").route(web::get().to(metrics)).route(web::head().to(metrics)))
        .configure(|config| files::configure(config, operations))
        .configure(|config| control::configure(config, operations))
        .configure(|config| {
            if let Some(console) = operations.console.as_ref().filter(|_| operations.access.is_console_open()) {
                console(config);
            }
        })
        .default_service(web::to(|| ready(absent())));
}

/// The permit to render metrics. One scrape at a time is enough, and a rendering that hangs holds one thread alone.
pub(crate) fn renderer() -> Data<Semaphore> {
    Data::new(Semaphore::new(1))
}

/// The answer to a request that is not allowed.
pub(crate) fn refusal(error: &str) -> HttpResponse {
    HttpResponse::Forbidden().json(json!({ "error": error }))
}

/// The process lives, since it answers. It looks at nothing else.
fn healthz() -> Ready<HttpResponse> {
    ready(HttpResponse::Ok().json(json!({ "status": "ok" })))
}

async fn readyz(operations: Data<Operations>) -> HttpResponse {
    let readiness = operations.health.readiness().await;
    let mut answer = if readiness.is_ready() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    answer.json(readiness_json(&readiness))
}

fn version(operations: Data<Operations>) -> Ready<HttpResponse> {
    let version = operations.into_inner().version;
    ready(HttpResponse::Ok().json(json!({ "name": "derslik", "version": version })))
}

async fn metrics(request: HttpRequest, operations: Data<Operations>, renderer: Data<Semaphore>) -> HttpResponse {
    let Some(render) = operations.metrics.clone() else { return absent() };
    match &operations.access.metrics {
        MetricsAccess::Absent => absent(),
        MetricsAccess::WithToken(token) if presented(&request).is_none_or(|text| !token.is(text)) => {
            let mut answer = HttpResponse::Unauthorized();
            answer.insert_header((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
            answer.json(json!({ "error": "send ops.metrics_token as a bearer token" }))
        }
        MetricsAccess::Open | MetricsAccess::WithToken(_) => rendered(render, renderer.into_inner()).await,
    }
}

/// The bearer token of a request.
fn presented(request: &HttpRequest) -> Option<&str> {
    let (scheme, token) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn rendered(render: MetricsText, renderer: Arc<Semaphore>) -> HttpResponse {
    let Ok(permit) = renderer.try_acquire_owned() else { return busy() };
    let rendering = web::block(move || {
        let text = render();
        // Held by the thread, also after its caller has stopped waiting.
        drop(permit);
        text
    });
    match timeout(METRICS_TIMEOUT, rendering).await {
        Ok(Ok(text)) => HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")).body(text),
        Ok(Err(_)) | Err(_) => busy(),
    }
}

fn busy() -> HttpResponse {
    let mut answer = HttpResponse::ServiceUnavailable();
    answer.insert_header((RETRY_AFTER, HeaderValue::from_static("1")));
    answer.json(json!({ "error": "the metrics are being rendered: try again" }))
}

fn absent() -> HttpResponse {
    HttpResponse::NotFound().json(json!({ "error": "there is no such page" }))
}

/// All parts by their names, each with its state, since when it has it, and what was found.
fn readiness_json(readiness: &Readiness) -> Value {
    let part = |part: &PartHealth| {
        let since = part.since.in_zone(Zone::UTC).to_string();
        (part_name(part.part).to_owned(), json!({ "state": state_name(part.state), "since": since, "note": part.note.to_string() }))
    };
    let parts: Map<String, Value> = readiness.parts.iter().map(part).collect();
    json!({ "status": if readiness.is_ready() { "ready" } else { "not ready" }, "parts": parts })
}

const fn part_name(part: HealthPart) -> &'static str {
    match part {
        HealthPart::Process => "process",
        HealthPart::Database => "database",
        HealthPart::Schema => "schema",
        HealthPart::Worker => "worker",
        HealthPart::Disk => "disk",
        HealthPart::Clock => "clock",
    }
}

const fn state_name(state: HealthState) -> &'static str {
    match state {
        HealthState::Ok => "ok",
        HealthState::Warning => "warning",
        HealthState::Failing => "failing",
        HealthState::Unknown => "unknown",
    }
}
