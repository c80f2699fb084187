//! The match of a path to an operation.

use std::collections::BTreeSet;

use super::operation::{Api, Operation};
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

/// Finds the meaning of a path, which is still encoded.
pub(crate) fn find(api: &Api, verb: &str, path: &str) -> Target {
    let mut segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    if segments.len() > 2 && segments.last() == Some(&"") {
        segments.pop();
    }
    let exact = api.operations().filter(|operation| operation.verb == verb).find_map(|operation| matched(api, operation, &segments));
    if let Some(target) = exact {
        return target;
    }
    if api.unimplemented.iter().any(|pattern| fits(pattern, &segments)) {
        return Target::Unimplemented;
    }
    find_joined(api, verb, &segments).unwrap_or(Target::Unknown)
}

/// Finds the operation of a path whose first value holds unescaped slashes, which split it over several segments. The search first
/// joins the value with one more segment, then two, and so on.
fn find_joined(api: &Api, verb: &str, segments: &[&str]) -> Option<Target> {
    (1..segments.len()).find_map(|taken| {
        api.operations().filter(|operation| operation.verb == verb).find_map(|operation| {
            let (position, variable) =
                operation.path.split('/').enumerate().find_map(|(position, part)| Some((position, variable_of(part)?.0)))?;
            let (before, after) = segments.split_at_checked(position)?;
            let (value, after) = after.split_at_checked(taken + 1)?;
            if !api.slashed.may_go_on(variable, value.first()?) {
                return None;
            }
            let value = value.join("/");
            let joined: Vec<&str> = before.iter().copied().chain([value.as_str()]).chain(after.iter().copied()).collect();
            matched(api, operation, &joined)
        })
    })
}

fn matched(api: &Api, operation: &'static Operation, segments: &[&str]) -> Option<Target> {
    let raw = match_path(api, operation.path, segments)?;
    let decoded: Option<Vec<String>> = raw.iter().map(|raw| decode(raw)).collect();
    Some(decoded.map_or(Target::Malformed, |values| Target::Operation(operation, values)))
}

/// The values of the variables in a path, if the path matches the template.
fn match_path(api: &Api, template: &str, segments: &[&str]) -> Option<Vec<String>> {
    let parts: Vec<&str> = template.split('/').collect();
    let mut values = Vec::new();
    for (position, part) in parts.iter().enumerate() {
        let is_last = position + 1 == parts.len();
        let segment = *segments.get(position)?;
        let Some((variable, suffix)) = variable_of(part) else {
            if *part != segment {
                return None;
            }
            continue;
        };
        // A value after another one, at the end of the path, takes the rest. The first value does not: it would hide the paths
        // below it.
        if is_last && !values.is_empty() && suffix.is_empty() && api.slashed.may_go_on(variable, segment) {
            values.push(segments.get(position..)?.join("/"));
            return Some(values);
        }
        let value = segment.strip_suffix(suffix).filter(|value| !value.is_empty())?;
        let has_verb = suffix.is_empty() && api.operations().filter_map(custom_verb).any(|verb| segment.ends_with(verb));
        if is_last && has_verb {
            return None;
        }
        values.push(value.to_owned());
    }
    (segments.len() == parts.len()).then_some(values)
}

/// The name of the variable in a part of a template, and the text after it.
fn variable_of(part: &str) -> Option<(&str, &str)> {
    part.strip_prefix('{')?.split_once('}')
}

/// The custom verb at the end of a path, its colon included.
fn custom_verb(operation: &Operation) -> Option<&'static str> {
    operation.path.rsplit_once('}').map(|(_, verb)| verb).filter(|verb| verb.starts_with(':'))
}

/// Whether a path fits a pattern of [`Api::unimplemented`].
fn fits(pattern: &str, segments: &[&str]) -> bool {
    let (pattern, is_open) = pattern.strip_suffix("/**").map_or((pattern, false), |pattern| (pattern, true));
    let parts: Vec<&str> = pattern.split('/').collect();
    let is_as_long = if is_open { segments.len() >= parts.len() } else { segments.len() == parts.len() };
    is_as_long
        && parts.iter().zip(segments).all(|(part, segment)| match part.strip_prefix('*') {
            Some(text) => segment.contains(text),
            None => part == segment,
        })
}

/// The first two segments of each path of the API. The paths of other APIs never begin with one of them.
pub(crate) fn collections(api: &Api) -> BTreeSet<String> {
    let paths = api.operations().map(|operation| operation.path).chain(api.unimplemented.iter().copied());
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
