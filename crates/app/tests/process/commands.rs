//! The commands of operators: how they name accounts, scopes and projects, and their output.

use std::collections::BTreeSet;
use std::fs::File;
use std::process::Output;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::check;
use crate::support::process::{Running, derslik, sqlite_url, url_text};
use crate::support::{DATABASES, Open};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("every_command_that_prints_can_print_json", prints_json),
        Trial::test("names_that_could_be_ids_or_options_are_refused_for_accounts", unfit_names),
        Trial::test("tokens_that_would_open_nothing_are_refused", useless_tokens),
        Trial::test("the_project_of_a_new_account_is_shown_by_its_key_and_name", project_of_new_account),
        Trial::test("a_secret_that_could_not_be_printed_opens_nothing", unprinted_secrets),
        Trial::test("unknown_scopes_projects_and_roles_are_refused_with_those_that_there_are", unknown_names),
    ];
    for (name, open) in DATABASES {
        trials.push(Trial::test(format!("{name}::an_account_is_named_by_its_name_or_its_id_everywhere"), move || names_and_ids(open)));
        trials.push(Trial::test(format!("{name}::names_of_accounts_differ_in_more_than_case"), move || like_names(open)));
    }
    trials
}

/// A database with the account `demo`, its five people and a project.
struct Place {
    _folder: tempfile::TempDir,
    url: String,
}

impl Place {
    fn new() -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let url = sqlite_url(folder.path());
        Running::start(&url, &[])?.kill()?;
        Ok(Self { _folder: folder, url })
    }
}

fn run(url: &str, arguments: &[&str]) -> Result<Output, Failed> {
    Ok(derslik(arguments).args(["--database-url", url]).output()?)
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn names_and_ids(open: Open) -> Result<(), Failed> {
    let (url, _place) = open()?;
    let url = url_text(&url);
    let created = run(&url, &["account", "create", "Okul Müdürlüğü", "--json"])?;
    let id = serde_json::from_slice::<Value>(&created.stdout)?["account"]["id"].to_string();
    for (number, account) in
        ["Okul Müdürlüğü", id.as_str(), "okul müdürlüğü", "Okul Mu\u{308}du\u{308}rlu\u{308}g\u{306}u\u{308}"].into_iter().enumerate()
    {
        let email = format!("person{number}@okul.example");
        let commands: [&[&str]; 11] = [
            &["user", "create", &email, "--account", account],
            &["token", "create", &email, "--account", account],
            &["user", "list", "--account", account],
            &["key", "list", "--account", account, "--user", &email],
            &["key", "create", "--account", account],
            &["project", "list", "--account", account],
            &["account", "show", account],
            &["account", "disable", account],
            &["account", "enable", account],
            &["job", "list", "--account", account],
            &["audit", "list", "--account", account],
        ];
        for command in commands {
            let output = run(&url, command)?;
            check(output.status.success(), &(command, output))?;
        }
    }
    let unknown = run(&url, &["user", "create", "a@b.example", "--account", "okul"])?;
    check(unknown.status.code() == Some(2), &unknown)
}

fn like_names(open: Open) -> Result<(), Failed> {
    let (url, _place) = open()?;
    let url = url_text(&url);
    check(run(&url, &["account", "create", "Okul"])?.status.success(), &"the first")?;
    for name in ["okul", "OKUL", " Okul "] {
        let refused = run(&url, &["account", "create", name])?;
        check(refused.status.code() == Some(2) && String::from_utf8_lossy(&refused.stderr).contains("more than case"), &refused)?;
    }
    // Letters with a diacritic differ from those without one.
    check(run(&url, &["account", "create", "Okül"])?.status.success(), &"another")
}

fn unfit_names() -> Result<(), Failed> {
    let place = Place::new()?;
    let refused =
        [("1329", "digits"), ("\u{664}\u{662}", "digits"), ("a\nb", "control character"), ("a\u{1b}[2J", "control"), ("-x", "option")];
    for (name, says) in refused {
        let output = derslik(&["account", "create", "--database-url", &place.url, "--", name]).output()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        check(output.status.code() == Some(2) && text.contains(says) && text.contains("the name of the account"), &(name, text))?;
    }
    for name in ["42nd street", "okul-", "Ortaokul 1329"] {
        check(run(&place.url, &["account", "create", name])?.status.success(), &name)?;
    }
    Ok(())
}

fn useless_tokens() -> Result<(), Failed> {
    let place = Place::new()?;
    let create = |more: &[&str]| run(&place.url, &[&["token", "create", "admin@demo.example", "--account", "demo"][..], more].concat());
    for days in ["0", "36501", "4294967295", "-1"] {
        let output = create(&["--days", days])?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        check(output.status.code() == Some(2) && text.contains("--days"), &(days, text))?;
    }
    check(create(&["--days", "36500"])?.status.success(), &"the most days")?;
    check(create(&["--days", "7", "--never"])?.status.code() == Some(2), &"two lifetimes")?;
    let output = create(&["--scope", "jobs"])?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let others = ["sessions", "classroom.courses.readonly", "classroom.rosters"];
    check(output.status.code() == Some(2) && others.iter().all(|scope| text.contains(scope)) && !text.contains(" jobs,"), &text)
}

/// The command fails, and what it made is revoked: standard output is full, as a disk can be.
fn unprinted_secrets() -> Result<(), Failed> {
    let place = Place::new()?;
    let valid = || -> Result<Vec<Value>, Failed> {
        let mut all = Vec::new();
        for list in ["key", "grant"] {
            let listed = run(&place.url, &[list, "list", "--account", "demo", "--json"])?;
            let listed: Vec<Value> = serde_json::from_slice(&listed.stdout)?;
            all.extend(listed.into_iter().filter(|one| one["state"] == "valid"));
        }
        Ok(all)
    };
    let fails = |arguments: &[&str], says: &str| -> Result<(), Failed> {
        let full = File::options().write(true).open("/dev/full")?;
        let output = derslik(arguments).args(["--database-url", &place.url]).stdout(full).output()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        check(output.status.code() == Some(1) && text.contains("standard output") && text.contains(says), &(arguments, text))
    };
    let before = valid()?;
    let commands: [(&[&str], &str); 6] = [
        (&["token", "create", "admin@demo.example"], "the new token could not be printed, and is revoked"),
        (&["token", "create", "admin@demo.example", "--json"], "the new token could not be printed, and is revoked"),
        (&["token", "create", "admin@demo.example", "--as", "external", "--url", "https://okul.example"], "No space left"),
        (&["key", "create"], "the new key could not be printed, and is revoked"),
        (&["key", "create", "--kind", "organization", "--json"], "the new key could not be printed, and is revoked"),
        (&["user", "password", "admin@demo.example"], "set another one"),
    ];
    for (command, says) in commands {
        fails(&[command, &["--account", "demo"]].concat(), says)?;
    }
    // A new password revokes tokens as well.
    let after = valid()?;
    check(after.iter().all(|one| before.contains(one)), &(&before, &after))?;

    // The old key lives until the end of the overlap, and the new one is revoked.
    let old = after.iter().find(|one| one["kind"] == "access").ok_or("no access key")?["id"].to_string();
    fails(&["key", "rotate", &old, "--account", "demo"], "the old key ends after the overlap; the new key could not be printed")?;
    let ids = |all: &[Value]| all.iter().map(|one| one["id"].to_string()).collect::<BTreeSet<_>>();
    check(ids(&valid()?) == ids(&after), &valid()?)?;

    // An account stays without keys, and gets others.
    fails(&["account", "create", "okul"], "the keys of the new account could not be printed, and are revoked")?;
    let listed = run(&place.url, &["key", "list", "--account", "okul", "--json"])?;
    check(serde_json::from_slice::<Value>(&listed.stdout)? == serde_json::json!([]), &printed(&listed))?;
    check(run(&place.url, &["key", "create", "--account", "okul"])?.status.success(), &"a key afterwards")?;

    // The name of an admin is free again.
    fails(&["admin", "create", "ayse"], "the admin is removed again")?;
    check(run(&place.url, &["admin", "create", "ayse"])?.status.success(), &"the same admin")
}

fn project_of_new_account() -> Result<(), Failed> {
    let place = Place::new()?;
    let text = printed(&run(&place.url, &["account", "create", "okul", "--project", "Web site"])?);
    check(text.lines().last().is_some_and(|line| line.starts_with("project ") && line.ends_with(" (Web site)")), &text)?;
    let json: Value = serde_json::from_slice(&run(&place.url, &["account", "create", "lise", "--json"])?.stdout)?;
    check(json["project"]["name"] == "Default" && json["project"]["id"] == 1, &json)
}

fn unknown_names() -> Result<(), Failed> {
    let place = Place::new()?;
    let token = ["token", "create", "admin@demo.example", "--account", "demo"];
    let refused: [(&[&str], &[&str]); 4] = [
        (&["--scope", "classroom.everything"], &["classroom.everything", "classroom.courses.readonly", "classroom.rosters"]),
        (&["--scope", "https://www.googleapis.com/auth/drive"], &["auth/drive", "classroom.courses.readonly"]),
        (&["--project", "77"], &["77", "1 (Demo)"]),
        (&["--project", "2"], &["1 (Demo)"]),
    ];
    for (more, says) in refused {
        let output = run(&place.url, &[&token, more].concat())?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        check(output.status.code() == Some(2) && says.iter().all(|part| text.contains(part)), &(more, text))?;
    }
    let role = run(&place.url, &["user", "create", "a@demo.example", "--account", "demo", "--role", "owner"])?;
    let text = String::from_utf8_lossy(&role.stderr).into_owned();
    check(role.status.code() == Some(2) && text.contains("admin") && text.contains("member"), &text)?;
    for scope in ["classroom.courses.readonly", "https://www.googleapis.com/auth/classroom.courses.readonly"] {
        let output = run(&place.url, &[&token[..], &["--scope", scope]].concat())?;
        let token = printed(&output).trim_start_matches("token").trim().to_owned();
        let service = Running::start(&place.url, &[])?;
        let read = service.get("/v1/courses", &token)?;
        check(read.status == 200, &read)?;
        let written = service.post("/v1/courses", &token, r#"{"name":"Biology","ownerId":"me"}"#)?;
        check(written.status == 403, &written)?;
    }
    Ok(())
}

fn prints_json() -> Result<(), Failed> {
    let place = Place::new()?;
    let service = Running::start(&place.url, &[])?;
    let made = service.post("/v1/courses", "demo-admin-token", r#"{"name":"Biology","ownerId":"me","courseState":"ACTIVE"}"#)?;
    let course = made.json()?["id"].as_str().ok_or("no id")?.to_owned();
    let commands: [(&[&str], &str); 21] = [
        (&["migrate"], "/applied"),
        (&["account", "create", "okul"], "/organization_key"),
        (&["account", "list"], "/0/id"),
        (&["account", "show", "demo"], "/timezone"),
        (&["account", "disable", "other"], "/disabled_at"),
        (&["account", "enable", "other"], "/changed"),
        (&["user", "create", "new@demo.example", "--account", "demo"], "/id"),
        (&["user", "list", "--account", "demo"], "/0/state"),
        (&["user", "passive", "new@demo.example", "--account", "demo"], "/state"),
        (&["user", "active", "new@demo.example", "--account", "demo"], "/state"),
        (&["user", "password", "new@demo.example", "--account", "demo"], "/password"),
        (&["token", "create", "new@demo.example", "--account", "demo"], "/token"),
        (&["key", "create", "--account", "demo"], "/bearer"),
        (&["key", "create", "--account", "demo", "--kind", "organization", "--days", "7"], "/organization_key"),
        (&["key", "list", "--account", "demo", "--kind", "token"], "/0/public_id"),
        (&["project", "create", "Web", "--account", "demo"], "/key"),
        (&["admin", "create", "ayse"], "/password"),
        (&["course", "suspend", &course, "--account", "demo"], "/state"),
        (&["course", "restore", &course, "--account", "demo"], "/state"),
        (&["job", "list", "--account", "demo"], ""),
        (&["audit", "list", "--account", "demo"], ""),
    ];
    for (command, member) in commands {
        let output = run(&place.url, &[command, &["--json"]].concat())?;
        let document: Value = serde_json::from_slice(&output.stdout)?;
        check(document.pointer(member).is_some_and(|member| !member.is_null()), &(command, document))?;
        // The text output has the same content.
        let is_text = command.first() == Some(&"account") || serde_json::from_slice::<Value>(&run(&place.url, command)?.stdout).is_err();
        check(is_text, &command)?;
    }
    let mut serve = derslik(&["serve", "--json", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--database-url", &place.url]);
    let (mut child, line) = first_line(&mut serve)?;
    let banner: Value = serde_json::from_str(&line)?;
    child.kill()?;
    check(
        banner["accounts"][0]["token"] == "demo-admin-token"
            && banner["accounts"][0]["projects"][0]["name"] == "Demo"
            && banner["url"].as_str().is_some_and(|url| url.starts_with("http://127")),
        &banner,
    )
}

/// The first line that a command prints.
fn first_line(command: &mut std::process::Command) -> Result<(crate::support::process::Killed, String), Failed> {
    use std::io::{BufRead, BufReader};
    let mut child = crate::support::process::Killed(command.stdout(std::process::Stdio::piped()).spawn()?);
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
    Ok((child, line))
}
