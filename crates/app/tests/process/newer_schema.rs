//! The program on a database that a newer version has migrated: what runs goes on, and what starts asks the schema whether it may.

use libtest_mimic::{Failed, Trial};
use serde_json::json;

use crate::support::process::{Log, Running, derslik, until, url_text};
use crate::support::{DATABASES, DEMO, Open};
use crate::{BATCH, SEARCH, check, new_session, sql};

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |(name, open)| {
        Trial::test(format!("{name}::an_older_program_works_on_a_newer_schema_until_it_must_not"), move || older_program(open))
    };
    DATABASES.map(trial).into()
}

const NEWER: &str = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231235959')";
const CONTRACT: &str = "UPDATE schema_compatibility SET needs = '99991231235959'";

/// Expects that the service carries out a write and a read.
fn works(service: &Running, name: &str) -> Result<(), Failed> {
    let created = service.post(BATCH, DEMO, &json!([new_session(name)]).to_string())?;
    check(created.status == 200, &created)?;
    let found = service.post(SEARCH, DEMO, &json!({ "name": name }).to_string())?;
    check(found.status == 200 && found.json()?.as_array().is_some_and(|found| found.len() == 1), &found)
}

fn older_program(open: Open) -> Result<(), Failed> {
    let (url, _place) = open()?;
    let text = url_text(&url);
    let before = Running::start(&text, &[])?;
    sql::execute(&url, NEWER)?;
    works(&before, "that runs")?;
    before.kill()?;

    let again = Running::spawn(derslik(&["serve", "--listen", "127.0.0.1:0", "--database-url", &text]))?;
    works(&again, "that starts")?;
    let (_worker, log) = Log::spawn(derslik(&["worker", "--database-url", &text]).env("DERSLIK_LOG__FILTER", "info"))?;
    until(|| Ok(log.text().contains("working on jobs")))?;
    check(log.text().contains("of a newer version of the program, which works with this one"), &log.text())?;
    let listed = derslik(&["job", "list", "--account", "demo", "--database-url", &text]).output()?;
    check(listed.status.success(), &listed)?;
    let migrated = derslik(&["migrate", "--database-url", &text]).output()?;
    check(migrated.status.success() && migrated.stdout.starts_with(b"up to date"), &migrated)?;

    sql::execute(&url, CONTRACT)?;
    works(&again, "that still runs")?;
    let serve: &[&str] = &["serve", "--listen", "127.0.0.1:0"];
    for command in [serve, &["worker"], &["migrate"], &["job", "list", "--account", "demo"]] {
        let refused = derslik(command).args(["--database-url", &text]).output()?;
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        check(refused.status.code() == Some(3), &(command, &told))?;
        check(told.contains("of a newer version of the program") && told.contains("99991231235959"), &told)?;
    }
    Ok(())
}
