use std::net::IpAddr;
use std::sync::Arc;

use actix_web::App;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HOST, WWW_AUTHENTICATE};
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body, read_body_json};
use actix_web::web::Data;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{HealthNote, HealthPart, HealthState, MockHealthService, PartHealth, Readiness};
use serde_json::{Value, json};

use crate::checks::refuse_foreign;
use crate::pages::{configure, renderer};
use crate::{Access, MetricsText, MetricsToken, Operations};

const HERE: [u8; 4] = [127, 0, 0, 1];
const NETWORK: [u8; 4] = [0, 0, 0, 0];
const TOKEN: &str = "a-token-of-a-scraper";

/// A listener at that address, of a process whose database is in that state.
fn operations(address: [u8; 4], database: HealthState, token: Option<&str>, metrics: Option<MetricsText>) -> Operations {
    let mut health = MockHealthService::new();
    let part = PartHealth { part: HealthPart::Database, state: database, since: Timestamp::from_micros(0), note: HealthNote::Silent };
    health.expect_readiness().returning(move || Readiness { parts: vec![part.clone()] });
    let access = Access::new(IpAddr::from(address), &[], token.map(MetricsToken::new), false);
    Operations { health: Arc::new(health), metrics, version: "1.2.3", access, files: Vec::new(), control: None, console: None }
}

fn text() -> MetricsText {
    Arc::new(|| "up 1\n".to_owned())
}

async fn answer(operations: Operations, request: TestRequest) -> ServiceResponse {
    let (operations, renderer) = (Data::new(operations), renderer());
    let app = App::new().wrap(from_fn(refuse_foreign)).configure(|config| configure(config, &operations, &renderer));
    call_service(&init_service(app).await, request.to_request()).await
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header((HOST, "127.0.0.1:8081"))
}

async fn status(operations: Operations, request: TestRequest) -> StatusCode {
    answer(operations, request).await.status()
}

#[actix_web::test]
async fn a_process_is_alive_whatever_its_database_does() {
    // A call of the health service that is not expected would fail.
    let access = Access::new(IpAddr::from(HERE), &[], None, false);
    let health = Arc::new(MockHealthService::new());
    let operations = Operations { health, metrics: None, version: "1.2.3", access, files: Vec::new(), control: None, console: None };
    let answered = answer(operations.clone(), get("/healthz")).await;
    assert_eq!(answered.status(), StatusCode::OK);
    assert_eq!(read_body_json::<Value, _>(answered).await, json!({ "status": "ok" }));
    let version: Value = read_body_json(answer(operations, get("/version")).await).await;
    assert_eq!(version, json!({ "name": "derslik", "version": "1.2.3" }));
}

#[actix_web::test]
async fn readiness_is_told_by_the_status_and_part_by_part() {
    for (state, expected) in
        [(HealthState::Ok, StatusCode::OK), (HealthState::Warning, StatusCode::OK), (HealthState::Failing, StatusCode::SERVICE_UNAVAILABLE)]
    {
        let answered = answer(operations(HERE, state, None, None), get("/readyz")).await;
        assert_eq!(answered.status(), expected, "{state:?}");
        let body: Value = read_body_json(answered).await;
        assert_eq!(body["status"], if expected == StatusCode::OK { "ready" } else { "not ready" });
        assert_eq!(body["parts"]["database"]["since"], "1970-01-01T00:00:00+00:00");
        assert_eq!(body["parts"]["database"]["note"], "it does not answer");
    }
}

#[actix_web::test]
async fn a_head_is_answered_as_a_get_and_other_methods_are_refused() {
    let of =
        |request: TestRequest| status(operations(HERE, HealthState::Ok, None, Some(text())), request.insert_header((HOST, "localhost")));
    for path in ["/healthz", "/readyz", "/version", "/metrics"] {
        assert_eq!(of(TestRequest::default().method(actix_web::http::Method::HEAD).uri(path)).await, StatusCode::OK, "{path}");
        assert_eq!(of(TestRequest::post().uri(path)).await, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    assert_eq!(of(TestRequest::get().uri("/")).await, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_foreign_page_gets_no_part() {
    for path in ["/healthz", "/readyz", "/version", "/metrics", "/none"] {
        let of = |request: TestRequest| status(operations(HERE, HealthState::Ok, None, Some(text())), request);
        assert_eq!(of(TestRequest::get().uri(path).insert_header((HOST, "evil.example"))).await, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(of(get(path).insert_header(("origin", "http://evil.example"))).await, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(of(get(path).insert_header(("sec-fetch-site", "cross-site"))).await, StatusCode::FORBIDDEN, "{path}");
    }
}

#[actix_web::test]
async fn other_machines_get_the_health_under_any_name() {
    for path in ["/healthz", "/readyz", "/version"] {
        let request = TestRequest::get().uri(path).insert_header((HOST, "derslik-2:8081"));
        assert_eq!(status(operations(NETWORK, HealthState::Ok, None, None), request).await, StatusCode::OK, "{path}");
    }
}

#[actix_web::test]
async fn metrics_need_their_token_where_one_is_set_or_others_reach_the_listener() {
    let with = |scheme: &str, token: &str| get("/metrics").insert_header((AUTHORIZATION, format!("{scheme} {token}")));
    let of = |address, token, request| status(operations(address, HealthState::Ok, token, Some(text())), request);
    assert_eq!(of(HERE, None, get("/metrics")).await, StatusCode::OK);
    assert_eq!(of(NETWORK, None, get("/metrics")).await, StatusCode::NOT_FOUND);
    for address in [HERE, NETWORK] {
        for refused in [get("/metrics"), with("Bearer", "another"), with("Bearer", ""), with("Basic", TOKEN)] {
            let answered = answer(operations(address, HealthState::Ok, Some(TOKEN), Some(text())), refused).await;
            assert_eq!(answered.status(), StatusCode::UNAUTHORIZED);
            assert_eq!(answered.headers().get(WWW_AUTHENTICATE).unwrap(), "Bearer");
        }
        for scheme in ["Bearer", "bearer"] {
            assert_eq!(of(address, Some(TOKEN), with(scheme, TOKEN)).await, StatusCode::OK);
        }
    }
}

#[actix_web::test]
async fn metrics_are_absent_without_a_renderer_and_plain_text_with_one() {
    assert_eq!(status(operations(HERE, HealthState::Ok, None, None), get("/metrics")).await, StatusCode::NOT_FOUND);
    let answered = answer(operations(HERE, HealthState::Ok, None, Some(text())), get("/metrics")).await;
    let kind = answered.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    assert_eq!(read_body(answered).await, "up 1\n");
}

#[actix_web::test]
async fn one_rendering_of_metrics_runs_at_a_time() {
    let (begun, is_begun) = std::sync::mpsc::channel();
    let (let_end, may_end) = std::sync::mpsc::channel::<()>();
    let may_end = std::sync::Mutex::new(may_end);
    let slow: MetricsText = Arc::new(move || {
        begun.send(()).ok();
        may_end.lock().unwrap().recv().ok();
        "slow 1\n".to_owned()
    });
    let (operations, renderer) = (Data::new(operations(HERE, HealthState::Ok, None, Some(slow))), renderer());
    let app = App::new().configure(|config| configure(config, &operations, &renderer));
    let app = init_service(app).await;
    let first = call_service(&app, get("/metrics").to_request());
    let second = async {
        while is_begun.try_recv().is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let answered = call_service(&app, get("/metrics").to_request()).await;
        let_end.send(()).unwrap();
        answered.status()
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!((first.status(), second), (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE));
}
