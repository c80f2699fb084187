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
