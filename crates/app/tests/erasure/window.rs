//! Requests of an erased person while processes still hold old data: a credential that was cached before the erasure, and a
//! request that runs during it.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use actix_web::http::Method;
use derslik::system::SystemIds;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::{CourseField, CourseForm, UpdateMask};
use derslik_domain::identity::{CredentialKind, Role, Scope};
use derslik_domain::session::{Batch, BatchItem, Session, Target};
use derslik_ports::inbound::{
    CourseError, CourseService, IdentityService, Precondition, PresentedCredential, ServiceError, SessionService,
};
use derslik_ports::mocks::StoppedClock;
use derslik_ports::outbound::UnitOfWork;
use derslik_services::courses::Courses;
use derslik_services::identity::Identity;
use derslik_services::sessions::Sessions;
use derslik_testkit::builders::{account, guid, now, session, session_form, text};

use crate::support::{DEMO, Service};
use crate::{ADDRESS, ADMIN, ID, TEACHER, ask, call, erase, until_completed, worker};

pub(crate) async fn remembered(service: Service) {
    let clock = Arc::new(StoppedClock(now()));
    let presented =
        PresentedCredential { kind: CredentialKind::AccessToken, public_id: String::new(), secret: TEACHER.as_bytes().to_vec() };
    // As another process would that has cached the actor.
    let mut actor = Identity::new(service.uow.clone(), clock.clone()).authenticate(presented).await.unwrap();
    // With every scope and the role of an administrator, so that only the erasure can be a reason to refuse.
    (actor.scopes, actor.principal.role) = (Scope::ALL.into_iter().collect(), Role::Admin);

    let (_, course) = call(&service, ADMIN, Method::POST, "/v1/courses", serde_json::json!({ "name": "Fizik", "ownerId": "me" })).await;
    let course = CourseRef::parse(course["id"].as_str().unwrap());

    erase(&service, ADDRESS, 2).await;

    let sessions = Sessions::new(service.uow.clone(), clock.clone(), Arc::new(SystemIds));
    let new = || BatchItem::Session(Target::New, Box::new(session_form()));
    let mixed = vec![new(), BatchItem::Session(Target::Existing(guid(5)), Box::new(session_form()))];
    // In one statement, and in a transaction of several.
    for batch in [vec![new()], vec![new(), new()], mixed] {
        let late = sessions.upsert_batch(&actor, Batch::new(batch), None).await;
        assert!(matches!(late, Err(ServiceError::Gone(_))), "{late:?}");
    }
    let courses = Courses::new(service.uow.clone(), clock, Arc::new(SystemIds));
    let form = CourseForm { name: text("Biyoloji"), owner: text("me"), ..CourseForm::default() };
    let late = courses.create(&actor, form, None).await;
    assert!(matches!(late, Err(CourseError::Gone(_))), "{late:?}");
    let form = CourseForm { name: text("Kimya"), ..CourseForm::default() };
    let mask = UpdateMask::of([CourseField::Name].into_iter().collect()).unwrap();
    let late = courses.patch(&actor, course, form, mask, Precondition::Any).await;
    assert!(matches!(late, Err(CourseError::Gone(_))), "{late:?}");
    let (status, body) = call(&service, TEACHER, Method::POST, "/v1/courses", serde_json::json!({ "name": "x", "ownerId": "me" })).await;
    assert_eq!(status, 401, "{body}");
    let (_, found) = call(&service, DEMO, Method::POST, "/xapi/v2/session/search", serde_json::json!({})).await;
    assert_eq!(found, serde_json::json!([]));
}

pub(crate) async fn on_the_way(service: Service) {
    let job = ask(&service, ADDRESS).await;
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let uow = service.uow.clone();
    let writer = tokio::spawn(async move {
        uow.write(account().id, move |stores| {
            assert!(stores.identity().hold_principal(account().id, ID)?);
            begun.send(()).unwrap();
            may_go_on.recv().ok();
            stores.sessions().insert_many(account().id, &[&Session { created_by: ID, ..session(guid(1)) }])
        })
        .await
    });
    tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
    let (stop, erasing) = worker(service.uow.clone(), 2);
    // An erasure that does not wait would be over by now on most machines; on slower ones this test proves less.
    tokio::time::sleep(Duration::from_millis(300)).await;
    go_on.send(()).unwrap();
    writer.await.unwrap().unwrap();
    until_completed(&service, job).await;
    stop.cancel();
    erasing.await.unwrap();
    let left = service.write(|stores| stores.sessions().find(account().id, guid(1))).await.unwrap();
    assert_eq!(left, None);
}
