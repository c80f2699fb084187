//! The metadata server over a real database: the tokens that it gives out, and who gets none.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]

mod support;

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{App, test};
use derslik_domain::id::Id;
use derslik_domain::identity::{Role, Scope, ServiceAddress, ServiceName};
use derslik_http::metadata::{MetadataServer, start};
use derslik_http::{HttpState, Limits, configure};
use derslik_ports::inbound::operators::{NewDelegation, NewServiceAccount};
use derslik_side_listener::Running;
use derslik_testkit::builders::{account, now};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use support::process::Answer;
use support::{DATABASES, Open, Service, block_on, run};

const TOKEN: &str = "/computeMetadata/v1/instance/service-accounts/default/token";
const COURSES: &str = "https://www.googleapis.com/auth/classroom.courses";

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (database, open) in DATABASES {
        trials.push(Trial::test(format!("{database}::a_token_of_the_metadata_server_is_one_of_the_service_account"), move || {
            block_on(tokens(open))
        }));
        trials.push(Trial::test(format!("{database}::a_service_account_that_may_not_act_gets_no_token"), move || block_on(gone(open))));
    }
    run(trials)
}

fn check(holds: bool, about: &dyn std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{about:?}").into()) }
}

/// A metadata server for the service account `timetable`, which may not exist.
fn serve(service: &Service) -> Result<(Running, SocketAddr), Failed> {
    let server = MetadataServer {
        grants: Arc::clone(&service.state.token_grants),
        account: ServiceAddress { account: account().id, name: ServiceName::parse("timetable")? },
        universe_domain: "okul.example".to_owned(),
        any_host: false,
    };
    let running = start(TcpListener::bind("127.0.0.1:0")?, server)?;
    let address = running.address();
    Ok((running, address))
}

async fn create(service: &Service) -> Result<(), Failed> {
    let new = NewServiceAccount {
        name: ServiceName::parse("timetable")?,
        role: Role::Admin,
        scopes: [Scope::Courses, Scope::Rosters].into_iter().collect(),
        delegation: NewDelegation::People(Vec::new()),
    };
    service.operators.grants.create_service_account(account().id, new).await?;
    Ok(())
}

/// The answer to a request, which is read on another thread: the database answers on this one.
async fn ask(address: SocketAddr, path: &str) -> Result<Answer, Failed> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nMetadata-Flavor: Google\r\n\r\n");
    let asked = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.write_all(head.as_bytes())?;
        Answer::read(&mut stream).map_err(|failure| std::io::Error::other(failure.message().unwrap_or_default().to_owned()))
    });
    Ok(asked.await??)
}

/// The status of a call of the courses API with a token.
async fn call(state: &HttpState, token: &str, request: test::TestRequest) -> u16 {
    let state = state.clone();
    let app = test::init_service(App::new().configure(|config| configure(config, state))).await;
    let request = request.insert_header((AUTHORIZATION, format!("Bearer {token}")));
    test::call_service(&app, request.to_request()).await.status().as_u16()
}

async fn tokens(open: Open) -> Result<(), Failed> {
    let service = Service::start(open, now(), Limits::default()).await?;
    create(&service).await?;
    let (running, address) = serve(&service)?;
    let described = ask(address, "/computeMetadata/v1/instance/service-accounts/default/?recursive=true").await?.json()?;
    check(described["scopes"] == json!([COURSES, "https://www.googleapis.com/auth/classroom.rosters"]), &described)?;
    let all: Value = ask(address, TOKEN).await?.json()?;
    check((&all["expires_in"], &all["token_type"]) == (&json!(3_600), &json!("Bearer")), &all)?;
    let one = ask(address, &format!("{TOKEN}?scopes={COURSES}.readonly,{COURSES}")).await?.json()?;
    let (all, one) = (all["access_token"].as_str().ok_or("no token")?, one["access_token"].as_str().ok_or("no token")?);
    check(all != one, &"one token for two requests")?;
    let list = || test::TestRequest::get().uri("/v1/courses");
    let roster = || test::TestRequest::get().uri("/v1/courses/7/students");
    check(call(&service.state, all, list()).await == 200, &"a list with the token of all scopes")?;
    check(call(&service.state, one, list()).await == 200, &"a list with the token of one scope")?;
    check(call(&service.state, all, roster()).await == 404, &"a roster with the token of all scopes")?;
    check(call(&service.state, one, roster()).await == 403, &"a roster with the token of one scope")?;
    let refused = ask(address, &format!("{TOKEN}?scopes={COURSES}.readonly")).await?;
    check(refused.status == 403, &refused)?;
    tokio::task::spawn_blocking(move || running.stop()).await?;
    Ok(())
}

async fn gone(open: Open) -> Result<(), Failed> {
    let service = Service::start(open, now(), Limits::default()).await?;
    let (running, address) = serve(&service)?;
    let absent = ask(address, TOKEN).await?;
    check(absent.status == 404 && absent.head.contains("metadata-flavor: google"), &absent)?;
    create(&service).await?;
    let created = ask(address, TOKEN).await?;
    check(created.status == 200, &created)?;
    check(service.operators.accounts.set_disabled(Id::new(1_329), true).await?, &"it is disabled")?;
    for path in [TOKEN, "/computeMetadata/v1/instance/service-accounts/default/scopes"] {
        let disabled = ask(address, path).await?;
        check(disabled.status == 404, &disabled)?;
    }
    let email = ask(address, "/computeMetadata/v1/instance/service-accounts/default/email").await?;
    check(email.body == "timetable@1329.iam.derslik.internal", &email)?;
    tokio::task::spawn_blocking(move || running.stop()).await?;
    Ok(())
}
