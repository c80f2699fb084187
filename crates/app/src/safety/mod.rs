//! The rules that a set-up must keep before a command starts on it, as one table. This module decides whether a set-up is safe; it
//! prints nothing and ends no process.
//!
//! | rule | what is refused |
//! |---|---|
//! | `unknown_setting` | a setting that does not exist, in both profiles |
//! | `database_unnamed` | no database named |
//! | `sqlite` | SQLite without `allow_sqlite` |
//! | `plaintext` | an address that other machines reach, without TLS and without `http.plaintext` |
//! | `metadata` | a metadata server that other machines reach, without `dev.allow_remote` in profile `dev` |
//! | `console` | a console whose admins would send their passwords without TLS over a network |
//! | `dev_setting` | `fixed_dev_keys`, or a false clock |
//! | `known_password` | a password or a key that stands in examples |
//! | `secret_file` | a file with a secret that other users can read |
//! | `clock` | a clock that differs from the database's, see [`clock`] |
//! | `durability` | nothing: settings that may lose acknowledged writes are told, see [`durability`] |
//!
//! The publicly known keys in a database are found by the use cases of operators, and refused by the commands.

pub mod clock;
mod database;
pub mod durability;
mod files;
mod listen;
mod passwords;
mod settings;

use std::fmt::Write;
use std::path::Path;

use crate::config::{Loaded, Profile};

/// What the process is about to do. Each rule names the purposes that it holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To answer requests, and perhaps to run jobs.
    Serve,
    /// To run jobs.
    Work,
    /// To bring a database up to date.
    Migrate,
    /// To carry out another command on a database.
    Operate,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The process must not start.
    Refused,
    /// The process starts, and says so.
    Warning,
}

/// A rule that a set-up breaks. No text shows a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The name of the rule, such as `plaintext`.
    pub name: &'static str,
    /// Whether the process may start all the same.
    pub severity: Severity,
    /// The setting that is wrong, as `http.plaintext`.
    pub setting: String,
    /// What is wrong with it, in one line.
    pub problem: String,
    /// What to do, in one line.
    pub fix: String,
}

/// What is wrong with a setting, and what to do about it: a [`Finding`] before it has a rule and a severity.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Violation {
    setting: String,
    problem: String,
    fix: String,
}

impl Violation {
    fn new(setting: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { setting: setting.into(), problem: problem.into(), fix: fix.into() }
    }

    fn into_finding(self, name: &'static str, severity: Severity) -> Finding {
        let Self { setting, problem, fix } = self;
        Finding { name, severity, setting, problem, fix }
    }
}

/// A rule about settings and files, without a look into a database.
struct Check {
    name: &'static str,
    purposes: &'static [Purpose],
    /// The severity in profile `dev`; `None` if the rule does not hold there. Profile `production` refuses.
    in_dev: Option<Severity>,
    find: fn(&Loaded, Purpose) -> Vec<Violation>,
}

const ALL: &[Purpose] = &[Purpose::Serve, Purpose::Work, Purpose::Migrate, Purpose::Operate];
const STARTS: &[Purpose] = &[Purpose::Serve, Purpose::Work, Purpose::Migrate];

/// The rule about files with secrets.
const SECRET_FILE: &str = "secret_file";

const CHECKS: [Check; 10] = [
    Check { name: "unknown_setting", purposes: ALL, in_dev: Some(Severity::Refused), find: settings::unknown },
    Check { name: "dev_setting", purposes: &[Purpose::Serve, Purpose::Work], in_dev: None, find: settings::of_dev },
    Check { name: "database_unnamed", purposes: ALL, in_dev: None, find: database::unnamed },
    Check { name: "sqlite", purposes: STARTS, in_dev: None, find: database::sqlite },
    Check { name: "plaintext", purposes: &[Purpose::Serve], in_dev: None, find: listen::plaintext },
    Check { name: "metadata", purposes: &[Purpose::Serve], in_dev: Some(Severity::Refused), find: listen::metadata },
    Check { name: "console", purposes: &[Purpose::Serve], in_dev: None, find: listen::console },
    Check { name: "known_password", purposes: STARTS, in_dev: None, find: passwords::known },
    Check { name: "secret_argument", purposes: ALL, in_dev: None, find: passwords::in_arguments },
    Check { name: SECRET_FILE, purposes: STARTS, in_dev: Some(Severity::Warning), find: files::readable },
];

/// Every rule about settings and files that the set-up breaks for that purpose, in the order of the table above.
pub fn checks(loaded: &Loaded, purpose: Purpose) -> Vec<Finding> {
    let mut findings = Vec::new();
    for check in CHECKS.iter().filter(|check| check.purposes.contains(&purpose)) {
        let severity = match loaded.config.profile {
            Profile::Production => Some(Severity::Refused),
            Profile::Dev => check.in_dev,
        };
        if let Some(severity) = severity {
            findings.extend((check.find)(loaded, purpose).into_iter().map(|problem| problem.into_finding(check.name, severity)));
        }
    }
    findings
}

/// What a start in profile `production` would refuse about the key of the certificate: other users can read it, or own it.
pub fn tls_key_of_others(key: &Path) -> Option<Finding> {
    files::of_tls_key(key).map(|problem| problem.into_finding(SECRET_FILE, Severity::Refused))
}

/// The findings as text, two lines each: the setting with the problem, and the fix. `None` if there are none.
pub fn report(findings: &[Finding]) -> Option<String> {
    let heading = match findings {
        [] => return None,
        [_] => "refused for this reason:".to_owned(),
        several => format!("refused for {} reasons:", several.len()),
    };
    let mut text = heading;
    for Finding { setting, problem, fix, .. } in findings {
        // Writing to a string never fails.
        let _ = write!(text, "\n{setting}: {problem}\n  fix: {fix}");
    }
    Some(text)
}

#[cfg(test)]
mod testing {
    //! A set-up for the tests of the rules.

    use super::{Finding, Purpose, checks};
    use crate::config::{Config, Flags, Loaded};

    /// The settings of this file.
    pub(super) fn loaded(settings: &str) -> Loaded {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("derslik.toml");
        std::fs::write(&file, settings).unwrap();
        Config::load_with_origins(Some(&file), &Flags::default()).unwrap()
    }

    /// What the rule of that name finds.
    pub(super) fn found(name: &str, settings: &str, purpose: Purpose) -> Vec<Finding> {
        checks(&loaded(settings), purpose).into_iter().filter(|finding| finding.name == name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::loaded;
    use super::*;

    const UNSAFE: &str = "profile = \"production\"\nlisten = \"0.0.0.0:8080\"\nlitsen = 1\n";

    #[test]
    fn all_broken_rules_are_found_at_once() {
        let names = |purpose| checks(&loaded(UNSAFE), purpose).into_iter().map(|finding| finding.name).collect::<Vec<_>>();
        assert_eq!(names(Purpose::Serve), ["unknown_setting", "database_unnamed", "plaintext"]);
        assert_eq!(names(Purpose::Work), ["unknown_setting", "database_unnamed"]);
        assert_eq!(names(Purpose::Migrate), ["unknown_setting", "database_unnamed"]);
        assert_eq!(names(Purpose::Operate), ["unknown_setting", "database_unnamed"]);
    }

    #[test]
    fn profile_dev_refuses_unknown_settings_alone() {
        let findings = checks(&loaded("listen = \"0.0.0.0:8080\"\nlitsen = 1\n"), Purpose::Serve);
        assert_eq!(findings.iter().map(|finding| finding.name).collect::<Vec<_>>(), ["unknown_setting"]);
        assert_eq!(checks(&loaded(""), Purpose::Serve), []);
    }

    #[test]
    fn a_report_has_two_lines_for_a_finding_and_one_before() {
        assert_eq!(report(&[]), None);
        let findings = checks(&loaded(UNSAFE), Purpose::Serve);
        let text = report(&findings).unwrap();
        assert_eq!(text.lines().count(), 1 + 2 * findings.len(), "{text}");
        assert_eq!(report(findings.get(..1).unwrap()).unwrap().lines().count(), 3);
    }

    #[test]
    fn each_rule_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = CHECKS.iter().map(|check| check.name).collect();
        assert_eq!(names.len(), CHECKS.len());
    }
}
