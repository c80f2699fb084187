//! Keys and tokens between their creation and their end, at two processes.

use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use derslik_storage::DatabaseUrl;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::check;
use crate::support::process::{Answer, Running, derslik, until, url_text};
use crate::support::{DEMO, OTHER};

/// How long a process may take to learn of a change. It is meant to take one second; the rest is for a slow machine.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(10);

/// A credential as a client holds it.
#[derive(Debug, Clone)]
enum Secret {
    /// An access key with its proof, or an access token, for the sessions API.
    Sessions(String),
    /// An organization key.
    Jobs(String),
    /// An access token.
    Courses(String),
}

impl Secret {
    /// The secret that a command printed.
    fn of(printed: &Value) -> Result<Self, Failed> {
        let text = |member: &str| printed[member].as_str().map(str::to_owned);
        let secret = text("bearer").map(Self::Sessions).or_else(|| text("organization_key").map(Self::Jobs));
        Ok(secret.or_else(|| text("token").map(Self::Courses)).ok_or_else(|| format!("no secret: {printed}"))?)
    }

    /// The answer to a small request of its API.
    fn used_at(&self, service: &Running) -> Result<Answer, Failed> {
        match self {
            Self::Sessions(bearer) => service.post("/xapi/v2/session/search", bearer, "{}"),
            Self::Jobs(key) => service.get("/api/v1/projects", key),
            Self::Courses(token) => service.get("/v1/courses", token),
        }
    }
}

/// Two processes of the service on one database. Only the first one runs jobs.
struct Site {
    url: String,
    services: [Running; 2],
}

impl Site {
    fn start(url: &DatabaseUrl) -> Result<Self, Failed> {
        let url = url_text(url);
        let services = [Running::start(&url, &[])?, Running::start(&url, &["--no-worker"])?];
        Ok(Self { url, services })
    }

    /// The JSON output of a command.
    fn command(&self, arguments: &[&str]) -> Result<Value, Failed> {
        let output = derslik(arguments).args(["--json", "--database-url", &self.url]).output()?;
        printed(arguments, &output)
    }

    /// The JSON output of a command about the account `demo`.
    fn of_demo(&self, arguments: &[&str]) -> Result<Value, Failed> {
        self.command(&[arguments, &["--account", "demo"]].concat())
    }

    fn new_secret(&self, arguments: &[&str]) -> Result<Secret, Failed> {
        Secret::of(&self.of_demo(arguments)?)
    }

    /// A new access key, organization key and access token.
    fn one_of_each_kind(&self) -> Result<[Secret; 3], Failed> {
        Ok([
            self.new_secret(&["key", "create"])?,
            self.new_secret(&["key", "create", "--kind", "organization"])?,
            self.new_secret(&["token", "create", "teacher@demo.example"])?,
        ])
    }

    fn takes(&self, secret: &Secret) -> Result<(), Failed> {
        for service in &self.services {
            let answer = secret.used_at(service)?;
            check(answer.status == 200, &(secret, answer))?;
        }
        Ok(())
    }

    /// Waits until both processes refuse the secret.
    fn comes_to_refuse(&self, secret: &Secret) -> Result<(), Failed> {
        self.comes_to_answer(secret, 401)
    }

    fn comes_to_answer(&self, secret: &Secret, status: u16) -> Result<(), Failed> {
        let begin = Instant::now();
        for service in &self.services {
            loop {
                let answer = secret.used_at(service)?;
                if answer.status == status {
                    break;
                }
                check(begin.elapsed() < CHANGE_TIMEOUT && [200, 401].contains(&answer.status), &(secret, answer))?;
                std::thread::sleep(Duration::from_millis(200));
            }
        }
        Ok(())
    }

    /// The list of the keys of the account `demo`, ended ones included.
    fn keys(&self) -> Result<Vec<Value>, Failed> {
        let list = self.of_demo(&["key", "list", "--all", "--limit", "1000"])?;
        Ok(list.as_array().ok_or("no list")?.clone())
    }

    /// The state of a secret that names its own public id.
    fn state_of(&self, secret: &Secret) -> Result<Value, Failed> {
        let (Secret::Sessions(text) | Secret::Jobs(text) | Secret::Courses(text)) = secret;
        let names = |key: &Value| key["public_id"].as_str().is_some_and(|public_id| text.contains(public_id));
        let stored = self.keys()?.into_iter().find(names).ok_or("the secret is not stored")?;
        Ok(stored["state"].clone())
    }

    /// The entry of that list with that id.
    fn key(&self, id: &Value) -> Result<Value, Failed> {
        Ok(self.keys()?.into_iter().find(|key| key["id"] == *id).ok_or_else(|| format!("no key {id}"))?)
    }
}

fn printed(arguments: &[&str], output: &Output) -> Result<Value, Failed> {
    check(output.status.success(), &(arguments, output))?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

pub(crate) fn created_and_revoked(url: &DatabaseUrl) -> Result<(), Failed> {
    let site = Site::start(url)?;
    let before = site.keys()?.len();
    let secrets = site.one_of_each_kind()?;
    let made = site.keys()?.split_off(before);
    check(made.len() == 3 && made.iter().all(|key| key["state"] == "valid"), &made)?;
    check(made[0]["expires_at"].is_null() && made[2]["expires_at"].is_string(), &made)?;
    for (secret, key) in secrets.iter().zip(&made) {
        site.takes(secret)?;
        // A leaked secret names the key that is to be revoked.
        let public_id = key["public_id"].as_str().ok_or("no public id")?;
        let (Secret::Sessions(text) | Secret::Jobs(text) | Secret::Courses(text)) = secret;
        check(text.contains(public_id), &key)?;
        let foreign = derslik(&["key", "revoke", public_id, "--account", "other", "--database-url", &site.url]).output()?;
        check(foreign.status.code() == Some(2), &foreign)?;
        site.takes(secret)?;
        let id = key["id"].to_string();
        let revoked = site.of_demo(&["key", "revoke", public_id])?;
        check(revoked["id"] == key["id"] && site.key(&key["id"])?["state"] == "revoked", &revoked)?;
        site.comes_to_refuse(secret)?;
        // Revoking is repeatable, and the key can't be replaced any more.
        site.of_demo(&["key", "revoke", &id])?;
        let rotated = derslik(&["key", "rotate", &id, "--account", "demo", "--database-url", &site.url]).output()?;
        check(rotated.status.code() == Some(2) && String::from_utf8_lossy(&rotated.stderr).contains("derslik key create"), &rotated)?;
    }
    let listed = site.of_demo(&["key", "list", "--limit", "1000"])?;
    check(listed.as_array().map(Vec::len) == Some(before), &listed)?;
    site.takes(&Secret::Sessions(DEMO.to_owned()))
}

pub(crate) fn last_used(url: &DatabaseUrl) -> Result<(), Failed> {
    let site = Site::start(url)?;
    let created = site.of_demo(&["key", "create"])?;
    let unused = site.key(&created["id"])?;
    check(unused["last_used_on"].is_null(), &unused)?;
    site.takes(&Secret::of(&created)?)?;
    until(|| Ok(site.key(&created["id"])?["last_used_on"].is_string()))?;
    let used = site.key(&created["id"])?;
    let later = site.of_demo(&["key", "create"])?;
    let day = |key: &Value| key["created_at"].as_str().and_then(|instant| instant.get(..10)).map(str::to_owned);
    // Midnight may have passed meanwhile.
    let days = [day(&used), day(&site.key(&later["id"])?)];
    check(days.iter().any(|day| used["last_used_on"].as_str() == day.as_deref()), &(used, days))
}

pub(crate) fn rotated(url: &DatabaseUrl) -> Result<(), Failed> {
    let site = Site::start(url)?;
    for kind in ["access", "organization"] {
        let first = site.of_demo(&["key", "create", "--kind", kind, "--days", "30"])?;
        let second = site.of_demo(&["key", "rotate", &first["id"].to_string(), "--overlap", "2h"])?;
        check(second["id"] != first["id"] && second["kind"] == kind && second["expires_at"].is_string(), &second)?;
        site.takes(&Secret::of(&second)?)?;
        site.takes(&Secret::of(&first)?)?;
        let old = site.key(&first["id"])?;
        check(old["state"] == "valid" && old["expires_at"].as_str() < second["expires_at"].as_str(), &old)?;
        let token = log_in_by(&site.services[0], &second)?;
        token.iter().try_for_each(|token| site.takes(token))?;
        let third = site.of_demo(&["key", "rotate", &second["id"].to_string(), "--overlap", "0"])?;
        site.takes(&Secret::of(&third)?)?;
        site.comes_to_refuse(&Secret::of(&second)?)?;
        token.iter().try_for_each(|token| site.comes_to_refuse(token))?;
        site.takes(&Secret::of(&third)?)?;
    }
    let token = site.new_secret(&["token", "create", "teacher@demo.example", "--scope", "classroom.courses.readonly"])?;
    let old = site.keys()?.pop().ok_or("no keys")?;
    let new = site.of_demo(&["key", "rotate", old["public_id"].as_str().ok_or("no public id")?])?;
    let stored = site.key(&new["id"])?;
    check(stored["principal"] == old["principal"] && stored["scopes"] == old["scopes"] && stored["kind"] == "token", &stored)?;
    site.takes(&token)?;
    site.takes(&Secret::of(&new)?)
}

pub(crate) fn tokens_of_other_keys(url: &DatabaseUrl) -> Result<(), Failed> {
    let site = Site::start(url)?;
    let token_by = |key: &Value| Ok::<_, Failed>(log_in_by(&site.services[0], key)?.ok_or("no access key")?);
    let (first, second) = (site.of_demo(&["key", "create"])?, site.of_demo(&["key", "create"])?);
    let (of_first, of_second) = (token_by(&first)?, token_by(&second)?);
    site.takes(&of_first)?;
    site.of_demo(&["key", "revoke", &first["id"].to_string()])?;
    site.comes_to_refuse(&of_first)?;
    // Each process may still know a token that was revoked within the last second, so the state is read as well.
    site.takes(&of_second)?;
    check(site.state_of(&of_first)? == "revoked" && site.state_of(&of_second)? == "valid", &"after the revocation")?;

    let old = second["id"].to_string();
    let third = site.of_demo(&["key", "rotate", &old, "--overlap", "2h"])?;
    let of_third = token_by(&third)?;
    site.takes(&of_second)?;
    check(site.state_of(&of_second)? == "valid", &"in the overlap")?;
    site.of_demo(&["key", "rotate", &old, "--overlap", "0"])?;
    site.comes_to_refuse(&of_second)?;
    site.takes(&of_third)?;
    check(site.state_of(&of_second)? == "expired" && site.state_of(&of_third)? == "valid", &"after the overlap")
}

pub(crate) fn disabled(url: &DatabaseUrl) -> Result<(), Failed> {
    let site = Site::start(url)?;
    let secrets = site.one_of_each_kind()?;
    secrets.iter().try_for_each(|secret| site.takes(secret))?;
    let state = site.command(&["account", "disable", "demo"])?;
    check(state["state"] == "disabled" && state["changed"] == true, &state)?;
    secrets.iter().try_for_each(|secret| site.comes_to_refuse(secret))?;
    site.takes(&Secret::Sessions(OTHER.to_owned()))?;
    check(site.command(&["account", "disable", "demo"])?["changed"] == false, &"disabled twice")?;
    check(site.command(&["account", "enable", "demo"])?["state"] == "active", &"not enabled")?;
    secrets.iter().try_for_each(|secret| site.comes_to_answer(secret, 200))
}

pub(crate) fn passive(url: &DatabaseUrl) -> Result<(), Failed> {
    let site = Site::start(url)?;
    let token = site.new_secret(&["token", "create", "student@demo.example"])?;
    site.takes(&token)?;
    check(site.of_demo(&["user", "passive", "student@demo.example"])?["state"] == "passive", &"still active")?;
    site.comes_to_refuse(&token)?;
    site.takes(&Secret::Courses("demo-teacher-token".to_owned()))?;
    check(site.of_demo(&["user", "active", "student@demo.example"])?["state"] == "active", &"still passive")?;
    site.comes_to_answer(&site.new_secret(&["token", "create", "student@demo.example"])?, 200)
}

/// The token that a log-in with a new access key gets; none for another kind of key.
fn log_in_by(service: &Running, created: &Value) -> Result<Option<Secret>, Failed> {
    let Some((access_key, secret_key)) = created["access_key"].as_str().zip(created["secret_key"].as_str()) else { return Ok(None) };
    let answer = log_in_as(service, access_key, secret_key)?.json()?;
    Ok(Some(Secret::Sessions(answer["access_token"].as_str().ok_or("no token")?.to_owned())))
}

/// A log-in of the known person.
fn log_in(service: &Running, password: &str) -> Result<Answer, Failed> {
    log_in_as(service, "demo-user", password)
}

fn log_in_as(service: &Running, name: &str, password: &str) -> Result<Answer, Failed> {
    let form = format!("grant_type=password&client_id=api&account_id=1329&username={name}&password={password}");
    let head = format!(
        "POST /auth/connect/token HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nContent-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        form.len()
    );
    service.send(&head, form.as_bytes())
}

pub(crate) fn new_password(url: &DatabaseUrl) -> Result<(), Failed> {
    let site = Site::start(url)?;
    let before = log_in(&site.services[1], "demo-password")?.json()?;
    let token = Secret::Sessions(before["access_token"].as_str().ok_or("no token")?.to_owned());
    site.takes(&token)?;

    // The password comes by standard input, and stands in no argument.
    let arguments = ["user", "password", "demo-user", "--password-file", "-", "--account", "demo"];
    let mut command = derslik(&arguments);
    command.args(["--json", "--database-url", &site.url]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    std::io::Write::write_all(&mut child.stdin.take().ok_or("no standard input")?, b"yeni-parola-1\n")?;
    let set = printed(&arguments, &child.wait_with_output()?)?;
    check(set["password"].is_null() && !set.to_string().contains("yeni"), &set)?;
    site.comes_to_refuse(&token)?;
    for service in &site.services {
        check(log_in(service, "demo-password")?.status == 400, &"the old password is accepted")?;
        check(log_in(service, "yeni-parola-1")?.status == 200, &"the new password is refused")?;
    }

    let random = site.of_demo(&["user", "password", "demo-user"])?;
    let random = random["password"].as_str().ok_or("no password")?;
    check(log_in(&site.services[0], random)?.status == 200, &"the random password is refused")?;
    check(log_in(&site.services[1], "yeni-parola-1")?.status == 400, &"the password before is accepted")
}

pub(crate) fn expired(url: &DatabaseUrl) -> Result<(), Failed> {
    let site = Site::start(url)?;
    let later = Running::start(&site.url, &["--no-worker", "--dev-clock", "2099-01-01T00:00:00Z"])?;
    let ending = [
        site.new_secret(&["key", "create", "--days", "1"])?,
        site.new_secret(&["key", "create", "--kind", "organization", "--days", "1"])?,
        site.new_secret(&["token", "create", "teacher@demo.example", "--days", "1"])?,
        site.new_secret(&["token", "create", "teacher@demo.example"])?,
    ];
    for secret in &ending {
        site.takes(secret)?;
        let answer = secret.used_at(&later)?;
        check(answer.status == 401, &(secret, answer))?;
    }
    let lasting = [
        site.new_secret(&["key", "create"])?,
        site.new_secret(&["token", "create", "teacher@demo.example", "--never"])?,
        Secret::Courses("demo-teacher-token".to_owned()),
    ];
    for secret in &lasting {
        let answer = secret.used_at(&later)?;
        check(answer.status == 200, &(secret, answer))?;
    }
    Ok(())
}
