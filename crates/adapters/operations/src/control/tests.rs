use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{ALLOW, CONTENT_TYPE};
use actix_web::http::{Method, StatusCode};
use actix_web::introspection::{IntrospectionNode, IntrospectionTree};
use actix_web::test::{TestRequest, call_service, init_service, read_body, read_body_json};
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse};
use derslik_domain::clock::{JobOutcome, RanItem, RanKind};
use derslik_domain::id::Id;
use derslik_domain::job::Action;
use derslik_domain::rows::RowCount;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::MockHealthService;
use derslik_ports::inbound::control::{
    AccountIds, Advance, Advanced, ClockScope, ControlError, Masked, MockAccountControl, MockClockControl, MockFaultControl,
    MockJournalReading, MockSeedControl, MockSnapshotControl, PublicAccountId, SeedCounts, ShownClock, StoredSnapshot,
};
use serde_json::{Value, json};

use super::document::DOCUMENT;
use super::{CONTROL_PATH, Control, ControlSlot};
use crate::pages::{configure, renderer};
use crate::{Access, Operations};

const REPORT: &str = "/routes-of-this-test";

fn operations(address: [u8; 4], control: impl Into<Option<ControlSlot>>) -> Data<Operations> {
    let access = Access::new(IpAddr::from(address), &[], None, false);
    Data::new(Operations {
        health: Arc::new(MockHealthService::new()),
        metrics: None,
        version: "1.2.3",
        access,
        files: Vec::new(),
        control: control.into(),
        console: None,
    })
}

fn here(control: impl Into<Option<ControlSlot>>) -> Data<Operations> {
    operations([127, 0, 0, 1], control)
}

/// Ports that expect no call, except that faults and journals are removed with the state of their account, and accounts are looked up. All
/// of them exist but 404.
fn no_calls() -> Control {
    let (mut faults, mut journal) = (MockFaultControl::new(), MockJournalReading::new());
    faults.expect_clear().returning(|_| ());
    journal.expect_clear().returning(|_| ());
    let mut accounts = MockAccountControl::new();
    accounts.expect_zone_of().returning(|account| match account.get() {
        404 => Err(ControlError::not_found("account", &account)),
        _ => Ok(Zone::UTC),
    });
    Control {
        faults: Arc::new(faults),
        journal: Arc::new(journal),
        accounts: Arc::new(accounts),
        seeds: Arc::new(MockSeedControl::new()),
        snapshots: Arc::new(MockSnapshotControl::new()),
        clock: Arc::new(MockClockControl::new()),
        ids: Arc::new(AccountIds::default()),
    }
}

fn open(control: Control) -> ControlSlot {
    let slot = ControlSlot::default();
    slot.open(control);
    slot
}

async fn answer(operations: &Data<Operations>, request: TestRequest) -> (StatusCode, Value) {
    let renderer = renderer();
    let app = init_service(App::new().configure(|config| configure(config, operations, &renderer))).await;
    let response = call_service(&app, request.to_request()).await;
    let status = response.status();
    let body = read_body(response).await;
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(&format!("{CONTROL_PATH}{path}"))
}

fn post(path: &str, body: &'static str) -> TestRequest {
    TestRequest::post().uri(&format!("{CONTROL_PATH}{path}")).set_payload(body)
}

#[actix_web::test]
async fn without_test_control_its_paths_are_absent() {
    for operations in [here(None), operations([0, 0, 0, 0], open(no_calls()))] {
        let (status, body) = answer(&operations, post("/reset", "")).await;
        assert_eq!((status, body), (StatusCode::NOT_FOUND, json!({ "error": "there is no such page" })));
    }
}

#[actix_web::test]
async fn a_service_that_is_starting_says_so() {
    let (status, body) = answer(&here(Some(ControlSlot::default())), post("/reset", "")).await;
    assert_eq!((status, &body["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("starting")));
}

#[actix_web::test]
async fn a_reset_names_the_account_by_its_public_id() {
    let mut accounts = MockAccountControl::new();
    accounts.expect_reset().once().withf(|account| *account == PublicAccountId::new(1_331)).returning(|_| Ok(()));
    let operations = here(open(Control { accounts: Arc::new(accounts), ..no_calls() }));
    assert_eq!(answer(&operations, post("/accounts/1331/reset", "")).await.0, StatusCode::NO_CONTENT);
    // A text that is not an id names no account.
    let (status, body) = answer(&operations, post("/accounts/okul/reset", "")).await;
    assert_eq!((status, &body["detail"]), (StatusCode::NOT_FOUND, &json!("there is no account okul")));
}

#[actix_web::test]
async fn a_member_that_is_not_known_is_refused() {
    let (status, body) = answer(&here(open(no_calls())), post("/accounts", "{\"nmae\": \"okul\"}")).await;
    assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("malformed")));
    assert!(body["detail"].as_str().unwrap().contains("nmae"), "{body}");
}

#[actix_web::test]
async fn a_seed_is_passed_on_as_it_is_and_its_problem_has_a_line() {
    let mut seeds = MockSeedControl::new();
    seeds.expect_add().once().withf(|_, document| document == "people: []").returning(|_, _| Ok(SeedCounts::default()));
    let problem = || ControlError::Invalid { field: None, line: Some(3), problem: "unknown field".to_owned() };
    seeds.expect_add().once().returning(move |_, _| Err(problem()));
    let operations = here(open(Control { seeds: Arc::new(seeds), ..no_calls() }));
    let (status, body) = answer(&operations, post("/accounts/7/seed", "people: []")).await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "people": 0, "courses": 0, "sessions": 0, "jobs": 0 })));
    let (status, body) = answer(&operations, post("/accounts/7/seed", "x: 1")).await;
    assert_eq!((status, &body["line"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(3)));
}

#[actix_web::test]
async fn a_snapshot_is_taken_without_a_body_and_kept_from_the_file_in_one() {
    let stored = |rows| StoredSnapshot { name: "full".parse().unwrap(), rows, bytes: 7 };
    let mut snapshots = MockSnapshotControl::new();
    snapshots.expect_take().once().returning(move |_, _| Ok(stored(1)));
    snapshots.expect_load().once().withf(|_, _, file| file == b"file").returning(move |_, _, _| Ok(stored(2)));
    snapshots.expect_file().once().returning(|_, _| Ok(b"file".to_vec()));
    let operations = here(open(Control { snapshots: Arc::new(snapshots), ..no_calls() }));
    let path = format!("{CONTROL_PATH}/accounts/7/snapshots/full");
    let (_, body) = answer(&operations, TestRequest::put().uri(&path)).await;
    assert_eq!(body, json!({ "name": "full", "rows": 1, "bytes": 7 }));
    let (_, body) = answer(&operations, TestRequest::put().uri(&path).set_payload("file")).await;
    assert_eq!(body["rows"], json!(2));
    let renderer = renderer();
    let app = init_service(App::new().configure(|config| configure(config, &operations, &renderer))).await;
    assert_eq!(read_body(call_service(&app, TestRequest::get().uri(&path).to_request()).await).await.as_ref(), b"file");
}

fn shown(now: &str) -> ShownClock {
    ShownClock { now: now.parse().unwrap(), is_frozen: true, is_own: true, next_due: None }
}

#[actix_web::test]
async fn a_clock_is_that_of_all_accounts_or_of_one() {
    let mut clock = MockClockControl::new();
    clock
        .expect_freeze()
        .once()
        .withf(|scope, at| *scope == ClockScope::All && at.is_none())
        .returning(|_, _| Ok(shown("2025-02-06T13:07:35Z")));
    let at: Timestamp = "2025-02-06T13:07:35Z".parse().unwrap();
    let one = ClockScope::Account(PublicAccountId::new(7));
    clock.expect_set().once().withf(move |scope, to| *scope == one && *to == at).returning(|_, _| Ok(shown("2025-02-06T13:07:35Z")));
    let operations = here(open(Control { clock: Arc::new(clock), ..no_calls() }));
    let expected = json!({ "now": "2025-02-06T13:07:35.000000Z", "frozen": true, "own": true, "next_due": null });
    assert_eq!(answer(&operations, post("/clock/freeze", "")).await, (StatusCode::OK, expected.clone()));
    let set = post("/accounts/7/clock/set", r#"{"to": "2025-02-06T16:07:35+03:00"}"#);
    assert_eq!(answer(&operations, set).await, (StatusCode::OK, expected));
}

#[actix_web::test]
async fn a_clock_is_set_relative_to_what_it_shows() {
    let mut clock = MockClockControl::new();
    clock.expect_show().returning(|_| Ok(shown("2025-02-06T13:07:35Z")));
    let expected: [Timestamp; 3] =
        ["2025-02-07T09:00:00Z", "2025-02-06T12:07:35Z", "2025-02-07T09:00:00Z"].map(|text| text.parse().unwrap());
    let mut seen = expected.into_iter();
    clock.expect_set().times(3).returning(move |_, to| {
        assert_eq!(Some(to), seen.next());
        Ok(shown("2025-02-06T13:07:35Z"))
    });
    let operations = here(open(Control { clock: Arc::new(clock), ..no_calls() }));
    for (path, body) in [
        ("/accounts/7/clock/set", r#"{"to": "tomorrow 09:00"}"#),
        ("/accounts/7/clock/set", r#"{"to": "-1h"}"#),
        ("/clock/set", r#"{"to": "+1d 09:00"}"#),
    ] {
        assert_eq!(answer(&operations, post(path, body)).await.0, StatusCode::OK, "{body}");
    }
    let (status, problem) = answer(&operations, post("/clock/set", r#"{"to": "soon"}"#)).await;
    assert_eq!((status, &problem["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("to")));
    assert!(problem["detail"].as_str().unwrap().starts_with("\"soon\" is not a time such as"), "{problem}");
}

#[actix_web::test]
async fn faults_and_journals_are_of_accounts_that_exist() {
    let operations = here(open(no_calls()));
    let get = |path: &str| TestRequest::get().uri(&format!("{CONTROL_PATH}/accounts/404{path}"));
    for request in [
        get("/faults"),
        post("/accounts/404/faults", r#"{"kind": "reset"}"#),
        get("/journal"),
        get("/journal/wait?timeout=0"),
        get("/journal/curl"),
        get("/journal/live"),
        post("/accounts/404/journal/assert", "{}"),
        TestRequest::delete().uri(&format!("{CONTROL_PATH}/accounts/404/faults/1")),
        TestRequest::delete().uri(&format!("{CONTROL_PATH}/accounts/404/journal")),
    ] {
        let (status, body) = answer(&operations, request).await;
        assert_eq!((status, &body["detail"]), (StatusCode::NOT_FOUND, &json!("there is no account 404")));
    }
}

#[actix_web::test]
async fn a_path_that_test_control_does_not_have_is_a_problem() {
    let (status, body) = answer(&here(open(no_calls())), TestRequest::put().uri(&format!("{CONTROL_PATH}/accounts/7/snapshots/"))).await;
    assert_eq!((status, &body["code"]), (StatusCode::NOT_FOUND, &json!("no_such_path")));
}

#[actix_web::test]
async fn a_method_that_a_path_does_not_have_is_a_problem_with_those_it_has() {
    let (operations, renderer) = (here(open(no_calls())), renderer());
    let app = init_service(App::new().configure(|config| configure(config, &operations, &renderer))).await;
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        let has: BTreeSet<_> = item.as_object().unwrap().keys().map(|method| method.to_ascii_uppercase()).collect();
        let filled = path.replace("{account}", "7").replace("{name}", "full").replace("{number}", "1");
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
            if has.contains(method.as_str()) {
                continue;
            }
            let request = TestRequest::default().method(method.clone()).uri(&format!("{CONTROL_PATH}{filled}"));
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(response.headers().get(CONTENT_TYPE).unwrap(), "application/problem+json", "{method} {path}");
            let allowed = response.headers().get(ALLOW).unwrap().to_str().unwrap().to_owned();
            assert_eq!(allowed.split(", ").map(str::to_owned).collect::<BTreeSet<_>>(), has, "{method} {path}");
            let body: Value = read_body_json(response).await;
            assert_eq!((&body["status"], &body["code"]), (&json!(405), &json!("wrong_method")), "{method} {path}");
            assert!(body["detail"].as_str().unwrap().contains(&allowed), "{body}");
        }
    }
}

#[actix_web::test]
async fn a_parameter_that_can_not_be_read_is_named() {
    let operations = here(open(no_calls()));
    for (query, field, part) in [("statsu=200", "statsu", "did you mean status?"), ("status=ok", "status", "is needed, not \"ok\"")] {
        let path = format!("{CONTROL_PATH}/accounts/7/journal?{query}");
        let (status, body) = answer(&operations, TestRequest::get().uri(&path)).await;
        assert_eq!((status, &body["field"]), (StatusCode::BAD_REQUEST, &json!(field)));
        assert!(body["detail"].as_str().unwrap().contains(part), "{body}");
    }
}

#[actix_web::test]
async fn an_advance_tells_what_ran() {
    let mut clock = MockClockControl::new();
    let due: Timestamp = "2025-02-07T00:00:00Z".parse().unwrap();
    clock.expect_advance().once().withf(|_, by| *by == Advance::By(Duration::from_secs(86_400))).returning(move |_, _| {
        let job = RanKind::Job { job: Id::new(3), action: Action::Prune, outcome: JobOutcome::Completed };
        let kinds = [job, RanKind::SessionsExpired(RowCount::new(2))];
        let ran = kinds.map(|kind| RanItem { due, account: Id::new(7), kind }).to_vec();
        Ok(Advanced { clock: shown("2025-02-08T00:00:00Z"), ran, count: 2 })
    });
    let operations = here(open(Control { clock: Arc::new(clock), ..no_calls() }));
    let (status, body) = answer(&operations, post("/accounts/7/clock/advance", r#"{"by": "1d"}"#)).await;
    assert_eq!((status, &body["count"], &body["clock"]["now"]), (StatusCode::OK, &json!(2), &json!("2025-02-08T00:00:00.000000Z")));
    let due = "2025-02-07T00:00:00.000000Z";
    let job = json!({ "due": due, "account": "7", "kind": "job", "job": 3, "action": "prune", "outcome": "completed" });
    let sessions = json!({ "due": due, "account": "7", "kind": "sessions_expired", "sessions": 2 });
    assert_eq!(body["ran"], json!([job, sessions]));
}

#[actix_web::test]
async fn an_advance_needs_one_target() {
    for body in ["", r#"{"by": "1d", "to": "2025-02-07T00:00:00Z"}"#, r#"{"by": "soon"}"#, r#"{"to": "tomorrow"}"#] {
        let (status, problem) = answer(&here(open(no_calls())), post("/clock/advance", body)).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid")), "{body}");
    }
}

#[actix_web::test]
async fn the_document_has_every_route_of_test_control() {
    fn below(node: &IntrospectionNode, found: &mut BTreeSet<(String, String)>) {
        found.extend(node.methods.iter().map(|method| (method.to_string().to_ascii_lowercase(), node.full_path.clone())));
        node.children.iter().for_each(|child| below(child, found));
    }
    async fn report(tree: Data<IntrospectionTree>) -> HttpResponse {
        let mut found = BTreeSet::new();
        below(&tree.root, &mut found);
        HttpResponse::Ok().json(found)
    }
    let (operations, renderer) = (here(open(no_calls())), renderer());
    let app = App::new().route(REPORT, web::get().to(report)).configure(|config| configure(config, &operations, &renderer));
    let app = init_service(app).await;
    let routed: BTreeSet<(String, String)> = read_body_json(call_service(&app, TestRequest::get().uri(REPORT).to_request()).await).await;
    let routed: BTreeSet<_> = routed.into_iter().filter(|(_, path)| path.starts_with(CONTROL_PATH)).collect();
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        described.extend(item.as_object().unwrap().keys().map(|method| (method.clone(), format!("{CONTROL_PATH}{path}"))));
    }
    assert_eq!(routed, described);
}

#[actix_web::test]
async fn a_reset_removes_the_faults_and_the_journal_of_its_account() {
    let (mut accounts, mut faults, mut journal) = (MockAccountControl::new(), MockFaultControl::new(), MockJournalReading::new());
    accounts.expect_reset().once().returning(|_| Ok(()));
    faults.expect_clear().once().withf(|account| *account == PublicAccountId::new(7)).returning(|_| ());
    journal.expect_clear().once().withf(|account| *account == PublicAccountId::new(7)).returning(|_| ());
    let control = Control { accounts: Arc::new(accounts), faults: Arc::new(faults), journal: Arc::new(journal), ..no_calls() };
    assert_eq!(answer(&here(open(control)), post("/accounts/7/reset", "")).await.0, StatusCode::NO_CONTENT);
}

#[actix_web::test]
async fn a_list_has_the_newest_requests_and_reads_no_older_ones() {
    let mut journal = MockJournalReading::new();
    journal.expect_last().returning(|_| 4);
    journal.expect_entries().returning(|_, _| {
        let older = Masked::new(|| unreachable!("an entry that is not shown was read"));
        let [mut first, second, third] = [1, 2, 3].map(super::matching::tests::entry);
        first.recorded.request = older;
        vec![first, second, third]
    });
    let operations = here(open(Control { journal: Arc::new(journal), ..no_calls() }));
    for query in ["limit=2", "limit=2&method=POST"] {
        let (status, body) = answer(&operations, get(&format!("/accounts/7/journal?{query}"))).await;
        assert_eq!((status, &body["entries"][0]["seq"], &body["entries"][1]["seq"]), (StatusCode::OK, &json!(2), &json!(3)), "{query}");
        assert_eq!(body["entries"].as_array().map(Vec::len), Some(2), "{query}");
    }
}

#[actix_web::test]
async fn a_wait_counts_what_came_in_several_looks_and_forgets_what_was_cleared() {
    let mut journal = MockJournalReading::new();
    // Each look: the number that it begins after, the last one, and the first one that is left.
    for (after, last, first) in [(0, 1, 1), (1, 2, 2), (2, 3, 2)] {
        journal.expect_last().once().returning(move |_| last);
        let entries = move || (after + 1..=last).map(super::matching::tests::entry).collect();
        journal.expect_entries().once().withf(move |_, asked| *asked == after).returning(move |_, _| entries());
        journal.expect_first().once().returning(move |_| first);
    }
    journal.expect_grown().returning(|_, _| ());
    let operations = here(open(Control { journal: Arc::new(journal), ..no_calls() }));
    let (status, body) = answer(&operations, get("/accounts/7/journal/wait?method=POST&count=2")).await;
    assert_eq!((status, &body["entries"][0]["seq"], &body["entries"][1]["seq"]), (StatusCode::OK, &json!(2), &json!(3)));
}

#[actix_web::test]
async fn an_assertion_that_fails_shows_the_nearest_entries() {
    let mut journal = MockJournalReading::new();
    journal.expect_entries().returning(|_, _| vec![super::matching::tests::entry(4)]);
    let operations = here(open(Control { journal: Arc::new(journal), ..no_calls() }));
    let (status, body) = answer(&operations, post("/accounts/7/journal/assert", "{\"match\": {\"status\": 404}}")).await;
    assert_eq!((status, &body["code"], &body["nearest"][0]["seq"]), (StatusCode::CONFLICT, &json!("unmet"), &json!(4)));
    let (status, body) = answer(&operations, post("/accounts/7/journal/assert", "{\"match\": {\"stats\": 200}}")).await;
    assert_eq!((status, &body["field"]), (StatusCode::BAD_REQUEST, &json!("stats")));
    let (status, body) = answer(&operations, post("/accounts/7/journal/assert", "{\"match\": {\"status\": 200}}")).await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "matched": [4] })));
}
