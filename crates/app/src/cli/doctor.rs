//! `derslik doctor`

use std::fs::File;
use std::io::Read;
use std::time::Duration;

use clap::Args;
use derslik_domain::identity::ServiceAddress;
use derslik_storage::{DatabaseUrl, SchemaState};
use serde_json::{Value, json};

use super::known_keys::known_secrets;
use super::metadata::{Fault, find_fault};
use super::{Failure, Output, ServeSettings, runtime};
use crate::config::{Config, Loaded};
use crate::doctor::{Finding, KnownKeys, Looks, State, examine, worst};
use crate::wiring::Installation;

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub(super) settings: ServeSettings,
    /// How long all checks together may take, in seconds. A check that takes longer is a problem of its own.
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u16).range(2..=600))]
    timeout: u16,
}

/// Looks for faults, prints what each check found, and fails with exit code 2 if there is a problem.
pub(super) fn run(loaded: &Loaded, args: &DoctorArgs, output: Output) -> Result<(), Failure> {
    let (of_keys, of_metadata) = (loaded.config.clone(), loaded.config.clone());
    let looks = Looks { known_keys: move || find_known_keys(&of_keys), metadata_account: move || judge_metadata(&of_metadata) };
    let findings = examine(loaded, Duration::from_secs(args.timeout.into()), looks);
    let worst = worst(&findings);
    output.print(|| as_text(&findings), || json!({ "state": worst.name(), "checks": as_json(&findings) }))?;
    match findings.iter().filter(|finding| finding.state == State::Problem).count() {
        0 => Ok(()),
        1 => Err(Failure::Usage(anyhow::anyhow!("1 problem was found"))),
        problems => Err(Failure::Usage(anyhow::anyhow!("{problems} problems were found"))),
    }
}

/// The publicly known keys that the database takes. `None` if it is missing, or not up to date: other checks say so.
fn find_known_keys(config: &Config) -> Option<KnownKeys> {
    let url = readable(config)?;
    Some(look_up(config, &url).unwrap_or_else(|failure| KnownKeys::Unread(format!("{:#}", failure.parts().1))))
}

/// Judges the service account of the metadata server. `None` if there is no such server, or the database is missing, or not up to date.
fn judge_metadata(config: &Config) -> Option<Finding> {
    const CHECK: &str = "metadata_account";
    let account = config.metadata().ok().flatten()?.account;
    let url = readable(config)?;
    let look = || -> Result<Option<Fault>, Failure> {
        let runtime = runtime(config)?;
        let installation = Installation::new(config, &url, runtime.handle()).map_err(Failure::Usage)?;
        let look = async {
            installation.look_at_tests().await?;
            let stored = ServiceAddress { account: installation.behind(account.account), ..account.clone() };
            find_fault(&installation.operators(), &stored).await
        };
        runtime.block_on(look).map_err(super::database)
    };
    Some(match look() {
        Ok(None) => Finding::ok(CHECK, format!("{account} gets tokens")),
        Ok(Some(Fault { problem, fix })) => Finding::warning(CHECK, format!("the metadata server gives out no token: {problem}"), fix),
        Err(failure) => {
            let reason = format!("{account} could not be looked up: {:#}", failure.parts().1);
            Finding::warning(CHECK, reason, "run this again, with a longer --timeout if the database is slow")
        }
    })
}

/// The database, if it can be read without a change, and its schema is up to date. Other checks say so if it is not.
fn readable(config: &Config) -> Option<DatabaseUrl> {
    let url = config.database().ok().filter(|url| !would_change(url))?;
    matches!(url.schema_state(), Ok(SchemaState::Current | SchemaState::Newer(_))).then_some(url)
}

/// A connection of the service turns the write-ahead log of an SQLite file on, and this command changes nothing.
fn would_change(url: &DatabaseUrl) -> bool {
    // Byte 18 of the file is 2 if the log is on.
    const BEFORE: usize = 18;
    const LOG: u8 = 2;
    let DatabaseUrl::Sqlite(path) = url else { return false };
    let mut header = [0; BEFORE + 1];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_err() || header.last() != Some(&LOG)
}

fn look_up(config: &Config, url: &DatabaseUrl) -> Result<KnownKeys, Failure> {
    let runtime = runtime(config)?;
    let installation = Installation::new(config, url, runtime.handle()).map_err(Failure::Usage)?;
    let operators = installation.operators();
    let known = known_secrets(config, &operators, installation.now())?;
    let used = runtime.block_on(operators.known_secrets.in_use(known)).map_err(super::database)?;
    Ok(KnownKeys::InUse(used))
}

/// Three columns: the state, the check, and what it found. The fix stands on the next line.
fn as_text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
    let line = |finding: &Finding| {
        let Finding { check, state, found, fix } = finding;
        let fix = fix.as_ref().map(|fix| format!("\n{:8} {:width$}  fix: {fix}", "", "")).unwrap_or_default();
        format!("{:8} {check:width$}  {found}{fix}", state.name())
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn as_json(findings: &[Finding]) -> Vec<Value> {
    let object = |finding: &Finding| {
        let Finding { check, state, found, fix } = finding;
        json!({ "check": check, "state": state.name(), "found": found, "fix": fix })
    };
    findings.iter().map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_a_line_for_each_finding_and_one_for_each_fix() {
        let findings = [Finding::ok("port", "free"), Finding::problem("database_schema", "old", "run `derslik migrate`")];
        let expected =
            "ok       port             free\nproblem  database_schema  old\n                          fix: run `derslik migrate`";
        assert_eq!(as_text(&findings), expected);
    }

    #[test]
    fn the_json_has_null_for_a_fix_that_is_not_needed() {
        let findings = [Finding::ok("port", "free"), Finding::warning("names", "twins", "rename one")];
        let expected = [
            json!({ "check": "port", "state": "ok", "found": "free", "fix": null }),
            json!({ "check": "names", "state": "warning", "found": "twins", "fix": "rename one" }),
        ];
        assert_eq!(as_json(&findings), expected);
    }
}
