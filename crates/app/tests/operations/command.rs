//! `derslik health`: its exit codes, and where it looks.

use std::net::TcpListener;
use std::process::Output;

use libtest_mimic::{Failed, Trial};

use crate::support::process::{derslik, sqlite_url};
use crate::{Service, check};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("health_tells_by_its_exit_code_whether_the_process_lives_and_is_ready", exit_codes),
        Trial::test("health_finds_the_listener_in_the_settings", by_settings),
        Trial::test("health_fails_where_nothing_answers_as_it_should", no_answer),
    ]
}

fn health(arguments: &[&str]) -> Result<Output, Failed> {
    Ok(derslik(&["health"]).args(arguments).output()?)
}

fn expect(code: i32, output: &Output) -> Result<(), Failed> {
    check(output.status.code() == Some(code), output)
}

fn exit_codes() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("derslik.toml");
    std::fs::write(&file, "[ops]\ndrain_seconds = 600\n")?;
    let service = Service::start(&sqlite_url(folder.path()), &["--no-worker", "--config", &file.to_string_lossy()])?;
    let url = format!("http://{}", service.operations.0);
    service.operations.until_ready(true)?;
    expect(0, &health(&["--url", &url])?)?;
    let ready = health(&["--ready", "--json", "--url", &url])?;
    expect(0, &ready)?;
    let body: serde_json::Value = serde_json::from_slice(&ready.stdout)?;
    check(body["parts"]["database"]["state"] == "ok", &body)?;
    service.running.signal("TERM")?;
    service.operations.until_ready(false)?;
    expect(0, &health(&["--url", &url])?)?;
    let draining = health(&["--ready", "--url", &url])?;
    expect(1, &draining)?;
    check(String::from_utf8_lossy(&draining.stdout).contains("draining"), &draining)
}

fn by_settings() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = Service::start(&sqlite_url(folder.path()), &["--no-worker"])?;
    let listen = service.operations.0.to_string();
    let by = |listen: &str| derslik(&["health"]).env("DERSLIK_OPS__LISTEN", listen).output();
    expect(0, &by(&listen)?)?;
    // A container asks its own listener, which other containers reach as well.
    expect(0, &by(&listen.replace("127.0.0.1", "0.0.0.0"))?)?;
    for (setting, reason) in [("off", "ops.listen is off"), ("127.0.0.1:0", "--url"), ("nowhere", "ops.listen")] {
        let output = by(setting)?;
        expect(1, &output)?;
        check(String::from_utf8_lossy(&output.stderr).contains(reason), &output)?;
    }
    Ok(())
}

fn no_answer() -> Result<(), Failed> {
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    expect(1, &health(&["--url", &format!("http://{free}")])?)?;
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let output = health(&["--url", &format!("http://{}", silent.local_addr()?)])?;
    expect(1, &output)?;
    for url in ["https://127.0.0.1:1", "127.0.0.1:1"] {
        expect(1, &health(&["--url", url])?)?;
    }
    Ok(())
}
