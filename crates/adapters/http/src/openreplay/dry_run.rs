//! The parameter `dry_run`, which asks for a look at what a call would change in place of the change. A call that changes something never
//! passes over it: what was meant as a look must not erase anyone.

use derslik_domain::identity::Actor;
use derslik_domain::job::ProjectKey;

use super::error::{InputFault, OpenReplayError};
use super::path::pairs;
use crate::state::HttpState;

/// What the request for an erasure asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Erasing {
    /// A job.
    Job,
    /// What the job would remove.
    Preview,
}

/// Why a query does not tell whether a look is meant, or can't have one. The texts are those of the second generation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum DryRunFault {
    /// The value is neither true nor false, or it is both.
    #[error("invalid query param dry_run: neither true nor false")]
    Unclear(String),
    /// The name is nearly that of the parameter.
    #[error("invalid query param {0}: the name is dry_run")]
    Misspelt(String),
    /// The call can only be carried out.
    #[error("invalid query param dry_run: this call has no dry run")]
    Unsupported,
}

/// What the query of an erasure asks for. A value that can't be read asks for nothing.
pub(super) fn read_erasing(query: &str) -> Result<Erasing, DryRunFault> {
    let mut found = None;
    for (name, value) in pairs(query).into_iter().filter(|(name, _)| is_like_dry_run(name)) {
        if name != "dry_run" {
            return Err(DryRunFault::Misspelt(name));
        }
        let erasing = match value.to_ascii_lowercase().as_str() {
            "true" => Erasing::Preview,
            "false" => Erasing::Job,
            _ => return Err(DryRunFault::Unclear(value)),
        };
        if found.is_some_and(|before| before != erasing) {
            return Err(DryRunFault::Unclear(value));
        }
        found = Some(erasing);
    }
    Ok(found.unwrap_or(Erasing::Job))
}

/// Refuses the look at a call that has none.
pub(super) fn refuse_dry_run(query: &str) -> Result<(), DryRunFault> {
    match read_erasing(query)? {
        Erasing::Job => Ok(()),
        Erasing::Preview => Err(DryRunFault::Unsupported),
    }
}

/// What was read of a query, or its fault once the project was found.
pub(super) async fn checked<T>(
    state: &HttpState,
    actor: &Actor,
    project: &ProjectKey,
    read: Result<T, DryRunFault>,
) -> Result<T, OpenReplayError> {
    match read {
        Ok(read) => Ok(read),
        Err(fault) => {
            state.projects.get(actor, project).await?;
            Err(fault.into())
        }
    }
}

/// Whether a name is `dry_run` in one of its spellings, such as `dryRun`.
fn is_like_dry_run(name: &str) -> bool {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric()).map(|letter| letter.to_ascii_lowercase());
    letters.eq("dryrun".chars())
}

impl From<DryRunFault> for OpenReplayError {
    fn from(fault: DryRunFault) -> Self {
        Self::Unprocessable(match fault {
            DryRunFault::Unclear(input) => {
                InputFault::new("bool_parsing", ("query", "dry_run"), "Input should be a valid boolean, unable to interpret input", input)
            }
            DryRunFault::Misspelt(name) => InputFault::of_unknown("query", &name, "Extra inputs are not permitted: the name is dry_run"),
            DryRunFault::Unsupported => InputFault::new("extra_forbidden", ("query", "dry_run"), "This call has no dry run", "true"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erasure_is_meant_unless_a_look_is_asked_for() {
        for query in ["", "x=1", "dry_run=false", "dry_run=FALSE&dry_run=false", "dry=true", "run=true"] {
            assert_eq!(read_erasing(query), Ok(Erasing::Job), "{query}");
        }
        for query in ["dry_run=true", "x=1&dry_run=True", "dry_run=true&dry_run=true", "dry%5Frun=true", "dry_run=true&x=%ff"] {
            assert_eq!(read_erasing(query), Ok(Erasing::Preview), "{query}");
        }
    }

    #[test]
    fn an_unclear_value_or_a_misspelt_name_asks_for_nothing() {
        for query in ["dry_run", "dry_run=", "dry_run=1", "dry_run=yes", "dry_run=true%00", "dry_run=true&dry_run=false"] {
            assert!(matches!(read_erasing(query), Err(DryRunFault::Unclear(_))), "{query}");
        }
        for query in
            ["dryRun=true", "Dry_run=true", "dry-run=true", "DRYRUN=false", "dry_run[]=true", "dry_run=true&dryRun=true", "%20dry_run"]
        {
            assert!(matches!(read_erasing(query), Err(DryRunFault::Misspelt(_))), "{query}");
        }
    }

    #[test]
    fn a_call_without_a_dry_run_refuses_it() {
        assert_eq!([refuse_dry_run(""), refuse_dry_run("dry_run=false")], [Ok(()), Ok(())]);
        assert_eq!(refuse_dry_run("dry_run=true"), Err(DryRunFault::Unsupported));
        assert!(matches!(refuse_dry_run("dry_run=1"), Err(DryRunFault::Unclear(_))));
    }
}
