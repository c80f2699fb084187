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
    let path = format!("/api/v1/{}/users/mehdi@openreplay.com", d.project()["key"].as_str().unwrap());
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
    assert!(unmet.to_string().starts_with("no request matches, and at least 1 were expected"), "{unmet}");
    let late = d.journal().wait(&json!({"path": "/v1/course"}), 1, Duration::from_millis(50)).await.unwrap_err().to_string();
    assert!(late.contains(r#"path: expected "/v1/course", found "/v1/courses""#), "{late}");
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
    server.stop().await.unwrap();
    for outcome in [account.get("/v1/courses").await, account.clock().show().await] {
        assert!(matches!(&outcome, Err(Error::Ended { how, .. }) if how == "since it was stopped"), "{outcome:?}");
    }
}

#[tokio::test]
async fn an_account_is_made_as_it_is_wanted() {
    let server = Server::launch().await.unwrap();
    let seed = "courses:\n- name: Kimya\n  owner: teacher\n";
    let d = server.account_with(&json!({ "name": "okul", "time_to_live_seconds": 600, "seed": seed })).await.unwrap();
    assert_eq!((d.name(), d.get("/v1/courses").await.unwrap()["courses"][0]["name"].as_str()), ("okul", Some("Kimya")));
    assert_eq!(d.clock().now().await.unwrap(), d.clock().now().await.unwrap());
    let refused = server.account_with(&json!({ "name": "okul" })).await.unwrap_err();
    assert!(matches!(refused, Error::Refused { status: 409, .. }), "{refused}");
    let refused = d.seed("courses:\n- name: Kimya\n  owner: techer\n").await.unwrap_err().to_string();
    assert!(refused.contains("courses.0.owner") && refused.contains("techer"), "{refused}");
    d.clock().release().await.unwrap();
    assert_eq!(d.clock().show().await.unwrap()["own"], false);
    let listed = server.accounts().await.unwrap();
    assert!(listed.iter().any(|account| account["id"] == d.id()), "{listed:?}");
    d.end().await.unwrap();
}

#[tokio::test]
async fn each_method_of_http_has_its_own() {
    let d = derslik_test::start().await.unwrap();
    let course = json!({"name": "Biology 101", "ownerId": "me", "courseState": "ACTIVE"});
    let made = d.post("/v1/courses", &course).await.unwrap();
    let path = format!("/v1/courses/{}", made["id"].as_str().unwrap());
    d.put(&path, &json!({"name": "Biology 102", "courseState": "ACTIVE"})).await.unwrap();
    let patched = d.patch(&format!("{path}?updateMask=courseState"), &json!({"courseState": "ARCHIVED"})).await.unwrap();
    assert_eq!((&patched["name"], &patched["courseState"]), (&json!("Biology 102"), &json!("ARCHIVED")));
    d.delete(&path).await.unwrap();
    assert!(matches!(d.get(&path).await, Err(Error::Refused { status: 404, .. })));
}

#[tokio::test]
async fn snapshots_are_listed_and_removed() {
    let d = derslik_test::start().await.unwrap();
    d.snapshot("one").await.unwrap();
    d.snapshot("other").await.unwrap();
    d.snapshot_remove("one").await.unwrap();
    let names: Vec<_> = d.snapshot_list().await.unwrap().iter().map(|snapshot| snapshot["name"].clone()).collect();
    assert_eq!(names, ["other"]);
}

#[tokio::test]
async fn requests_are_seen_as_they_come() {
    let d = derslik_test::start().await.unwrap();
    d.get("/v1/courses").await.unwrap();
    let mut live = d.journal().live(&json!({"path": "/v1/courses"})).await.unwrap();
    for number in 1..=3 {
        assert_eq!(live.next().await.unwrap().unwrap()["seq"], number);
        d.get("/v1/courses").await.unwrap();
    }
    let mut refused = d.journal().live(&json!({"pth": "/v1/courses"})).await.unwrap();
    assert!(matches!(refused.next().await, Err(Error::Refused { .. })));
}
