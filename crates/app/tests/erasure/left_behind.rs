//! People whom an erasure must not miss: guests, people who were deleted before, and people whom a stored answer names.

use actix_web::http::Method;
use actix_web::{App, test};
use derslik_domain::attendee::Attendee;
use derslik_domain::identity::{Email, User, UserKey, Username};
use derslik_http::configure;
use derslik_testkit::builders::{account, attendee, guid, session};
use serde_json::{Value, json};

use crate::support::{DEMO, Service};
use crate::{ADDRESS, ADMIN, COTEACHER, ID, KEY, OUTSIDER, PROJECT, STUDENT, call, erase, get};

const GUEST: &str = "misafir@okul.example";

/// Adds the session of that number with the given attendee and a guest.
async fn attended(service: &Service, number: u128, who: Attendee) {
    service
        .write(move |stores| {
            stores.sessions().insert_many(account().id, &[&session(guid(number))])?;
            stores.attendees().insert_many(account().id, &[who, attendee(number, 90)])
        })
        .await
        .unwrap();
}

/// The names of the attendees of the session of that number.
async fn names(service: &Service, number: u128) -> Vec<String> {
    let (status, body) = get(service, DEMO, &format!("/xapi/v2/session/{}/attendee", guid(number))).await;
    assert_eq!(status, 200, "{body}");
    body.as_array().unwrap().iter().map(|attendee| attendee["email"].as_str().unwrap().to_owned()).collect()
}

pub(crate) async fn guest(service: Service) {
    attended(&service, 1, Attendee { email: Email::parse(GUEST).unwrap(), ..attendee(1, 1) }).await;
    let upper = GUEST.to_uppercase();
    for name in [GUEST, &upper] {
        let (_, known) = get(&service, KEY, &format!("{PROJECT}/users/{name}")).await;
        assert_eq!((known["data"]["userId"].as_str(), known["data"]["sessionCount"].as_u64()), (Some(name), Some(1)), "{known}");
        let (_, sessions) = get(&service, KEY, &format!("{PROJECT}/users/{name}/sessions")).await;
        let [attended] = sessions["data"].as_array().unwrap().as_slice() else { panic!("{sessions}") };
        assert_eq!((attended["sessionId"].as_str(), attended["userUuid"].as_str()), (Some(guid(1).to_string().as_str()), Some("")));
    }

    erase(&service, &upper, 2).await;

    assert_eq!(names(&service, 1).await, ["guest90@demo.example"]);
    assert_eq!(get(&service, KEY, &format!("{PROJECT}/users/{GUEST}")).await, (200, json!({ "data": null })));
    assert_eq!(get(&service, KEY, &format!("{PROJECT}/users/{GUEST}/sessions")).await, (200, json!({ "data": [] })));
}

pub(crate) async fn guest_with_blanks(service: Service) {
    attended(&service, 1, attendee(1, 1)).await;
    let sent = json!([{ "email": "  bosluk@okul.example ", "name": "Boş", "surname": "Luk" }]);
    let path = format!("/xapi/v2/session/{}/attendee/batch", guid(1));
    let (status, body) = call(&service, DEMO, Method::POST, &path, sent).await;
    assert!(status < 300, "{status} {body}");
    let with_blanks = "%20%20bosluk@okul.example%20";
    let (_, known) = get(&service, KEY, &format!("{PROJECT}/users/{with_blanks}")).await;
    assert_eq!(known["data"]["sessionCount"], 1, "{known}");

    erase(&service, with_blanks, 2).await;

    assert_eq!(names(&service, 1).await, ["guest1@demo.example", "guest90@demo.example"]);
}

pub(crate) async fn deleted_before(service: Service) {
    let teacher = service.write(|stores| stores.users().find(account().id, &UserKey::Id(ID))).await.unwrap().unwrap();
    let named = User { username: Username::parse("hoca").ok(), ..teacher.clone() };
    service.write(move |stores| stores.users().update(account().id, &named)).await.unwrap();
    let changed = Email::parse("eskiden@demo.example").unwrap();
    attended(&service, 1, Attendee { user: Some(teacher.guid), email: changed, ..attendee(1, 1) }).await;
    let (status, body) = call(&service, DEMO, Method::DELETE, &format!("/xapi/user/{}", teacher.guid), Value::Null).await;
    assert!(status < 300, "{status} {body}");
    assert_eq!(get(&service, KEY, &format!("{PROJECT}/users/HOCA")).await.1["data"]["sessionCount"], 1);

    // Another person has taken the name since; the erasure covers both.
    let another = json!({ "name": "Yeni", "surname": "Hoca", "username": "hoca", "email": "yeni@demo.example" });
    let (status, body) = call(&service, DEMO, Method::POST, "/xapi/user", another).await;
    assert!(status < 300, "{status} {body}");

    erase(&service, "hoca", 2).await;

    assert_eq!(names(&service, 1).await, ["guest90@demo.example"]);
    for name in ["hoca", "yeni@demo.example", &teacher.guid.to_string(), &ID.to_string()] {
        assert_eq!(get(&service, KEY, &format!("{PROJECT}/users/{name}")).await, (200, json!({ "data": null })), "{name}");
    }
}

/// Sends a request with a key, and returns its status, whether the answer is a replay, and the body.
pub(crate) async fn keyed(service: &Service, token: &str, path: &str, key: &str, body: &str) -> (u16, bool, Value) {
    let app = test::init_service(App::new().configure(|config| configure(config, service.state.clone()))).await;
    let request = test::TestRequest::post().uri(path).insert_header(("Authorization", format!("Bearer {token}")));
    let request = request.insert_header(("Idempotency-Key", key)).insert_header(("Content-Type", "application/json"));
    let response = test::call_service(&app, request.set_payload(body.to_owned()).to_request()).await;
    let is_replayed = response.headers().contains_key("idempotent-replayed");
    (response.status().as_u16(), is_replayed, serde_json::from_slice(&test::read_body(response).await).unwrap_or_default())
}

/// Logs in with a name and a password, and returns the token.
pub(crate) async fn log_in(service: &Service, username: &str, password: &str) -> String {
    let app = test::init_service(App::new().configure(|config| configure(config, service.state.clone()))).await;
    let account = account().id.to_string();
    let form = [
        ("client_id", "api"),
        ("grant_type", "password"),
        ("account_id", account.as_str()),
        ("username", username),
        ("password", password),
    ];
    let request = test::TestRequest::post().uri("/auth/connect/token").peer_addr(([127, 0, 0, 1], 7).into()).set_form(form);
    let response = test::call_service(&app, request.to_request()).await;
    let body: Value = serde_json::from_slice(&test::read_body(response).await).unwrap();
    body["access_token"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
}

pub(crate) async fn course_of_erased_owner(service: Service) {
    let course = json!({ "name": "Biyoloji", "ownerId": ADDRESS, "courseState": "ACTIVE" });
    let (_, course) = call(&service, ADMIN, Method::POST, "/v1/courses", course).await;
    let (path, code) = (format!("/v1/courses/{}", course["id"].as_str().unwrap()), course["enrollmentCode"].as_str().unwrap());
    for (roster, user) in [("teachers", "coteacher@demo.example"), ("students", "student@demo.example")] {
        let (status, body) = call(&service, ADMIN, Method::POST, &format!("{path}/{roster}"), json!({ "userId": user })).await;
        assert_eq!(status, 200, "{body}");
    }
    let change_room = format!("{path}?updateMask=room");
    let room = |name: &str| json!({ "room": name });
    assert_eq!(call(&service, COTEACHER, Method::PATCH, &change_room, room("1")).await.0, 200);

    erase(&service, ADDRESS, 2).await;

    let refused = |(status, body): (u16, Value)| {
        let message = body["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(status == 400 && message.starts_with("@InactiveCourseOwner "), "{status} {body}");
        assert_eq!(body["error"]["status"], "FAILED_PRECONDITION");
    };
    refused(call(&service, COTEACHER, Method::PATCH, &change_room, room("2")).await);
    refused(call(&service, COTEACHER, Method::PUT, &path, json!({ "name": "Kimya" })).await);
    refused(call(&service, COTEACHER, Method::POST, &format!("{path}/aliases"), json!({ "alias": "p:fizik" })).await);
    refused(call(&service, COTEACHER, Method::DELETE, &format!("{path}/students/student@demo.example"), Value::Null).await);
    let join = format!("{path}/students?enrollmentCode={code}");
    refused(call(&service, OUTSIDER, Method::POST, &join, json!({ "userId": "me" })).await);
    // Members can read the course and leave it; administrators can change it.
    assert_eq!(get(&service, COTEACHER, &path).await.1["room"], "1");
    assert_eq!(call(&service, STUDENT, Method::DELETE, &format!("{path}/students/me"), Value::Null).await.0, 200);
    let (status, body) = call(&service, ADMIN, Method::PATCH, &change_room, room("3")).await;
    assert_eq!((status, body["room"].as_str()), (200, Some("3")), "{body}");
    let hand_over = json!({ "ownerId": "coteacher@demo.example" });
    let (status, body) = call(&service, ADMIN, Method::PATCH, &format!("{path}?updateMask=ownerId"), hand_over).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(call(&service, COTEACHER, Method::PATCH, &change_room, room("4")).await.0, 200, "the new owner is there");
}

pub(crate) async fn replay(service: Service) {
    attended(&service, 1, attendee(1, 1)).await;
    let course = json!({ "name": "Biyoloji", "ownerId": "me", "courseState": "ACTIVE" });
    let (_, course) = call(&service, ADMIN, Method::POST, "/v1/courses", course).await;
    let course = format!("/v1/courses/{}/students", course["id"].as_str().unwrap());
    let v2 = format!("/xapi/v2/session/{}/attendee/batch", guid(1));
    let v1 = format!("/xapi/session/{}/attendee", guid(1));
    let person = r#"{"name":"Ayla","surname":"Kaya","username":"ayla","email":"ayla@okul.example"}"#;
    let requests = [
        (DEMO, "/xapi/user", person),
        // The same address with a JSON escape, and an address of another person.
        (DEMO, v2.as_str(), r#"[{"email":"Ayla\u0040okul.example","name":"Ayla","surname":"Kaya"}]"#),
        (DEMO, v1.as_str(), r#"{"email":"baska@okul.example","name":"Can","surname":"Ay"}"#),
        (ADMIN, course.as_str(), r#"{"userId":"ayla@okul.example"}"#),
    ];
    for (token, path, body) in requests {
        for replayed in [false, true] {
            let (status, is_replayed, answer) = keyed(&service, token, path, path, body).await;
            assert!(status < 300 && is_replayed == replayed, "{path}: {status} {is_replayed} {answer}");
        }
    }
    assert_eq!(names(&service, 1).await.len(), 4);

    erase(&service, "ayla@okul.example", 2).await;

    let left = ["baska@okul.example", "guest1@demo.example", "guest90@demo.example"];
    for (token, path, body) in requests {
        let (status, is_replayed, answer) = keyed(&service, token, path, path, body).await;
        if path == v1 {
            assert!(status < 300 && is_replayed, "{answer}");
            continue;
        }
        assert_eq!((status, is_replayed), (409, false), "{path}: {answer}");
        let text = "The request of this Idempotency-Key was done; its stored answer was erased.";
        let expected = if path == course {
            json!({ "error": { "code": 409, "message": text, "status": "ABORTED" } })
        } else {
            json!({ "code": 19, "details": text })
        };
        assert!(answer == expected || answer["error"]["message"] == text, "{answer}");
        // The key does not accept another request either.
        assert_eq!(keyed(&service, token, path, path, &format!("{body} ")).await.0, 409);
    }
    let mut now = names(&service, 1).await;
    now.sort();
    assert_eq!(now, left, "nothing is done twice");
    let (_, students) = get(&service, ADMIN, &course).await;
    assert_eq!(students, json!({}));
}
