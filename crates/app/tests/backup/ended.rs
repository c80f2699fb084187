//! What has ended after a backup stays so after its restore.

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::support::process::{Answer, Running, until};
use crate::support::{DEMO, OTHER, Open};
use crate::{SEARCH, check, done, new_database, new_file, serve, text};

const KEY: &str = "demo-organization-key";
const PROJECT: &str = "/api/v1/3sWXSsqHgSKnE87YkNJK";
const TEACHER: &str = "teacher@demo.example";
const TEACHER_TOKEN: &str = "demo-teacher-token";
const PERSON: &str = "ayse.yilmaz";
const PASSWORD: &str = "uzun-bir-parola-1";

fn delete(service: &Running, path: &str) -> Result<Answer, Failed> {
    let head = format!("DELETE {path} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: Bearer {KEY}\r\n\r\n");
    service.send(&head, b"")
}

/// Erases the teacher, whom a client named by the address.
fn erase(service: &Running, url: &str) -> Result<(), Failed> {
    let asked = delete(service, &format!("{PROJECT}/users/{TEACHER}"))?;
    let job = asked.json()?["data"]["jobId"].as_i64().ok_or_else(|| format!("{asked:?}"))?;
    done(url, &["job", "run-now", &job.to_string(), "--account", "demo"])?;
    until(|| Ok(service.get(&format!("{PROJECT}/jobs/{job}"), KEY)?.json()?["data"]["status"] == "completed"))
}

/// Whether the people of the account have the teacher.
fn has_teacher(url: &str) -> Result<bool, Failed> {
    let people = done(url, &["user", "list", "--account", "demo"])?;
    let people = people.as_array().ok_or("no list")?;
    check(people.len() > 2, &people)?;
    Ok(people.iter().any(|person| person["email"] == TEACHER))
}

fn status(service: &Running, bearer: &str) -> Result<u16, Failed> {
    let path = if bearer.contains('|') { SEARCH } else { "/v1/courses" };
    Ok(if path == SEARCH { service.post(path, bearer, "{}")?.status } else { service.get(path, bearer)?.status })
}

pub(crate) fn by_list(open: Open) -> Result<(), Failed> {
    let (url, _place) = new_database(open)?;
    let (folder, backup) = new_file()?;
    let list = folder.path().join("okul.erasures.json");
    let service = Running::start(&url, &[])?;
    check(status(&service, TEACHER_TOKEN)? == 200 && has_teacher(&url)?, &"the teacher")?;
    done(&url, &["backup", text(&backup)])?;
    erase(&service, &url)?;
    done(&url, &["key", "revoke", "demo-access", "--account", "demo"])?;
    let exported = done(&url, &["erasures", "export", text(&list)])?;
    check(exported["erasures"] == 1 && exported["erased_people"] == 1, &exported)?;
    // The list has no secret, and no digest of one.
    let written = std::fs::read_to_string(&list)?;
    check(!written.contains("argon2") && !written.contains("demo-access"), &written)?;

    // The backup still has the person and the key.
    let (kept, _kept_place) = new_database(open)?;
    done(&kept, &["restore", text(&backup), "--keep-credentials"])?;
    check(has_teacher(&kept)?, &"nothing is proved of an empty backup")?;

    let (restored, _restored_place) = new_database(open)?;
    let outcome = done(&restored, &["restore", text(&backup), "--erasures", text(&list)])?;
    check(outcome["erasures_repeated"] == 1 && outcome["by_list"] == true, &outcome)?;
    check(!has_teacher(&restored)?, &"the teacher is back")?;
    let service = serve(&restored)?;
    check([DEMO, TEACHER_TOKEN].map(|bearer| status(&service, bearer).unwrap_or_default()) == [401, 401], &"what ended is valid")?;
    check([OTHER, "demo-admin-token"].map(|bearer| status(&service, bearer).unwrap_or_default()) == [200, 200], &"what is valid ended")?;
    // The audit log tells of the erasure in the restored database as well.
    let log = done(&restored, &["audit", "list", "--account", "demo", "--about", TEACHER])?;
    let events: Vec<_> = log.as_array().into_iter().flatten().map(|record| record["event"].clone()).collect();
    check(events.contains(&Value::from("erasure_completed")), &events)
}

/// The status of a form post for a token by the password of a person.
fn signed_in(service: &Running, account: &str) -> Result<u16, Failed> {
    let form = format!("grant_type=password&client_id=api&account_id={account}&username={PERSON}&password={PASSWORD}");
    let head = format!(
        "POST /auth/connect/token HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nContent-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        form.len()
    );
    Ok(service.send(&head, form.as_bytes())?.status)
}

pub(crate) fn deleted_people(open: Open) -> Result<(), Failed> {
    let (url, _place) = new_database(open)?;
    let (folder, backup) = new_file()?;
    let list = folder.path().join("okul.erasures.json");
    let service = Running::start(&url, &[])?;
    let person = json!({
        "name": "Ayşe", "surname": "Yılmaz", "email": "ayse@okul.example", "username": PERSON, "password": PASSWORD,
    });
    let added = service.post("/xapi/user", DEMO, &person.to_string())?;
    check(added.status == 201, &added)?;
    let account = "1329";
    check(signed_in(&service, account)? == 200, &"nothing is proved of a person who can't sign in")?;
    done(&url, &["backup", text(&backup)])?;
    let head = format!("DELETE /xapi/user/{PERSON} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: Bearer {DEMO}\r\n\r\n");
    let deleted = service.send(&head, b"")?;
    check(deleted.status == 204, &deleted)?;
    done(&url, &["erasures", "export", text(&list)])?;

    let (restored, _restored_place) = new_database(open)?;
    let outcome = done(&restored, &["restore", text(&backup), "--erasures", text(&list)])?;
    check(outcome["ended"]["people"] == 1 && outcome["ended"]["passwords"] == 1, &outcome)?;
    let service = serve(&restored)?;
    check(signed_in(&service, account)? == 400, &"a deleted person signs in")?;
    let people = done(&restored, &["user", "list", "--account", "demo"])?;
    check(!people.to_string().contains(PERSON), &people)
}

pub(crate) fn without_a_list(open: Open) -> Result<(), Failed> {
    let (url, _place) = new_database(open)?;
    let (_folder, backup) = new_file()?;
    Running::start(&url, &[])?.kill()?;
    done(&url, &["admin", "create", "ayse"])?;
    done(&url, &["backup", text(&backup)])?;
    let (restored, _restored_place) = new_database(open)?;
    let output = crate::command(&restored, &["restore", text(&backup)])?;
    let said = String::from_utf8(output.stdout)?;
    check(output.status.success() && said.contains("every credential ended") && said.contains("ask again for the erasures since"), &said)?;
    check(done(&restored, &["admin", "list"])? == Value::Array(Vec::new()), &"an admin is left")?;
    let created = done(&restored, &["key", "create", "--account", "demo"])?;
    let bearer = created["bearer"].as_str().ok_or("no bearer")?;
    let service = serve(&restored)?;
    for ended in [DEMO, OTHER, "demo-admin-token", TEACHER_TOKEN] {
        check(status(&service, ended)? == 401, &ended)?;
    }
    check(status(&service, bearer)? == 200, &"a new key")
}
