//! The match of a path to an operation.

use std::collections::BTreeSet;

use super::operation::{Api, Described, Operation};
use super::query::decode;

/// The meaning of a path.
#[derive(Debug)]
pub(crate) enum Target {
    /// A method, and the decoded values of the variables in its path.
    Operation(&'static Operation, Vec<String>),
    /// A method of the original that this service does not implement.
    Unimplemented,
    /// An unknown path.
    Unknown,
    /// A path with an escape that is not valid text.
    Malformed,
}

/// A method whose template a path may match.
#[derive(Clone, Copy)]
enum Candidate {
    Operation(&'static Operation),
    Described(&'static Described),
}

impl Candidate {
    const fn verb(self) -> &'static str {
        match self {
            Self::Operation(operation) => operation.verb,
            Self::Described(described) => described.verb,
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Operation(operation) => operation.path,
            Self::Described(described) => described.path,
        }
    }
}

/// Every method, those that are carried out first.
fn candidates(api: &Api) -> impl Iterator<Item = Candidate> + use<> {
    api.operations().map(Candidate::Operation).chain(api.described().map(Candidate::Described))
}

/// Finds the meaning of a path, which is still encoded.
pub(crate) fn find(api: &Api, verb: &str, path: &str) -> Target {
    let mut segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    if segments.len() > 2 && segments.last() == Some(&"") {
        segments.pop();
    }
    if api.unimplemented.iter().any(|pattern| fits(pattern, &segments)) {
        return Target::Unimplemented;
    }
    let exact = candidates(api).filter(|candidate| candidate.verb() == verb).find_map(|candidate| matched(api, candidate, &segments));
    exact.or_else(|| find_joined(api, verb, &segments)).unwrap_or(Target::Unknown)
}

/// Finds the method of a path whose first value holds unescaped slashes, which split it over several segments. The search first
/// joins the value with one more segment, then two, and so on.
fn find_joined(api: &Api, verb: &str, segments: &[&str]) -> Option<Target> {
    (1..segments.len()).find_map(|taken| {
        candidates(api).filter(|candidate| candidate.verb() == verb).find_map(|candidate| {
            let (position, variable) =
                candidate.path().split('/').enumerate().find_map(|(position, part)| Some((position, variable_of(part)?.0)))?;
            let (before, after) = segments.split_at_checked(position)?;
            let (value, after) = after.split_at_checked(taken + 1)?;
            if !api.slashed.may_go_on(variable, value.first()?) {
                return None;
            }
            let value = value.join("/");
            let joined: Vec<&str> = before.iter().copied().chain([value.as_str()]).chain(after.iter().copied()).collect();
            matched(api, candidate, &joined)
        })
    })
}

fn matched(api: &Api, candidate: Candidate, segments: &[&str]) -> Option<Target> {
    let raw = match_path(api, candidate.path(), segments)?;
    let decoded: Option<Vec<String>> = raw.iter().map(|raw| decode(raw)).collect();
    Some(match (decoded, candidate) {
        (None, _) => Target::Malformed,
        (Some(values), Candidate::Operation(operation)) => Target::Operation(operation, values),
        (Some(_), Candidate::Described(_)) => Target::Unimplemented,
    })
}

/// The values of the variables in a path, if the path matches the template.
fn match_path(api: &Api, template: &str, segments: &[&str]) -> Option<Vec<String>> {
    let mut parts = template.split('/').peekable();
    let mut segments_left = segments;
    let mut values = Vec::new();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        let (&segment, after) = segments_left.split_first()?;
        match variable_of(part) {
            None if part != segment => return None,
            None => {}
            // A value after another one, at the end of the path, takes the rest. The first value does not: it would hide the paths
            // below it.
            Some((variable, "")) if is_last && !values.is_empty() && api.slashed.may_go_on(variable, segment) => {
                values.push(segments_left.join("/"));
                return Some(values);
            }
            Some((_, suffix)) => {
                let value = segment.strip_suffix(suffix).filter(|value| !value.is_empty())?;
                if is_last && suffix.is_empty() && has_verb(api, template, segment) {
                    return None;
                }
                values.push(value.to_owned());
            }
        }
        segments_left = after;
    }
    segments_left.is_empty().then_some(values)
}

/// The name of the variable in a part of a template, and the text after it.
fn variable_of(part: &str) -> Option<(&str, &str)> {
    part.strip_prefix('{')?.split_once('}')
}

/// Whether the last segment of a path ends with a custom verb of the objects that a template names. Objects of other kinds have other
/// verbs: a name may end as one of those.
fn has_verb(api: &Api, template: &str, segment: &str) -> bool {
    segment.contains(':')
        && candidates(api)
            .filter(|candidate| is_beside(template, candidate.path()))
            .filter_map(|candidate| custom_verb(candidate.path()))
            .any(|verb| segment.ends_with(verb))
}

/// Whether two templates name the same kind of object, whatever they call its id.
fn is_beside(one: &str, other: &str) -> bool {
    one.split('/').count() == other.split('/').count()
        && one
            .split('/')
            .zip(other.split('/'))
            .all(|(one, other)| one == other || variable_of(one).is_some() && variable_of(other).is_some())
}

/// The custom verb at the end of a template, its colon included.
fn custom_verb(path: &'static str) -> Option<&'static str> {
    path.rsplit_once('}').map(|(_, verb)| verb).filter(|verb| verb.starts_with(':'))
}

/// Whether a path fits a pattern of [`Api::unimplemented`].
fn fits(pattern: &str, segments: &[&str]) -> bool {
    let (pattern, is_open) = pattern.strip_suffix("/**").map_or((pattern, false), |pattern| (pattern, true));
    let length = pattern.split('/').count();
    let is_as_long = if is_open { segments.len() >= length } else { segments.len() == length };
    is_as_long
        && pattern.split('/').zip(segments).all(|(part, segment)| match part.strip_prefix('*') {
            Some(text) => segment.contains(text),
            None => part == *segment,
        })
}

/// The first two segments of each path of the API. The paths of other APIs never begin with one of them.
pub(crate) fn collections(api: &Api) -> BTreeSet<String> {
    let paths = candidates(api).map(Candidate::path).chain(api.unimplemented.iter().copied());
    let collection = |path: &str| format!("/{}", path.split('/').take(2).collect::<Vec<_>>().join("/"));
    paths.map(collection).collect()
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_pattern_stands_for_segments_and_for_everything_below() {
        let fit = |pattern: &str, path: &str| fits(pattern, &path.split('/').collect::<Vec<_>>());
        assert!(fit("v1/a/*/b/**", "v1/a/1/b"));
        assert!(fit("v1/a/*/b/**", "v1/a/1/b/2/c"));
        assert!(!fit("v1/a/*/b/**", "v1/a/1/c"));
        assert!(!fit("v1/a/*/b/**", "v1/a/1"));
        assert!(fit("v1/a/*:check", "v1/a/1:check"));
        assert!(!fit("v1/a/*:check", "v1/a/1:check/b"));
        assert!(!fit("v1/a/*:check", "v1/a/1"));
    }
}
