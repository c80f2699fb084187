//! The service while its PostgreSQL is restarted and its connections are cut. `make reliability ARGS=database` measures the same at
//! full size.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use derslik_testkit::postgres::{Durability, PostgresServer};
use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use libtest_mimic::{Failed, Trial};
use serde_json::json;

use crate::support::DEMO;
use crate::support::process::{Running, until};
use crate::{BATCH, SEARCH, check, new_session};

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("postgres::a_server_that_restarts_costs_only_answers_that_ask_to_retry", restarts)]
}

/// Successful writes of each client after each fault, before the next one.
const BETWEEN: usize = 5;
const CLIENTS: usize = 4;
const CUT: &str = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name LIKE 'derslik%'";

/// Creates sessions until the end, each by a name of its own, and returns the acknowledged names.
fn write(service: &Running, client: usize, acknowledged: &AtomicUsize, over: &AtomicBool) -> Result<Vec<String>, Failed> {
    let mut names = Vec::new();
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("{client}-{number}");
        let answer = service.post(BATCH, DEMO, &json!([new_session(&name)]).to_string())?;
        match answer.status {
            200 => {
                names.push(name);
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            503 => check(answer.head.contains("\r\nretry-after: ") && answer.json()?["code"] == 11, &answer)?,
            _ => return Err(format!("{answer:?}").into()),
        }
    }
    Ok(names)
}

/// The names of all sessions, with how often each is there.
fn stored(service: &Running) -> Result<BTreeMap<String, usize>, Failed> {
    let mut names = BTreeMap::new();
    for page in 1.. {
        let asked = json!({ "page_size": 1_000, "page_number": page }).to_string();
        let answer = service.post(SEARCH, DEMO, &asked)?;
        check(answer.status == 200, &answer)?;
        let found = answer.json()?;
        let found: Vec<_> = found.as_array().into_iter().flatten().filter_map(|session| session["name"].as_str()).collect();
        if found.is_empty() {
            break;
        }
        for name in found {
            *names.entry(name.to_owned()).or_default() += 1;
        }
    }
    Ok(names)
}

fn restarts() -> Result<(), Failed> {
    let server = PostgresServer::start(Durability::Durable)?;
    let url = server.maintenance_url();
    let mut service = Running::start(&url, &["--no-worker"])?;
    let (acknowledged, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let go_on = || {
        let before = acknowledged.load(Ordering::Relaxed);
        until(|| Ok(acknowledged.load(Ordering::Relaxed) >= before + BETWEEN * CLIENTS))
    };
    let faults = || {
        go_on()?;
        for _ in 0..2 {
            server.restart()?;
            go_on()?;
        }
        server.stop_immediate()?;
        server.restart()?;
        go_on()?;
        for _ in 0..3 {
            PgConnection::establish(&url)?.batch_execute(CUT)?;
            go_on()?;
        }
        Ok::<(), Failed>(())
    };
    let (written, made) = thread::scope(|scope| {
        let (service, acknowledged, over) = (&service, &acknowledged, &over);
        let clients: Vec<_> = (0..CLIENTS).map(|client| scope.spawn(move || write(service, client, acknowledged, over))).collect();
        let made = faults();
        over.store(true, Ordering::Relaxed);
        let written: Result<Vec<_>, _> =
            clients.into_iter().map(|client| client.join().unwrap_or_else(|_| Err("a client has panicked".into()))).collect();
        (written, made)
    });
    // The failure of a client tells more than that nothing was acknowledged any more.
    let written = written?;
    made?;
    check(service.is_running()?, &"the service has ended")?;
    let stored = stored(&service)?;
    let lost: Vec<_> = written.iter().flatten().filter(|name| stored.get(*name) != Some(&1)).collect();
    check(lost.is_empty() && stored.values().all(|times| *times == 1), &("lost or twice", lost, stored.len()))
}
