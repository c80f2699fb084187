//! Exact answers. Each file under `golden/` is a list of requests with the expected answers, key for key, value for value, in
//! order. Every file is run on both databases. The clock stands at the instant of the seed document, and new GUIDs are
//! consecutive. `BLESS=1` writes the actual answers into the files; review them before the commit.

mod support;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{Method, header};
use actix_web::{App, test};
use derslik::dev_accounts::dev_accounts;
use derslik_domain::attendee::Attendee;
use derslik_domain::id::{Id, ProjectId};
use derslik_domain::identity::{CredentialKind, User, UserKey};
use derslik_domain::job::{Event, Failure, FailureReason, Jitter, LeaseTerm, LeaseToken, NewJob, ReferenceId, RetryPolicy, WorkerId};
use derslik_domain::session::{Session, SessionDuration, SessionName, SessionStatus};
use derslik_domain::time::{Start, WrittenTime, Zone};
use derslik_http::openreplay::JobsCompat;
use derslik_http::{Limits, configure};
use derslik_ports::inbound::operators::{AccountPlan, CredentialPlan, Credentials};
use derslik_ports::inbound::{IdentityService, PresentedCredential};
use derslik_ports::mocks::StoppedClock;
use derslik_ports::outbound::{Reason, StoreError};
use derslik_services::identity::Identity;
use derslik_testkit::builders;
use libtest_mimic::{Failed, Trial};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use support::{DATABASES, DEMO, OTHER, Service, block_on, run};

/// One request and the expected answer.
#[derive(Serialize, Deserialize)]
struct Step {
    /// The purpose of this step, for readers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    about: Option<String>,
    method: String,
    path: String,
    /// `demo`, `other`, or a whole `Authorization` header; absent for a request without credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// More headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    /// A body as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json: Option<Box<RawValue>>,
    /// A body as text, for bodies that are not JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default)]
    status: u16,
    /// Headers that the answer must have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    answer_headers: Vec<(String, String)>,
    /// The body of the answer; absent for an empty one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Box<RawValue>>,
}

fn main() -> ExitCode {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")).unwrap_or_default();
    let mut trials = vec![Trial::test("there_are_golden_files", {
        let count = files.len();
        move || if count > 5 { Ok(()) } else { Err(format!("{count} files").into()) }
    })];
    for (database, open) in DATABASES {
        for file in &files {
            let name = format!("{database}::{}", file.file_stem().unwrap_or_default().to_string_lossy());
            let file = file.clone();
            trials.push(Trial::test(name, move || {
                block_on(async move {
                    let mut service = Service::start(open, builders::now(), Limits::default()).await?;
                    prepare(&service).await?;
                    if file.parent().is_some_and(|folder| folder.ends_with("jobs")) {
                        prepare_jobs(&service).await?;
                    }
                    if file.file_stem().is_some_and(|name| name == "begun") {
                        prepare_begun(&service).await?;
                    }
                    if file.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("_126")) {
                        service.state = service.state.with_jobs_compat(JobsCompat::Release126);
                    }
                    replay(&service, &file).await
                })
            }));
        }
    }
    run(trials)
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.append(&mut self::files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The session that the seed document changes, in its state before, and a session of another account.
async fn prepare(service: &Service) -> Result<(), Failed> {
    let session = |guid: &str, name: &str| -> Result<Session, Failed> {
        let created = "2025-02-06T15:23:48.490759+03:00".parse()?;
        Ok(Session {
            name: SessionName::new(name)?,
            duration: SessionDuration::from_minutes(80)?,
            created_at: created,
            updated_at: created,
            ..builders::session(guid.parse()?)
        })
    };
    let (ours, theirs) = (
        session("61E3D504-13EE-447F-9B36-6686C5C39FEB", "Web Development 101")?,
        session("0713D504-13EE-447F-9B36-6686C5C39FEB", "Somebody else's")?,
    );
    service
        .write(move |stores| {
            stores.sessions().insert_many(builders::account().id, &[&ours])?;
            stores.sessions().insert_many(builders::other_account().id, &[&theirs])
        })
        .await
}

/// A session that began half an hour ago, and one that ended long ago.
async fn prepare_begun(service: &Service) -> Result<(), Failed> {
    let session = |guid: &str, start: &str, status| -> Result<Session, Failed> {
        let written: WrittenTime = start.parse()?;
        let start = Start::at(written.civil(), Zone::ISTANBUL);
        let created = "2025-01-01T00:00:00Z".parse()?;
        let duration = SessionDuration::from_minutes(80)?;
        Ok(Session { start, duration, status, created_at: created, updated_at: created, ..builders::session(guid.parse()?) })
    };
    let begun = session("0A13D504-13EE-447F-9B36-6686C5C39FEB", "2025-02-06T15:37:00.25", SessionStatus::Active)?;
    let over = session("0B13D504-13EE-447F-9B36-6686C5C39FEB", "2025-01-06T12:00:00", SessionStatus::Expired)?;
    service.write(move |stores| stores.sessions().insert_many(builders::account().id, &[&begun, &over])).await
}

/// Jobs of each status, one of them internal, one of another account; and a user who attends two sessions.
async fn prepare_jobs(service: &Service) -> Result<(), Failed> {
    let later = |seconds| builders::now().plus(Duration::from_secs(seconds));
    let erasure = |project, name: &str| -> Result<NewJob, Failed> {
        Ok(NewJob::delete_user_data(ProjectId::new(project), ReferenceId::new(name)?, builders::now()))
    };
    let ours = [
        erasure(1, "mehdi@openreplay.com")?,
        erasure(1, "shekar@example.com")?,
        erasure(1, "مهدي/علي")?,
        erasure(1, "42")?,
        erasure(1, "\"quoted\" \\ ığüşöç")?,
        NewJob::expire_sessions(later(60), builders::now()),
    ];
    let theirs = erasure(2, "theirs")?;
    let token = LeaseToken::new(uuid::Uuid::from_u128(7));
    let claim = Event::Claim { worker: WorkerId::new(uuid::Uuid::from_u128(1)), token, term: LeaseTerm::DEFAULT };
    let failure = Failure::new(FailureReason::Permanent, "no use in trying again");
    let fail = Event::Fail { token, failure, retry: RetryPolicy::DEFAULT, jitter: Jitter::NONE };
    let changes = [
        (2, Event::Cancel, later(60)),
        (3, Event::RunNow, later(1)),
        (3, claim.clone(), later(2)),
        (4, Event::RunNow, later(1)),
        (4, claim.clone(), later(2)),
        (4, Event::Succeed { token }, later(3)),
        (5, Event::RunNow, later(1)),
        (5, claim, later(2)),
        (5, fail, later(4)),
    ];
    let people = [(1, "61E3D504-13EE-447F-9B36-6686C5C39FEB"), (2, "7CD2D504-13EE-447F-9B36-6686C5C39FEB")];
    let second = Session { start: builders::start("2025-08-06T12:00:00"), ..builders::session(people[1].1.parse()?) };
    let attends = people.map(|(number, session)| Ok::<_, Failed>((number, session.parse()?)));
    let attends = attends.into_iter().collect::<Result<Vec<_>, _>>()?;
    service
        .write(move |stores| {
            for job in &ours {
                stores.jobs().enqueue(builders::account().id, job)?;
            }
            stores.jobs().enqueue(builders::other_account().id, &theirs)?;
            for (id, event, at) in changes {
                let before = stores.jobs().lock(builders::account().id, Id::new(id))?.ok_or(StoreError::from(Reason::Unreachable))?;
                let (after, _) = before.clone().apply(event, at).map_err(|_| StoreError::from(Reason::Unreachable))?;
                stores.jobs().replace(builders::account().id, &before, &after)?;
            }
            stores.sessions().insert_many(builders::account().id, &[&second])?;
            let teacher =
                stores.users().find(builders::account().id, &UserKey::Id(Id::new(102)))?.ok_or(StoreError::from(Reason::Unreachable))?;
            // The answers contain the GUID, so it must be a fixed one and not the one of the setup.
            let teacher = User { guid: builders::user(102).guid, ..teacher };
            stores.users().update(builders::account().id, &teacher)?;
            let attendee = |(number, session)| Attendee { session, user: Some(teacher.guid), ..builders::attendee(1, number) };
            let attendees: Vec<_> = attends.into_iter().map(attendee).collect();
            stores.attendees().insert_many(builders::account().id, &attendees)
        })
        .await?;
    revoke_a_key(service).await
}

/// Gives the account another key of the jobs API, and revokes it.
async fn revoke_a_key(service: &Service) -> Result<(), Failed> {
    const REVOKED: &str = "revoked-organization-key";
    let accounts = dev_accounts(service.operators.secrets.as_ref(), &builders::settings(), true, builders::now())?;
    let demo = accounts.into_iter().next().ok_or("no account")?;
    let mut plan = AccountPlan { users: Vec::new(), projects: Vec::new(), ..demo.plan };
    plan.credentials.push(CredentialPlan::Opaque(CredentialKind::AccountKey, REVOKED.to_owned()));
    service.operators.accounts.set_up(vec![plan], Credentials::Always).await?.ok_or("the account is another's")?;
    let presented = PresentedCredential { kind: CredentialKind::AccountKey, public_id: String::new(), secret: REVOKED.into() };
    // A separate instance, so that the key does not enter the service's cache of credentials.
    let identity = Identity::new(service.uow.clone(), Arc::new(StoppedClock(builders::now())));
    let actor = identity.authenticate(presented).await.map_err(|error| error.to_string())?;
    let revoked =
        service.write(move |stores| stores.identity().revoke_credential(actor.account_id(), actor.credential, builders::now())).await?;
    if revoked { Ok(()) } else { Err("there was no key to revoke".into()) }
}

async fn replay(service: &Service, file: &Path) -> Result<(), Failed> {
    let app = test::init_service(App::new().configure(|config| configure(config, service.state.clone()))).await;
    let mut steps: Vec<Step> = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let bless = std::env::var_os("BLESS").is_some();
    for step in &mut steps {
        let mut request = test::TestRequest::default().method(Method::from_bytes(step.method.as_bytes())?).uri(&step.path);
        let bearer = match step.by.as_deref() {
            Some("demo") => Some(format!("Bearer {DEMO}")),
            Some("other") => Some(format!("Bearer {OTHER}")),
            header => header.map(str::to_owned),
        };
        if let Some(bearer) = bearer {
            request = request.insert_header((header::AUTHORIZATION, bearer));
        }
        if let Some(json) = &step.json {
            request = request.insert_header((header::CONTENT_TYPE, "application/json")).set_payload(json.get().to_owned());
        }
        if let Some(text) = &step.text {
            request = request.insert_header((header::CONTENT_TYPE, "application/json")).set_payload(text.clone());
        }
        for (name, value) in &step.headers {
            request = request.insert_header((name.as_str(), value.as_str()));
        }
        let response = test::call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = String::from_utf8(test::read_body(response).await.to_vec())?;
        if bless {
            step.status = status;
            step.answer = if body.is_empty() { None } else { Some(RawValue::from_string(body)?) };
            continue;
        }
        let about = format!("{} {} {}", step.method, step.path, step.about.as_deref().unwrap_or_default());
        expect(&about, &status.to_string(), &step.status.to_string())?;
        let wanted = step.answer.as_ref().map(|answer| compact(answer.get())).unwrap_or_default();
        expect(&about, &compact(&body), &wanted)?;
        for (name, value) in &step.answer_headers {
            let came = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("none");
            expect(&format!("{about}: {name}"), came, value)?;
        }
    }
    if bless {
        std::fs::write(file, pretty(&steps)? + "\n")?;
    }
    Ok(())
}

fn expect(about: &str, came: &str, wanted: &str) -> Result<(), Failed> {
    if came == wanted { Ok(()) } else { Err(format!("{about}\n  wanted {wanted}\n  came   {came}").into()) }
}

/// JSON without insignificant white space; everything else is unchanged.
fn compact(json: &str) -> String {
    let (mut compact, mut in_string, mut escaped) = (String::with_capacity(json.len()), false, false);
    for letter in json.chars() {
        if in_string || !letter.is_ascii_whitespace() {
            compact.push(letter);
        }
        if in_string && !escaped && letter == '\\' {
            escaped = true;
            continue;
        }
        if letter == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = false;
    }
    compact
}

/// The steps with one line for each member; numbers and strings of the bodies keep their spelling.
fn pretty(steps: &[Step]) -> Result<String, Failed> {
    let json = serde_json::to_string(steps)?;
    let (mut pretty, mut depth, mut in_string, mut escaped) = (String::new(), 0_usize, false, false);
    let break_line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
    };
    let mut letters = compact(&json).chars().collect::<Vec<_>>().into_iter().peekable();
    while let Some(letter) = letters.next() {
        if in_string {
            pretty.push(letter);
            in_string = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
            continue;
        }
        match letter {
            '{' | '[' if letters.peek().is_some_and(|next| ['}', ']'].contains(next)) => pretty.push(letter),
            '{' | '[' => {
                depth += 1;
                pretty.push(letter);
                break_line(&mut pretty, depth);
            }
            '}' | ']' if pretty.ends_with(['{', '[']) => pretty.push(letter),
            '}' | ']' => {
                depth -= 1;
                break_line(&mut pretty, depth);
                pretty.push(letter);
            }
            ',' => {
                pretty.push(letter);
                break_line(&mut pretty, depth);
            }
            ':' => pretty.push_str(": "),
            other => {
                in_string = other == '"';
                pretty.push(other);
            }
        }
    }
    Ok(pretty)
}
