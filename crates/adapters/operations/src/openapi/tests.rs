//! The document against the listener. `BLESS=1 scripts/test -p derslik-operations openapi` writes `docs/openapi-operations.json` anew.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use actix_web::introspection::{IntrospectionNode, IntrospectionTree};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{HealthNote, HealthPart, HealthState, MockHealthService, PartHealth, Readiness};
use serde_json::{Map, Value};

use super::document;
use crate::pages::{configure, renderer};
use crate::{Access, File, Operations};

/// Routes that the document leaves out, and the reason.
const ELSEWHERE: [(&str, &str); 2] =
    [("/openapi/operations.json", "the document itself"), ("/a-file", "handed in by the program, which describes its files")];

/// Where the router of the test tells its routes.
const REPORT: &str = "/routes-of-this-test";

/// A listener on a loopback address, as the examples of the document show it.
fn operations() -> Data<Operations> {
    let since: Timestamp = "2025-02-06T13:07:35Z".parse().unwrap();
    let part = |part, state, note| PartHealth { part, state, since, note };
    let parts = vec![
        part(HealthPart::Process, HealthState::Ok, HealthNote::Working),
        part(HealthPart::Worker, HealthState::Warning, HealthNote::LongWait),
    ];
    let mut health = MockHealthService::new();
    health.expect_readiness().returning(move || Readiness { parts: parts.clone() });
    let file = File { path: "/a-file", content_type: "text/plain", policy: "default-src 'none'", body: Bytes::from_static(b"content") };
    Data::new(Operations {
        health: Arc::new(health),
        metrics: Some(Arc::new(|| "up 1\n".to_owned())),
        version: env!("CARGO_PKG_VERSION"),
        access: Access::new(IpAddr::from([127, 0, 0, 1]), &[], None, false),
        files: vec![file],
        control: None,
        console: None,
    })
}

/// The status, the type and the body with which the listener answers.
async fn answer(operations: &Data<Operations>, path: &str) -> (u16, String, String) {
    let renderer = renderer();
    let app = init_service(App::new().configure(|config| configure(config, operations, &renderer))).await;
    let response = call_service(&app, TestRequest::get().uri(path).to_request()).await;
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
    (status, kind, String::from_utf8(read_body(response).await.to_vec()).unwrap())
}

/// The same value with the members of all objects in alphabetical order, whatever the features of `serde_json` are.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(members.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        value => value,
    }
}

#[test]
fn openapi_document_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/openapi-operations.json");
    let wanted = serde_json::to_string_pretty(&sorted(document().unwrap())).unwrap() + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, wanted).unwrap();
    } else {
        let found = std::fs::read_to_string(path).unwrap();
        assert!(found == wanted, "docs/openapi-operations.json is not that of the code; the top of this test says how to write it");
    }
}

#[actix_web::test]
async fn openapi_examples_are_the_answers_of_the_listener() {
    let (document, operations) = (document().unwrap(), operations());
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 4);
    for (path, item) in paths {
        let (kind, content) = item["get"]["responses"]["200"]["content"].as_object().unwrap().iter().next().unwrap();
        let (status, found, body) = answer(&operations, path).await;
        assert_eq!(status, 200, "{path}");
        assert!(found.starts_with(kind.as_str()), "{path}: {found}");
        let body = if kind == "application/json" { serde_json::from_str(&body).unwrap() } else { Value::from(body) };
        assert_eq!(body, content["example"], "{path}");
    }
}

#[actix_web::test]
async fn openapi_document_has_every_route_but_a_few() {
    fn below(node: &IntrospectionNode, found: &mut Vec<(String, String)>) {
        found.extend(node.methods.iter().map(|method| (method.to_string(), node.full_path.clone())));
        node.children.iter().for_each(|child| below(child, found));
    }
    async fn report(tree: Data<IntrospectionTree>) -> HttpResponse {
        let mut found = Vec::new();
        below(&tree.root, &mut found);
        HttpResponse::Ok().json(found)
    }
    let (operations, renderer) = (operations(), renderer());
    let app = App::new().route(REPORT, web::get().to(report)).configure(|config| configure(config, &operations, &renderer));
    let app = init_service(app).await;
    let body = read_body(call_service(&app, TestRequest::get().uri(REPORT).to_request()).await).await;
    let routed: Vec<(String, String)> = serde_json::from_slice(&body).unwrap();
    assert!(routed.iter().all(|(method, _)| ["GET", "HEAD"].contains(&method.as_str())), "{routed:?}");
    let routed: BTreeSet<String> = routed.into_iter().map(|(_, path)| path).filter(|path| path != REPORT).collect();
    let document = document().unwrap();
    let described = document["paths"].as_object().unwrap().keys().cloned();
    assert_eq!(routed, described.chain(ELSEWHERE.map(|(path, _)| path.to_owned())).collect());
}

#[actix_web::test]
async fn files_are_shown_to_this_machine_and_absent_for_others() {
    let here = operations();
    let (status, kind, body) = answer(&here, "/a-file").await;
    assert_eq!((status, kind.as_str(), body.as_str()), (200, "text/plain", "content"));
    assert_eq!(answer(&here, "/openapi/operations.json").await.0, 200);
    let access = Access::new(IpAddr::from([0, 0, 0, 0]), &[], None, false);
    let elsewhere = Data::new(Operations { access, ..here.get_ref().clone() });
    for path in ["/a-file", "/openapi/operations.json"] {
        assert_eq!(answer(&elsewhere, path).await.0, 404, "{path}");
    }
}
