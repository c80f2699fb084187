//! Settings that do not exist, with the nearest one that does.

use anyhow::anyhow;
use figment::value::{Dict, Value};

use super::Config;
use super::secrets::{PREFIX, SECRETS};

/// A setting that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Its name, as `http.worker`.
    pub setting: String,
    /// Its source.
    pub origin: Option<String>,
    /// The nearest name that exists, in the form of the source.
    pub nearest: Option<String>,
}

/// All settings that exist.
pub(super) struct Known(Dict);

impl Known {
    /// # Errors
    /// Never, as long as the settings are groups and plain values.
    pub(super) fn new() -> anyhow::Result<Self> {
        let settings = Value::serialize(Config::default()).map_err(|error| anyhow!("{error}"))?;
        Ok(Self(settings.into_dict().unwrap_or_default()))
    }

    /// The settings that exist, and the paths of the others.
    pub(super) fn split(&self, found: Dict) -> (Dict, Vec<Vec<String>>) {
        let mut others = Vec::new();
        (known_part(&self.0, found, &[], &mut others), others)
    }

    /// The setting that was probably meant, as a variable or as a name in a file.
    pub(super) fn nearest(&self, path: &[String], is_environment: bool) -> Option<String> {
        let mut names = Vec::new();
        flatten(&self.0, "", &mut names);
        let mut candidates: Vec<_> = names.into_iter().map(|name| (plain(&name), name)).collect();
        if is_environment {
            for (_, shown) in &mut candidates {
                *shown = format!("{PREFIX}{}", shown.replace('.', "__").to_uppercase());
            }
            let of_files = SECRETS.iter().flat_map(|secret| secret.variables()).filter(|name| name.ends_with("_FILE"));
            candidates.extend(of_files.filter_map(|name| name.strip_prefix(PREFIX).map(|rest| (plain(rest), name.clone()))));
        }
        let wanted = plain(&path.join("."));
        let with_distance = candidates.into_iter().map(|(name, shown)| (distance(&wanted, &name), shown));
        let (distance, shown) = with_distance.min()?;
        (distance * 4 <= wanted.len()).then_some(shown)
    }
}

fn known_part(known: &Dict, found: Dict, parent: &[String], others: &mut Vec<Vec<String>>) -> Dict {
    let mut kept = Dict::new();
    for (name, value) in found {
        let path = [parent, std::slice::from_ref(&name)].concat();
        match (known.get(&name), value) {
            (None, Value::Dict(_, group)) if !group.is_empty() => {
                known_part(&Dict::new(), group, &path, others);
            }
            (None, _) => others.push(path),
            (Some(Value::Dict(_, known)), Value::Dict(tag, group)) => {
                kept.insert(name, Value::Dict(tag, known_part(known, group, &path, others)));
            }
            // A value where a group belongs, or the reverse, is refused by its type.
            (Some(_), value) => {
                kept.insert(name, value);
            }
        }
    }
    kept
}

fn flatten(group: &Dict, parent: &str, names: &mut Vec<String>) {
    for (name, value) in group {
        let name = if parent.is_empty() { name.clone() } else { format!("{parent}.{name}") };
        match value {
            Value::Dict(_, group) => flatten(group, &name, names),
            _ => names.push(name),
        }
    }
}

/// The name without the signs between its words, which are mistaken for each other.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// How many letters have to be changed, added or removed.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.bytes().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        let mut next = vec![left];
        for (above, other_letter) in row.iter().skip(1).zip(other.bytes()) {
            left = (diagonal + usize::from(letter != other_letter)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(path: &str, is_environment: bool) -> Option<String> {
        let path: Vec<_> = path.split('.').map(ToOwned::to_owned).collect();
        Known::new().unwrap().nearest(&path, is_environment)
    }

    #[test]
    fn the_distance_counts_changed_added_and_removed_letters() {
        for (one, other, letters) in
            [("", "", 0), ("abc", "abc", 0), ("abc", "axc", 1), ("abc", "ab", 1), ("", "abc", 3), ("kitten", "sitting", 3)]
        {
            assert_eq!((distance(one, other), distance(other, one)), (letters, letters), "{one} {other}");
        }
    }

    #[test]
    fn a_name_is_told_in_the_form_of_its_source() {
        assert_eq!(nearest("http_workers", false).as_deref(), Some("http.workers"));
        assert_eq!(nearest("http_workers", true).as_deref(), Some("DERSLIK_HTTP__WORKERS"));
        assert_eq!(nearest("databse.connections", false).as_deref(), Some("database.connections"));
        assert_eq!(nearest("database_password_file", true).as_deref(), Some("DERSLIK_DATABASE__PASSWORD_FILE"));
        assert_eq!(nearest("profil", true).as_deref(), Some("DERSLIK_PROFILE"));
        assert_eq!(nearest("colour", false), None);
    }

    #[test]
    fn every_setting_that_exists_is_kept_and_each_other_is_listed_by_its_path() {
        let known = Known::new().unwrap();
        assert!(known.split(known.0.clone()).1.is_empty());
        let found = figment::util::map![
            "http".to_owned() => Value::from(figment::util::map!["workers" => 1, "wokers" => 2]),
            "other".to_owned() => Value::from(figment::util::map!["deep" => 1]),
        ];
        let (kept, others) = known.split(found);
        assert_eq!(others, [vec!["http".to_owned(), "wokers".to_owned()], vec!["other".to_owned(), "deep".to_owned()]]);
        assert_eq!(kept.len(), 1);
    }
}
