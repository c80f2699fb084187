//! The helpers against the program.
#![cfg(test)]

use std::time::Duration;

use derslik_test::{Count, Error, Server};
use serde_json::{Value, json};

#[tokio::test]
async fn accounts_are_of_their_own() {
    let (one, other) = (derslik_test::start().await.unwrap(), derslik_test::start().await.unwrap());
    assert_eq!(one.url(), other.url());
    let course = one.post("/v1/courses", &json!({"name": "Biology 101", "ownerId": "me", "courseState": "ACTIVE"})).await.unwrap();
    let path = format!("/v1/courses/{}", course["id"].as_str().unwrap());
    assert_eq!(one.get(&path).await.unwrap()["name"], "Biology 101");
    assert!(matches!(other.get(&path).await, Err(Error::Refused { status: 404, .. })));
    one.end().await.unwrap();
    assert_eq!(other.request("GET", "/v1/courses", None).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_erasure_runs_once_the_clock_reaches_it() {
    let d = derslik_test::start().await.unwrap();
    let path = format!("/api/v1/{}/users/mehdi@openreplay.com", d.project_key());
    let scheduled = d.request("DELETE", &path, None).await.unwrap();
    assert_eq!(scheduled.body["data"]["status"], "scheduled", "{scheduled:?}");
    let ran = d.clock().advance(Duration::from_secs(86_400)).await.unwrap();
    assert_eq!(ran.iter().map(|ran| ran["outcome"].clone()).collect::<Vec<_>>(), ["completed"]);
}

#[tokio::test]
async fn a_fault_is_seen_and_the_journal_has_it() {
    let d = derslik_test::start().await.unwrap();
    d.faults().add(&json!({"kind": "status", "status": 503, "path": "/v1/courses", "times": 1})).await.unwrap();
    assert_eq!(d.request("GET", "/v1/courses", None).await.unwrap().status, 503);
    assert_eq!(d.request("GET", "/v1/courses", None).await.unwrap().status, 200);
    d.journal().assert(&json!({"path": "/v1/courses", "status": 503}), Count::Exactly(1)).await.unwrap();
    let unmet = d.journal().assert(&json!({"path": "/v1/course"}), Count::AtLeast(1)).await.unwrap_err();
    assert!(matches!(&unmet, Error::Unmet { differences, .. } if differences.contains("/v1/courses")), "{unmet}");
}

#[tokio::test]
async fn a_snapshot_brings_an_account_back() {
    let d = derslik_test::start().await.unwrap();
    d.snapshot("empty").await.unwrap();
    d.post("/v1/courses", &json!({"name": "Physics", "ownerId": "me"})).await.unwrap();
    d.restore("empty").await.unwrap();
    assert_eq!(d.get("/v1/courses").await.unwrap().get("courses").and_then(Value::as_array), None);
}

#[tokio::test]
async fn a_snapshot_goes_into_another_account_by_a_file() {
    let (d, other) = (derslik_test::start().await.unwrap(), derslik_test::start().await.unwrap());
    d.post("/v1/courses", &json!({"name": "Physics", "ownerId": "me"})).await.unwrap();
    let taken = d.snapshot("one-course").await.unwrap();
    let file = d.snapshot_save("one-course").await.unwrap();
    let loaded = other.snapshot_load("theirs", &file).await.unwrap();
    assert_eq!(loaded["rows"], taken["rows"]);
    other.restore("theirs").await.unwrap();
    assert_eq!(other.get("/v1/courses").await.unwrap()["courses"][0]["name"], "Physics");
    let refused = other.snapshot_load("broken", b"PK\x03\x04").await.unwrap_err();
    assert!(matches!(&refused, Error::Refused { status: 422, problem } if problem.to_string().contains("not a backup")), "{refused}");
}

#[tokio::test]
async fn a_dropped_service_takes_no_requests() {
    let server = Server::launch().await.unwrap();
    let account = server.account().await.unwrap();
    assert!(account.get("/v1/courses").await.is_ok());
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
    assert!(matches!(account.get("/v1/courses").await, Err(Error::Io(_))));
}
