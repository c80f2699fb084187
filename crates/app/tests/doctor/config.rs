//! `derslik config show` and `derslik config check`.

use std::fs::write;
use std::process::Command;

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::machine::certificate;
use crate::support::process::{derslik, sqlite_url};
use crate::{TIMEOUT, check};

/// A part of each secret that the tests set.
const CANARY: &str = "canary-7f3a";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("settings_are_shown_with_their_sources_and_without_secrets", shown_with_sources),
        Trial::test("secrets_from_every_source_stay_hidden", secrets_stay_hidden),
        Trial::test("good_settings_are_ok_and_need_no_database", checked_ok),
        Trial::test("every_problem_of_the_settings_is_printed", checked_problems),
        Trial::test("a_certificate_that_ended_or_ends_soon_is_a_warning", checked_certificate),
        Trial::test("a_check_knows_the_flags_of_serve_and_the_files_of_the_database", checked_as_serve_would_start),
        Trial::test("a_report_is_also_a_text", report_as_text),
    ]
}

fn output_of(command: &mut Command, code: i32) -> Result<String, Failed> {
    let output = command.output()?;
    check(output.status.code() == Some(code), &output)?;
    let all = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    check(!all.contains(CANARY), &"a secret was printed")?;
    Ok(String::from_utf8(output.stdout)?)
}

fn shown_with_sources() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("derslik.toml");
    write(&file, "[http]\nworkers = 3\n")?;
    let mut command = derslik(&["config", "show", "--json", "--data-dir", "/srv/derslik", "--config"]);
    command.arg(&file).env("DERSLIK_JOBS__BATCH", "7").env("DATABASE_URL", format!("postgres://clerk:{CANARY}@db:5433/school"));
    let shown: Value = serde_json::from_str(&output_of(&mut command, 0)?)?;
    let find = |name: &str| {
        let mut settings = shown.as_array().into_iter().flatten();
        settings.find(|setting| setting["setting"] == name).cloned().unwrap_or_default()
    };
    let expected = [
        ("http.workers", json!(3), format!("in {}", file.display())),
        ("jobs.batch", json!(7), "in the environment, as DERSLIK_JOBS__BATCH".to_owned()),
        ("data_dir", json!("/srv/derslik"), "the flag --data-dir".to_owned()),
        ("database_url", json!("postgres://clerk@db:5433/school?sslmode=verify-full"), "in the environment, as DATABASE_URL".to_owned()),
        ("listen", json!("127.0.0.1:8080"), "default".to_owned()),
        ("tls_cert", Value::Null, "default".to_owned()),
    ];
    for (name, value, source) in expected {
        check(find(name) == json!({ "setting": name, "value": value, "source": source }), &(name, find(name)))?;
    }
    let text = output_of(&mut derslik(&["config", "show"]), 0)?;
    check(text.lines().any(|line| line == "listen = \"127.0.0.1:8080\"  # default"), &text)
}

fn secrets_stay_hidden() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (file, settings) = (folder.path().join("url"), folder.path().join("derslik.toml"));
    let url = format!("postgres://clerk:{CANARY}@db/school?application_name={CANARY}");
    write(&file, &url)?;
    write(&settings, format!("database_url = \"postgres://clerk@db/school\"\n[database]\npassword = \"{CANARY}\"\n"))?;
    for arguments in [&["config", "show"][..], &["config", "show", "--json"], &["config", "check"]] {
        let mut commands = [derslik(arguments), derslik(arguments), derslik(arguments), derslik(arguments)];
        commands[0].env("DATABASE_URL", &url);
        commands[1].env("DATABASE_URL_FILE", &file);
        commands[2].args(["--database-url", &url]);
        commands[3].arg("--config").arg(&settings);
        for mut command in commands {
            let text = output_of(&mut command, 0)?;
            check(!text.is_empty(), &arguments)?;
        }
    }
    Ok(())
}

fn checked_ok() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut command = derslik(&["config", "check", "--database-url", "postgres://clerk@127.0.0.1:1/school"]);
    check(output_of(command.current_dir(folder.path()), 0)? == "ok\n", &"the text")?;
    let json: Value = serde_json::from_str(&output_of(command.arg("--json"), 0)?)?;
    check(json == json!({ "ok": true, "problems": [] }), &json)?;
    check(std::fs::read_dir(folder.path())?.next().is_none(), &"something was created")
}

fn checked_problems() -> Result<(), Failed> {
    let none = "/no/such/folder/tls.crt";
    let mut command = derslik(&["config", "check", "--profile", "production"]);
    command.env("DERSLIK_TLS_CERT", none).env("DERSLIK_TLS_KEY", none).env("DERSLIK_LITSEN", "x");
    let text = output_of(&mut command, 2)?;
    for part in ["litsen", none, "database", "fix:"] {
        check(text.contains(part), &(part, &text))?;
    }
    let mut broken = derslik(&["config", "check", "--json"]);
    let json: Value = serde_json::from_str(&output_of(broken.env("DERSLIK_HTTP__WORKERS", "many"), 2)?)?;
    check(json["ok"] == false && json["problems"][0]["found"].as_str().is_some_and(|text| text.contains("http.workers")), &json)
}

fn checked_certificate() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for (days, expected) in [(-1, Some("the certificate ended at ")), (10, Some("the certificate ends in ")), (30, None)] {
        let (chain, key) = certificate(folder.path(), days)?;
        let mut command = derslik(&["config", "check", "--json", "--database-url", "postgres://clerk@127.0.0.1:1/school"]);
        command.env("DERSLIK_TLS_CERT", chain).env("DERSLIK_TLS_KEY", key);
        let json: Value = serde_json::from_str(&output_of(&mut command, 0)?)?;
        let problems = json["problems"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_told = match (expected, problems) {
            (Some(expected), [warning]) => {
                warning["state"] == "warning"
                    && warning["found"].as_str().is_some_and(|found| found.starts_with(&format!("tls_cert: {expected}")))
                    && warning["fix"].as_str().is_some_and(|fix| fix.contains("renew"))
            }
            (None, []) => true,
            _ => false,
        };
        check(is_told && json["ok"] == true, &(days, json))?;
    }
    Ok(())
}

/// Files that only the URL of the database names, and settings that only flags of `serve` set.
fn checked_as_serve_would_start() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let missing = folder.path().join("ca.pem");
    let url = format!("postgres://u@db.example/d?sslrootcert={}", missing.display());
    let text = output_of(derslik(&["config", "check"]).env("DATABASE_URL", &url), 2)?;
    check(text.contains("database_url: ") && text.contains("ca.pem"), &text)?;
    let mut check_of_start = derslik(&["config", "check", "--profile", "production", "--listen", "0.0.0.0:8080"]);
    let text = output_of(check_of_start.env("DATABASE_URL", "postgres://u@127.0.0.1/d"), 2)?;
    check(text.contains("listen: "), &text)?;
    let shown = output_of(&mut derslik(&["config", "show", "--listen", "127.0.0.1:7777"]), 0)?;
    check(shown.contains("listen = \"127.0.0.1:7777\"  # the flag --listen"), &shown)
}

fn report_as_text() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    let mut command = derslik(&["doctor", "--timeout", TIMEOUT, "--profile", "production", "--database-url", &url]);
    let text = output_of(command.env("DERSLIK_LISTEN", "127.0.0.1:0").env("DERSLIK_ALLOW_SQLITE", "true"), 2)?;
    check(text.lines().any(|line| line.starts_with("problem  database_schema")) && text.contains("fix: run `derslik migrate`"), &text)
}
