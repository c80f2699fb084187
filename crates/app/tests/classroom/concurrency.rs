//! Concurrent requests of many clients.

use std::rc::Rc;

use serde_json::json;

use crate::api::{Api, TEACHER};

/// Runs `count` tasks at once, and waits for all of them.
async fn together<F: Future<Output = ()> + 'static>(count: usize, task: impl Fn(usize) -> F) {
    let tasks: Vec<_> = (0..count).map(|number| actix_web::rt::spawn(task(number))).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

pub(crate) async fn disjoint_patches(api: Api) {
    const FIELDS: [&str; 5] = ["name", "section", "description", "room", "subject"];
    let id = Rc::new(api.course().await);
    let (shared, writers) = (Rc::clone(&id), api.clone());
    together(FIELDS.len(), move |writer| {
        let (api, id, field) = (writers.clone(), Rc::clone(&shared), FIELDS[writer]);
        async move {
            for round in 0..10 {
                let reply = api.patch(TEACHER, &id, field, json!({ field: format!("{field} {round}") })).await;
                assert_eq!(reply.body[field], format!("{field} {round}"));
            }
        }
    })
    .await;
    let course = api.get(TEACHER, &format!("/v1/courses/{id}")).await.body;
    for field in FIELDS {
        assert_eq!(course[field], format!("{field} 9"));
    }
}

pub(crate) async fn compare_and_set(api: Api) {
    const WRITERS: usize = 4;
    const ROUNDS: usize = 5;
    let id = Rc::new(api.course().await);
    api.patch(TEACHER, &id, "room", json!({ "room": "0" })).await;
    let (shared, writers) = (Rc::clone(&id), api.clone());
    together(WRITERS, move |_| {
        let (api, id) = (writers.clone(), Rc::clone(&shared));
        async move {
            let mut successes = 0;
            while successes < ROUNDS {
                let course = api.get(TEACHER, &format!("/v1/courses/{id}")).await;
                let count: usize = course.body["room"].as_str().unwrap().parse().unwrap();
                let body = json!({ "room": (count + 1).to_string() }).to_string().into_bytes();
                let tag = course.tag.unwrap();
                let reply = api.send(TEACHER, "PATCH", &format!("/v1/courses/{id}?updateMask=room"), body, &[("If-Match", &tag)]).await;
                match reply.status {
                    200 => successes += 1,
                    412 => assert_eq!(reply.error().1, "FAILED_PRECONDITION"),
                    _ => panic!("{reply:?}"),
                }
            }
        }
    })
    .await;
    assert_eq!(api.get(TEACHER, &format!("/v1/courses/{id}")).await.body["room"], (WRITERS * ROUNDS).to_string());
}

pub(crate) async fn racing_transitions(api: Api) {
    for _ in 0..5 {
        let id = Rc::new(api.call(TEACHER, "POST", "/v1/courses", json!({ "name": "a", "ownerId": "me" })).await.id());
        let (shared, racers) = (Rc::clone(&id), api.clone());
        together(16, move |racer| {
            let (api, id) = (racers.clone(), Rc::clone(&shared));
            let state = if racer % 2 == 0 { "ACTIVE" } else { "DECLINED" };
            async move {
                let reply = api.patch(TEACHER, &id, "courseState", json!({ "courseState": state })).await;
                match reply.status {
                    200 => assert_eq!(reply.body["courseState"], state),
                    _ => assert_eq!(reply.error(), (400, "FAILED_PRECONDITION", "Precondition check failed.")),
                }
            }
        })
        .await;
        // The first change wins: neither state leads to the other, so the course has changed once.
        let course = api.get(TEACHER, &format!("/v1/courses/{id}")).await;
        assert_eq!(course.tag, Some(format!("\"{id}-2\"")), "{course:?}");
    }
}

pub(crate) async fn racing_aliases(api: Api) {
    let racers = api.clone();
    let outcomes = Rc::new(std::cell::RefCell::new(Vec::new()));
    let seen = Rc::clone(&outcomes);
    together(16, move |_| {
        let (api, seen) = (racers.clone(), Rc::clone(&seen));
        async move {
            let reply = api.call(TEACHER, "POST", "/v1/courses", json!({ "id": "p:one", "name": "a", "ownerId": "me" })).await;
            seen.borrow_mut().push(reply.status);
        }
    })
    .await;
    let mut outcomes = outcomes.borrow().clone();
    outcomes.sort_unstable();
    assert_eq!(outcomes, [&[200][..], &[409; 15]].concat());
    assert_eq!(api.get(TEACHER, "/v1/courses").await.body["courses"].as_array().map(Vec::len), Some(1), "the losers leave nothing");
}
