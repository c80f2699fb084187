//! The rules of a start, as findings: what they refuse is a problem here, and their warnings are warnings.

use super::report::Finding;
use crate::config::Loaded;
use crate::safety::{self, Purpose, Severity};

/// What the rules for `serve` find, or one finding that they find nothing.
pub(super) fn judge_rules(loaded: &Loaded) -> Vec<Finding> {
    let findings: Vec<_> = safety::checks(loaded, Purpose::Serve).into_iter().map(from_rule).collect();
    if findings.is_empty() { vec![Finding::ok("settings", "the settings are safe for a start")] } else { findings }
}

fn from_rule(finding: safety::Finding) -> Finding {
    let safety::Finding { name, severity, setting, problem, fix } = finding;
    let found = format!("{setting}: {problem}");
    match severity {
        Severity::Refused => Finding::problem(name, found, fix),
        Severity::Warning => Finding::warning(name, found, fix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::State;

    #[test]
    fn a_broken_rule_keeps_its_name_and_its_fix() {
        let rule = |severity| {
            from_rule(safety::Finding {
                name: "plaintext",
                severity,
                setting: "listen".to_owned(),
                problem: "is public".to_owned(),
                fix: "set http.plaintext".to_owned(),
            })
        };
        assert_eq!(rule(Severity::Refused), Finding::problem("plaintext", "listen: is public", "set http.plaintext"));
        assert_eq!(rule(Severity::Warning).state, State::Warning);
    }
}
