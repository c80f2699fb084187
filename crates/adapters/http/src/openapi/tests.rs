//! The document against the router: every route is described, or stands on a short list with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use actix_web::introspection::{IntrospectionNode, IntrospectionTree, ResourceType};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse};
use derslik_ports::inbound::MockCourseService;
use serde_json::Value;

use super::document;

/// A method and a path, in which `{}` stands for a variable.
type Route = (String, String);

/// Paths that are described under another one, and the reason.
const ALIASES: [(&str, &str, &str); 4] = [
    ("/api/groups/xapi/", "/xapi/v2/", "the other base URL of the sessions API, version 2"),
    ("/v1/", "/api/v1/", "the other base URL of the jobs API"),
    ("/v2/public/", "/v2/api/public/", "the other base URL of the second generation of the jobs API"),
    ("/connect/token", "/auth/connect/token", "the other URL for tokens"),
];

/// Routes that the document leaves out, and the reason.
const ELSEWHERE: [(&str, &str, &str); 15] = [
    ("POST", "/batch", "the courses API has a discovery document"),
    ("POST", "/batch/classroom/v1", "the courses API has a discovery document"),
    ("GET", "/$discovery/rest", "the discovery document itself"),
    ("GET", "/discovery/v1/apis", "the list that leads to the discovery document"),
    ("GET", "/discovery/v1/apis/classroom/v1/rest", "the discovery document itself"),
    ("DELETE", "/v2/api/public/{}/users", "an erasure without a user, which is refused"),
    ("DELETE", "/v2/public/{}/users", "an erasure without a user, which is refused"),
    ("GET", "/docs", "the documentation itself"),
    ("GET", "/docs/page.css", "the documentation itself"),
    ("GET", "/docs/page.js", "the documentation itself"),
    ("GET", "/openapi.json", "the documentation itself"),
    ("POST", "/token", "the endpoint for tokens, which OAuth 2.0 describes"),
    ("POST", "/oauth2/v4/token", "the endpoint for tokens, which OAuth 2.0 describes"),
    ("POST", "/o/oauth2/token", "the endpoint for tokens, which OAuth 2.0 describes"),
    ("POST", "/v1/token", "the endpoint for tokens, which OAuth 2.0 describes"),
];

/// The files that register routes. One elsewhere would be a route that no test looks at.
const REGISTERING: [&str; 10] = [
    "classroom/engine/transport.rs",
    "classroom/routes.rs",
    "documentation/mod.rs",
    "metadata/routes.rs",
    "oauth/mod.rs",
    "openreplay/routes.rs",
    "openreplay/v2/routes.rs",
    "perculus/routes.rs",
    "routes.rs",
    "routing.rs",
];

/// Where the router of the test tells its routes.
const REPORT: &str = "/routes-of-this-test";

/// A path with `{}` for each variable, and without a slash at its end.
fn shape(path: &str) -> String {
    let mut shape = String::new();
    for part in path.trim_end_matches('/').split('{') {
        let rest = part.split_once('}').map_or(part, |(_, rest)| rest);
        if !shape.is_empty() || path.starts_with('{') {
            shape.push_str("{}");
        }
        shape.push_str(rest);
    }
    shape
}

fn routes_below(node: &IntrospectionNode, found: &mut Vec<(String, String)>) {
    if matches!(node.kind, ResourceType::Resource) {
        found.extend(node.methods.iter().map(|method| (method.to_string(), node.full_path.clone())));
    }
    for child in &node.children {
        routes_below(child, found);
    }
}

/// Every method and path for which the router has a handler.
async fn routed() -> BTreeSet<Route> {
    async fn report(tree: Data<IntrospectionTree>) -> HttpResponse {
        let mut found = Vec::new();
        routes_below(&tree.root, &mut found);
        HttpResponse::Ok().json(found)
    }
    let state = crate::tests::state(MockCourseService::new()).with_documentation();
    let app = App::new().route(REPORT, web::get().to(report)).configure(|config| crate::configure(config, state));
    let app = init_service(app).await;
    let body = read_body(call_service(&app, TestRequest::get().uri(REPORT).to_request()).await).await;
    let found: Vec<(String, String)> = serde_json::from_slice(&body).unwrap();
    // HEAD answers as GET does. A slash at the end makes no difference.
    let found = found.into_iter().filter(|(method, path)| method != "HEAD" && path != REPORT);
    found.map(|(method, path)| (method, shape(&path))).collect()
}

/// Every method and path that the document describes, and the id of the call.
fn described() -> BTreeMap<Route, String> {
    let document = document().unwrap();
    let mut found = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert_eq!(found.insert((method.to_uppercase(), shape(path)), id), None, "{method} {path} is described twice");
        }
    }
    found
}

#[test]
fn variables_of_paths_have_one_shape() {
    assert_eq!(shape("/xapi/session/{guid}/attendee/{key}/"), "/xapi/session/{}/attendee/{}");
    assert_eq!(shape("/v1/{rest:.*}"), "/v1/{}");
    assert_eq!(shape("/xapi/user"), "/xapi/user");
}

#[actix_web::test]
async fn every_route_is_in_the_document_or_on_a_short_list() {
    let (routed, described) = (routed().await, described());
    assert!(routed.len() > 50, "the router tells only {routed:?}");
    let (mut used, mut missing) = (BTreeSet::new(), Vec::new());
    for (method, path) in &routed {
        let alias = ALIASES.iter().find(|(from, _, _)| path.starts_with(from));
        let as_described = alias.map_or_else(|| path.clone(), |(from, to, _)| path.replacen(from, to, 1));
        let elsewhere = ELSEWHERE.iter().any(|(of, at, _)| (of, at) == (&method.as_str(), &path.as_str()));
        if described.contains_key(&(method.clone(), as_described.clone())) {
            used.insert((method.clone(), as_described));
        } else if !elsewhere {
            missing.push(format!("{method} {path}"));
        }
    }
    assert!(missing.is_empty(), "these routes are not in the document: {missing:?}");
    let unrouted: Vec<_> = described.keys().filter(|route| !used.contains(*route)).collect();
    assert!(unrouted.is_empty(), "the router has no such routes: {unrouted:?}");
    for (method, path, reason) in ELSEWHERE {
        assert!(routed.contains(&(method.to_owned(), path.to_owned())), "{method} {path} ({reason}) is not needed on the list");
    }
    for (from, _, reason) in ALIASES {
        assert!(routed.iter().any(|(_, path)| path.starts_with(from)), "{from} ({reason}) is not needed on the list");
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

/// A scope with a default service answers paths that the router does not list, so the files with scopes are known by name.
#[test]
fn routes_are_registered_in_known_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let registers = |path: &&PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        ["web::scope(", "web::resource(", ".route(", ".service(", ".default_service("].iter().any(|call| code.contains(call))
    };
    let names = files.iter().filter(registers).map(|path| path.strip_prefix(&root).unwrap().display().to_string());
    let names: BTreeSet<String> = names.filter(|name| !["tests", "example", "server/"].iter().any(|part| name.contains(part))).collect();
    assert_eq!(names, REGISTERING.map(str::to_owned).into());
}

/// Follows a reference to another part of the document.
fn target<'v>(document: &'v Value, reference: &str) -> Option<&'v Value> {
    document.pointer(reference.strip_prefix('#')?)
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                found.push(reference.to_owned());
            }
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn references_lead_to_components_and_every_component_is_used() {
    let document = document().unwrap();
    let mut found = Vec::new();
    references(&document, &mut found);
    for reference in &found {
        assert!(target(&document, reference).is_some(), "{reference} leads nowhere");
    }
    for kind in ["schemas", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(found.contains(&reference), "{reference} is not used");
        }
    }
}

#[test]
fn every_call_has_an_id_a_summary_an_example_of_its_request_and_its_errors() {
    let document = document().unwrap();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{at}: the id is not its own");
            assert!(operation["summary"].is_string(), "{at}: no summary");
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
            let variables = in_path.clone().count();
            assert_eq!(variables, path.matches('{').count(), "{at}: its variables");
            assert!(in_path.clone().all(|parameter| !parameter["example"].is_null()), "{at}: a variable without example");
            if let Some(content) = operation["requestBody"]["content"].as_object() {
                assert!(content.values().all(|content| !content["example"].is_null()), "{at}: a body without example");
            }
            let statuses: Vec<_> = operation["responses"].as_object().unwrap().keys().cloned().collect();
            assert!(statuses.iter().any(|status| status.starts_with('2')) && statuses.iter().any(|status| status == "503"), "{at}");
        }
    }
}
