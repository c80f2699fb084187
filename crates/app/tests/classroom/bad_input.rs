//! Invalid requests: the error of each, and that none changes anything.

use serde_json::{Value, json};

use crate::api::{ADMIN, Api, STRANGER, STUDENT, TEACHER};

#[expect(clippy::too_many_lines, reason = "a table")]
pub(crate) async fn bad_input(api: Api) {
    let id = api.course().await;
    let other = api.course().await;
    let named = |name: &str| json!({ "name": name, "ownerId": "me" });
    let with = |member: &str, value: Value| json!({ "name": "a", "ownerId": "me", member: value });
    let link = json!({ "url": "https://okul.example" });
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
        (ADMIN, "POST", create.clone(), with("creationTime", json!(5)), 400, "protobuf.Timestamp), 5"),
        (ADMIN, "POST", create.clone(), with("creationTime", json!("yesterday")), 400, "protobuf.Timestamp), \"yesterday\""),
        (ADMIN, "POST", create.clone(), with("updateTime", json!("2014-10-02T15:01:23")), 400, "'course.update_time'"),
        (ADMIN, "POST", create.clone(), with("updateTime", json!("2014-02-30T15:01:23Z")), 400, "'course.update_time'"),
        (
            ADMIN,
            "POST",
            create.clone(),
            with("courseMaterialSets", json!([{ "materials": [{ "link": link, "form": {} }] }])),
            400,
            "oneof field 'material' is already set",
        ),
        (ADMIN, "POST", create.clone(), with("courseMaterialSets", json!([{ "materials": [{ "link": [] }] }])), 400, "materials[0].link'"),
        (
            ADMIN,
            "POST",
            create.clone(),
            with("gradebookSettings", json!({ "calculationType": "GUESSED" })),
            400,
            "CalculationType), \"GUESSED\"",
        ),
        (ADMIN, "POST", create.clone(), with("guardiansEnabled", json!("yes")), 400, "TYPE_BOOL"),
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
        (ADMIN, "PATCH", of("?updateMask=creationTime"), json!({ "creationTime": "2000-01-01T00:00:00Z" }), 400, "invalid argument"),
        (ADMIN, "PATCH", of("?updateMask=update_time"), json!({ "updateTime": "2000-01-01T00:00:00Z" }), 400, "invalid argument"),
        (ADMIN, "PATCH", of("?updateMask=name,calendarId"), json!({ "name": "b", "calendarId": "c" }), 400, "invalid argument"),
        (ADMIN, "PATCH", of("?updateMask=alternateLink"), json!({ "alternateLink": "x" }), 400, "invalid argument"),
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
        (ADMIN, "GET", of("/aliases?pageToken=x"), Value::Null, 400, "invalid argument"),
        (ADMIN, "GET", of("/aliases?pageSize=-1"), Value::Null, 400, "invalid argument"),
        (ADMIN, "GET", of("/students?pageToken=x"), Value::Null, 400, "invalid argument"),
        (ADMIN, "GET", of("/teachers?pageSize=-1"), Value::Null, 400, "invalid argument"),
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
        (ADMIN, "DELETE", of("/teachers/teacher@demo.example"), Value::Null, 400, "@CannotRemoveCourseOwner "),
        (ADMIN, "DELETE", of("/students/stranger@demo.example"), Value::Null, 404, "not found"),
        (ADMIN, "POST", of("/courseWork"), json!({}), 501, "not implemented"),
        (ADMIN, "POST", of("/lessons"), json!({}), 404, "not found"),
        // An unsupported method of a path is answered like an unknown path.
        (ADMIN, "PUT", create.clone(), named("a"), 404, "Method not found."),
        (ADMIN, "POST", of(""), named("a"), 404, "Method not found."),
        (ADMIN, "DELETE", of("/gradingPeriodSettings"), Value::Null, 404, "Method not found."),
        (ADMIN, "PATCH", of("/aliases"), json!({}), 404, "Method not found."),
        (ADMIN, "GET", "/batch".to_owned(), Value::Null, 404, "Method not found."),
    ];
    let before = api.everything(&id).await;
    for (token, method, path, body, status, says) in rows {
        let reply = api.call(token, method, &path, body).await;
        let (code, name, message) = reply.error();
        assert_eq!((code, name), (status, canonical(status, says)), "{method} {path}: {reply:?}");
        assert!(message.to_lowercase().contains(&says.to_lowercase()), "{method} {path}: {message}");
        assert_eq!(api.everything(&id).await, before, "{method} {path}");
    }
    // With a wrong size and a wrong token, lists below a course name the size, and the list of courses names the token.
    for (list, field) in [("/v1/courses".to_owned(), "page_token"), (of("/aliases"), "page_size"), (of("/students"), "page_size")] {
        let reply = api.call(ADMIN, "GET", &format!("{list}?pageSize=-1&pageToken=x"), Value::Null).await;
        assert_eq!(reply.body["error"]["details"][0]["fieldViolations"][0]["field"], field, "{list}: {reply:?}");
    }
}

/// The canonical status name of an answer with this HTTP status and message.
fn canonical(status: u16, says: &str) -> &'static str {
    match status {
        400 if says.starts_with('@') || says.starts_with("Precondition") => "FAILED_PRECONDITION",
        400 => "INVALID_ARGUMENT",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ALREADY_EXISTS",
        501 => "UNIMPLEMENTED",
        other => panic!("{other}"),
    }
}

pub(crate) async fn unreadable(api: Api) {
    let id = api.course().await;
    let before = api.everything(&id).await;
    for (body, says) in [
        (&b"{"[..], "Invalid JSON payload received. EOF"),
        (b"{\"name\":\"\xff\",\"ownerId\":\"me\"}", "Invalid JSON payload received. "),
        (b"{\"name\":\"\\ud800\",\"ownerId\":\"me\"}", "Invalid JSON payload received. "),
        (b"{\"name\":\"a\",\"ownerId\":\"me\"} {}", "Invalid JSON payload received. "),
        (b"{\"name\":\"a\",\"name\":\"b\",\"ownerId\":\"me\"}", "Invalid JSON payload received. The name \"name\" is set twice"),
        (b"{\"name\":\"a\",\"ownerId\":\"me\",\"courseState\":null,\"course_state\":1,\"courseState\":1}", "\"courseState\" is set twice"),
        (b"{\"courseState\":\"ACTIVE\",\"course_state\":\"ACTIVE\",\"name\":\"a\"}", "Field 'course.course_state' is set twice"),
        (b"{\"teacherFolder\":{\"id\":\"a\",\"id\":\"b\"},\"name\":\"a\",\"ownerId\":\"me\"}", "The name \"id\" is set twice"),
        (&b"[".repeat(100_000), "Invalid JSON payload received. "),
    ] {
        let reply = api.send(ADMIN, "POST", "/v1/courses", body.to_vec(), &[]).await;
        let (code, name, message) = reply.error();
        assert_eq!((code, name), (400, "INVALID_ARGUMENT"), "{reply:?}");
        assert!(message.contains(says), "{message}");
        assert!(reply.body["error"]["details"][0]["fieldViolations"].is_array(), "{reply:?}");
        let update = api.send(ADMIN, "PATCH", &format!("/v1/courses/{id}?updateMask=name"), body.to_vec(), &[]).await;
        assert_eq!(update.error().0, 400, "{update:?}");
    }
    let part = "--b\nContent-Type: application/http\n\nDELETE /v1/courses/1 HTTP/1.1\n\n--b--";
    for (kind, body, says) in [
        ("multipart/mixed", part, "A batch is multipart/mixed with a boundary."),
        ("multipart/mixed; boundary=", part, "A batch is multipart/mixed with a boundary."),
        ("application/json", part, "A batch is multipart/mixed with a boundary."),
        ("multipart/mixed; boundary=b", "{}", "The multipart body of the batch cannot be read."),
    ] {
        let reply = api.send(ADMIN, "POST", "/batch", body.as_bytes().to_vec(), &[("Content-Type", kind)]).await;
        assert_eq!(reply.error(), (400, "INVALID_ARGUMENT", says), "{kind}");
    }
    assert_eq!(api.everything(&id).await, before);
}

pub(crate) async fn mass_assignment(api: Api) {
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

pub(crate) async fn lengths(api: Api) {
    for (field, max) in LIMITS {
        for (length, status) in [(max, 200), (max + 1, 400)] {
            let mut body = json!({ "name": "a", "ownerId": "me" });
            body[field] = json!("ğ".repeat(length));
            let reply = api.call(TEACHER, "POST", "/v1/courses?fields=id", body).await;
            assert_eq!(reply.status, status, "{field} {length}");
            if status == 400 {
                assert_eq!(reply.error(), INVALID, "{field} {length}");
                let violation = &reply.body["error"]["details"][0]["fieldViolations"][0]["field"];
                let snake = field.replace('H', "_h");
                assert_eq!(*violation, format!("course.{snake}"), "{reply:?}");
            }
        }
    }
    for (length, status) in [(256, 200), (257, 400)] {
        let body = json!({ "id": "p:".to_owned() + &"ğ".repeat(length - 2), "name": "a", "ownerId": "me" });
        assert_eq!(api.call(TEACHER, "POST", "/v1/courses", body).await.status, status, "{length}");
    }
}

const INVALID: (u16, &str, &str) = (400, "INVALID_ARGUMENT", "Request contains an invalid argument.");

/// Fields with their maximum lengths in characters. The texts have two bytes a character, and lengths around the maximum.
const LIMITS: [(&str, usize); 7] = [
    ("name", 750),
    ("section", 2_800),
    ("descriptionHeading", 3_600),
    ("description", 30_000),
    ("room", 650),
    ("subject", 999),
    ("levels", 999),
];

pub(crate) async fn lengths_of_changes(api: Api) {
    let id = api.course().await;
    for (field, max) in LIMITS {
        let (fits, too_long) = ("ğ".repeat(max), "ğ".repeat(max + 1));
        let taken = api.patch(TEACHER, &id, field, json!({ field: fits })).await;
        assert_eq!((taken.status, &taken.body[field]), (200, &json!(fits)), "{field}");
        let before = api.everything(&id).await;
        assert_eq!(api.patch(TEACHER, &id, field, json!({ field: too_long })).await.error(), INVALID, "{field}");
        let whole = json!({ "name": "a", field: too_long });
        assert_eq!(api.call(TEACHER, "PUT", &format!("/v1/courses/{id}"), whole).await.error(), INVALID, "{field}");
        assert_eq!(api.everything(&id).await, before, "{field}");
    }
    let alias = |length: usize| json!({ "alias": format!("d:{}", "ğ".repeat(length - 2)) });
    let path = format!("/v1/courses/{id}/aliases");
    assert_eq!(api.call(ADMIN, "POST", &path, alias(256)).await.status, 200);
    let before = api.everything(&id).await;
    assert_eq!(api.call(ADMIN, "POST", &path, alias(257)).await.error(), INVALID);
    assert_eq!(api.everything(&id).await, before);
}

pub(crate) async fn limits_of_grading_periods(api: Api) {
    let id = api.course().await;
    let path = format!("/v1/courses/{id}/gradingPeriodSettings?updateMask=gradingPeriods");
    let day = |number: usize| json!({ "year": 2026, "month": 1 + number / 28, "day": 1 + number % 28 });
    let period = |number: usize, title: String| json!({ "title": title, "startDate": day(number), "endDate": day(number) });
    let periods =
        |count: usize| json!({ "gradingPeriods": (0..count).map(|number| period(number, number.to_string())).collect::<Vec<_>>() });
    let titled = |length: usize| json!({ "gradingPeriods": [period(0, "ğ".repeat(length))] });
    for (fits, too_much, place) in [
        (titled(1), titled(0), "grading_periods[0].title"),
        (titled(750), titled(751), "grading_periods[0].title"),
        (periods(100), periods(101), "grading_periods"),
    ] {
        let taken = api.call(TEACHER, "PATCH", &path, fits.clone()).await;
        assert_eq!(taken.status, 200, "{taken:?}");
        assert_eq!(taken.body["gradingPeriods"].as_array().map(Vec::len), fits["gradingPeriods"].as_array().map(Vec::len));
        let before = api.everything(&id).await;
        let refused = api.call(TEACHER, "PATCH", &path, too_much).await;
        assert_eq!(refused.error(), INVALID, "{place}");
        let field = &refused.body["error"]["details"][0]["fieldViolations"][0]["field"];
        assert_eq!(*field, format!("grading_period_settings.{place}"), "{refused:?}");
        assert_eq!(api.everything(&id).await, before, "{place}");
    }
}
