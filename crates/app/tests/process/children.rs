//! The service as a child of a test suite: what it prints for programs, how it ends with its parent, and that it leaves no file.

use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::support::DEMO;
use crate::support::process::{Running, derslik};
use crate::{BATCH, SEARCH, check};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("a_program_reads_addresses_and_keys_from_one_line_of_json", json_line),
        Trial::test("a_closed_standard_input_ends_the_service_and_removes_its_files", || {
            leaves_nothing(|service| {
                service.close_stdin();
                Ok(())
            })
        }),
        Trial::test("a_signal_removes_the_files_of_a_temporary_service", || leaves_nothing(|service| service.signal("TERM"))),
        Trial::test("a_request_under_way_does_not_keep_a_service_without_its_parent", request_under_way),
        Trial::test("an_open_standard_input_that_says_something_ends_no_service", input_is_ignored),
        Trial::test("a_temporary_service_takes_no_named_database", named_database),
        Trial::test("the_first_account_takes_a_seed_that_names_people_by_role", seed_with_roles),
    ]
}

/// `serve` as a helper starts it, with temporary files in that folder.
fn helped(folder: &Path) -> Command {
    let arguments = ["--temporary", "--exit-with-stdin", "--print", "json", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"];
    let mut command = derslik(&["serve", "--fixed-dev-keys"]);
    command.args(arguments).env("TMPDIR", folder).stdin(Stdio::piped());
    command
}

fn json_line() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = Running::spawn(helped(folder.path()))?;
    check(service.banner.lines().count() == 1, &service.banner)?;
    let printed: Value = serde_json::from_str(&service.banner)?;
    check(printed["url"] == format!("http://{}", service.address), &printed)?;
    check(printed["operations"].as_str().is_some_and(|url| url.starts_with("http://127.0.0.1:")), &printed)?;
    check(printed["accounts"][0]["bearer"] == DEMO, &printed)
}

/// Serves a request, ends the service, and looks for what is left.
fn leaves_nothing(end: fn(&mut Running) -> Result<(), Failed>) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut service = Running::spawn(helped(folder.path()))?;
    let answer = service.post(SEARCH, DEMO, "{}")?;
    check(answer.status == 200, &answer)?;
    check(std::fs::read_dir(folder.path())?.count() == 1, &"the data is elsewhere")?;
    end(&mut service)?;
    check(service.wait()?.code() == Some(0), &"the exit code is not 0")?;
    let left: Vec<_> = std::fs::read_dir(folder.path())?.collect();
    check(left.is_empty(), &left)
}

fn request_under_way() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut command = helped(folder.path());
    command.env("DERSLIK_HTTP__GRACE_SECONDS", "600").env("DERSLIK_HTTP__BODY_DEADLINE_SECONDS", "600");
    let mut service = Running::spawn(command)?;
    let _request = service.begin_request(BATCH, DEMO, 100)?;
    service.close_stdin();
    check(service.wait()?.code() == Some(0), &"the exit code is not 0")
}

fn input_is_ignored() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut service = Running::spawn(helped(folder.path()))?;
    service.write_stdin(b"stop\nexit\n")?;
    let answer = service.post(SEARCH, DEMO, "{}")?;
    check(answer.status == 200 && service.is_running()?, &answer)
}

fn named_database() -> Result<(), Failed> {
    let output = derslik(&["serve", "--temporary", "--database-url", "sqlite://named.sqlite"]).output()?;
    check(output.status.code() == Some(2), &output)
}

fn seed_with_roles() -> Result<(), Failed> {
    const SEED: &str = "people:\r\n- email: ali@okul.example\r\n  name: Ali\r\ncourses:\r\n- name: Kimya\r\n  owner: teacher\r\n  teachers:\r\n  \
        - coteacher\r\n  students:\r\n  - ali@okul.example\r\n  - student\r\n";
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("seed.yaml");
    std::fs::write(&file, format!("\u{feff}{SEED}"))?;
    // With known keys the people of the roles are there, and without them the first seed brings them.
    for (fixed, owner) in [(true, "teacher@demo.example"), (false, "teacher@test.example")] {
        let mut command = if fixed { helped(folder.path()) } else { derslik(&["serve"]) };
        if !fixed {
            command.args(["--temporary", "--print", "json", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"]);
            command.env("TMPDIR", folder.path());
        }
        command.env_remove("DERSLIK_OPS__LISTEN").arg("--seed").arg(&file);
        let service = Running::spawn(command)?;
        let printed: Value = serde_json::from_str(&service.banner)?;
        let operations = printed["operations"].as_str().ok_or("no operations listener")?.to_owned();
        let export = |account: &str| derslik(&["dev", "seed", "export", "--url", &operations, "--account", account]).output();
        let exported = export("demo")?;
        let text = String::from_utf8_lossy(&exported.stdout).into_owned();
        check(exported.status.success() && text.contains(&format!("owner: {owner}")), &(&exported.stderr, &text))?;
        let wrong = export("deno")?;
        let told = String::from_utf8_lossy(&wrong.stderr).into_owned();
        check(wrong.status.code() == Some(2) && told.contains("did you mean demo?"), &told)?;
    }
    Ok(())
}
