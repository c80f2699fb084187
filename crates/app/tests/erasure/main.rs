//! Erasures from the request to the last row, by a real worker on both databases: which rows go and which stay, the audit
//! records, and how the next worker goes on after one that died.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is what a test is for")]

mod canary;
mod left_behind;
mod many;
#[path = "../support/mod.rs"]
mod support;
mod window;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::http::Method;
use actix_web::{App, test};
use derslik::system::{ShiftedClock, SystemIds};
use derslik_domain::attendee::Attendee;
use derslik_domain::audit::{AuditEvent, AuditFilter, AuditRecord, Erasure, ErasureStage, Requester};
use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::identity::{CredentialKind, DataSubject, Email, PasswordHash, SecretDigest, User, UserKey, Username};
use derslik_domain::job::{ErasureCounts, ErasureKind, Progress, ReferenceId};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;
use derslik_domain::session::Session;
use derslik_http::{Limits, configure};
use derslik_ports::outbound::{NewCredential, StoreError, Stores, Tenant, UnitOfWork};
use derslik_storage::DieselUnitOfWork;
use derslik_testkit::builders::{account, attendee, guid, now, other_account, session, user};
use derslik_worker::handlers::{self, CalendarTemplate, Retention};
use derslik_worker::{Runner, Settings, WorkerPorts};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use support::{DATABASES, Service, block_on, run};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const KEY: &str = "demo-organization-key";
const PROJECT: &str = "/api/v1/3sWXSsqHgSKnE87YkNJK";
const ADMIN: &str = "demo-admin-token";
const TEACHER: &str = "demo-teacher-token";
const COTEACHER: &str = "demo-coteacher-token";
const STUDENT: &str = "demo-student-token";
const OUTSIDER: &str = "demo-stranger-token";
/// The teacher of the account `demo`, and the teacher's other names.
const ID: PrincipalId = PrincipalId::new(102);
const ADDRESS: &str = "teacher@demo.example";

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (name, open) in DATABASES {
        let mut add = |behaviour: &str, test: fn(Service) -> std::pin::Pin<Box<dyn Future<Output = ()>>>| {
            trials.push(Trial::test(format!("{name}::{behaviour}"), move || {
                block_on(async move {
                    test(Service::start(open, now(), Limits::default()).await?).await;
                    Ok(())
                })
            }));
        };
        add("everything_of_a_user_goes_and_what_others_need_stays", |service| Box::pin(everything(service)));
        add("an_interrupted_erasure_resumes_where_it_stopped", |service| Box::pin(cut_off(service)));
        add("a_guest_of_sessions_is_known_and_erased_by_the_address_alone", |service| Box::pin(left_behind::guest(service)));
        add("a_guest_whose_address_was_sent_with_blanks_is_erased_by_that_address", |service| {
            Box::pin(left_behind::guest_with_blanks(service))
        });
        add("a_person_who_was_deleted_before_is_erased_by_former_names", |service| Box::pin(left_behind::deleted_before(service)));
        add("an_erased_answer_is_not_replayed_and_its_request_is_not_repeated", |service| Box::pin(left_behind::replay(service)));
        add("an_erased_owner_leaves_the_course_to_administrators", |service| Box::pin(left_behind::course_of_erased_owner(service)));
        add("an_erased_person_writes_nothing_though_a_process_remembers_them", |service| Box::pin(window::remembered(service)));
        add("an_erasure_waits_for_a_running_write_and_erases_it_too", |service| Box::pin(window::on_the_way(service)));
        add("nothing_is_left_of_a_person_who_was_everywhere", |service| Box::pin(canary::canary(service)));
        add("many_users_are_erased_by_one_job_that_counts_each", |service| Box::pin(many::many(service)));
        add("a_cancelled_erasure_of_many_is_recorded_for_each_who_is_left", |service| Box::pin(many::cancelled(service)));
        add("an_interrupted_erasure_of_many_resumes_where_it_stopped", |service| Box::pin(many::cut_off(service)));
        add("erasures_of_one_user_that_race_make_one_job_and_conflicts", |service| Box::pin(many::race(service)));
        add("a_cancelled_erasure_is_recorded_as_cancelled", |service| Box::pin(called_off(service)));
    }
    run(trials)
}

async fn call(service: &Service, token: &str, method: Method, path: &str, body: Value) -> (u16, Value) {
    let app = test::init_service(App::new().configure(|config| configure(config, service.state.clone()))).await;
    let request = test::TestRequest::default().method(method).uri(path).insert_header(("Authorization", format!("Bearer {token}")));
    let request = if body.is_null() { request } else { request.set_json(body) };
    let response = test::call_service(&app, request.to_request()).await;
    (response.status().as_u16(), serde_json::from_slice(&test::read_body(response).await).unwrap_or_default())
}

async fn get(service: &Service, token: &str, path: &str) -> (u16, Value) {
    call(service, token, Method::GET, path, Value::Null).await
}

/// Requests an erasure, and returns the id of its job.
async fn ask(service: &Service, name: &str) -> i64 {
    let (status, body) = call(service, KEY, Method::DELETE, &format!("{PROJECT}/users/{name}"), Value::Null).await;
    assert_eq!((status, body["data"]["status"].as_str()), (200, Some("scheduled")), "{body}");
    body["data"]["jobId"].as_i64().unwrap()
}

/// A worker whose clock is so far ahead that all requested erasures are due.
fn worker<U: UnitOfWork>(uow: U, days_later: u64) -> (CancellationToken, tokio::task::JoinHandle<()>) {
    let clock = Arc::new(ShiftedClock::starting_at(now().plus(Duration::from_secs(days_later * 24 * 60 * 60))));
    let ports = WorkerPorts { uow, clock, ids: Arc::new(SystemIds), job_notify: Arc::new(Notify::new()) };
    let settings = Settings { sweep: None, catch_up: None, ..Settings::default() };
    let stop = CancellationToken::new();
    let runner = Runner::new(ports, handlers::registry(Retention::default(), CalendarTemplate::default()), settings).unwrap();
    (stop.clone(), tokio::spawn(runner.run(stop)))
}

async fn until_completed(service: &Service, job: i64) {
    let begin = std::time::Instant::now();
    loop {
        let (_, body) = get(service, KEY, &format!("{PROJECT}/jobs/{job}")).await;
        if body["data"]["status"] == "completed" {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{body}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn erase(service: &Service, name: &str, days_later: u64) -> i64 {
    let job = ask(service, name).await;
    let (stop, worker) = worker(service.uow.clone(), days_later);
    until_completed(service, job).await;
    stop.cancel();
    worker.await.unwrap();
    job
}

async fn audit(service: &Service, filter: AuditFilter) -> Vec<AuditRecord> {
    service
        .uow
        .read(account().id, move |stores| stores.audit().list(account().id, &filter, PageRequest { size: 100, after: None }))
        .await
        .map_err(|error: StoreError| error.to_string())
        .unwrap()
}

const ALL: AuditFilter = AuditFilter { about: None, job: None, event: None, from: None, before: None };

/// The erasures of these records: the job and the stage of each.
fn stages(records: &[AuditRecord]) -> Vec<(i64, ErasureStage)> {
    let stage = |record: &AuditRecord| match &record.event {
        AuditEvent::Erasure(Erasure { job, subject: _, stage }) => Some((job.get(), *stage)),
        AuditEvent::Change(..) | AuditEvent::Denied { .. } => None,
    };
    records.iter().filter_map(stage).collect()
}

fn counts<const N: usize>(counts: [(ErasureKind, u64); N]) -> ErasureCounts {
    counts.into_iter().map(|(kind, rows)| (kind, RowCount::new(rows))).collect()
}

/// Sessions of one account, with their creators and attendees.
fn classes(stores: &mut dyn Stores, of: AccountId, teacher: &User) -> Result<(), StoreError> {
    let made = |number, by| Session { created_by: by, ..session(guid(number)) };
    let service = session(guid(0)).created_by;
    let sessions = [made(1, ID), made(2, ID), made(3, service), made(4, service)];
    stores.sessions().insert_many(of, &sessions.iter().collect::<Vec<_>>())?;
    let address = || teacher.email.clone().unwrap();
    stores.attendees().insert_many(
        of,
        &[
            // The first session has only the teacher, the second has another attendee.
            Attendee { user: Some(teacher.guid), ..attendee(1, 1) },
            attendee(2, 2),
            Attendee { user: Some(teacher.guid), ..attendee(3, 3) },
            Attendee { email: address(), ..attendee(4, 4) },
            attendee(4, 5),
        ],
    )
}

async fn everything(service: Service) {
    let teacher = service.write(|stores| stores.users().find(account().id, &UserKey::Id(ID))).await.unwrap().unwrap();
    let namesake = User { email: Email::parse(ADDRESS).ok(), guid: teacher.guid, username: None, ..user(ID.get()) };
    let (mine, theirs) = (teacher.clone(), namesake.clone());
    service
        .write(move |stores| {
            classes(stores, account().id, &mine)?;
            stores.users().update(account().id, &User { username: Username::parse("hoca").ok(), ..mine.clone() })?;
            stores.identity().set_password(account().id, ID, &PasswordHash::new("$argon2id$"), now())?;
            let key = NewCredential {
                kind: CredentialKind::AccessKey,
                public_id: "hoca".to_owned(),
                digest: SecretDigest::new([7; 32]),
                scopes: CredentialKind::AccessKey.scopes(),
                expires_at: None,
                project: None,
                access_key: None,
                at: now(),
            };
            stores.identity().add_credential(account().id, mine.principal(), &key)?;
            // The same numbers, names and addresses in another account.
            stores.users().add(other_account().id, &theirs)?;
            classes(stores, other_account().id, &theirs)
        })
        .await
        .unwrap();
    let course = json!({ "name": "Biyoloji", "ownerId": "me", "courseState": "ACTIVE" });
    let (status, owned) = call(&service, TEACHER, Method::POST, "/v1/courses", course.clone()).await;
    assert_eq!(status, 200, "{owned}");
    let (_, taught) = call(&service, ADMIN, Method::POST, "/v1/courses", course).await;
    let (owned, taught) = (owned["id"].as_str().unwrap().to_owned(), taught["id"].as_str().unwrap().to_owned());
    let member = json!({ "userId": ADDRESS });
    let (status, body) = call(&service, ADMIN, Method::POST, &format!("/v1/courses/{taught}/teachers"), member).await;
    assert_eq!(status, 200, "{body}");
    let (_, known) = get(&service, KEY, &format!("{PROJECT}/users/{ADDRESS}")).await;
    assert_eq!(known["data"]["sessionCount"], 3, "{known}");

    let (status, preview) = call(&service, KEY, Method::DELETE, &format!("{PROJECT}/users/HOCA?dry_run=true"), Value::Null).await;
    let wanted = json!({ "credentials": 3, "attendances": 3, "sessions": 1, "memberships": 1, "answers": 0, "profile": 1 });
    assert_eq!((status, &preview["data"]["counts"]), (200, &wanted), "what goes is known before");

    let job = erase(&service, "HOCA", 2).await;

    let erased = counts([
        (ErasureKind::Credentials, 3),
        (ErasureKind::Attendances, 3),
        (ErasureKind::Sessions, 1),
        (ErasureKind::Memberships, 1),
        (ErasureKind::Profile, 1),
    ]);
    let records = audit(&service, ALL).await;
    let events = stages(&records);
    let [(_, ErasureStage::Requested(Requester::Principal(by, _))), (_, completed)] = events[..] else { panic!("{events:?}") };
    assert_eq!((by.get(), completed), (4490, ErasureStage::Completed(erased)));
    assert!(events.iter().all(|(of, _)| *of == job));
    let about = |name: &str| AuditFilter { about: ReferenceId::new(name).ok(), ..ALL };
    assert_eq!((audit(&service, about("HOCA")).await.len(), audit(&service, about(ADDRESS)).await.len()), (2, 0));

    gone(&service, &teacher, &taught).await;
    // Sessions that others attend stay, and so does the course. Its erased owner can't own a new one.
    let left = service.write(|stores| {
        (0..5).map(|number| Ok(stores.sessions().find(account().id, guid(number))?.is_some())).collect::<Result<Vec<_>, _>>()
    });
    assert_eq!(left.await.unwrap(), [false, false, true, true, true]);
    assert_eq!(get(&service, ADMIN, &format!("/v1/courses/{owned}")).await.0, 200);
    let another = json!({ "name": "Kimya", "ownerId": ID.to_string() });
    let (status, body) = call(&service, ADMIN, Method::POST, "/v1/courses", another).await;
    assert!(status == 400 && body["error"]["message"].as_str().unwrap().starts_with("@InactiveCourseOwner"), "{body}");
    // The other account is unchanged.
    let attends = service.write(move |stores| {
        let found = stores.users().find(other_account().id, &UserKey::Email(Email::parse(ADDRESS).unwrap()))?.unwrap();
        assert_eq!(found, namesake);
        Ok((
            stores.attendees().attendance_of(other_account().id, &DataSubject::new(ADDRESS, vec![found]))?.sessions,
            stores.sessions().find(other_account().id, guid(1))?,
        ))
    });
    let (attends, made) = attends.await.unwrap();
    assert!(attends == 3 && made.is_some());

    // A second erasure, by the id of the tombstone, finds nothing and changes nothing.
    let again = erase(&service, &ID.to_string(), 4).await;
    let filter = AuditFilter { job: Some(derslik_domain::id::JobId::new(again)), ..ALL };
    assert_eq!(stages(&audit(&service, filter).await).last(), Some(&(again, ErasureStage::Completed(ErasureCounts::default()))));
    gone(&service, &teacher, &taught).await;
    assert_eq!(get(&service, ADMIN, &format!("/v1/courses/{owned}")).await.0, 200);
}

/// Expects that nothing is left of the teacher by any name or key.
async fn gone(service: &Service, teacher: &User, taught: &str) {
    for name in [ADDRESS, "hoca", &ID.to_string(), &teacher.guid.to_string()] {
        assert_eq!(get(service, KEY, &format!("{PROJECT}/users/{name}")).await, (200, json!({ "data": null })), "{name}");
        assert_eq!(get(service, KEY, &format!("{PROJECT}/users/{name}/sessions")).await, (200, json!({ "data": [] })), "{name}");
    }
    assert_eq!(get(service, ADMIN, &format!("/v1/courses/{taught}/teachers/{ID}")).await.0, 404);
    let found = teacher.clone();
    let left = service.write(move |stores| {
        let attends = stores.attendees().attendance_of(account().id, &DataSubject::new(ADDRESS, vec![found.clone()]))?.sessions;
        let key = stores.identity().find_credential(CredentialKind::AccessKey, "hoca")?.is_some();
        let password = stores.identity().find_password(account().id, ID)?.is_some();
        let tombstone = stores.users().find(account().id, &UserKey::Id(ID))?.unwrap();
        assert_eq!(tombstone, found.deleted(tombstone.updated_at));
        Ok((attends, key, password))
    });
    assert_eq!(left.await.unwrap(), (0, false, false));
}

/// A unit of work that does a number of writes and then hangs, as if its process had been killed between two of them.
#[derive(Clone)]
struct Mortal {
    uow: DieselUnitOfWork,
    writes: Arc<AtomicU32>,
}

impl UnitOfWork for Mortal {
    async fn read<T, E, F>(&self, tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        if self.writes.load(Ordering::Relaxed) == 0 {
            std::future::pending::<()>().await;
        }
        self.uow.read(tenant, work).await
    }

    async fn write<T, E, F>(&self, tenant: impl Into<Tenant> + Send, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Stores) -> Result<T, E> + Send + 'static,
    {
        if self.writes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
            std::future::pending::<()>().await;
        }
        self.uow.write(tenant, work).await
    }
}

async fn cut_off(service: Service) {
    service
        .write(|stores| {
            let sessions: Vec<_> = (1..=2_500).map(|number| Session { created_by: ID, ..session(guid(number)) }).collect();
            stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>())
        })
        .await
        .unwrap();
    let job = ask(&service, ADDRESS).await;
    // The look for running jobs of others, a claim, the credentials, the attendances, and two batches of sessions.
    let writes = Arc::new(AtomicU32::new(6));
    let (_, doomed) = worker(Mortal { uow: service.uow.clone(), writes: Arc::clone(&writes) }, 2);
    while writes.load(Ordering::Relaxed) > 0 || erased_sessions(&service).await < 2_000 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    doomed.abort();
    assert_eq!(erased_sessions(&service).await, 2_000);
    let (_, body) = get(&service, KEY, &format!("{PROJECT}/jobs/{job}")).await;
    assert_eq!(body["data"]["status"], "running", "the lease of the dead worker has not ended yet");

    // A day later the lease has ended.
    let (stop, worker) = worker(service.uow.clone(), 3);
    until_completed(&service, job).await;
    stop.cancel();
    worker.await.unwrap();
    let erased = counts([(ErasureKind::Credentials, 1), (ErasureKind::Sessions, 2_500), (ErasureKind::Profile, 1)]);
    let completed = stages(&audit(&service, ALL).await).last().map(|(_, stage)| *stage);
    assert_eq!(completed, Some(ErasureStage::Completed(erased)), "each is counted once, over both workers");
    let (_, body) = get(&service, KEY, &format!("{PROJECT}/jobs/{job}")).await;
    assert!(body["data"]["errors"].is_string(), "the first attempt ended with its lease: {body}");
}

/// The number of sessions that the only job has erased so far.
async fn erased_sessions(service: &Service) -> u64 {
    let page = PageRequest { size: 10, after: None };
    let jobs = service.write(move |stores| stores.jobs().list(account().id, None, page)).await.unwrap();
    match jobs[0].progress {
        Some(Progress::Erasure(erasure)) => erasure.counts.get(ErasureKind::Sessions).get(),
        _ => 0,
    }
}

async fn called_off(service: Service) {
    let job = ask(&service, ADDRESS).await;
    let path = format!("{PROJECT}/jobs/{job}");
    let cancel = || call(&service, KEY, Method::DELETE, &path, Value::Null);
    assert_eq!((cancel().await.0, cancel().await.0), (200, 501));
    let events: Vec<_> = audit(&service, ALL).await.iter().map(|record| record.event.kind().to_string()).collect();
    assert_eq!(events, ["erasure_requested", "erasure_cancelled"]);
    assert!(stages(&audit(&service, ALL).await).iter().all(|(of, _)| *of == job));
    assert_eq!(get(&service, TEACHER, "/v1/courses").await.0, 200, "nothing was erased");
}
