//! Runs the checks: parts that may hang run at once, each on a thread, and the wait for all of them has one limit.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use derslik_ports::outbound::Clock;
use derslik_storage::{DatabaseUrl, Inspection, NotInspected, PostgresFacts, SchemaState};

use super::access::{judge_pooler, judge_role, judge_tls};
use super::certificate::judge_certificate;
use super::connect::way_out;
use super::content::{judge_content, judge_schema};
use super::listen::{judge_place, judge_proxies, look_at};
use super::machine::{judge_descriptors, judge_place_of_file};
use super::report::Finding;
use super::rules::judge_rules;
use super::server::{judge_clock, judge_connections, judge_server, judge_settings, unread};
use super::sqlite::judge_file;
use crate::config::{Config, Loaded, Profile};
use crate::system::SystemClock;
use crate::wiring::System;

/// How long before the end a check of the database gives up, so that it can tell what it has found until then.
const BEFORE_DATABASE: Duration = Duration::from_secs(1);

/// How long before the end the wait for all parts is over, so that the report can be printed.
const BEFORE_REPORT: Duration = Duration::from_millis(500);

/// The connection by which the readiness of a process is told, beside those of the pool.
const OF_READINESS: u32 = 1;

/// The publicly known keys that a database takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownKeys {
    /// The names of the keys in use; none is good.
    InUse(Vec<String>),
    /// They could not be looked for, for this reason.
    Unread(String),
}

/// Looks into the database by the use cases of operators. Each returns `None` if the database has no current schema.
#[derive(Debug)]
pub struct Looks<K, M> {
    /// Looks for publicly known keys.
    pub known_keys: K,
    /// Judges the service account of the metadata server; `None` as well if there is no such server.
    pub metadata_account: M,
}

/// Runs all checks within `timeout`, which is longer than a second.
pub fn examine<K, M>(loaded: &Loaded, timeout: Duration, looks: Looks<K, M>) -> Vec<Finding>
where
    K: FnOnce() -> Option<KnownKeys> + Send + 'static,
    M: FnOnce() -> Option<Finding> + Send + 'static,
{
    let Looks { known_keys: find_known_keys, metadata_account } = looks;
    let config = &loaded.config;
    let until = Instant::now() + timeout.saturating_sub(BEFORE_REPORT);
    let part_of = |check, judge: fn(&Config) -> Vec<Finding>| {
        let config = config.clone();
        Part::start(check, move || judge(&config))
    };
    let (profile, is_fixed) = (config.profile, config.fixed_dev_keys);
    let of_database = config.clone();
    let parts = [
        Part::start("database", move || judge_database(&of_database, timeout.saturating_sub(BEFORE_DATABASE))),
        Part::start("known_keys", move || find_known_keys().map(|keys| known_keys(profile, is_fixed, keys)).into_iter().collect()),
        Part::start("metadata_account", move || metadata_account().into_iter().collect()),
        part_of("data_folder", judge_files),
        part_of("certificate", |config| vec![judge_certificate(config, SystemClock.now())]),
        part_of("port", judge_addresses),
    ];
    let mut findings = judge_rules(loaded);
    findings.extend([judge_proxies(config), judge_descriptors(config)]);
    for part in parts {
        findings.extend(part.wait(until));
    }
    findings
}

/// A part that runs on a thread of its own.
struct Part {
    check: &'static str,
    findings: Receiver<Vec<Finding>>,
}

impl Part {
    fn start(check: &'static str, work: impl FnOnce() -> Vec<Finding> + Send + 'static) -> Self {
        let (sender, findings) = channel();
        // If no thread starts, the sender is dropped, and the wait ends at once. The thread may outlive the wait: it ends with the
        // process.
        Builder::new().name(check.to_owned()).spawn(move || sender.send(work()).ok()).ok();
        Self { check, findings }
    }

    fn wait(self, until: Instant) -> Vec<Finding> {
        match self.findings.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(findings) => findings,
            Err(RecvTimeoutError::Timeout) => {
                vec![Finding::problem(self.check, "no answer in time", "look whether the disk, the network or the database hangs")]
            }
            Err(RecvTimeoutError::Disconnected) => {
                vec![Finding::problem(self.check, "the check ended early", "look into the log above, and report it")]
            }
        }
    }
}

/// The addresses that `serve` listens on.
fn judge_addresses(config: &Config) -> Vec<Finding> {
    let public = judge_place("port", "listen", config.listen, &look_at(config.listen));
    // A setting that is not an address was refused before.
    let of_operations = config.ops_of_serve().ok().flatten();
    let of_operations = of_operations.map(|address| judge_place("ops_port", "ops.listen", address, &look_at(address)));
    let of_metadata = config.metadata().ok().flatten().map(|plan| plan.address);
    let of_metadata = of_metadata.map(|address| judge_place("metadata_port", "metadata.listen", address, &look_at(address)));
    [public].into_iter().chain(of_operations).chain(of_metadata).collect()
}

fn judge_database(config: &Config, limit: Duration) -> Vec<Finding> {
    const CHECK: &str = "database";
    let url = match config.database() {
        Ok(url) => url,
        Err(error) => return vec![Finding::problem(CHECK, format!("{error:#}"), "correct database_url")],
    };
    let system = match System::new(config) {
        Ok(system) => system,
        Err(error) => return vec![Finding::problem(CHECK, format!("{error:#}"), "correct dev_clock")],
    };
    match url.inspect(system.clock.as_ref(), limit) {
        Err(NotInspected { cause, reason }) => vec![Finding::problem(
            CHECK,
            format!("{url} can't be used: {reason}"),
            way_out(cause).unwrap_or("change what that text names; docs/CONFIG.md explains TLS to PostgreSQL"),
        )],
        // `serve` makes the file in this profile alone.
        Ok(Inspection::NoFile) if config.profile == Profile::Dev => {
            vec![Finding::ok("database_schema", "the SQLite file does not exist yet: `derslik serve` makes it")]
        }
        Ok(Inspection::NoFile) => vec![judge_schema(&Ok(SchemaState::NoDatabase))],
        Ok(Inspection::Sqlite(facts)) => {
            let mut findings = judge_file(&facts);
            findings.extend(judge_content(&facts.content, system.clock.now()));
            findings
        }
        Ok(Inspection::Postgres(facts)) => {
            let mut findings = vec![Finding::ok(CHECK, format!("{url} answers"))];
            findings.extend(judge_postgres(config, &url, &facts));
            findings.extend(judge_content(&facts.content, system.clock.now()));
            findings
        }
    }
}

fn judge_postgres(config: &Config, url: &DatabaseUrl, facts: &PostgresFacts) -> Vec<Finding> {
    let limit_of_database = facts.server.as_ref().ok().and_then(|server| server.connection_limit);
    let limit_of_role = facts.role.as_ref().ok().and_then(|role| role.connection_limit);
    let limits = [("the limit of the database", limit_of_database), ("the limit of the role", limit_of_role)];
    // One thread for each connection, and one more connection listens for jobs instead of the writer of SQLite.
    let needed = u32::try_from(config.pool().threads()).unwrap_or(u32::MAX).saturating_add(OF_READINESS);
    let mut findings: Vec<_> = url.tls().map(|mode| judge_tls(mode, &facts.link)).into_iter().collect();
    findings.extend(judge_server(&facts.server));
    findings.extend(judge_settings(&facts.settings));
    findings.extend(judge_connections(&facts.settings, limits, needed));
    findings.extend([judge_role(&facts.role), judge_pooler(&facts.is_shared), judge_clock(&facts.clock)]);
    findings
}

fn judge_files(config: &Config) -> Vec<Finding> {
    match config.database() {
        Ok(DatabaseUrl::Sqlite(file)) => judge_place_of_file(&file),
        // All data is on the server.
        Ok(DatabaseUrl::Postgres(_)) | Err(_) => Vec::new(),
    }
}

/// Judges the publicly known keys that a database takes, in that profile, with or without `fixed_dev_keys`.
fn known_keys(profile: Profile, is_fixed: bool, keys: KnownKeys) -> Finding {
    const CHECK: &str = "known_keys";
    let fix = "run `derslik account remove-dev-keys`";
    match keys {
        KnownKeys::Unread(reason) => unread(CHECK, &reason),
        KnownKeys::InUse(names) if names.is_empty() => Finding::ok(CHECK, "the database takes no publicly known key"),
        KnownKeys::InUse(_) if profile == Profile::Dev && is_fixed => Finding::ok(CHECK, "publicly known keys, as fixed_dev_keys says"),
        KnownKeys::InUse(names) => {
            let found = format!("the database takes publicly known keys: {}", names.join(", "));
            match profile {
                Profile::Dev => Finding::warning(CHECK, found, fix),
                Profile::Production => Finding::problem(CHECK, found, fix),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::State;

    #[test]
    fn a_part_that_hangs_or_fails_is_a_problem_and_holds_up_no_other() {
        let (_hold, never) = channel::<()>();
        let hanging = Part::start("slow", move || {
            never.recv().ok();
            Vec::new()
        });
        let quick = Part::start("quick", || vec![Finding::ok("quick", "")]);
        let broken = Part::start("broken", || panic!("for the test"));
        let found = quick.wait(Instant::now() + Duration::from_secs(60));
        assert_eq!(found, [Finding::ok("quick", "")]);
        for part in [broken, hanging] {
            let found = part.wait(Instant::now() + Duration::from_millis(50));
            assert_eq!(found.iter().map(|finding| finding.state).collect::<Vec<_>>(), [State::Problem]);
        }
    }

    #[test]
    fn known_keys_are_judged_by_the_profile() {
        let state = |profile, is_fixed, names: &[&str]| {
            known_keys(profile, is_fixed, KnownKeys::InUse(names.iter().map(|name| (*name).to_owned()).collect())).state
        };
        assert_eq!(state(Profile::Production, false, &[]), State::Ok);
        assert_eq!(state(Profile::Production, false, &["demo-access"]), State::Problem);
        assert_eq!(state(Profile::Dev, false, &["demo-access"]), State::Warning);
        assert_eq!(state(Profile::Dev, true, &["demo-access"]), State::Ok);
        assert_eq!(known_keys(Profile::Production, false, KnownKeys::Unread("busy".to_owned())).state, State::Warning);
    }
}
