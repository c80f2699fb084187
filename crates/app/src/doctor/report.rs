//! What a check found.

/// How good or bad it is what a check found, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Nothing has to be done.
    Ok,
    /// The service works, and something should be done.
    Warning,
    /// The service does not work, does not start, or may lose data.
    Problem,
}

impl State {
    /// The name in the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What one check found. No text shows a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The name of the check, such as `database_clock`.
    pub check: &'static str,
    /// How good or bad it is.
    pub state: State,
    /// What was found, in one line: for a fault, its cause.
    pub found: String,
    /// What to do about it, in one line. `None` if nothing has to be done.
    pub fix: Option<String>,
}

impl Finding {
    /// A check that found no fault.
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Ok, found: found.into(), fix: None }
    }

    /// Something that should be changed.
    pub fn warning(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, state: State::Warning, found: found.into(), fix: Some(fix.into()) }
    }

    /// Something that must be changed.
    pub fn problem(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, state: State::Problem, found: found.into(), fix: Some(fix.into()) }
    }
}

/// The worst state of some findings.
pub fn worst(findings: &[Finding]) -> State {
    findings.iter().map(|finding| finding.state).max().unwrap_or(State::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_counts() {
        assert_eq!(worst(&[]), State::Ok);
        assert_eq!(worst(&[Finding::ok("a", ""), Finding::warning("b", "", "")]), State::Warning);
        assert_eq!(worst(&[Finding::problem("a", "", ""), Finding::warning("b", "", "")]), State::Problem);
    }
}
