//! Courses, people and tokens at the command line, against a running service on both databases. Also the changes that the
//! service makes to a course by itself.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]

mod support;

use std::process::{ExitCode, Output};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use support::process::{Answer, Running, derslik, url_text};
use support::{DATABASES, run};

const ADMIN: &str = "demo-admin-token";
const TEACHER: &str = "demo-teacher-token";
const COTEACHER: &str = "demo-coteacher-token";
const STUDENT: &str = "demo-student-token";

fn main() -> ExitCode {
    type Case = (&'static str, fn(&str) -> Result<(), Failed>);
    let cases: [Case; 8] = [
        ("a_course_is_given_a_calendar_once_it_is_active", calendars_are_assigned),
        ("a_course_that_lost_its_job_is_given_a_calendar_by_the_next_sweep", lost_jobs_are_found),
        ("a_suspended_course_is_seen_by_its_owner_and_changed_by_no_request", suspended),
        ("a_suspension_ends_where_the_operator_says", restored),
        ("a_restored_course_is_where_it_was_suspended", restored_to_its_origin),
        ("guardians_gradebook_and_materials_are_set_by_the_operator_and_seen_by_requests", adjusted),
        ("an_impossible_operation_is_refused_with_a_reason_and_changes_nothing", refused),
        ("a_person_and_a_token_that_were_created_can_be_used", people_and_tokens),
    ];
    let mut trials = Vec::new();
    for (database, open) in DATABASES {
        for (name, case) in cases {
            trials.push(Trial::test(format!("{database}::{name}"), move || {
                let (url, _place) = open()?;
                case(&url_text(&url))
            }));
        }
    }
    run(trials)
}

fn check(holds: bool, about: &dyn std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{about:?}").into()) }
}

/// One request, with a body unless that is null.
fn call(service: &Running, token: &str, method: &str, path: &str, body: &Value) -> Result<Answer, Failed> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: \
         application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    service.send(&head, body.as_bytes())
}

fn get(service: &Running, token: &str, id: &str) -> Result<Answer, Failed> {
    service.get(&format!("/v1/courses/{id}"), token)
}

/// A new course of the teacher in that state.
fn course(service: &Running, state: &str) -> Result<Value, Failed> {
    let made = call(service, TEACHER, "POST", "/v1/courses", &json!({ "name": "Fizik", "ownerId": "me", "courseState": state }))?;
    check(made.status == 200, &made)?;
    made.json()
}

fn id_of(course: &Value) -> Result<String, Failed> {
    Ok(course["id"].as_str().ok_or("no id")?.to_owned())
}

/// The course once it has a calendar.
fn with_calendar(service: &Running, id: &str) -> Result<Value, Failed> {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(60) {
        let course = get(service, TEACHER, id)?.json()?;
        if course["calendarId"].is_string() {
            return Ok(course);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err("the course has no calendar".into())
}

fn calendars_are_assigned(url: &str) -> Result<(), Failed> {
    let service = Running::start(url, &[])?;
    let made = course(&service, "ACTIVE")?;
    check(made["calendarId"].is_null(), &made)?;
    let id = id_of(&made)?;
    let given = with_calendar(&service, &id)?;
    check(given["calendarId"] == format!("classroom{id}@group.calendar.google.com"), &given)?;
    check(given["updateTime"] == made["updateTime"], &given)?;

    // A provisioned course gets no calendar until it is accepted.
    let waiting = id_of(&course(&service, "PROVISIONED")?)?;
    let body = json!({ "courseState": "ACTIVE" });
    check(get(&service, TEACHER, &waiting)?.json()?["calendarId"].is_null(), &"a calendar before its time")?;
    let accepted = call(&service, TEACHER, "PATCH", &format!("/v1/courses/{waiting}?updateMask=courseState"), &body)?.json()?;
    check(accepted["courseState"] == "ACTIVE" && accepted["calendarId"].is_null(), &accepted)?;
    let first = with_calendar(&service, &waiting)?;

    // Only the first activation assigns a calendar.
    for state in ["ARCHIVED", "ACTIVE", "ARCHIVED"] {
        let body = json!({ "courseState": state });
        let moved = call(&service, TEACHER, "PATCH", &format!("/v1/courses/{waiting}?updateMask=courseState"), &body)?.json()?;
        check(moved["calendarId"] == first["calendarId"], &moved)?;
    }
    let jobs = job_list(url)?;
    let asked = jobs.iter().filter(|job| job["reference"] == waiting.as_str()).count();
    check(asked == 1, &jobs)
}

fn job_list(url: &str) -> Result<Vec<Value>, Failed> {
    let output = derslik(&["job", "list", "--account", "demo", "--limit", "1000", "--json", "--database-url", url]).output()?;
    check(output.status.success(), &output)?;
    let jobs: Vec<Value> = serde_json::from_slice(&output.stdout)?;
    Ok(jobs.into_iter().filter(|job| job["action"] == "assign_calendar_id").collect())
}

fn lost_jobs_are_found(url: &str) -> Result<(), Failed> {
    let idle = Running::start(url, &["--no-worker"])?;
    let (lost, gone) = (id_of(&course(&idle, "ACTIVE")?)?, id_of(&course(&idle, "ACTIVE")?)?);
    for job in job_list(url)?.iter().filter(|job| job["reference"] == lost.as_str()) {
        let cancelled = operator(url, &["job", "cancel", &job["id"].to_string()])?;
        check(cancelled.status.success(), &cancelled)?;
    }
    let archive = json!({ "courseState": "ARCHIVED" });
    call(&idle, TEACHER, "PATCH", &format!("/v1/courses/{gone}?updateMask=courseState"), &archive)?;
    check(call(&idle, TEACHER, "DELETE", &format!("/v1/courses/{gone}"), &Value::Null)?.status == 200, &"it is still there")?;
    drop(idle);
    let service = Running::start(url, &[])?;
    with_calendar(&service, &lost)?;
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(60) {
        if job_list(url)?.iter().all(|job| job["status"] == "completed" || job["status"] == "cancelled") {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(format!("{:?}", job_list(url)?).into())
}

/// A command about the account `demo`.
fn operator(url: &str, arguments: &[&str]) -> Result<Output, Failed> {
    Ok(derslik(arguments).args(["--account", "demo", "--database-url", url]).output()?)
}

/// The JSON output of such a command.
fn operated(url: &str, arguments: &[&str]) -> Result<Value, Failed> {
    let output = operator(url, &[arguments, &["--json"]].concat())?;
    check(output.status.success(), &output)?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn suspended(url: &str) -> Result<(), Failed> {
    let service = Running::start(url, &[])?;
    let id = id_of(&course(&service, "ACTIVE")?)?;
    with_calendar(&service, &id)?;
    let add = |roster: &str, user: &str| {
        let body = json!({ "userId": format!("{user}@demo.example") });
        call(&service, ADMIN, "POST", &format!("/v1/courses/{id}/{roster}"), &body)
    };
    check(add("teachers", "coteacher")?.status == 200 && add("students", "student")?.status == 200, &"no member was added")?;
    let shown = operated(url, &["course", "suspend", &id])?;
    check(shown["id"] == id.as_str() && shown["state"] == "SUSPENDED" && shown["name"] == "Fizik", &shown)?;

    let seen = get(&service, TEACHER, &id)?.json()?;
    check(seen["courseState"] == "SUSPENDED", &seen)?;
    for token in [ADMIN, COTEACHER, STUDENT] {
        check(get(&service, token, &id)?.status == 403, &token)?;
        let listed = service.get("/v1/courses", token)?.json()?;
        check(listed["courses"].is_null(), &listed)?;
    }
    let of = |rest: &str| format!("/v1/courses/{id}{rest}");
    let (failed, state) = ("Precondition check failed.", json!({ "courseState": "ACTIVE" }));
    let rows = [
        ("PATCH", of("?updateMask=name"), json!({ "name": "b" }), "@CourseNotModifiable "),
        ("PUT", of(""), json!({ "name": "b" }), "@CourseNotModifiable "),
        ("PATCH", of("?updateMask=courseState"), state, failed),
        ("DELETE", of(""), Value::Null, failed),
        ("POST", of("/aliases"), json!({ "alias": "p:a" }), "@CourseNotModifiable "),
        ("PATCH", of("/gradingPeriodSettings?updateMask=gradingPeriods"), json!({}), "@CourseNotModifiable "),
        ("DELETE", of("/students/student@demo.example"), Value::Null, "@CourseNotModifiable "),
    ];
    for (method, path, body, says) in rows {
        let answer = call(&service, TEACHER, method, &path, &body)?;
        let error = &answer.json()?["error"];
        let told = answer.status == 400 && error["status"] == "FAILED_PRECONDITION";
        check(told && error["message"].as_str().is_some_and(|message| message.starts_with(says)), &(method, path, answer))?;
    }
    let after = get(&service, TEACHER, &id)?.json()?;
    check(after == seen, &after)
}

fn restored(url: &str) -> Result<(), Failed> {
    let service = Running::start(url, &[])?;
    let id = id_of(&course(&service, "PROVISIONED")?)?;
    let alias = call(&service, ADMIN, "POST", &format!("/v1/courses/{id}/aliases"), &json!({ "alias": "d:fizik/1" }))?;
    check(alias.status == 200, &alias)?;
    for (arguments, state) in [
        (&["course", "suspend", "d:fizik/1"][..], "SUSPENDED"),
        (&["course", "suspend", "d:fizik/1"], "SUSPENDED"),
        (&["course", "restore", "d:fizik/1", "--to", "archived"], "ARCHIVED"),
        (&["course", "suspend", &id], "SUSPENDED"),
        (&["course", "restore", &id], "ARCHIVED"),
        (&["course", "suspend", &id], "SUSPENDED"),
        (&["course", "restore", &id, "--to", "active"], "ACTIVE"),
    ] {
        let shown = operated(url, arguments)?;
        check(shown["state"] == state, &shown)?;
        check(get(&service, TEACHER, &id)?.json()?["courseState"] == state, &state)?;
    }
    // The course became active for the first time, so it gets a calendar.
    with_calendar(&service, &id)?;
    let line = String::from_utf8(operator(url, &["course", "suspend", &id])?.stdout)?;
    check(line.starts_with(&format!("{id}\tSUSPENDED\t")) && line.ends_with("\tFizik\n"), &line)
}

/// Moves a course of the teacher to that state by requests.
fn in_state(service: &Running, state: &str) -> Result<String, Failed> {
    let (first, then) = match state {
        "ARCHIVED" => ("ACTIVE", Some(state)),
        "DECLINED" => ("PROVISIONED", Some(state)),
        state => (state, None),
    };
    let id = id_of(&course(service, first)?)?;
    if let Some(state) = then {
        let body = json!({ "courseState": state });
        let moved = call(service, TEACHER, "PATCH", &format!("/v1/courses/{id}?updateMask=courseState"), &body)?;
        check(moved.status == 200, &moved)?;
    }
    Ok(id)
}

fn restored_to_its_origin(url: &str) -> Result<(), Failed> {
    let service = Running::start(url, &[])?;
    for state in ["ACTIVE", "ARCHIVED", "PROVISIONED", "DECLINED"] {
        let id = in_state(&service, state)?;
        let suspended = operated(url, &["course", "suspend", &id])?;
        check(suspended["state"] == "SUSPENDED" && suspended["suspended_from"] == state, &suspended)?;
        let restored = operated(url, &["course", "restore", &id])?;
        check(restored["state"] == state && restored["suspended_from"].is_null(), &restored)?;
        check(get(&service, TEACHER, &id)?.json()?["courseState"] == state, &state)?;
    }
    Ok(())
}

fn adjusted(url: &str) -> Result<(), Failed> {
    let service = Running::start(url, &["--no-worker"])?;
    let id = id_of(&course(&service, "ACTIVE")?)?;
    let before = get(&service, TEACHER, &id)?.json()?;
    check(operated(url, &["course", "guardians", &id, "on"])?["guardians_enabled"] == true, &"they are told nothing")?;
    let weights = ["--calculation", "weighted-categories", "--display", "teachers", "--category", "Ödev=40%", "--category", "Sınav=60%"];
    operated(url, &[&["course", "gradebook", &id][..], &weights].concat())?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("materials.json");
    let sets = json!([{ "title": "Kaynaklar", "materials": [
        { "kind": "link", "url": "https://okul.example/", "title": "Okul" },
        { "kind": "form", "url": "https://forms.example/1" },
        { "kind": "video", "id": "v1" },
    ] }]);
    std::fs::write(&file, sets.to_string())?;
    let file = file.to_str().ok_or("no path")?;
    let shown = operated(url, &["course", "materials", &id, "--file", file])?;
    check(shown["material_sets"][0]["materials"][0]["title"] == "Okul", &shown)?;

    let seen = get(&service, TEACHER, &id)?.json()?;
    let gradebook = &seen["gradebookSettings"];
    check(seen["guardiansEnabled"] == true && before["guardiansEnabled"] == false, &seen)?;
    check(gradebook["calculationType"] == "WEIGHTED_CATEGORIES" && gradebook["displaySetting"] == "SHOW_TEACHERS_ONLY", &seen)?;
    let exam = &gradebook["gradeCategories"][1];
    check(exam["name"] == "Sınav" && exam["weight"] == 600_000 && exam["id"].is_string(), &seen)?;
    let materials = &seen["courseMaterialSets"][0]["materials"];
    check(materials[0]["link"]["url"] == "https://okul.example/" && materials[2]["youTubeVideo"]["id"] == "v1", &seen)?;
    check(seen["updateTime"].as_str() > before["updateTime"].as_str(), &(before, &seen))?;

    // Repeating a command changes nothing; a category of the same name keeps its id; settings that are not named stay.
    operated(url, &["course", "guardians", &id, "on"])?;
    check(get(&service, TEACHER, &id)?.json()? == seen, &"something changed")?;
    let points = ["--calculation", "total-points", "--category", "Sınav=100", "--category", "Katılım"];
    let shown = operated(url, &[&["course", "gradebook", &id][..], &points].concat())?;
    check(shown["gradebook"]["categories"][0]["id"] == exam["id"] && shown["gradebook"]["display"] == "teachers", &shown)?;
    operated(url, &["course", "gradebook", &id, "--no-categories"])?;
    operated(url, &["course", "materials", &id, "--none"])?;
    let emptied = get(&service, TEACHER, &id)?.json()?;
    check(emptied["courseMaterialSets"].is_null() && emptied["gradebookSettings"]["gradeCategories"].is_null(), &emptied)?;

    for (arguments, says) in [
        (&["course", "gradebook", &id, "--category", "Ödev=40%"][..], "has a weight"),
        (&["course", "gradebook", &id, "--category", "Ödev=0"], "whole number from 1 on"),
        (&["course", "materials", &id], "--file"),
        (&["course", "materials", &id, "--file", "nowhere.json"], "nowhere.json"),
        (&["course", "guardians", &id, "perhaps"], "invalid value"),
    ] {
        let output = operator(url, arguments)?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        check(output.status.code() == Some(2) && output.stdout.is_empty() && text.contains(says), &(arguments, text))?;
    }
    operated(url, &["course", "suspend", &id])?;
    let closed = operator(url, &["course", "guardians", &id, "off"])?;
    check(String::from_utf8_lossy(&closed.stderr).contains("cannot be modified"), &closed)
}

fn refused(url: &str) -> Result<(), Failed> {
    let service = Running::start(url, &[])?;
    let id = id_of(&course(&service, "ACTIVE")?)?;
    let before = with_calendar(&service, &id)?;
    for (arguments, says) in [
        (&["course", "restore", &id][..], "the course is ACTIVE, not suspended"),
        (&["course", "suspend", "999999999999"], "there is no such course"),
        (&["course", "suspend", "d:nowhere"], "there is no such course"),
        (&["course", "suspend", "fizik"], "there is no such course"),
        (&["course", "restore", &id, "--to", "provisioned"], "invalid value"),
    ] {
        let output = operator(url, arguments)?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        check(output.status.code() == Some(2) && output.stdout.is_empty() && text.contains(says), &(arguments, text))?;
    }
    for account in ["other", "nobody"] {
        let output = derslik(&["course", "suspend", &id, "--account", account, "--database-url", url]).output()?;
        check(output.status.code() == Some(2), &output)?;
    }
    let after = get(&service, TEACHER, &id)?.json()?;
    check(after == before, &after)
}

fn people_and_tokens(url: &str) -> Result<(), Failed> {
    let service = Running::start(url, &[])?;
    let create = |arguments: &[&str]| operator(url, arguments);
    let user = create(&["user", "create", "ayse@demo.example", "--name", "Ayşe", "--surname", "Yılmaz"])?;
    let text = String::from_utf8(user.stdout)?;
    check(user.status.success() && text.starts_with("user  ayse@demo.example ("), &text)?;
    let number = text.rsplit_once('(').and_then(|(_, rest)| rest.split_once(')')).ok_or("no id")?.0.to_owned();
    let token = |scopes: &[&str]| -> Result<String, Failed> {
        let mut arguments = vec!["token", "create", "ayse@demo.example"];
        for scope in scopes {
            arguments.extend(["--scope", scope]);
        }
        let made = create(&arguments)?;
        check(made.status.success(), &made)?;
        Ok(String::from_utf8(made.stdout)?.trim().strip_prefix("token  ").ok_or("no token")?.to_owned())
    };
    let everything = token(&[])?;
    let me = service.get("/v1/userProfiles/me", &everything)?.json()?;
    check(me["id"] == number.as_str() && me["name"]["fullName"] == "Ayşe Yılmaz", &me)?;
    let new = json!({ "name": "Kimya", "ownerId": "me" });
    let made = call(&service, &everything, "POST", "/v1/courses", &new)?;
    check(made.status == 200 && made.json()?["ownerId"] == number.as_str(), &made)?;
    let reading = token(&["classroom.courses.readonly"])?;
    check(service.get("/v1/courses", &reading)?.json()?["courses"].as_array().map(Vec::len) == Some(1), &"no list")?;
    let refused = call(&service, &reading, "POST", "/v1/courses", &new)?;
    check(refused.status == 403 && refused.head.contains("error=\"insufficient_scope\""), &refused)?;

    // `--role admin` makes an administrator, and a token that has expired already is refused.
    check(create(&["user", "create", "mudur@demo.example", "--role", "admin"])?.status.success(), &"no user")?;
    let admin = String::from_utf8(create(&["token", "create", "mudur@demo.example"])?.stdout)?;
    let all = service.get("/v1/courses", admin.trim().strip_prefix("token  ").ok_or("no token")?)?.json()?;
    check(all["courses"].as_array().map(Vec::len) == Some(1), &all)?;
    let over = create(&["token", "create", "ayse@demo.example", "--days", "0"])?;
    check(over.status.code() == Some(2) && over.stdout.is_empty(), &over)?;

    for (arguments, says) in [
        (&["user", "create", "AYSE@demo.example"][..], "is taken"),
        (&["user", "create", "ayse"], "e-mail address"),
        (&["user", "create", "x@demo.example", "--role", "owner"], "invalid value"),
        (&["token", "create", "nobody@demo.example"], "no such user"),
        (&["token", "create", "ayse@demo.example", "--scope", "classroom.everything"], "there is no scope"),
    ] {
        let output = create(arguments)?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        check(output.status.code() == Some(2) && output.stdout.is_empty() && text.contains(says), &(arguments, text))?;
    }
    let foreign = derslik(&["token", "create", "ayse@demo.example", "--account", "other", "--database-url", url]).output()?;
    check(foreign.status.code() == Some(2), &foreign)
}
