//! The console of a running service: who gets in, what a viewer may do, and what keeps pages of other sites out.

use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::check;
use crate::support::process::{Answer, Running, derslik, sqlite_url};

const CONSOLE: &str = "/console";
const SIGN_IN: &str = "/console/sign-in";
const SIGN_OUT: &str = "/console/sign-out";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("the_console_of_this_machine_needs_no_sign_in", of_this_machine),
        Trial::test("pages_of_other_sites_get_nothing_from_the_console", other_sites),
        Trial::test("a_console_that_is_turned_off_is_absent", turned_off),
        Trial::test("admins_sign_in_to_the_console_in_production", admins),
        Trial::test("guesses_at_passwords_of_the_console_are_limited", guesses),
        Trial::test("a_console_for_other_machines_takes_the_printed_token_once", printed_token),
    ]
}

/// Starts a service, whose address is then that of its operations listener. Returns its banner as well.
fn start(command: Command) -> Result<(Running, Value), Failed> {
    let mut service = Running::spawn(command)?;
    let banner: Value = serde_json::from_str(&service.banner)?;
    let operations = banner["operations"].as_str().and_then(|url| url.strip_prefix("http://")).ok_or("no operations listener")?;
    service.address = operations.parse()?;
    Ok((service, banner))
}

/// Serves in profile `dev`, with known keys and these variables.
fn dev(folder: &Path, variables: &[(&str, &str)]) -> Result<(Running, Value), Failed> {
    let url = sqlite_url(folder);
    let mut command = derslik(&["serve", "--fixed-dev-keys", "--json", "--listen", "127.0.0.1:0", "--database-url", &url]);
    command.env("DERSLIK_OPS__LISTEN", "127.0.0.1:0").envs(variables.iter().copied());
    start(command)
}

/// A command in profile `production`, on an `SQLite` file in the folder.
fn production(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = derslik(arguments);
    command.envs([
        ("DERSLIK_PROFILE", "production"),
        ("DERSLIK_ALLOW_SQLITE", "true"),
        ("DERSLIK_LISTEN", "127.0.0.1:0"),
        ("DERSLIK_OPS__LISTEN", "127.0.0.1:0"),
    ]);
    command.env("DATABASE_URL", sqlite_url(folder));
    command
}

/// What such a command prints.
fn printed(folder: &Path, arguments: &[&str]) -> Result<String, Failed> {
    let output = production(folder, arguments).output()?;
    check(output.status.success(), &(arguments, &output))?;
    Ok(String::from_utf8(output.stdout)?)
}

/// Makes an admin. Returns the id and the password.
fn make_admin(folder: &Path, name: &str, role: &str) -> Result<(i64, String), Failed> {
    let made: Value = serde_json::from_str(&printed(folder, &["admin", "create", name, "--role", role, "--json"])?)?;
    let password = made["password"].as_str().ok_or("no password")?.to_owned();
    Ok((made["admin"]["id"].as_i64().ok_or("no id")?, password))
}

/// A browser that shows the console, with the cookie of its sign-in.
struct Browser<'a> {
    service: &'a Running,
    cookie: Option<String>,
}

impl<'a> Browser<'a> {
    fn of(service: &'a Running) -> Self {
        Self { service, cookie: None }
    }

    /// One request, with these lines in its head.
    fn ask(&self, line: &str, lines: &[&str], form: &str) -> Result<Answer, Failed> {
        let cookie = self.cookie.as_ref().map(|cookie| format!("Cookie: derslik_console={cookie}"));
        let length = format!("Content-Length: {}", form.len());
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let mut head = vec![line, kind, &length];
        head.extend(cookie.as_deref());
        head.extend(lines);
        self.service.send(&(head.join("\r\n") + "\r\n\r\n"), form.as_bytes())
    }

    fn host(&self) -> String {
        format!("Host: {}", self.service.address)
    }

    fn get(&self, path: &str) -> Result<Answer, Failed> {
        self.ask(&format!("GET {path} HTTP/1.1"), &[&self.host()], "")
    }

    fn post(&self, path: &str, form: &str) -> Result<Answer, Failed> {
        let origin = format!("Origin: http://{}", self.service.address);
        self.ask(&format!("POST {path} HTTP/1.1"), &[&self.host(), &origin, "Sec-Fetch-Site: same-origin"], form)
    }

    /// The token that the forms of a page carry.
    fn form_token(&self, path: &str) -> Result<String, Failed> {
        let page = self.get(path)?;
        let (_, rest) = page.body.split_once(r#"name="form_token" value=""#).ok_or_else(|| format!("no form: {page:?}"))?;
        Ok(rest.split('"').next().unwrap_or_default().to_owned())
    }

    /// Sends the form of the page to sign in, and keeps the cookie that the answer sets.
    fn sign_in(&mut self, fields: &str) -> Result<Answer, Failed> {
        let token = self.form_token(SIGN_IN)?;
        let answer = self.post(SIGN_IN, &format!("form_token={token}&{fields}"))?;
        let set = header(&answer, "set-cookie").and_then(|cookie| cookie.strip_prefix("derslik_console="));
        self.cookie = set.and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
        Ok(answer)
    }

    /// The page of the first account.
    fn first_page(&self) -> Result<String, Failed> {
        let answer = self.get(CONSOLE)?;
        let page = header(&answer, "location").unwrap_or_default().to_owned();
        check(answer.status == 303 && page.starts_with("/console/") && page.ends_with("/now"), &answer)?;
        Ok(page)
    }

    /// Whether each page leads to the one to sign in.
    fn is_out(&self) -> Result<bool, Failed> {
        let answer = self.get(CONSOLE)?;
        Ok(answer.status == 303 && header(&answer, "location").is_some_and(|page| page.starts_with(SIGN_IN)))
    }
}

/// The first header of that name, in lower case.
fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// A name and a password as fields of a form.
fn fields(name: &str, password: &str) -> String {
    let password: Vec<_> = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("name={name}&password={}", password.concat())
}

fn of_this_machine() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (service, banner) = dev(folder.path(), &[])?;
    let console = format!("http://{}/console", service.address);
    check(banner["console"] == console && banner["console_token"].is_null(), &banner)?;
    let browser = Browser::of(&service);
    let first = browser.first_page()?;
    let page = browser.get(&first)?;
    check(page.status == 200 && page.body.contains("<h1") && page.body.contains(r#"<html lang="en""#), &page)?;
    for line in [
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "x-frame-options: deny",
        "referrer-policy: same-origin",
        "cross-origin-opener-policy: same-origin",
        "frame-ancestors 'none'",
        "script-src 'self'",
    ] {
        check(page.head.contains(line), &(line, &page.head))?;
    }
    check(!page.head.contains("unsafe-inline"), &page.head)?;
    let style = browser.get("/console/assets/console.css")?;
    check(style.status == 200 && style.head.contains("immutable"), &style.head)?;
    // The page to sign in is for those who have to.
    check(browser.get(SIGN_IN)?.status == 303, &"the page to sign in")?;
    let no_page = first.replace("/now", "/none");
    for nothing in ["/console/none", "/console/999999999/now", &no_page] {
        let answer = browser.get(nothing)?;
        check(answer.status == 404 && answer.head.contains("x-frame-options: deny"), &(nothing, answer))?;
    }
    let turkish = browser.ask(&format!("GET {first} HTTP/1.1"), &[&browser.host(), "Accept-Language: tr-TR,tr;q=0.9,en;q=0.8"], "")?;
    check(turkish.status == 200 && turkish.body.contains(r#"<html lang="tr""#), &turkish.head)
}

fn other_sites() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (service, _) = dev(folder.path(), &[])?;
    let browser = Browser::of(&service);
    let (first, host) = (browser.first_page()?, browser.host());
    let get = format!("GET {first} HTTP/1.1");
    let refused: [&[&str]; 4] = [
        &["Host: evil.example"],
        &["Host: evil.example", "Origin: http://evil.example"],
        &[&host, "Origin: http://evil.example"],
        &[&host, "Sec-Fetch-Site: cross-site"],
    ];
    for lines in refused {
        let answer = browser.ask(&get, lines, "")?;
        check(answer.status == 403 && !answer.body.contains("<main"), &(lines, answer))?;
    }
    let (new_person, person) = (first.replace("/now", "/people/new"), "name=Ali&surname=Can&email=ali%40okul.example&username=ali&role=u");
    for token in ["", "&form_token=", "&form_token=0123456789abcdef"] {
        let answer = browser.post(&new_person, &format!("{person}{token}"))?;
        check(answer.status == 403 && answer.body.contains("Nothing was changed"), &(token, answer))?;
    }
    let foreign = browser.ask(&format!("POST {new_person} HTTP/1.1"), &[&host, "Origin: http://evil.example"], person)?;
    check(foreign.status == 403, &foreign)?;
    let people = browser.get(&first.replace("/now", "/people"))?;
    check(people.status == 200 && !people.body.contains("ali@okul.example"), &people)?;
    let token = browser.form_token(&new_person)?;
    let added = browser.post(&new_person, &format!("{person}&form_token={token}"))?;
    check(added.status == 303 && header(&added, "location").is_some_and(|page| page.contains("note=")), &added)
}

fn turned_off() -> Result<(), Failed> {
    let closed: [&[(&str, &str)]; 2] = [&[("DERSLIK_CONSOLE__ENABLED", "false")], &[("DERSLIK_OPS__LISTEN", "0.0.0.0:0")]];
    for variables in closed {
        let folder = tempfile::tempdir()?;
        let (service, banner) = dev(folder.path(), variables)?;
        check(banner["console"].is_null() && banner["console_token"].is_null(), &banner)?;
        for path in [CONSOLE, SIGN_IN, "/console/assets/console.css"] {
            let answer = Browser::of(&service).get(path)?;
            check(answer.status == 404, &(variables, path, answer))?;
        }
    }
    Ok(())
}

fn admins() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    printed(folder, &["migrate"])?;
    printed(folder, &["account", "create", "okul"])?;
    let (id, password) = make_admin(folder, "ayse", "operator")?;
    let (viewer_id, viewer_password) = make_admin(folder, "veli", "viewer")?;
    let (service, banner) = start(production(folder, &["serve", "--json"]))?;
    check(banner["console"].is_string() && banner["console_token"].is_null(), &banner)?;

    let mut operator = Browser::of(&service);
    check(operator.is_out()?, &"a page without a sign-in")?;
    let foreign = operator.post(SIGN_IN, &fields("ayse", &password))?;
    check(foreign.status == 403 && header(&foreign, "set-cookie").is_none(), &foreign)?;
    let wrong = operator.sign_in(&fields("ayse", "another password"))?;
    check(wrong.status == 422 && wrong.body.contains("The name or the password is wrong."), &wrong)?;
    check(operator.cookie.is_none(), &wrong.head)?;
    let right = operator.sign_in(&format!("{}&to=https%3A%2F%2Fevil.example", fields("ayse", &password)))?;
    check(right.status == 303 && header(&right, "location") == Some(CONSOLE), &right)?;
    let cookie = header(&right, "set-cookie").unwrap_or_default();
    for part in ["; httponly", "; samesite=strict", "; path=/console", "; max-age=43200"] {
        check(cookie.contains(part) && !cookie.contains("secure"), &cookie)?;
    }
    let first = operator.first_page()?;
    let page = operator.get(&first)?;
    check(page.status == 200 && page.body.contains("ayse"), &page)?;

    let mut viewer = Browser::of(&service);
    viewer.sign_in(&fields("veli", &viewer_password))?;
    let page = viewer.get(&first)?;
    check(page.status == 200 && page.body.contains(r#"id="viewer""#), &page)?;
    let (operators_token, viewers_token) = (operator.form_token(&first)?, viewer.form_token(&first)?);
    check(operators_token != viewers_token, &"two visitors have one token")?;
    let new_person = first.replace("/now", "/people/new");
    let send = |browser: &Browser<'_>, token: &str| browser.post(&new_person, &format!("form_token={token}&role=u"));
    let status = |browser: &Browser<'_>, token: &str| send(browser, token).map(|answer| answer.status);
    // An empty form gets as far as the check of its fields.
    check(status(&operator, &operators_token)? == 422, &"an operator")?;
    check(status(&operator, &viewers_token)? == 403, &"the token of another visitor")?;
    let replay = first.replace("/now", "/requests/1/replay");
    check(operator.post(&replay, &format!("form_token={operators_token}"))?.status == 404, &"a replay in production")?;
    let refused = send(&viewer, &viewers_token)?;
    check(refused.status == 403 && refused.body.contains("You may look at everything"), &refused)?;

    let end = operator.post(SIGN_OUT, &format!("form_token={operators_token}"))?;
    check(end.status == 303 && header(&end, "set-cookie").is_some_and(|cookie| cookie.contains("max-age=0")), &end)?;
    check(operator.is_out()?, &"the cookie of a sign-in that has ended")?;
    check(operator.post(&new_person, &format!("form_token={operators_token}"))?.status == 401, &"a form after the end")?;
    // So is an admin who was removed.
    printed(folder, &["admin", "remove", "veli"])?;
    check(viewer.is_out()?, &"the cookie of an admin who was removed")?;
    let records = printed(folder, &["audit", "list", "--installation", "--event", "admin_signed_in"])?;
    for id in [id, viewer_id] {
        check(records.contains(&format!("\tadmin_signed_in\tadmin {id}\tadmin {id}\t")), &records)?;
    }
    check(records.lines().count() == 2, &records)
}

fn guesses() -> Result<(), Failed> {
    const GUESSES: usize = 10;
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    printed(folder, &["migrate"])?;
    let (_, password) = make_admin(folder, "ayse", "operator")?;
    let (service, _) = start(production(folder, &["serve", "--json"]))?;
    let mut browser = Browser::of(&service);
    for guess in 0..GUESSES {
        let answer = browser.sign_in(&fields("ayse", &format!("guess {guess}")))?;
        check(answer.status == 422 && answer.body.contains("The name or the password is wrong."), &(guess, answer))?;
    }
    let late = browser.sign_in(&fields("ayse", &password))?;
    check(late.status == 422 && late.body.contains("Too many wrong passwords.") && browser.cookie.is_none(), &late)
}

fn printed_token() -> Result<(), Failed> {
    token_signs_in_once(&[("DERSLIK_OPS__LISTEN", "0.0.0.0:0"), ("DERSLIK_DEV__ALLOW_REMOTE", "true")])?;
    // A proxy on this machine lets others in.
    token_signs_in_once(&[("DERSLIK_CONSOLE__URL", "http://ops.okul.example")])
}

fn token_signs_in_once(variables: &[(&str, &str)]) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (service, banner) = dev(folder.path(), variables)?;
    let token = banner["console_token"].as_str().ok_or("no token")?;
    check(token.len() == 32 && banner["console"].is_string(), &banner)?;
    let mut browser = Browser::of(&service);
    check(browser.is_out()?, &"a page without a sign-in")?;
    let asked = browser.get(SIGN_IN)?;
    check(asked.status == 200 && asked.body.contains(r#"name="token""#), &asked)?;
    check(!asked.body.contains(token), &"the page shows the token")?;
    let wrong = browser.sign_in("token=0123456789abcdef0123456789abcdef")?;
    check(wrong.status == 422 && browser.cookie.is_none(), &wrong)?;
    let right = browser.sign_in(&format!("token={token}"))?;
    check(right.status == 303 && browser.cookie.is_some(), &right)?;
    let first = browser.first_page()?;
    check(browser.get(&first)?.status == 200, &first)?;
    let again = Browser::of(&service).sign_in(&format!("token={token}"))?;
    check(again.status == 422 && header(&again, "set-cookie").is_none(), &again)?;
    check(browser.get(&first)?.status == 200, &"the first sign-in goes on")
}
