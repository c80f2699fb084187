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

/// The names of refused scopes, to follow the text of the error: the first few of them, each cut short. `asked` is the list of the client.
/// A name that does not exist here is only told if it looks like one of a scope, and not like a secret that was sent by mistake.
pub(super) fn refused(refused: RequestedScopes, asked: Option<&str>) -> String {
    /// The most names that are told, and the most characters of each.
    const NAMES: usize = 3;
    const LENGTH: usize = 100;
    let unknown = asked.filter(|_| refused.has_unknown).unwrap_or_default().split_ascii_whitespace();
    let unknown = unknown.filter(|name| is_url_of_unknown(name)).map(|name| name.chars().take(LENGTH).collect::<String>());
    let mut names = Vec::with_capacity(NAMES);
    for name in shown(refused.known).chain(unknown) {
        if names.contains(&name) {
            continue;
        }
        if names.len() == NAMES {
            return format!(": {} and others", names.join(", "));
        }
        names.push(name);
    }
    if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
}

/// Whether a name is the URL of a scope of another service, as the original has them.
fn is_url_of_unknown(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "./:-_".contains(letter);
    let Some(short) = name.strip_prefix(SCOPE_PREFIX) else { return false };
    Scope::by_name(short).is_none_or(|scope| scope == Scope::Other) && name.chars().all(is_plain)
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

    #[test]
    fn the_first_refused_scopes_are_named_and_cut_short() {
        let told = |known: &[Scope], asked: &str| {
            refused(RequestedScopes { known: known.iter().copied().collect(), has_unknown: true }, Some(asked))
        };
        let url = |name: &str| format!("{SCOPE_PREFIX}{name}");
        let asked = format!("{} {} {} {}", url("classroom.courses"), url("drive"), url("drive"), url("classroom.topics"));
        assert_eq!(
            told(&[Scope::Rosters], &asked),
            format!(": {}, {}, {}", url("classroom.rosters"), url("drive"), url("classroom.topics"))
        );
        let more = format!("{asked} {}", url("gmail"));
        assert!(told(&[Scope::Rosters], &more).ends_with(&format!("{} and others", url("classroom.topics"))));
        let long = url(&"a".repeat(10_000));
        assert_eq!(told(&[], &long).len(), ": ".len() + 100);
        for hidden in ["derslik_at_0a", "https://a.example/secret", "openid", &url("a?b=\"c\""), ""] {
            assert_eq!(told(&[], hidden), "", "{hidden}");
        }
        let known = RequestedScopes { known: [Scope::Rosters].into_iter().collect(), has_unknown: false };
        assert_eq!(refused(known, Some(&asked)), format!(": {}", url("classroom.rosters")));
    }
}
