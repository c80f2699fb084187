//! Refuses a start on an unsafe set-up: first by its settings and files, then by its database. All reasons are told at once.

use anyhow::anyhow;
use derslik_storage::DatabaseUrl;
use tokio::runtime::Runtime;

use super::Failure;
use super::known_keys::refuse_known_keys;
use crate::config::{Config, Loaded, Profile};
use crate::safety::{Finding, Purpose, Severity, checks, clock, durability, report};
use crate::temporary;
use crate::wiring::Installation;

/// Refuses settings and files that break a rule, and warns of the others.
pub(super) fn check_settings(loaded: &Loaded, purpose: Purpose) -> Result<(), Failure> {
    refuse(checks(loaded, purpose))
}

/// Refuses a database whose clock differs and, in production, one that takes publicly known keys. Warns of settings that may lose
/// acknowledged writes.
pub(super) fn check_database(config: &Config, installation: &Installation, runtime: &Runtime) -> Result<(), Failure> {
    let url = config.database().map_err(Failure::Usage)?;
    let difference = clock::check(&url, config.profile)
        .map_err(|error| Failure::Database(anyhow::Error::new(error).context(format!("the clock of the database {url}"))))?;
    let clock = refuse(difference.into_iter().collect());
    let is_temporary = matches!(&url, DatabaseUrl::Sqlite(path) if temporary::has(path));
    let weak = durability::check(&url, config.database.sqlite_full_sync || is_temporary)
        .map_err(|error| Failure::Database(anyhow::Error::new(error).context(format!("the settings of the database {url}"))))?;
    refuse(weak)?;
    match config.profile {
        Profile::Dev => clock,
        Profile::Production => {
            let keys = runtime.block_on(refuse_known_keys(config, &installation.operators(), installation.now()));
            both(clock, keys)
        }
    }
}

fn refuse(findings: Vec<Finding>) -> Result<(), Failure> {
    let (refused, warnings): (Vec<_>, Vec<_>) = findings.into_iter().partition(|finding| finding.severity == Severity::Refused);
    for Finding { name, setting, problem, fix, .. } in warnings {
        tracing::warn!(rule = name, "{setting}: {problem}; fix: {fix}");
    }
    match report(&refused) {
        Some(text) => Err(Failure::Usage(anyhow!(text))),
        None => Ok(()),
    }
}

/// Both reasons, if there are two.
fn both(one: Result<(), Failure>, other: Result<(), Failure>) -> Result<(), Failure> {
    let (one, other) = match (one, other) {
        (Err(one), Err(other)) => (one, other),
        (Ok(()), outcome) | (outcome, Ok(())) => return outcome,
    };
    Err(match (one, other) {
        (Failure::Usage(one), Failure::Usage(other)) => Failure::Usage(anyhow!("{one:#}\n{other:#}")),
        (_, other) => other,
    })
}

#[cfg(test)]
mod tests {
    use super::super::operator::testing::code_and_text;
    use super::*;

    fn finding(setting: &str, severity: Severity) -> Finding {
        Finding { name: "rule", severity, setting: setting.to_owned(), problem: "is wrong".to_owned(), fix: "mend it".to_owned() }
    }

    #[test]
    fn a_warning_is_no_refusal_and_all_refusals_are_told() {
        assert!(refuse(vec![finding("one", Severity::Warning)]).is_ok());
        let findings = ["one", "two"].map(|setting| finding(setting, Severity::Refused)).into();
        let (code, text) = refuse(findings).map_err(code_and_text).unwrap_err();
        assert_eq!((code, text.as_str()), (2, "refused for 2 reasons:\none: is wrong\n  fix: mend it\ntwo: is wrong\n  fix: mend it"));
    }

    #[test]
    fn two_reasons_that_only_the_database_shows_are_told_together() {
        let usage = |text: &'static str| Err(Failure::Usage(anyhow!(text)));
        let told = |one, other| both(one, other).map_err(code_and_text);
        assert_eq!(told(Ok(()), Ok(())), Ok(()));
        assert_eq!(told(usage("clock"), Ok(())), Err((2, "clock".to_owned())));
        assert_eq!(told(Ok(()), usage("keys")), Err((2, "keys".to_owned())));
        assert_eq!(told(usage("clock"), usage("keys")), Err((2, "clock\nkeys".to_owned())));
        assert_eq!(told(usage("clock"), Err(Failure::Database(anyhow!("gone")))), Err((3, "gone".to_owned())));
    }
}
