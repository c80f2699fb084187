//! The scopes that commands take.

use derslik_domain::identity::{Scope, Scopes};
use derslik_http::classroom::scope_by_name;

use super::Failure;
use crate::dev_accounts::classroom_scopes;

/// The name that stands for every scope of the courses API and [`Scope::Other`]: for programs that ask for all that the API has.
const ALL: &str = "all";

/// Parses names of scopes. Scopes of the jobs API are refused: that API takes its own keys and no tokens.
pub(super) fn read_scopes(names: &[String]) -> Result<Scopes, Failure> {
    if names.is_empty() {
        return Ok(classroom_scopes());
    }
    let possible = || Scope::ALL.into_iter().filter(|scope| *scope != Scope::Jobs);
    let known = || possible().map(Scope::name).chain([ALL]).collect::<Vec<_>>().join(", ");
    let read = |name: &String| match scope_by_name(name) {
        Some(scope) if possible().any(|possible| possible == scope) => Ok(vec![scope]),
        None if name == ALL => Ok(classroom_scopes().iter().chain([Scope::Other]).collect()),
        Some(_) => Err(Failure::Usage(anyhow::anyhow!("no token opens {name:?}; a token can have the scopes {}", known()))),
        None => Err(Failure::Usage(anyhow::anyhow!("there is no scope {name:?}; a token can have the scopes {}", known()))),
    };
    let read: Vec<Vec<Scope>> = names.iter().map(read).collect::<Result<_, _>>()?;
    Ok(read.into_iter().flatten().collect())
}

/// The names of scopes, with blanks between them.
pub(super) fn scope_names(scopes: Scopes) -> String {
    scopes.iter().map(Scope::name).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::operator::testing::code_and_text;

    fn read(names: &[&str]) -> Result<Scopes, (u8, String)> {
        read_scopes(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).map_err(code_and_text)
    }

    #[test]
    fn all_stands_for_the_courses_api_and_scopes_of_other_services() {
        let all: Scopes = classroom_scopes().iter().chain([Scope::Other]).collect();
        assert_eq!(read(&["all"]), Ok(all));
        assert_eq!(read(&["all", "sessions"]), Ok(all.iter().chain([Scope::Sessions]).collect()));
        assert_eq!(read(&[]), Ok(classroom_scopes()));
        assert_eq!(scope_names(read(&["other", "classroom.courses"]).unwrap()), "classroom.courses other");
    }

    #[test]
    fn an_unknown_scope_is_refused_with_those_that_there_are() {
        for name in ["drive", "jobs", "ALL"] {
            let (code, text) = read(&[name]).unwrap_err();
            assert!(code == 2 && text.contains(name) && text.ends_with("other, all"), "{text}");
        }
    }
}
