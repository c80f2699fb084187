//! A job that a newer version of the program has made, as clients and operators of this version see it, on both databases.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]
#![expect(clippy::unwrap_used, reason = "a failed expectation is what a test is for")]

mod support;

use std::process::ExitCode;

use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{App, test};
use derslik_http::{Limits, configure};
use derslik_storage::DatabaseUrl;
use derslik_testkit::builders::now;
use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use support::process::derslik;
use support::{DATABASES, Service, block_on, run};

const KEY: &str = "demo-organization-key";
const PROJECT: &str = "/api/v1/3sWXSsqHgSKnE87YkNJK";
/// Turns a job into one that only a newer version knows.
const FUTURE: &str = "UPDATE jobs SET action = 'water_the_plants' WHERE id = 2";

fn main() -> ExitCode {
    let trials = DATABASES.map(|(name, open)| {
        Trial::test(format!("{name}::a_job_of_a_newer_version_breaks_nothing"), move || {
            block_on(async move {
                let service = Service::start(open, now(), Limits::default()).await?;
                for user in ["a", "b", "c"] {
                    assert_eq!(call(&service, Method::DELETE, &format!("users/{user}")).await.0, 200);
                }
                change(&service.url)?;
                clients(&service).await;
                operators(&address(&service.url));
                Ok(())
            })
        })
    });
    run(trials.into())
}

fn change(url: &DatabaseUrl) -> Result<(), Failed> {
    match url {
        DatabaseUrl::Postgres(url) => PgConnection::establish(url)?.batch_execute(FUTURE)?,
        DatabaseUrl::Sqlite(path) => SqliteConnection::establish(&path.to_string_lossy())?.batch_execute(FUTURE)?,
    }
    Ok(())
}

fn address(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Postgres(url) => url.clone(),
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
    }
}

async fn call(service: &Service, method: Method, path: &str) -> (u16, Value) {
    let app = test::init_service(App::new().configure(|config| configure(config, service.state.clone()))).await;
    let request = test::TestRequest::default().method(method).uri(&format!("{PROJECT}/{path}")).insert_header((AUTHORIZATION, KEY));
    let response = test::call_service(&app, request.to_request()).await;
    (response.status().as_u16(), test::read_body_json(response).await)
}

/// Clients do not see the job; they see the other jobs as before.
async fn clients(service: &Service) {
    let (status, list) = call(service, Method::GET, "jobs").await;
    assert_eq!((status, list["data"].as_array().unwrap().iter().map(|job| &job["jobId"]).collect()), (200, vec![&json!(1), &json!(3)]));
    for method in [Method::GET, Method::DELETE] {
        let missing = call(service, method.clone(), "jobs/99").await;
        assert_eq!((missing.0, call(service, method, "jobs/2").await), (404, missing));
    }
    assert_eq!(call(service, Method::GET, "jobs/3").await.1["data"]["referenceId"], "c");
    // The unknown job does not block another erasure of the same user.
    let (status, erasure) = call(service, Method::DELETE, "users/b").await;
    assert_eq!((status, &erasure["data"]["status"], &erasure["data"]["referenceId"]), (200, &json!("scheduled"), &json!("b")));
}

/// Operators see the job as it is stored, since they must know about all waiting work. They can't change it.
fn operators(url: &str) {
    let run = |arguments: &[&str]| {
        let output = derslik(arguments).args(["--account", "demo", "--database-url", url]).output().unwrap();
        let text = String::from_utf8(if output.status.success() { output.stdout } else { output.stderr }).unwrap();
        (text, output.status.code())
    };
    let in_json = |arguments: &[&str]| -> Value {
        let (text, code) = run(&[arguments, &["--json"]].concat());
        assert_eq!(code, Some(0), "{text}");
        serde_json::from_str(&text).unwrap()
    };
    let ids = |list: &Value| -> Vec<Value> { list.as_array().unwrap().iter().map(|job| job["id"].clone()).collect() };
    assert_eq!(ids(&in_json(&["job", "list"])), [1, 2, 3, 4]);
    assert_eq!(ids(&in_json(&["job", "list", "--limit", "2"])), [1, 2]);
    let part = in_json(&["job", "list", "--after", "1", "--limit", "1"]);
    assert_eq!((ids(&part), &part[0]["known"]), (vec![json!(2)], &json!(false)));

    let shown = in_json(&["job", "show", "2"]);
    assert_eq!(shown, part[0]);
    assert_eq!((&shown["action"], &shown["reference"], &shown["status"]), (&json!("water_the_plants"), &json!("b"), &json!("scheduled")));
    let (text, code) = run(&["job", "show", "2"]);
    assert!(code == Some(0) && text.starts_with("2\tscheduled\t") && text.contains("this version does not know"), "{text}");
    for command in ["cancel", "retry", "run-now"] {
        let (text, code) = run(&["job", command, "2"]);
        assert!(code == Some(2) && text.contains("does not know what the job does"), "{code:?} {text}");
    }
}
