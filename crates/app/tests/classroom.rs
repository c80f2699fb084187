//! The courses API against the whole service on both databases: what is refused leaves everything as it was, who may do what,
//! and what many clients at once come to.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is what a test is for")]

mod support;

use std::process::ExitCode;
use std::rc::Rc;

use actix_web::http::Method;
use actix_web::{App, test};
use derslik_http::{HttpState, Limits, configure};
use derslik_testkit::builders::now;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use support::{DATABASES, Service, block_on, run};

const ADMIN: &str = "demo-admin-token";
const TEACHER: &str = "demo-teacher-token";
const COTEACHER: &str = "demo-coteacher-token";
const STUDENT: &str = "demo-student-token";
const STRANGER: &str = "demo-stranger-token";
const OTHER: &str = "other-admin-token";

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (name, open) in DATABASES {
        let mut add = |behaviour: &str, test: fn(Api) -> std::pin::Pin<Box<dyn Future<Output = ()>>>| {
            trials.push(Trial::test(format!("{name}::{behaviour}"), move || {
                block_on(async {
                    let service = Service::start(open, now(), Limits::default()).await?;
                    test(Api { state: service.state.clone() }).await;
                    Ok::<(), Failed>(())
                })
            }));
        };
        add("what_is_refused_leaves_everything_as_it_was", |api| Box::pin(bad_input(api)));
        add("read_only_fields_are_ignored_on_create_and_never_taken_over", |api| Box::pin(mass_assignment(api)));
        add("lengths_are_counted_in_characters", |api| Box::pin(lengths(api)));
        add("every_role_may_do_what_the_table_says", |api| Box::pin(roles(api)));
        add("scopes_open_what_they_name_and_the_answer_names_what_would", |api| Box::pin(authentication(api)));
        add("page_tokens_serve_their_own_list_alone", |api| Box::pin(page_tokens(api)));
        add("a_batch_is_refused_as_a_whole_only_where_it_cannot_be_read", |api| Box::pin(batches(api)));
        add("changes_of_different_fields_at_once_all_stay", |api| Box::pin(disjoint_patches(api)));
        add("a_count_guarded_by_tags_loses_nothing", |api| Box::pin(compare_and_set(api)));
        add("of_racing_transitions_only_legal_ones_happen", |api| Box::pin(racing_transitions(api)));
        add("of_racing_creations_of_one_alias_one_wins", |api| Box::pin(racing_aliases(api)));
    }
    run(trials)
}

#[derive(Clone)]
struct Api {
    state: HttpState,
}

#[derive(Debug, Clone, PartialEq)]
struct Reply {
    status: u16,
    body: Value,
    tag: Option<String>,
    challenge: Option<String>,
}

impl Reply {
    /// The code, the status and the message of an error.
    fn error(&self) -> (u16, &str, &str) {
        let error = &self.body["error"];
        assert_eq!(error["code"], self.status, "{self:?}");
        (self.status, error["status"].as_str().unwrap_or(""), error["message"].as_str().unwrap_or(""))
    }

    fn id(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        self.body["id"].as_str().unwrap_or_default().to_owned()
    }
}

impl Api {
    async fn send(&self, token: &str, method: &str, path: &str, body: Vec<u8>, headers: &[(&str, &str)]) -> Reply {
        let state = self.state.clone();
        let app = test::init_service(App::new().configure(|config| configure(config, state))).await;
        let mut request = test::TestRequest::default().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
        if !token.is_empty() {
            request = request.insert_header(("Authorization", format!("Bearer {token}")));
        }
        for header in headers {
            request = request.insert_header(*header);
        }
        let response = test::call_service(&app, request.set_payload(body).to_request()).await;
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, tag, challenge) = (response.status().as_u16(), header("etag"), header("www-authenticate"));
        let body = test::read_body(response).await;
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
        Reply { status, body, tag, challenge }
    }

    async fn call(&self, token: &str, method: &str, path: &str, body: Value) -> Reply {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send(token, method, path, body, &[]).await
    }

    async fn get(&self, token: &str, path: &str) -> Reply {
        self.call(token, "GET", path, Value::Null).await
    }

    /// An active course of the teacher, with a co-teacher and a student.
    async fn course(&self) -> String {
        let body = json!({ "name": "Biyoloji", "ownerId": "me", "courseState": "ACTIVE" });
        let id = self.call(TEACHER, "POST", "/v1/courses", body).await.id();
        for (roster, user) in [("teachers", "coteacher@demo.example"), ("students", "student@demo.example")] {
            let added = self.call(ADMIN, "POST", &format!("/v1/courses/{id}/{roster}"), json!({ "userId": user })).await;
            assert_eq!(added.status, 200, "{added:?}");
        }
        id
    }

    async fn patch(&self, token: &str, id: &str, mask: &str, body: Value) -> Reply {
        self.call(token, "PATCH", &format!("/v1/courses/{id}?updateMask={mask}"), body).await
    }

    /// Everything that a request could have changed.
    async fn everything(&self, course: &str) -> Vec<Value> {
        let mut all = Vec::new();
        for path in [String::new(), format!("/{course}/aliases"), format!("/{course}/gradingPeriodSettings"), format!("/{course}/students")]
        {
            all.push(self.get(ADMIN, &format!("/v1/courses{path}")).await.body);
        }
        all
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
async fn bad_input(api: Api) {
    let id = api.course().await;
    let other = api.course().await;
    let named = |name: &str| json!({ "name": name, "ownerId": "me" });
    let alias = |alias: &str| json!({ "alias": alias });
    api.call(ADMIN, "POST", &format!("/v1/courses/{other}/aliases"), alias("d:taken")).await;
    let date = |month: i32, day: i32| json!({ "year": 2026, "month": month, "day": day });
    let period = |title: &str, start: Value, end: Value| json!({ "title": title, "startDate": start, "endDate": end });
    let periods = |periods: Vec<Value>| json!({ "gradingPeriods": periods });
    let of = |rest: &str| format!("/v1/courses/{id}{rest}");
    let settings = of("/gradingPeriodSettings?updateMask=gradingPeriods");
    let create = "/v1/courses".to_owned();
    let long_alias = "d:".to_owned() + &"ş".repeat(255);
    let many: Vec<Value> = (0..101).map(|_| period("x", date(1, 1), date(1, 1))).collect();
    let rows: Vec<(&str, &str, String, Value, u16, &str)> = vec![
        (ADMIN, "POST", create.clone(), json!({ "name": "a", "ownerId": "me", "colour": "red" }), 400, "Unknown name \"colour\""),
        (ADMIN, "POST", create.clone(), json!({ "name": "a", "ownerId": "me", "courseState": "OPEN" }), 400, "CourseState), \"OPEN\""),
        (
            ADMIN,
            "POST",
            create.clone(),
            json!({ "name": "a", "ownerId": "me", "courseState": 9 }),
            400,
            "Invalid value at 'course.course_state'",
        ),
        (ADMIN, "POST", create.clone(), json!({ "name": 5, "ownerId": "me" }), 400, "Invalid value at 'course.name' (TYPE_STRING), 5"),
        (ADMIN, "POST", create.clone(), json!({ "name": "a", "ownerId": "me", "courseState": "ARCHIVED" }), 400, "invalid argument"),
        (ADMIN, "POST", create.clone(), json!({ "ownerId": "me" }), 400, "invalid argument"),
        (ADMIN, "POST", create.clone(), json!({ "name": "a" }), 400, "invalid argument"),
        (ADMIN, "POST", create.clone(), json!([]), 400, "Invalid value at 'course'"),
        (ADMIN, "POST", create.clone(), named("a\u{0}b"), 400, "invalid argument"),
        (ADMIN, "POST", create.clone(), named("see https://x.example"), 400, "@CourseTitleCannotContainUrl "),
        (ADMIN, "POST", create.clone(), json!({ "name": "a", "ownerId": "nobody@demo.example" }), 404, "not found"),
        (TEACHER, "POST", create.clone(), json!({ "name": "a", "ownerId": "admin@demo.example" }), 403, "permission"),
        (TEACHER, "POST", create.clone(), json!({ "name": "a", "ownerId": "nobody@demo.example" }), 403, "permission"),
        (ADMIN, "POST", create.clone(), json!({ "id": "d:taken", "name": "a", "ownerId": "me" }), 409, "already exists"),
        (ADMIN, "POST", create.clone(), json!({ "id": "taken", "name": "a", "ownerId": "me" }), 400, "invalid argument"),
        (TEACHER, "POST", create.clone(), json!({ "id": "d:mine", "name": "a", "ownerId": "me" }), 403, "permission"),
        (ADMIN, "POST", "/v1/courses?colour=red".to_owned(), named("a"), 400, "Cannot bind query parameter"),
        (ADMIN, "POST", "/v1/courses?prettyPrint=maybe".to_owned(), named("a"), 400, "TYPE_BOOL"),
        (ADMIN, "POST", "/v1/courses?alt=xml".to_owned(), named("a"), 400, "TYPE_ENUM"),
        (ADMIN, "POST", "/v1/courses?fields=colour".to_owned(), named("a"), 400, "invalid argument"),
        (ADMIN, "POST", "/v1/courses?previewVersion=V9".to_owned(), named("a"), 400, "PreviewVersion), \"V9\""),
        (ADMIN, "PATCH", of(""), json!({ "name": "b" }), 400, "invalid argument"),
        (ADMIN, "PATCH", of("?updateMask="), json!({ "name": "b" }), 400, "invalid argument"),
        (ADMIN, "PATCH", of("?updateMask=*"), json!({ "name": "b" }), 400, "invalid argument"),
        (ADMIN, "PATCH", of("?updateMask=name,colour"), json!({ "name": "b" }), 400, "invalid argument"),
        (ADMIN, "PATCH", of("?updateMask=name%2Cid"), json!({ "name": "b", "id": "5" }), 400, "invalid argument"),
        (ADMIN, "PATCH", of("?updateMask=enrollmentCode"), json!({ "enrollmentCode": "abcdefg" }), 400, "invalid argument"),
        (ADMIN, "PATCH", of("?updateMask=name"), json!({}), 400, "invalid argument"),
        (ADMIN, "PATCH", of("?updateMask=courseState"), json!({ "courseState": "COURSE_STATE_UNSPECIFIED" }), 400, "invalid argument"),
        (ADMIN, "PATCH", of("?updateMask=courseState"), json!({ "courseState": "SUSPENDED" }), 400, "Precondition check failed."),
        (ADMIN, "PATCH", of("?updateMask=ownerId"), json!({ "ownerId": "stranger@demo.example" }), 400, "@IneligibleOwner "),
        (ADMIN, "PATCH", of("?updateMask=name&updateMask=room"), json!({ "name": "b" }), 400, "not repeating"),
        (ADMIN, "PUT", of(""), json!({ "room": "b" }), 400, "invalid argument"),
        (ADMIN, "DELETE", of(""), Value::Null, 400, "Precondition check failed."),
        (ADMIN, "GET", "/v1/courses/d:nowhere".to_owned(), Value::Null, 404, "not found"),
        (ADMIN, "GET", "/v1/courses/%ff".to_owned(), Value::Null, 400, "invalid argument"),
        (ADMIN, "GET", "/v1/courses/d:%00".to_owned(), Value::Null, 400, "invalid argument"),
        (ADMIN, "GET", "/v1/courses?pageSize=-1".to_owned(), Value::Null, 400, "invalid argument"),
        (ADMIN, "GET", "/v1/courses?pageSize=many".to_owned(), Value::Null, 400, "TYPE_INT32"),
        (ADMIN, "GET", "/v1/courses?pageToken=x".to_owned(), Value::Null, 400, "invalid argument"),
        (ADMIN, "GET", "/v1/courses?courseStates=ACTIVE,ARCHIVED".to_owned(), Value::Null, 400, "\"ACTIVE,ARCHIVED\""),
        (ADMIN, "GET", "/v1/courses?studentId=me&teacherId=me".to_owned(), Value::Null, 400, "@ListCoursesStudentAndTeacherFilter "),
        (ADMIN, "GET", "/v1/courses?teacherId=nobody@demo.example".to_owned(), Value::Null, 404, "not found"),
        (ADMIN, "GET", "/v1/courses?x-orderBy=name".to_owned(), Value::Null, 400, "invalid argument"),
        (ADMIN, "POST", of("/aliases"), alias("math"), 400, "invalid argument"),
        (ADMIN, "POST", of("/aliases"), alias("d:"), 400, "invalid argument"),
        (ADMIN, "POST", of("/aliases"), alias(&long_alias), 400, "invalid argument"),
        (ADMIN, "POST", of("/aliases"), json!({}), 400, "invalid argument"),
        (ADMIN, "POST", of("/aliases"), alias("d:taken"), 409, "already exists"),
        (TEACHER, "POST", of("/aliases"), alias("d:mine"), 403, "permission"),
        (ADMIN, "DELETE", of("/aliases/d:taken"), Value::Null, 404, "not found"),
        (ADMIN, "DELETE", of("/aliases/d:nowhere"), Value::Null, 404, "not found"),
        (
            ADMIN,
            "PATCH",
            settings.clone(),
            periods(vec![period("a", date(1, 1), date(2, 1)), period("b", date(2, 1), date(3, 1))]),
            400,
            "invalid argument",
        ),
        (
            ADMIN,
            "PATCH",
            settings.clone(),
            periods(vec![period("b", date(3, 1), date(4, 1)), period("a", date(1, 1), date(2, 1))]),
            400,
            "invalid argument",
        ),
        (
            ADMIN,
            "PATCH",
            settings.clone(),
            periods(vec![period("a", date(1, 1), date(2, 1)), period("a", date(3, 1), date(4, 1))]),
            400,
            "invalid argument",
        ),
        (ADMIN, "PATCH", settings.clone(), periods(vec![period("a", date(2, 30), date(3, 1))]), 400, "invalid argument"),
        (ADMIN, "PATCH", settings.clone(), periods(vec![period("a", date(3, 1), date(2, 1))]), 400, "invalid argument"),
        (ADMIN, "PATCH", settings.clone(), periods(vec![json!({ "id": "77", "title": "a" })]), 400, "invalid argument"),
        (
            ADMIN,
            "PATCH",
            settings.clone(),
            periods(vec![json!({ "title": "a", "colour": 1 })]),
            400,
            "at 'grading_period_settings.grading_periods[0]'",
        ),
        (ADMIN, "PATCH", settings.clone(), periods(many), 400, "invalid argument"),
        (ADMIN, "PATCH", of("/gradingPeriodSettings?updateMask="), periods(vec![]), 400, "invalid argument"),
        (ADMIN, "PATCH", of("/gradingPeriodSettings?updateMask=previewVersion"), periods(vec![]), 400, "invalid argument"),
        (STUDENT, "PATCH", settings, periods(vec![]), 403, "@UserIneligibleToUpdateGradingPeriodSettings "),
        (TEACHER, "POST", of("/students"), json!({ "userId": "stranger@demo.example" }), 403, "@CannotDirectAddUser "),
        (STRANGER, "POST", of("/students?enrollmentCode=wrong"), json!({ "userId": "me" }), 403, "permission"),
        (ADMIN, "POST", of("/students"), json!({ "userId": "student@demo.example" }), 409, "already exists"),
        (ADMIN, "POST", of("/students"), json!({ "userId": "nobody@demo.example" }), 404, "not found"),
        (ADMIN, "POST", of("/students"), json!({}), 400, "invalid argument"),
        (ADMIN, "DELETE", of("/teachers/teacher@demo.example"), Value::Null, 400, "Precondition check failed."),
        (ADMIN, "DELETE", of("/students/stranger@demo.example"), Value::Null, 404, "not found"),
        (ADMIN, "POST", of("/courseWork"), json!({}), 501, "not implemented"),
        (ADMIN, "POST", of("/lessons"), json!({}), 404, "not found"),
    ];
    let before = api.everything(&id).await;
    for (token, method, path, body, status, says) in rows {
        let reply = api.call(token, method, &path, body).await;
        let (code, _, message) = reply.error();
        assert_eq!(code, status, "{method} {path}: {reply:?}");
        assert!(message.to_lowercase().contains(&says.to_lowercase()), "{method} {path}: {message}");
        assert_eq!(api.everything(&id).await, before, "{method} {path}");
    }
    for body in [&b"{"[..], b"{\"name\":\"\xff\",\"ownerId\":\"me\"}", b"{\"name\":\"\\ud800\",\"ownerId\":\"me\"}", &b"[".repeat(100_000)]
    {
        let reply = api.send(ADMIN, "POST", "/v1/courses", body.to_vec(), &[]).await;
        assert_eq!(reply.error().0, 400, "{reply:?}");
    }
    assert_eq!(api.everything(&id).await, before);
}

async fn mass_assignment(api: Api) {
    let body = json!({
        "name": "a", "ownerId": "me", "creationTime": "2000-01-01T00:00:00Z", "updateTime": "2000-01-01T00:00:00Z",
        "enrollmentCode": "mine123", "alternateLink": "x", "teacherGroupEmail": "x", "courseGroupEmail": "x", "calendarId": "x",
        "guardiansEnabled": true, "teacherFolder": { "id": "x" }, "courseMaterialSets": [{ "title": "x" }],
        "gradebookSettings": { "displaySetting": "SHOW_OVERALL_GRADE" },
    });
    let made = api.call(TEACHER, "POST", "/v1/courses", body.clone()).await;
    let id = made.id();
    for field in ["creationTime", "enrollmentCode", "alternateLink", "teacherGroupEmail", "guardiansEnabled", "teacherFolder"] {
        assert_ne!(made.body[field], body[field], "{field}");
    }
    assert!(made.body["calendarId"].is_null() && made.body["courseMaterialSets"].is_null());
    let put = api.call(TEACHER, "PUT", &format!("/v1/courses/{id}"), body).await;
    assert_eq!((put.status, put.body["enrollmentCode"].clone()), (200, made.body["enrollmentCode"].clone()));
    assert_eq!(put.body, made.body);
    assert_eq!(put.tag, made.tag, "nothing is different, so nothing was written");
}

async fn lengths(api: Api) {
    for (field, max) in [
        ("name", 750),
        ("section", 2_800),
        ("descriptionHeading", 3_600),
        ("description", 30_000),
        ("room", 650),
        ("subject", 999),
        ("levels", 999),
    ] {
        for (length, status) in [(max, 200), (max + 1, 400)] {
            let mut body = json!({ "name": "a", "ownerId": "me" });
            body[field] = json!("ğ".repeat(length));
            let reply = api.call(TEACHER, "POST", "/v1/courses?fields=id", body).await;
            assert_eq!(reply.status, status, "{field} {length}");
        }
    }
    for (length, status) in [(256, 200), (257, 400)] {
        let body = json!({ "id": "p:".to_owned() + &"ğ".repeat(length - 2), "name": "a", "ownerId": "me" });
        assert_eq!(api.call(TEACHER, "POST", "/v1/courses", body).await.status, status, "{length}");
    }
}

async fn roles(api: Api) {
    let people = [ADMIN, TEACHER, COTEACHER, STUDENT, STRANGER, OTHER];
    // By person, as in `people`; the teacher owns the course.
    let rows: [(&str, &str, Value, [u16; 6]); 10] = [
        ("GET", "", Value::Null, [200, 200, 200, 200, 403, 404]),
        ("PATCH", "?updateMask=room", json!({ "room": "1" }), [200, 200, 200, 403, 403, 404]),
        ("PUT", "", json!({ "name": "b" }), [200, 200, 200, 403, 403, 404]),
        ("GET", "/aliases", Value::Null, [200, 200, 200, 200, 403, 404]),
        ("GET", "/gradingPeriodSettings", Value::Null, [200, 200, 200, 403, 403, 404]),
        ("GET", "/students", Value::Null, [200, 200, 200, 200, 403, 404]),
        ("GET", ":checkGradingPeriodsSetupEligibility", Value::Null, [200, 200, 200, 403, 403, 404]),
        ("GET", ":checkAddOnCreationEligibility", Value::Null, [200, 200, 200, 403, 403, 404]),
        ("DELETE", "", Value::Null, [400, 400, 403, 403, 403, 404]),
        ("PATCH", "?updateMask=ownerId", json!({ "ownerId": "stranger@demo.example" }), [400, 403, 403, 403, 403, 404]),
    ];
    for (method, rest, body, statuses) in rows {
        let id = api.course().await;
        for (person, status) in people.iter().zip(statuses) {
            let reply = api.call(person, method, &format!("/v1/courses/{id}{rest}"), body.clone()).await;
            assert_eq!(reply.status, status, "{person} {method} {rest}: {reply:?}");
            let missing = api.call(person, method, &format!("/v1/courses/999999999999{rest}"), body.clone()).await;
            assert_eq!(missing.status, 404, "{person} {method} {rest}");
            if status == 404 {
                assert_eq!(missing.body, reply.body, "a foreign course is as one that is not there");
            }
        }
    }
    let id = api.course().await;
    for (person, shown) in [(ADMIN, true), (COTEACHER, true), (STUDENT, false)] {
        let course = api.get(person, &format!("/v1/courses/{id}")).await.body;
        assert_eq!((course["enrollmentCode"].is_string(), course["teacherFolder"].is_object()), (shown, shown), "{person}");
    }
    let listed = |body: &Value| body["courses"].as_array().map_or(0, Vec::len);
    assert_eq!(listed(&api.get(STRANGER, "/v1/courses").await.body), 0);
    assert_eq!(listed(&api.get(OTHER, "/v1/courses").await.body), 0);
    assert_eq!(
        listed(&api.get(STUDENT, "/v1/courses?x-query=biyoloji").await.body),
        listed(&api.get(ADMIN, "/v1/courses?x-query=BIYOLOJI").await.body)
    );
}

async fn authentication(api: Api) {
    for token in ["", "wrong", "demo-access"] {
        let reply = api.get(token, "/v1/courses").await;
        assert_eq!(reply.error().0, 401, "{token}");
        assert!(reply.challenge.is_some_and(|challenge| challenge.starts_with("Bearer realm=")));
    }
    assert_eq!(api.get("", "/v1/courses?access_token=demo-admin-token&key=k").await.status, 200);
    assert_eq!(api.get("", "/v1/courses?key=demo-admin-token").await.status, 401);
    let older = api.get(ADMIN, "/v1/courses/1").await.body;
    assert_eq!(older["error"]["errors"][0]["reason"], "notFound");
    let newer = api.get(ADMIN, "/v1/courses/1?$.xgafv=2").await.body;
    assert!(newer["error"]["errors"].is_null());
}

async fn page_tokens(api: Api) {
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

async fn batches(api: Api) {
    let part = |number: usize, request: &str| format!("--b\nContent-Type: application/http\nContent-ID: <u + {number}>\n\n{request}\n\n\n");
    let mixed = [("Content-Type", "multipart/mixed; boundary=\"b\"")];
    let body = part(1, "GET /v1/courses HTTP/1.1")
        + &part(2, "GET /v1/courses/1 HTTP/1.1")
        + &part(3, "POST /batch HTTP/1.1")
        + &part(4, "GET /v1/courses HTTP/1.1\nauthorization: Bearer wrong")
        + "--b--\n";
    for path in ["/batch", "/batch/classroom/v1"] {
        let reply = api.send(ADMIN, "POST", path, body.clone().into_bytes(), &mixed).await;
        let text = reply.body.as_str().unwrap_or_default();
        let statuses: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)).collect();
        assert_eq!((reply.status, statuses), (200, vec!["200", "404", "400", "401"]), "{text}");
        assert!(text.contains("Content-ID: <response-u + 4>\r\n"));
    }
    let many: String = (0..1_001).map(|number| part(number, "GET /v1/courses/1 HTTP/1.1")).collect();
    let kind = |kind: &'static str| [("Content-Type", kind)];
    for (headers, body) in [
        (kind("multipart/mixed"), body.clone()),
        (kind("application/json"), body.clone()),
        (mixed, "nothing".to_owned()),
        (mixed, part(1, "GET /v1/courses HTTP/1.1")),
        (mixed, many + "--b--"),
    ] {
        let reply = api.send(ADMIN, "POST", "/batch", body.into_bytes(), &headers).await;
        assert_eq!(reply.error().0, 400);
    }
}

/// Runs as many tasks as `count`, and waits for them.
async fn together<F: Future<Output = ()> + 'static>(count: usize, task: impl Fn(usize) -> F) {
    let tasks: Vec<_> = (0..count).map(|number| actix_web::rt::spawn(task(number))).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn disjoint_patches(api: Api) {
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

async fn compare_and_set(api: Api) {
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

async fn racing_transitions(api: Api) {
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
        // The first decides: neither state leads to the other, so it was one change.
        let course = api.get(TEACHER, &format!("/v1/courses/{id}")).await;
        assert_eq!(course.tag, Some(format!("\"{id}-2\"")), "{course:?}");
    }
}

async fn racing_aliases(api: Api) {
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
