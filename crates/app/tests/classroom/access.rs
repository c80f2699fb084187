//! Authorization of the courses API by role, scope and account.

use derslik_domain::identity::Scope;
use serde_json::{Value, json};

use crate::api::{ADMIN, Api, COTEACHER, OTHER, STRANGER, STUDENT, TEACHER};

pub(crate) async fn authentication(api: Api) {
    for token in ["", "wrong", "demo-access"] {
        let reply = api.get(token, "/v1/courses").await;
        assert_eq!(reply.error().0, 401, "{token}");
        assert!(reply.challenge.is_some_and(|challenge| challenge.starts_with("Bearer realm=")));
    }
    // A method that is not carried out asks for a token all the same.
    for (token, status) in [("", 401), ("wrong", 401), ("demo-access", 401), (ADMIN, 501), (STRANGER, 501)] {
        for (method, path) in [("GET", "/v1/courses/1/courseWork"), ("POST", "/v1/invitations"), ("GET", "/v1/userProfiles/me/guardians")] {
            assert_eq!(api.call(token, method, path, Value::Null).await.error().0, status, "{token} {method} {path}");
        }
    }
    assert_eq!(api.get("", "/v1/courses?access_token=demo-admin-token&key=k").await.status, 200);
    assert_eq!(api.get("", "/v1/courses?key=demo-admin-token").await.status, 401);
    let older = api.get(ADMIN, "/v1/courses/1").await.body;
    assert_eq!(older["error"]["errors"][0]["reason"], "notFound");
    let newer = api.get(ADMIN, "/v1/courses/1?$.xgafv=2").await.body;
    assert!(newer["error"]["errors"].is_null());
}

/// An operation on a course and the expected statuses. The five are for the teacher's course: administrator, owner, co-teacher,
/// student, stranger. The last is the administrator's, for a course in which the others have no part.
type Row = (&'static str, &'static str, Value, [u16; 5], u16);

fn rows() -> Vec<Row> {
    let (staff, members) = ([200, 200, 200, 403, 403], [200, 200, 200, 200, 403]);
    let admin = [200, 403, 403, 403, 403];
    let none = Value::Null;
    let user = |id: &str| json!({ "userId": id });
    vec![
        ("GET", "", none.clone(), members, 200),
        ("PATCH", "?updateMask=room", json!({ "room": "1" }), staff, 200),
        ("PATCH", "?updateMask=courseState", json!({ "courseState": "ARCHIVED" }), staff, 200),
        // Only a co-teacher can become the owner.
        ("PATCH", "?updateMask=ownerId", json!({ "ownerId": "103" }), admin, 400),
        ("PUT", "", json!({ "name": "b" }), staff, 200),
        ("DELETE", "", none.clone(), [200, 200, 403, 403, 403], 200),
        ("GET", "/gradingPeriodSettings", none.clone(), staff, 200),
        ("PATCH", "/gradingPeriodSettings?updateMask=gradingPeriods", json!({ "gradingPeriods": [] }), staff, 200),
        ("GET", ":checkAddOnCreationEligibility", none.clone(), staff, 200),
        ("GET", ":checkGradingPeriodsSetupEligibility", none.clone(), staff, 200),
        ("POST", "/aliases", json!({ "alias": "d:new" }), admin, 200),
        ("POST", "/aliases", json!({ "alias": "p:new" }), staff, 200),
        ("GET", "/aliases", none.clone(), members, 200),
        ("DELETE", "/aliases/d:{number}", none.clone(), admin, 404),
        ("DELETE", "/aliases/p:{number}", none.clone(), staff, 404),
        ("POST", "/teachers", user("105"), admin, 200),
        ("GET", "/teachers", none.clone(), members, 200),
        ("GET", "/teachers/102", none.clone(), members, 404),
        // Removes a member other than the caller.
        ("DELETE", "/teachers/103", none.clone(), staff, 404),
        ("POST", "/students", user("105"), admin, 200),
        ("GET", "/students", none.clone(), members, 200),
        ("GET", "/students/104", none.clone(), members, 404),
        ("DELETE", "/students/104", none, members, 404),
    ]
}

pub(crate) async fn roles(api: Api) {
    // The administrator comes last, because the administrator's changes succeed where the others are refused.
    const PEOPLE: [(usize, &str); 5] = [(4, STRANGER), (3, STUDENT), (2, COTEACHER), (1, TEACHER), (0, ADMIN)];
    let mut number = 0;
    for (method, rest, body, own, foreign_by_admin) in rows() {
        let deletes = method == "DELETE" && rest.is_empty();
        let foreign = api.foreign_course(number).await;
        let theirs = json!({ "name": "a", "ownerId": "me", "courseState": "ACTIVE" });
        let theirs = api.call(OTHER, "POST", "/v1/courses", theirs).await.id();
        if deletes {
            api.patch(ADMIN, &foreign, "courseState", json!({ "courseState": "ARCHIVED" })).await;
        }
        let untouched = api.whole(&foreign).await;
        for (position, person) in PEOPLE {
            number += 1;
            let rest = rest.replace("{number}", &number.to_string());
            let of = |id: &str| format!("/v1/courses/{id}{rest}");
            let about = format!("{person} {method} {rest}");
            let course = api.course().await;
            if rest.starts_with("/aliases/") {
                let alias = rest.trim_start_matches("/aliases/");
                let added = api.call(ADMIN, "POST", &format!("/v1/courses/{course}/aliases"), json!({ "alias": alias })).await;
                assert_eq!(added.status, 200, "{about}: {added:?}");
            }
            if deletes {
                api.patch(TEACHER, &course, "courseState", json!({ "courseState": "ARCHIVED" })).await;
            }

            // For another account the course does not exist, and the courses of that account do not exist for this one.
            let unseen = api.call(OTHER, method, &of(&course), body.clone()).await;
            let missing = api.call(OTHER, method, &of("999999999999"), body.clone()).await;
            assert_eq!((unseen.status, &unseen.body), (404, &missing.body), "{about}");
            for nowhere in [theirs.as_str(), "999999999999"] {
                assert_eq!(api.call(person, method, &of(nowhere), body.clone()).await.body, missing.body, "{about}");
            }

            let refused = api.call(person, method, &of(&foreign), body.clone()).await;
            let expected = if person == ADMIN { foreign_by_admin } else { 403 };
            assert_eq!(refused.status, expected, "{about}: {refused:?}");
            if person != ADMIN {
                assert_eq!(api.whole(&foreign).await, untouched, "{about}");
            }
            // Each person tries to take the alias, which an earlier one may have got.
            let new = body["alias"].as_str().unwrap_or_default();
            if !new.is_empty() {
                api.call(ADMIN, "DELETE", &format!("/v1/courses/{foreign}/aliases/{new}"), Value::Null).await;
            }

            let before = if own[position] == 403 { api.whole(&course).await } else { Vec::new() };
            let reply = api.call(person, method, &of(&course), body.clone()).await;
            assert_eq!(reply.status, own[position], "{about}: {reply:?}");
            if reply.status == 403 {
                assert_eq!(reply.error().1, "PERMISSION_DENIED", "{about}");
                assert_eq!(api.whole(&course).await, before, "{about}");
            }
            if !new.is_empty() {
                api.call(ADMIN, "DELETE", &format!("/v1/courses/{course}/aliases/{new}"), Value::Null).await;
            }
        }
    }
}

pub(crate) async fn catalogue(api: Api) {
    api.course().await;
    let new = |owner: &str| json!({ "name": "a", "ownerId": owner });
    for (path, method, body, statuses) in [
        ("/v1/courses", "POST", new("me"), [200, 200, 200, 200, 200, 200]),
        // The other account has no user with the teacher's id.
        ("/v1/courses", "POST", new("102"), [200, 200, 403, 403, 403, 404]),
        ("/v1/courses", "GET", Value::Null, [200, 200, 200, 200, 200, 200]),
        ("/v1/userProfiles/me", "GET", Value::Null, [200, 200, 200, 200, 200, 200]),
        // Members of a course of the teacher can see the teacher's profile.
        ("/v1/userProfiles/102", "GET", Value::Null, [200, 200, 200, 200, 403, 404]),
    ] {
        for (person, status) in [ADMIN, TEACHER, COTEACHER, STUDENT, STRANGER, OTHER].into_iter().zip(statuses) {
            let reply = api.call(person, method, path, body.clone()).await;
            assert_eq!(reply.status, status, "{person} {method} {path}: {reply:?}");
        }
    }
}

pub(crate) async fn callers(api: Api) {
    let code_of = |course: Value| course["enrollmentCode"].as_str().unwrap().to_owned();
    let stranger = api.get(STRANGER, "/v1/userProfiles/me").await.id();
    for caller in ["me", &stranger, "stranger@demo.example", "STRANGER@Demo.Example"] {
        let id = api.course().await;
        let code = code_of(api.get(TEACHER, &format!("/v1/courses/{id}")).await.body);
        let students = format!("/v1/courses/{id}/students");
        let joins = format!("{students}?enrollmentCode={code}");
        let joined = api.call(STRANGER, "POST", &joins, json!({ "userId": caller })).await;
        assert_eq!((joined.status, joined.body["userId"].as_str()), (200, Some(stranger.as_str())), "{caller}: {joined:?}");
        assert_eq!(api.get(STRANGER, &format!("{students}/{caller}")).await.status, 200, "{caller}");
        let listed = api.get(STRANGER, &format!("/v1/courses?studentId={caller}&pageSize=1")).await;
        assert_eq!(listed.body["courses"][0]["id"], id.as_str(), "{caller}");
        assert_eq!(api.get(STRANGER, &format!("/v1/userProfiles/{caller}")).await.id(), stranger, "{caller}");
        assert_eq!(api.call(STRANGER, "DELETE", &format!("{students}/{caller}"), Value::Null).await.status, 200, "{caller}");
        let owned = api.call(STRANGER, "POST", "/v1/courses", json!({ "name": "Fizik", "ownerId": caller })).await;
        assert_eq!((owned.status, owned.body["ownerId"].as_str()), (200, Some(stranger.as_str())), "{caller}: {owned:?}");
    }
    // Other users can't be added this way, and the refusal does not tell whether the user exists.
    let id = api.course().await;
    let code = code_of(api.get(TEACHER, &format!("/v1/courses/{id}")).await.body);
    for other in ["admin@demo.example", "nobody@demo.example", "101", "999999"] {
        let joins = format!("/v1/courses/{id}/students?enrollmentCode={code}");
        let refused = api.call(STRANGER, "POST", &joins, json!({ "userId": other })).await;
        assert_eq!(refused.error().0, 403, "{other}");
    }
}

pub(crate) async fn owner_stays(api: Api) {
    let id = api.course().await;
    let before = api.whole(&id).await;
    for (token, owner) in [(ADMIN, "teacher@demo.example"), (TEACHER, "me"), (TEACHER, "Teacher@demo.example")] {
        let refused = api.call(token, "DELETE", &format!("/v1/courses/{id}/teachers/{owner}"), Value::Null).await;
        let (code, status, message) = refused.error();
        assert!(code == 400 && status == "FAILED_PRECONDITION" && message.starts_with("@CannotRemoveCourseOwner "), "{refused:?}");
    }
    assert_eq!(api.whole(&id).await, before);
}

pub(crate) async fn odd_tags(api: Api) {
    let id = api.course().await;
    let tag = api.get(TEACHER, &format!("/v1/courses/{id}")).await.tag.unwrap();
    for odd in ["\"ş\"".to_owned(), format!("{tag}\u{ff}")] {
        for (method, path) in [("PATCH", format!("/v1/courses/{id}?updateMask=room")), ("DELETE", format!("/v1/courses/{id}"))] {
            let body = json!({ "room": "9" }).to_string().into_bytes();
            let refused = api.send(TEACHER, method, &path, body, &[("If-Match", &odd)]).await;
            assert_eq!((refused.status, refused.error().1), (412, "FAILED_PRECONDITION"), "{odd}");
        }
    }
    assert_eq!(api.get(TEACHER, &format!("/v1/courses/{id}")).await.tag, Some(tag));
}

pub(crate) async fn sight(api: Api) {
    let id = api.course().await;
    for (person, shown) in [(ADMIN, true), (COTEACHER, true), (STUDENT, false)] {
        let course = api.get(person, &format!("/v1/courses/{id}")).await.body;
        assert_eq!((course["enrollmentCode"].is_string(), course["teacherFolder"].is_object()), (shown, shown), "{person}");
    }
    let listed = |body: &Value| body["courses"].as_array().map_or(0, Vec::len);
    assert_eq!(listed(&api.get(STRANGER, "/v1/courses").await.body), 0);
    assert_eq!(listed(&api.get(OTHER, "/v1/courses").await.body), 0);
}

/// Every operation, with the scopes of which any one allows it. `{id}` is a course, `{gone}` a missing object.
fn operations() -> Vec<(&'static str, &'static str, Vec<Scope>)> {
    use Scope::{AddonsTeacher, Courses, CoursesReadonly, ProfileEmails, ProfilePhotos, Rosters, RostersReadonly};
    let (read, write) = (vec![Courses, CoursesReadonly], vec![Courses]);
    let (see, enroll) = (vec![Rosters, RostersReadonly, ProfileEmails, ProfilePhotos], vec![Rosters]);
    vec![
        ("POST", "/v1/courses", write.clone()),
        ("GET", "/v1/courses", read.clone()),
        ("GET", "/v1/courses/{id}", read.clone()),
        ("PATCH", "/v1/courses/{id}?updateMask=room", write.clone()),
        ("PATCH", "/v1/courses/{id}?updateMask=ownerId", write.clone()),
        ("PUT", "/v1/courses/{id}", write.clone()),
        ("DELETE", "/v1/courses/{id}", write.clone()),
        ("GET", "/v1/courses/{id}/gradingPeriodSettings", read.clone()),
        ("PATCH", "/v1/courses/{id}/gradingPeriodSettings?updateMask=gradingPeriods", write.clone()),
        ("GET", "/v1/courses/{id}:checkGradingPeriodsSetupEligibility", read.clone()),
        ("GET", "/v1/courses/{id}:checkAddOnCreationEligibility", vec![AddonsTeacher]),
        ("POST", "/v1/courses/{id}/aliases", write.clone()),
        ("GET", "/v1/courses/{id}/aliases", read),
        ("DELETE", "/v1/courses/{id}/aliases/d:a", write),
        ("POST", "/v1/courses/{id}/teachers", enroll.clone()),
        ("GET", "/v1/courses/{id}/teachers", see.clone()),
        ("GET", "/v1/courses/{id}/teachers/102", see.clone()),
        ("DELETE", "/v1/courses/{id}/teachers/103", enroll.clone()),
        ("POST", "/v1/courses/{id}/students", enroll.clone()),
        ("GET", "/v1/courses/{id}/students", see.clone()),
        ("GET", "/v1/courses/{id}/students/104", see.clone()),
        ("DELETE", "/v1/courses/{id}/students/104", enroll),
        ("GET", "/v1/userProfiles/me", see),
    ]
}

pub(crate) async fn scopes(api: Api) {
    let id = api.course().await;
    let before = api.whole(&id).await;
    let google = |scope: &Scope| format!("https://www.googleapis.com/auth/{}", scope.name());
    let body = json!({ "name": "b", "ownerId": "103", "alias": "d:a", "userId": "105", "room": "1" });
    let named = |path: &str| {
        let fields: &[&str] = match path {
            path if path.contains("/aliases") => &["alias"],
            path if path.contains("/teachers") || path.contains("/students") => &["userId"],
            path if path.contains("/gradingPeriodSettings") => &[],
            _ => &["name", "ownerId", "room"],
        };
        fields.iter().map(|field| ((*field).to_owned(), body[field].clone())).collect::<serde_json::Map<_, _>>()
    };
    for scope in Scope::ALL {
        let token = api.token("admin@demo.example", std::iter::once(scope).collect()).await;
        for (method, path, opened_by) in operations() {
            let about = format!("{} {method} {path}", scope.name());
            let target = path.replace("{id}", &id);
            let body = if method == "GET" || method == "DELETE" { Value::Null } else { Value::Object(named(path)) };
            if opened_by.contains(&scope) {
                // Changes go to a missing course, so that they change nothing: 404 shows that the scope allowed them.
                let target = if method == "GET" { target } else { path.replace("{id}", "999999999999") };
                let reply = api.call(&token, method, &target, body).await;
                let expected = if method == "GET" || target == "/v1/courses" { 200 } else { 404 };
                assert_eq!(reply.status, expected, "{about}: {reply:?}");
                assert_eq!(reply.challenge, None, "{about}");
                continue;
            }
            let reply = api.call(&token, method, &target, body).await;
            let (status, name, message) = reply.error();
            assert_eq!((status, name, message), (403, "PERMISSION_DENIED", "Request had insufficient authentication scopes."), "{about}");
            let listed = opened_by.iter().map(google).collect::<Vec<_>>().join(" ");
            let challenge = format!("Bearer realm=\"https://accounts.google.com/\", error=\"insufficient_scope\", scope=\"{listed}\"");
            assert_eq!(reply.challenge.as_deref(), Some(challenge.as_str()), "{about}");
            assert_eq!(reply.body["error"]["details"][0]["reason"], "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "{about}");
            assert_eq!(api.whole(&id).await, before, "{about}");
        }
    }
}
