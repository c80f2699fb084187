//! Lists of courses: pages, order and search.

use serde_json::{Value, json};

use crate::api::{ADMIN, Api, COTEACHER, OTHER, STUDENT, TEACHER};

pub(crate) async fn page_tokens(api: Api) {
    for _ in 0..3 {
        api.course().await;
    }
    let token = |body: &Value| body["nextPageToken"].as_str().unwrap_or_default().to_owned();
    let first = api.get(TEACHER, "/v1/courses?pageSize=2&courseStates=ACTIVE").await.body;
    let next = token(&first);
    let second = api.get(TEACHER, &format!("/v1/courses?pageSize=2&courseStates=ACTIVE&pageToken={next}")).await;
    assert_eq!((second.status, second.body["courses"].as_array().map(Vec::len)), (200, Some(1)));
    assert!(second.body["nextPageToken"].is_null());
    for (person, query) in [
        (TEACHER, ""),
        (TEACHER, "&courseStates=ARCHIVED"),
        (TEACHER, "&courseStates=ACTIVE&teacherId=me"),
        (OTHER, "&courseStates=ACTIVE"),
    ] {
        let reply = api.get(person, &format!("/v1/courses?pageToken={next}{query}")).await;
        assert_eq!(reply.error().0, 400, "{person} {query}");
    }
    let huge = api.get(TEACHER, "/v1/courses?pageSize=2147483647").await;
    assert_eq!(huge.body["courses"].as_array().map(Vec::len), Some(3));
}

fn names(body: &Value) -> Vec<String> {
    body["courses"].as_array().into_iter().flatten().map(|course| course["name"].as_str().unwrap_or_default().to_owned()).collect()
}

pub(crate) async fn searches(api: Api) {
    for (name, section, room) in [("FİZİK", "10-A", "Lab 1"), ("Fizik", "10-B", "Lab 2"), ("فيزياء", "10-A", "301")] {
        let body = json!({ "name": name, "section": section, "room": room, "ownerId": "me", "courseState": "ACTIVE" });
        assert_eq!(api.call(TEACHER, "POST", "/v1/courses", body).await.status, 200);
    }
    for (query, found) in [
        ("x-query=fizik", 2),
        ("x-query=F%C4%B0Z%C4%B0K+lab", 2),
        ("x-query=10-a", 2),
        ("x-query=10-a+fizik", 1),
        ("x-query=%D9%81%D9%8A%D8%B2", 1),
        ("x-query=", 3),
        ("x-query=kimya", 0),
        ("x-query=%25", 0),
        ("x-query=fizik&teacherId=me", 2),
        ("x-query=fizik&courseStates=ARCHIVED", 0),
    ] {
        let listed = api.get(TEACHER, &format!("/v1/courses?{query}")).await;
        assert_eq!((listed.status, names(&listed.body).len()), (200, found), "{query}");
    }
    let ids = |body: &Value| -> Vec<String> {
        body["courses"].as_array().into_iter().flatten().map(|course| course["id"].as_str().unwrap().to_owned()).collect()
    };
    let newest = ids(&api.get(TEACHER, "/v1/courses").await.body);
    assert_eq!(ids(&api.get(TEACHER, "/v1/courses?x-orderBy=creationTime+desc").await.body), newest);
    let oldest: Vec<String> = newest.into_iter().rev().collect();
    for order in ["creationTime", "creationTime+asc"] {
        assert_eq!(ids(&api.get(TEACHER, &format!("/v1/courses?x-orderBy={order}")).await.body), oldest);
    }
    // A page token is valid for the same search and order only.
    let first = api.get(TEACHER, "/v1/courses?pageSize=1&x-query=fizik&x-orderBy=creationTime").await.body;
    let token = first["nextPageToken"].as_str().unwrap();
    let second = api.get(TEACHER, &format!("/v1/courses?pageSize=1&x-query=fizik&x-orderBy=creationTime+asc&pageToken={token}")).await;
    assert_eq!((second.status, second.body["nextPageToken"].is_null()), (200, true), "{second:?}");
    assert_ne!(ids(&first), ids(&second.body));
    for other in
        ["x-query=fizik", "x-query=lab&x-orderBy=creationTime", "x-orderBy=creationTime", "x-query=fizik&x-orderBy=creationTime+desc"]
    {
        let refused = api.get(TEACHER, &format!("/v1/courses?{other}&pageToken={token}")).await;
        assert_eq!(refused.error(), (400, "INVALID_ARGUMENT", "Request contains an invalid argument."), "{other}");
    }
}

pub(crate) async fn stable_pages(api: Api) {
    const COURSES: usize = 23;
    for _ in 0..COURSES {
        api.course().await;
    }
    let ids = |body: &Value| -> Vec<String> {
        body["courses"].as_array().into_iter().flatten().map(|course| course["id"].as_str().unwrap().to_owned()).collect()
    };
    for (person, query) in [
        (ADMIN, ""),
        (TEACHER, ""),
        (COTEACHER, "&teacherId=me"),
        (STUDENT, "&studentId=me"),
        (ADMIN, "&x-query=biyoloji&courseStates=ACTIVE"),
        (ADMIN, "&x-orderBy=creationTime"),
    ] {
        let before = ids(&api.get(person, &format!("/v1/courses?pageSize=1000{query}")).await.body);
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let page = api.get(person, &format!("/v1/courses?pageSize=4{query}&pageToken={token}")).await;
            assert_eq!(page.status, 200, "{page:?}");
            seen.extend(ids(&page.body));
            // A course created meanwhile does not shift the existing ones.
            api.course().await;
            match page.body["nextPageToken"].as_str() {
                Some(next) => token = next.to_owned(),
                None => break,
            }
        }
        let old: Vec<String> = seen.iter().filter(|id| before.contains(id)).cloned().collect();
        assert_eq!(old, before, "{person} {query}");
        seen.sort();
        let all = seen.len();
        seen.dedup();
        assert_eq!(seen.len(), all, "nothing is shown twice");
    }
}

pub(crate) async fn tokens_of_other_lists(api: Api) {
    let (one, other) = (api.course().await, api.course().await);
    for course in [&one, &other] {
        for name in ["d", "p"] {
            let alias = json!({ "alias": format!("{name}:{course}") });
            assert_eq!(api.call(ADMIN, "POST", &format!("/v1/courses/{course}/aliases"), alias).await.status, 200);
        }
    }
    let page = |course: &str, below: &str, token: &str| {
        let (api, path) = (api.clone(), format!("/v1/courses/{course}/{below}?pageSize=1&pageToken={token}"));
        async move { api.get(ADMIN, &path).await }
    };
    let mut tokens = Vec::new();
    for below in ["aliases", "teachers"] {
        let first = page(&one, below, "").await;
        let token = first.body["nextPageToken"].as_str().unwrap().to_owned();
        let second = page(&one, below, &token).await;
        assert_eq!((second.status, second.body[below].as_array().map(Vec::len)), (200, Some(1)), "{second:?}");
        assert_ne!(second.body[below], first.body[below]);
        tokens.push(token);
    }
    // Lists of another course, and other lists of the same course, refuse these tokens.
    for (course, below, token) in [
        (&other, "aliases", &tokens[0]),
        (&other, "teachers", &tokens[1]),
        (&one, "teachers", &tokens[0]),
        (&one, "aliases", &tokens[1]),
        (&one, "students", &tokens[1]),
    ] {
        let refused = page(course, below, token).await;
        assert_eq!(refused.error(), (400, "INVALID_ARGUMENT", "Request contains an invalid argument."), "{below}");
    }
    // A search text that is too long is sent as a form, since a URL can't be that long.
    let form = [("x-http-method-override", "GET"), ("Content-Type", "application/x-www-form-urlencoded")];
    for (length, status) in [(2_800, 200), (2_801, 400)] {
        let words = format!("x-query={}", "ğ".repeat(length));
        assert_eq!(api.send(ADMIN, "POST", "/v1/courses", words.into_bytes(), &form).await.status, status, "{length}");
    }
}
