//! The names of scopes in requests and answers: URLs for those of the courses API, and short names for the others.

use derslik_domain::identity::{Scope, Scopes};
use derslik_ports::inbound::RequestedScopes;

use crate::classroom::{SCOPE_PREFIX, scope_url};

/// The beginning of the short names of scopes that have a URL.
const WITH_URL: &str = "classroom.";

/// The scopes in a list with blanks between them. `None` for a list without a scope.
pub(super) fn read(list: &str) -> Option<RequestedScopes> {
    let mut names = list.split_ascii_whitespace().peekable();
    names.peek()?;
    let (mut known, mut has_unknown) = (Vec::new(), false);
    for name in names {
        match Scope::by_name(name.strip_prefix(SCOPE_PREFIX).unwrap_or(name)) {
            // A set needs each of them once.
            Some(scope) if known.contains(&scope) => {}
            // It stands for names that do not exist here, and is not one itself.
            Some(Scope::Other) | None => has_unknown = true,
            Some(scope) => known.push(scope),
        }
    }
    Some(RequestedScopes { known: known.into_iter().collect(), has_unknown })
}

/// The list of these scopes.
pub(super) fn list(scopes: Scopes) -> String {
    shown(scopes).collect::<Vec<_>>().join(" ")
}

/// The names of scopes in an answer.
pub(crate) fn shown(scopes: Scopes) -> impl Iterator<Item = String> {
    scopes.iter().filter(|scope| *scope != Scope::Other).map(name)
}

fn name(scope: Scope) -> String {
    if scope.name().starts_with(WITH_URL) { scope_url(scope) } else { scope.name().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_by_either_name_and_shown_as_urls() {
        let courses: Scopes = [Scope::Courses, Scope::Sessions].into_iter().collect();
        let text = "https://www.googleapis.com/auth/classroom.courses  sessions classroom.courses";
        assert_eq!(read(text), Some(RequestedScopes { known: courses, has_unknown: false }));
        assert_eq!(list(courses), "sessions https://www.googleapis.com/auth/classroom.courses");
        for unknown in ["classroom.courses https://www.googleapis.com/auth/drive", "classroom.courses,sessions", "openid", "other"] {
            assert!(read(unknown).is_some_and(|scopes| scopes.has_unknown), "{unknown}");
        }
        assert_eq!([read(""), read(" \t")], [None, None]);
        assert_eq!(list([Scope::Sessions, Scope::Other].into_iter().collect()), "sessions");
    }
}
