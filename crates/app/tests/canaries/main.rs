//! No secrets in sight: every secret of an installation is a canary, and nothing that others can read may hold one.
//!
//! The service runs with the log at its most talkative, and is sent right and wrong secrets in every place where a client can put
//! them. Commands make, replace and list secrets. Then the log, the output of all commands, the answers, the arguments and the
//! environment of the processes and the whole database are searched, also for encoded forms. On both databases, in both formats of
//! the log.
//!
//! Not here: traces that leave the process, which have a test of their own, and a request that panics. No request makes the program
//! panic on purpose, and a panic is logged by its own text alone. Metrics have no label with a text of a client.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]

mod canary;
mod commands;
#[path = "../credentials/dump.rs"]
mod dump;
mod http2;
#[path = "../process/https_client.rs"]
#[expect(dead_code, reason = "this binary speaks HTTP/2 alone")]
mod https_client;
mod requests;
mod site;
#[path = "../process/sql.rs"]
mod sql;
#[path = "../support/mod.rs"]
mod support;

use std::process::ExitCode;

use canary::{Canary, found, percent_encoded};
use commands::Keys;
use libtest_mimic::{Failed, Trial};
use requests::{CONTROL, Client};
use site::Site;
use support::run;

fn main() -> ExitCode {
    let mut trials = vec![Trial::test("the_search_finds_a_secret_in_each_form", search)];
    for database in ["sqlite", "postgres"] {
        for format in ["text", "json"] {
            let name = format!("{database}::no_secret_is_in_sight_where_the_log_is_{format}");
            trials.push(Trial::test(name, move || nothing_in_sight(database, format)));
        }
    }
    trials.push(Trial::test("sqlite::no_secret_of_a_request_over_http_2_is_in_sight", http2::nothing_in_sight));
    run(trials)
}

fn check(holds: bool, about: &dyn std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{about:?}").into()) }
}

fn search() -> Result<(), Failed> {
    let canaries = [Canary::new("it", "kanarya3d7a"), Canary::new("another", "kanarya9999")];
    let forms = [
        "level=TRACE secret=KANARYA3D7A, more",
        r#"{"secret":"\"kanarya3d7a\""}"#,
        "?key=%6B%61%6E%61%72%79%61%33%64%37%61&x",
        "6b616e6172796133643761",
        "6B616E6172796133643761",
        // The base64 of the secret behind 0, 1, 2 and 5 characters, and before others.
        "a2FuYXJ5YTNkN2E=",
        "OmthbmFyeWEzZDdhLg==",
        "dTprYW5hcnlhM2Q3YQ==",
        "dXNlcjprYW5hcnlhM2Q3YS4u",
    ];
    for form in forms {
        check(found(form, &canaries).len() == 1, &(form, found(form, &canaries)))?;
    }
    check(found("level=TRACE kanarya 3d7a kanarya3d7", &canaries).is_empty(), &"a part is not a secret")
}

fn nothing_in_sight(database: &str, format: &'static str) -> Result<(), Failed> {
    let mut site = Site::new(database, format)?;
    site.canaries.extend(requests::canaries());
    let keys = Keys::create(&mut site)?;
    let served = site.serve("serve", &[])?;
    let mut client = Client::new(&served);
    client.send_all(&keys)?;
    let Client { answers, tokens, .. } = client;
    site.canaries.extend(tokens);
    commands::make_secrets(&mut site)?;
    commands::show_and_fail(&mut site, &keys)?;
    let log = site.end("serve", served)?;
    site.see_database(&keys.access_key)?;

    // The search is made where requests leave something behind: the log shows the id of each, and what the framework says of one.
    let ids: Vec<_> = answers.iter().filter_map(|(_, answer)| request_id(answer)).collect();
    let missing: Vec<_> = ids.iter().filter(|id| !log.contains(id.as_str())).collect();
    check(ids.len() > 200 && missing.is_empty(), &(ids.len(), missing))?;
    check(!found(&log, &[Canary::new("the control", CONTROL)]).is_empty(), &"the log does not show what a client has sent")?;

    for (request, answer) in answers {
        site.see(format!("the answer to {request}"), answer);
    }
    let leaks = site.leaks();
    check(leaks.is_empty(), &leaks)?;

    // Each of these places was searched: a secret in it is found.
    let secret = percent_encoded(one_secret(&site)?);
    for place in ["log of serve", "standard output of serve", "environ of serve", "database", "standard error of key rotate"] {
        let (_, text) = site.seen.iter().find(|(seen, _)| seen == place).ok_or("a place was not searched")?;
        check(found(&format!("{text}{secret}"), &site.canaries).len() == 1, &place)?;
    }
    Ok(())
}

/// The part of one of the secrets that is searched for.
fn one_secret(site: &Site) -> Result<&str, Failed> {
    Ok(site.canaries.last().ok_or("no canaries")?.core())
}

/// The id of a request, as its answer shows it.
fn request_id(answer: &str) -> Option<String> {
    let (head, _) = answer.split_once("\r\n\r\n")?;
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("x-request-id: "))?;
    Some(line.split_at("x-request-id: ".len()).1.trim().to_owned())
}
