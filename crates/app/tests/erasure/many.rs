//! The erasure of many users by one job.

use actix_web::http::Method;
use derslik_domain::audit::{AuditFilter, ErasureStage, Requester};
use derslik_domain::id::JobId;
use derslik_domain::job::{ErasureCounts, ErasureKind, ReferenceId};
use derslik_domain::session::Session;
use derslik_testkit::builders::{account, attendee, guid, session};
use serde_json::{Value, json};

use crate::support::Service;
use crate::{ADDRESS, ALL, ID, KEY, PROJECT, audit, call, counts, get, stages, until_completed, worker};

const GUEST: &str = "guest7@demo.example";
const UNKNOWN: &str = "unknown@demo.example";

/// Asks for the erasure of these users, and returns the id of the job.
async fn ask(service: &Service, users: &[&str]) -> i64 {
    let (status, body) = call(service, KEY, Method::POST, &format!("{PROJECT}/users/erase"), json!({ "userIds": users })).await;
    assert_eq!((status, body["data"]["action"].as_str()), (200, Some("delete_users_data")), "{body}");
    body["data"]["jobId"].as_i64().unwrap()
}

/// Sessions of the teacher, one of which a guest attends as well.
async fn classes(service: &Service) {
    service
        .write(|stores| {
            let sessions: Vec<_> = (1..=3).map(|number| Session { created_by: ID, ..session(guid(number)) }).collect();
            stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>())?;
            stores.attendees().insert_many(account().id, &[attendee(1, 7), attendee(2, 8)])
        })
        .await
        .unwrap();
}

/// The users of a job, each with whether everything is erased, and the sums of the rows.
async fn erased(service: &Service, job: i64) -> Vec<(String, bool, u64)> {
    let (status, body) = get(service, KEY, &format!("{PROJECT}/jobs/{job}/users")).await;
    assert_eq!(status, 200, "{body}");
    let user = |user: &Value| {
        let rows: u64 = user["counts"].as_object().unwrap().values().map(|rows| rows.as_u64().unwrap()).sum();
        (user["userId"].as_str().unwrap().to_owned(), user["erased"].as_bool().unwrap(), rows)
    };
    body["data"].as_array().unwrap().iter().map(user).collect()
}

fn about(job: i64, name: &str) -> AuditFilter {
    AuditFilter { about: ReferenceId::new(name).ok(), job: Some(JobId::new(job)), ..ALL }
}

pub(crate) async fn many(service: Service) {
    classes(&service).await;
    let users = json!({ "userIds": [GUEST, ADDRESS, UNKNOWN, GUEST] });
    let (status, preview) = call(&service, KEY, Method::POST, &format!("{PROJECT}/users/erase?dry_run=true"), users).await;
    let shown = |user: &Value| (user["userId"].as_str().unwrap_or_default().to_owned(), user["dryRun"].as_bool());
    let shown: Vec<_> = preview["data"].as_array().unwrap().iter().map(shown).collect();
    assert_eq!((status, shown), (200, [GUEST, ADDRESS, UNKNOWN].map(|user| (user.to_owned(), Some(true))).to_vec()));
    for (place, kind) in [(0_usize, "attendances"), (1, "profile")] {
        assert_eq!(preview["data"][place]["counts"][kind], 1, "{preview}");
    }
    let (_, jobs) = get(&service, KEY, &format!("{PROJECT}/jobs")).await;
    assert_eq!(jobs["data"], json!([]), "a look makes no job");
    let job = ask(&service, &[GUEST, ADDRESS, UNKNOWN, GUEST]).await;
    assert_eq!(ask(&service, &[UNKNOWN, GUEST, ADDRESS]).await, job, "the same users in another order");
    let other = ask(&service, &[UNKNOWN, GUEST]).await;
    assert_ne!(other, job, "other users");
    let (status, _) = call(&service, KEY, Method::DELETE, &format!("{PROJECT}/jobs/{other}"), Value::Null).await;
    assert_eq!(status, 200);
    let waiting = [GUEST, ADDRESS, UNKNOWN].map(|user| (user.to_owned(), false, 0));
    assert_eq!(erased(&service, job).await, waiting);

    let (stop, worker) = worker(service.uow.clone(), 2);
    until_completed(&service, job).await;
    stop.cancel();
    worker.await.unwrap();

    // Of the guest the attendance; of the teacher the token, the profile, and the sessions that no other attendee needs. The first
    // session lost its only attendee together with the guest.
    let result = [(GUEST, 1), (ADDRESS, 4), (UNKNOWN, 0)].map(|(user, rows)| (user.to_owned(), true, rows));
    assert_eq!(erased(&service, job).await, result);
    let of_teacher = counts([(ErasureKind::Credentials, 1), (ErasureKind::Sessions, 2), (ErasureKind::Profile, 1)]);
    for (name, expected) in [(GUEST, counts([(ErasureKind::Attendances, 1)])), (ADDRESS, of_teacher), (UNKNOWN, ErasureCounts::default())] {
        let events = stages(&audit(&service, about(job, name)).await);
        let [(_, ErasureStage::Requested(Requester::Principal(by, _))), (_, completed)] = events[..] else { panic!("{events:?}") };
        assert_eq!((by.get(), completed), (4490, ErasureStage::Completed(expected)), "{name}");
    }
    let left = service.write(|stores| {
        (1..=3).map(|number| Ok(stores.sessions().find(account().id, guid(number))?.is_some())).collect::<Result<Vec<_>, _>>()
    });
    assert_eq!(left.await.unwrap(), [false, true, false]);
}

pub(crate) async fn cancelled(service: Service) {
    let job = ask(&service, &[GUEST, UNKNOWN]).await;
    let (status, body) = call(&service, KEY, Method::DELETE, &format!("{PROJECT}/jobs/{job}"), Value::Null).await;
    assert_eq!((status, body["data"]["status"].as_str()), (200, Some("cancelled")), "{body}");
    for name in [GUEST, UNKNOWN] {
        let events = stages(&audit(&service, about(job, name)).await);
        assert!(matches!(events[..], [(_, ErasureStage::Requested(_)), (_, ErasureStage::Cancelled(..))]), "{name}: {events:?}");
    }
    assert_ne!(ask(&service, &[GUEST, UNKNOWN]).await, job, "a cancelled job makes room for another one");
}

/// The first worker stops in the middle of the list. What it has done is not done again.
pub(crate) async fn cut_off(service: Service) {
    classes(&service).await;
    let users: Vec<String> = (0..60).map(|number| format!("unknown{number}")).chain([ADDRESS.to_owned()]).collect();
    let job = ask(&service, &users.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (stop, first) = worker(service.uow.clone(), 2);
    let begun = std::time::Instant::now();
    while !erased(&service, job).await.iter().any(|(_, is_erased, _)| *is_erased) {
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "no user is erased");
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    stop.cancel();
    first.await.unwrap();
    let (stop, second) = worker(service.uow.clone(), 2);
    until_completed(&service, job).await;
    stop.cancel();
    second.await.unwrap();

    let result = erased(&service, job).await;
    assert!(result.len() == 61 && result.iter().all(|(_, is_erased, _)| *is_erased), "{result:?}");
    for name in &users {
        let events = stages(&audit(&service, about(job, name)).await);
        assert!(matches!(events[..], [(_, ErasureStage::Requested(_)), (_, ErasureStage::Completed(_))]), "{name}: {events:?}");
    }
}

/// Each generation answers in its own way; together they make one job.
pub(crate) async fn race(service: Service) {
    let path = format!("/v2/public/{}/users/{ADDRESS}", PROJECT.rsplit('/').next().unwrap());
    let ask = || call(&service, KEY, Method::DELETE, &path, Value::Null);
    let answers = tokio::join!(ask(), ask(), ask(), ask(), ask(), ask());
    let answers = [answers.0, answers.1, answers.2, answers.3, answers.4, answers.5];
    let created: Vec<_> = answers.iter().filter(|(status, _)| *status == 200).collect();
    let conflicts = answers.iter().filter(|(status, _)| *status == 409).count();
    assert_eq!((created.len(), conflicts), (1, 5), "{answers:?}");
    let (status, live) = call(&service, KEY, Method::DELETE, &format!("{PROJECT}/users/{ADDRESS}"), Value::Null).await;
    assert_eq!((status, &live["data"]["jobId"]), (200, &created[0].1["data"]["jobId"]));
    let (_, jobs) = get(&service, KEY, &format!("{PROJECT}/jobs")).await;
    assert_eq!(jobs["data"].as_array().unwrap().len(), 1, "{jobs}");
}
