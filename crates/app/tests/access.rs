//! Authorization of the sessions API on both databases. Every call of both versions is made with every kind of credential, on
//! objects of the caller's own account and on objects of another one.
#![expect(clippy::indexing_slicing, reason = "what is missing in JSON is null")]

#[path = "access/broken.rs"]
mod broken;
#[path = "access/floods.rs"]
mod floods;
#[path = "access/guesses.rs"]
mod guesses;
#[path = "access/hostile.rs"]
mod hostile;
#[path = "access/isolation.rs"]
mod isolation;
#[path = "access/nul.rs"]
mod nul;
#[path = "access/nul_on_the_wire.rs"]
mod nul_on_the_wire;
mod support;

use std::process::ExitCode;

use actix_web::body::MessageBody;
use actix_web::dev::{Service as HttpService, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::{App, Error, test};
use derslik_http::{Limits, configure};
use derslik_testkit::builders;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use support::{DATABASES, DEMO, OTHER, Open, Service, block_on, run};

/// One call. `SESSION`, `CODE`, `EMAIL` and `USER` are placeholders for the objects of the call.
struct Call {
    method: Method,
    path: &'static str,
    body: Option<&'static str>,
    /// The status for an authorized caller.
    done: u16,
    /// The outcome for an object that belongs to another account or does not exist.
    elsewhere: Elsewhere,
}

#[derive(Clone, Copy)]
enum Elsewhere {
    /// A status and the code of the error.
    Refused(u16, u16),
    /// An empty list.
    Empty,
    /// The call names no object.
    Done,
}

use Elsewhere::{Done, Empty, Refused};

const PERSON: &str = r#"{"name":"New","surname":"Person","username":"new","email":"new@okul.example"}"#;
const GUEST: &str = r#"{"name":"New","surname":"Guest","email":"new@okul.example"}"#;
const GUESTS: &str = r#"[{"name":"New","surname":"Guest","email":"new@okul.example"}]"#;
const LESSON: &str = r#"{"name":"New","start_date":"2099-05-05","duration":30}"#;
const CHANGE: &str = r#"[{"session_guid":"SESSION","duration":90}]"#;

const fn call(method: Method, path: &'static str, body: Option<&'static str>, done: u16, elsewhere: Elsewhere) -> Call {
    Call { method, path, body, done, elsewhere }
}

/// Every call of both versions.
const CALLS: [Call; 37] = [
    call(Method::POST, "/xapi/v2/session/batch", Some(CHANGE), 200, Refused(400, 30)),
    call(Method::POST, "/xapi/v2/session/search", Some(r#"{"session_guid":"SESSION"}"#), 200, Empty),
    call(Method::GET, "/xapi/v2/session/SESSION", None, 200, Refused(404, 30)),
    call(Method::DELETE, "/xapi/v2/session/SESSION", None, 204, Refused(404, 30)),
    call(Method::POST, "/xapi/v2/session/SESSION/attendee/batch", Some(GUESTS), 200, Refused(404, 30)),
    call(Method::GET, "/xapi/v2/session/SESSION/attendee", None, 200, Refused(404, 30)),
    call(Method::DELETE, "/xapi/v2/session/SESSION/attendee/CODE", None, 204, Refused(404, 30)),
    call(Method::DELETE, "/xapi/v2/session/SESSION/attendee/EMAIL", None, 204, Refused(404, 30)),
    call(Method::DELETE, "/xapi/v2/session/SESSION/attendee/USER", None, 204, Refused(404, 30)),
    call(Method::POST, "/api/groups/xapi/session/batch", Some(CHANGE), 200, Refused(400, 30)),
    call(Method::POST, "/api/groups/xapi/session/search", Some(r#"{"session_guid":"SESSION"}"#), 200, Empty),
    call(Method::GET, "/api/groups/xapi/session/SESSION", None, 200, Refused(404, 30)),
    call(Method::DELETE, "/api/groups/xapi/session/SESSION", None, 204, Refused(404, 30)),
    call(Method::POST, "/api/groups/xapi/session/SESSION/attendee/batch", Some(GUESTS), 200, Refused(404, 30)),
    call(Method::GET, "/api/groups/xapi/session/SESSION/attendee", None, 200, Refused(404, 30)),
    call(Method::DELETE, "/api/groups/xapi/session/SESSION/attendee/CODE", None, 204, Refused(404, 30)),
    call(Method::POST, "/xapi/session", Some(LESSON), 201, Done),
    call(Method::PUT, "/xapi/session/SESSION", Some(r#"{"duration":90}"#), 200, Refused(404, 30)),
    call(Method::GET, "/xapi/session/SESSION", None, 200, Refused(404, 30)),
    call(Method::GET, "/xapi/session?session_id=SESSION", None, 200, Empty),
    call(Method::DELETE, "/xapi/session/SESSION", None, 204, Refused(404, 30)),
    call(Method::POST, "/xapi/session/SESSION/attendees", Some(GUESTS), 200, Refused(404, 30)),
    call(Method::POST, "/xapi/session/SESSION/attendee", Some(GUEST), 200, Refused(404, 30)),
    call(Method::GET, "/xapi/session/SESSION/attendees", None, 200, Refused(404, 30)),
    call(Method::GET, "/xapi/session/SESSION/attendee/CODE", None, 200, Refused(404, 30)),
    call(Method::GET, "/xapi/session/SESSION/attendee/EMAIL", None, 200, Refused(404, 30)),
    call(Method::GET, "/xapi/session/SESSION/attendee/USER", None, 200, Refused(404, 30)),
    call(Method::PUT, "/xapi/session/SESSION/attendee/CODE", Some(r#"{"name":"Changed"}"#), 200, Refused(404, 30)),
    call(Method::PUT, "/xapi/session/SESSION/attendee/USER", Some(r#"{"name":"Changed"}"#), 200, Refused(404, 30)),
    call(Method::DELETE, "/xapi/session/SESSION/attendee/CODE", None, 204, Refused(404, 30)),
    call(Method::DELETE, "/xapi/session/SESSION/attendee/USER", None, 204, Refused(404, 30)),
    call(Method::POST, "/xapi/user", Some(PERSON), 201, Done),
    call(Method::GET, "/xapi/user?username=pupil", None, 200, Empty),
    call(Method::GET, "/xapi/user/USER", None, 200, Refused(404, 52)),
    call(Method::PUT, "/xapi/user/USER", Some(r#"{"name":"Changed"}"#), 200, Refused(404, 52)),
    call(Method::PUT, "/xapi/user/USER/password?password=x", None, 204, Refused(404, 52)),
    call(Method::DELETE, "/xapi/user/USER", None, 204, Refused(404, 52)),
];

/// The objects of a call.
#[derive(Clone)]
struct Objects {
    session: String,
    code: String,
    user: String,
}

impl Objects {
    fn put_into(&self, text: &str) -> String {
        text.replace("SESSION", &self.session)
            .replace("CODE", &self.code)
            .replace("EMAIL", "pupil@okul.example")
            .replace("USER", &self.user)
    }

    /// Ids of objects that do not exist.
    fn missing() -> Self {
        let guid = "8293D504-13EE-447F-9B36-6686C5C39FEB".to_owned();
        Self { session: guid.clone(), code: "nobody-has-this-code".to_owned(), user: guid }
    }
}

/// Sends a request, and returns status and body.
async fn send<S, B>(app: &S, bearer: Option<&str>, method: &Method, path: &str, body: Option<String>) -> Result<(u16, String), Failed>
where
    S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let mut request = test::TestRequest::default().method(method.clone()).uri(path);
    if let Some(bearer) = bearer {
        request = request.insert_header((header::AUTHORIZATION, format!("Bearer {bearer}")));
    }
    if let Some(body) = body {
        let kind = if path.ends_with("/token") { "application/x-www-form-urlencoded" } else { "application/json" };
        request = request.insert_header((header::CONTENT_TYPE, kind)).set_payload(body);
    }
    let response = test::call_service(app, request.to_request()).await;
    let status = response.status().as_u16();
    Ok((status, String::from_utf8(test::read_body(response).await.to_vec())?))
}

/// The same, and expects success.
async fn done<S, B>(app: &S, bearer: &str, method: Method, path: &str, body: Value) -> Result<Value, Failed>
where
    S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let (status, answer) = send(app, Some(bearer), &method, path, Some(body.to_string())).await?;
    if !(200..300).contains(&status) {
        return Err(format!("{method} {path}: {status} {answer}").into());
    }
    Ok(serde_json::from_str(&answer)?)
}

/// Logs in with a password, and returns the token.
async fn token<S, B>(app: &S, account: u32, username: &str, password: &str) -> Result<String, Failed>
where
    S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let form = format!("grant_type=password&client_id=api&account_id={account}&username={username}&password={password}");
    let (_, answer) = send(app, None, &Method::POST, "/auth/connect/token", Some(form)).await?;
    let token = serde_json::from_str::<Value>(&answer)?["access_token"].as_str().map(str::to_owned);
    token.ok_or_else(|| format!("no token for {username}: {answer}").into())
}

/// A session of the account `demo` with a person of that account as attendee.
async fn make<S, B>(app: &S) -> Result<Objects, Failed>
where
    S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let lesson = json!({"name": "Lesson", "start_date": "2099-05-05", "duration": 30});
    let session = done(app, DEMO, Method::POST, "/xapi/session", lesson).await?["session_id"].as_str().unwrap_or_default().to_owned();
    // The person of the previous call may still exist.
    send(app, Some(DEMO), &Method::DELETE, "/xapi/user/pupil", None).await?;
    send(app, Some(DEMO), &Method::DELETE, "/xapi/user/new", None).await?;
    let pupil = json!({"name": "A", "surname": "Pupil", "username": "pupil", "email": "pupil@okul.example"});
    let user = done(app, DEMO, Method::POST, "/xapi/user", pupil).await?["user_id"].as_str().unwrap_or_default().to_owned();
    let attendee = json!({"user_guid": user});
    let code = done(app, DEMO, Method::POST, &format!("/xapi/session/{session}/attendee"), attendee).await?;
    Ok(Objects { session, code: code.as_str().unwrap_or_default().to_owned(), user })
}

/// All objects of the account, to compare them before and after.
async fn all<S, B>(app: &S, of: &Objects) -> Result<String, Failed>
where
    S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let mut all = String::new();
    for path in ["/xapi/session?page_size=1000", "/xapi/session/SESSION/attendees", "/xapi/user?page_size=1000"] {
        all.push_str(&send(app, Some(DEMO), &Method::GET, &of.put_into(path), None).await?.1);
    }
    Ok(all)
}

fn expect(about: &str, came: &impl std::fmt::Debug, wanted: &impl std::fmt::Debug) -> Result<(), Failed> {
    let (came, wanted) = (format!("{came:?}"), format!("{wanted:?}"));
    if came == wanted { Ok(()) } else { Err(format!("{about}\n  wanted {wanted}\n  came   {came}").into()) }
}

/// The status and the code of an answer; that of the first refused item of a batch.
fn refusal(answer: &(u16, String)) -> (u16, Option<u64>) {
    let body: Value = serde_json::from_str(&answer.1).unwrap_or_default();
    let code = body["code"].as_u64().or_else(|| body["rejected"][0]["state"]["code"].as_u64());
    (answer.0, code)
}

async fn table(service: &Service) -> Result<(), Failed> {
    let app = test::init_service(App::new().configure(|config| configure(config, service.state.clone()))).await;
    // A person of each classroom role, to log in as.
    for (role, name) in [("a", "admin"), ("e", "instructor"), ("u", "user"), ("e+", "more"), ("e-", "less")] {
        let person = json!({
            "name": name, "surname": "Of demo", "username": name, "email": format!("{name}@okul.example"), "role": role, "password": "known",
        });
        done(&app, DEMO, Method::POST, "/xapi/user", person).await?;
    }
    let other = json!({
        "name": "Admin", "surname": "Of other", "username": "admin", "email": "admin@okul.example", "role": "a", "password": "known",
    });
    done(&app, OTHER, Method::POST, "/xapi/user", other).await?;

    let owners = [
        ("the key", DEMO.to_owned()),
        ("the token of the key", token(&app, 1329, "demo-access", "demo-secret").await?),
        ("the token of an administrator", token(&app, 1329, "admin", "known").await?),
    ];
    let strangers = [
        ("the key of another account", OTHER.to_owned()),
        ("the token of that key", token(&app, 1330, "other-access", "other-secret").await?),
        ("the token of its administrator", token(&app, 1330, "admin", "known").await?),
    ];
    let mut denied = vec![
        ("nobody", None, 14),
        ("a token that there is not", Some("derslik_at_wrong".to_owned()), 14),
        ("a key with a wrong secret", Some(format!("demo-access|{}", "0".repeat(64))), 14),
        ("a key that there is not", Some(DEMO.replace("demo", "nobody")), 14),
        ("the key of the jobs", Some("demo-organization-key".to_owned()), 14),
        ("a token of the courses", Some("demo-admin-token".to_owned()), 17),
    ];
    for (name, about) in [("instructor", "an instructor"), ("user", "a user"), ("more", "an e+"), ("less", "an e-")] {
        denied.push((about, Some(token(&app, 1329, name, "known").await?), 17));
    }

    let (ours, missing) = (make(&app).await?, Objects::missing());
    let before = all(&app, &ours).await?;
    for call in &CALLS {
        let ask = |bearer: Option<String>, objects: &Objects| {
            let (path, body) = (objects.put_into(call.path), call.body.map(|body| objects.put_into(body)));
            let app = &app;
            async move { send(app, bearer.as_deref(), &call.method, &path, body).await }
        };
        for (who, bearer, code) in &denied {
            for objects in [&ours, &missing] {
                let answer = ask(bearer.clone(), objects).await?;
                expect(&format!("{who}: {} {}", call.method, call.path), &refusal(&answer), &(401, Some(*code)))?;
            }
        }
        for (who, bearer) in &strangers {
            let about = format!("{who}: {} {}", call.method, call.path);
            let answer = ask(Some(bearer.clone()), &ours).await?;
            match call.elsewhere {
                Refused(status, code) => expect(&about, &refusal(&answer), &(status, Some(u64::from(code))))?,
                Empty => expect(&about, &answer, &(200, "[]"))?,
                Done => {
                    expect(&about, &answer.0, &call.done)?;
                    // Removes the new person, so that the next stranger can create it.
                    send(&app, Some(OTHER), &Method::DELETE, "/xapi/user/new", None).await?;
                    continue;
                }
            }
            // The answer for an object of another account is byte for byte that for a missing one.
            let nothing = ask(Some(bearer.clone()), &missing).await?;
            expect(&about, &answer.1.replace(&ours.session, &missing.session), &nothing.1)?;
        }
        expect(&format!("after {} {}", call.method, call.path), &all(&app, &ours).await?, &before)?;
    }
    for call in &CALLS {
        for (who, bearer) in &owners {
            let objects = make(&app).await?;
            let (path, body) = (objects.put_into(call.path), call.body.map(|body| objects.put_into(body)));
            let answer = send(&app, Some(bearer), &call.method, &path, body).await?;
            let about = format!("{who}: {} {}: {}", call.method, call.path, answer.1);
            expect(&about, &answer.0, &call.done)?;
            if matches!(call.elsewhere, Empty) {
                expect(&about, &serde_json::from_str::<Vec<Value>>(&answer.1)?.len(), &1)?;
            }
        }
    }
    Ok(())
}

/// A password is set in the query or in the body. Tokens that were issued for the old one become invalid.
async fn passwords(service: &Service) -> Result<(), Failed> {
    let app = test::init_service(App::new().configure(|config| configure(config, service.state.clone()))).await;
    let person = json!({
        "name": "Ayhan", "surname": "Demir", "username": "ayhan", "email": "ayhan@okul.example", "role": "a", "password": "old",
    });
    done(&app, DEMO, Method::POST, "/xapi/user", person).await?;
    let mut known = "old".to_owned();
    for (path, body, password) in [
        ("/xapi/user/ayhan/password?password=g%C3%BCn%201", None, "g%C3%BCn%201"),
        ("/xapi/user/ayhan/password", Some(r#""a\u00e7 2""#), "a%C3%A7%202"),
        ("/xapi/user/AYHAN/password/?Password=third", Some(r#""not this one""#), "third"),
    ] {
        let before = token(&app, 1329, "ayhan", &known).await?;
        let set = send(&app, Some(DEMO), &Method::PUT, path, body.map(str::to_owned)).await?;
        expect(path, &set, &(204, ""))?;
        expect(path, &send(&app, Some(&before), &Method::GET, "/xapi/user", None).await?.0, &401)?;
        expect(path, &token(&app, 1329, "ayhan", &known).await.is_err(), &true)?;
        password.clone_into(&mut known);
        token(&app, 1329, "ayhan", &known).await?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let table_of = |(database, open)| {
        Trial::test(format!("{database}::everybody_may_do_what_the_table_says"), move || {
            block_on(async move {
                let service = Service::start(open, builders::now(), Limits::default()).await?;
                table(&service).await
            })
        })
    };
    let nul_of = |(database, open)| {
        Trial::test(format!("{database}::a_nul_fails_nothing_wherever_it_is_sent"), move || {
            block_on(async move { nul::nul(&Service::start(open, builders::now(), Limits::default()).await?).await })
        })
    };
    let guesses_of = |(database, open)| {
        Trial::test(format!("{database}::a_name_is_guessed_at_ten_times_however_it_is_spelled"), move || {
            block_on(async move { guesses::guesses(&Service::start(open, builders::now(), Limits::default()).await?).await })
        })
    };
    let at_once_of = |(database, open)| {
        Trial::test(format!("{database}::log_ins_at_once_are_refused_for_wrong_ones_alone"), move || block_on(guesses::at_once(open)))
    };
    let passwords_of = |(database, open)| {
        Trial::test(format!("{database}::a_password_that_was_set_logs_in_and_ends_what_the_old_one_began"), move || {
            block_on(async move { passwords(&Service::start(open, builders::now(), Limits::default()).await?).await })
        })
    };
    let broken_of = |(database, open)| {
        Trial::test(format!("{database}::a_body_that_breaks_is_answered_whatever_the_call"), move || broken::broken(open))
    };
    let nul_in_headers_of = |(database, open)| {
        Trial::test(format!("{database}::a_nul_in_a_head_is_refused_and_its_escapes_fail_nothing"), move || {
            nul_on_the_wire::in_headers(open)
        })
    };
    let nul_in_batches_of = |(database, open)| {
        Trial::test(format!("{database}::a_nul_in_a_part_of_a_batch_fails_no_other_part"), move || nul_on_the_wire::in_batches(open))
    };
    let floods_of = |(database, open)| {
        Trial::test(format!("{database}::a_flood_without_a_credential_is_refused_and_valid_ones_pass"), move || floods::of_unknown(open))
    };
    let floods_by_proxies_of = |(database, open)| {
        Trial::test(format!("{database}::clients_of_a_trusted_proxy_are_limited_one_by_one"), move || floods::behind_a_proxy(open))
    };
    let floods_by_keys_of = |(database, open)| {
        Trial::test(format!("{database}::a_credential_is_limited_where_a_setting_says_so"), move || floods::of_one_credential(open))
    };
    let isolation_of = |(database, open): (&'static str, Open)| {
        Trial::test(format!("{database}::isolation_of_each_call_from_each_caller_is_as_in_the_table"), move || {
            block_on(async move {
                let service = Service::start(open, builders::now(), Limits::default()).await?;
                // One of the two writes the file.
                isolation::table(&service, database == "sqlite" && std::env::var_os("BLESS").is_some()).await
            })
        })
    };
    let hostile_of = |(database, open): (&'static str, Open)| {
        hostile::TARGETS.map(|target| {
            Trial::test(format!("{database}::hostile_{}_are_answered_and_fail_nothing", target.name), move || hostile::fuzz(open, target))
        })
    };
    let of_each = [
        DATABASES.map(table_of),
        DATABASES.map(nul_of),
        DATABASES.map(guesses_of),
        DATABASES.map(at_once_of),
        DATABASES.map(passwords_of),
        DATABASES.map(broken_of),
        DATABASES.map(nul_in_headers_of),
        DATABASES.map(nul_in_batches_of),
        DATABASES.map(floods_of),
        DATABASES.map(floods_by_proxies_of),
        DATABASES.map(floods_by_keys_of),
        DATABASES.map(isolation_of),
    ];
    let others = [Trial::test("isolation_table_has_every_described_call", isolation::has_every_call)];
    let hostile = DATABASES.map(hostile_of).into_iter().flatten();
    run(of_each.into_iter().flatten().chain(hostile).chain(others).collect())
}
