//! `derslik config`

use clap::Subcommand;
use derslik_domain::time::Timestamp;
use serde_json::{Value, json};

use super::{Failure, Output, ServeSettings};
use crate::config::{Config, Loaded, Shown, shown};
use crate::doctor::{State, judge_validity, load_pair};
use crate::safety::{self, Finding, Purpose, Severity};
use crate::system;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Shows each setting with its value and where that is from. Secrets are not shown.
    Show(ServeSettings),
    /// Checks all settings and the files that they name, without a database. Prints `ok`, or what is wrong.
    Check(ServeSettings),
}

impl ConfigCommand {
    pub(super) fn run(&self, loaded: &Loaded, output: Output) -> Result<(), Failure> {
        match self {
            Self::Show(_) => output.print_list(&shown(loaded), as_line, as_json),
            Self::Check(_) => check(loaded, output),
        }
    }
}

fn as_line(setting: &Shown) -> String {
    let value = match &setting.value {
        Value::Null => "none".to_owned(),
        value => value.to_string(),
    };
    format!("{} = {value}  # {}", setting.name, setting.source)
}

fn as_json(setting: &Shown) -> Value {
    json!({ "setting": setting.name, "value": setting.value, "source": setting.source })
}

/// What is wrong, with the fix if one is known.
struct Problem {
    text: String,
    fix: Option<String>,
    severity: Severity,
}

impl From<Finding> for Problem {
    fn from(finding: Finding) -> Self {
        let Finding { severity, setting, problem, fix, .. } = finding;
        Self { text: format!("{setting}: {problem}"), fix: Some(fix), severity }
    }
}

fn check(loaded: &Loaded, output: Output) -> Result<(), Failure> {
    let mut problems: Vec<Problem> = safety::checks(loaded, Purpose::Serve).into_iter().map(Problem::from).collect();
    problems.extend(problem_of_certificate(&loaded.config, system::now()));
    if let Ok(url) = loaded.config.database()
        && let Err(error) = url.check_files()
    {
        problems.push(Problem { text: format!("database_url: {error}"), fix: None, severity: Severity::Refused });
    }
    print(&problems, output)
}

/// What is wrong with the certificate. The service takes one that has ended or ends soon, so that is a warning.
fn problem_of_certificate(config: &Config, now: Timestamp) -> Option<Problem> {
    match load_pair(config) {
        Ok(certificate) => {
            let certificate = certificate?;
            let judged = judge_validity(&certificate, now);
            let warning = Problem { text: format!("tls_cert: {}", judged.found), fix: judged.fix, severity: Severity::Warning };
            (judged.state != State::Ok).then_some(warning)
        }
        Err(error) => Some(Problem { text: format!("{error:#}"), fix: None, severity: Severity::Refused }),
    }
}

/// Prints the problems of settings that can't be loaded at all, as `config check` prints others.
pub(super) fn not_loaded(error: &anyhow::Error, output: Output) -> Result<(), Failure> {
    print(&[Problem { text: format!("{error:#}"), fix: None, severity: Severity::Refused }], output)
}

fn print(problems: &[Problem], output: Output) -> Result<(), Failure> {
    let refused = problems.iter().filter(|problem| problem.severity == Severity::Refused).count();
    output.print(|| as_text(problems), || json!({ "ok": refused == 0, "problems": problems.iter().map(object).collect::<Vec<_>>() }))?;
    match refused {
        0 => Ok(()),
        1 => Err(Failure::Usage(anyhow::anyhow!("1 problem was found"))),
        several => Err(Failure::Usage(anyhow::anyhow!("{several} problems were found"))),
    }
}

fn as_text(problems: &[Problem]) -> String {
    if problems.is_empty() {
        return "ok".to_owned();
    }
    let line = |problem: &Problem| {
        let fix = problem.fix.as_ref().map(|fix| format!("\n  fix: {fix}")).unwrap_or_default();
        format!("{}: {}{fix}", name(problem.severity), problem.text)
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

const fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Refused => "problem",
        Severity::Warning => "warning",
    }
}

fn object(problem: &Problem) -> Value {
    json!({ "state": name(problem.severity), "found": problem.text, "fix": problem.fix })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(severity: Severity) -> Problem {
        Problem { text: "listen: is public".to_owned(), fix: Some("set http.plaintext".to_owned()), severity }
    }

    #[test]
    fn a_set_up_without_problems_is_ok_and_a_warning_is_no_failure() {
        assert_eq!(as_text(&[]), "ok");
        assert_eq!(as_text(&[problem(Severity::Warning)]), "warning: listen: is public\n  fix: set http.plaintext");
        assert!(print(&[problem(Severity::Warning)], Output::Json).is_ok());
        assert!(print(&[problem(Severity::Refused)], Output::Json).is_err());
    }

    #[test]
    fn a_line_of_a_setting_has_its_value_and_its_source() {
        let setting = |value| Shown { name: "tls_cert".to_owned(), value, source: "default".to_owned() };
        assert_eq!(as_line(&setting(Value::Null)), "tls_cert = none  # default");
        assert_eq!(as_line(&setting(json!("/tls.crt"))), "tls_cert = \"/tls.crt\"  # default");
        assert_eq!(as_json(&setting(Value::Null)), json!({ "setting": "tls_cert", "value": null, "source": "default" }));
    }
}
