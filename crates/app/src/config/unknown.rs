//! Settings that do not exist, with the nearest one that does.

use anyhow::anyhow;
use derslik_domain::text;
use figment::value::{Dict, Value};

use super::Config;
use super::secrets::{PREFIX, SECRETS, SecretSetting};

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
        let wanted = path.join(".");
        if !is_environment {
            return text::nearest(&wanted, names.iter().map(String::as_str)).map(str::to_owned);
        }
        let mut variables: Vec<_> = names.iter().map(|name| name.replace('.', "__").to_uppercase()).collect();
        let of_files = SECRETS.iter().flat_map(SecretSetting::variables).filter(|name| name.ends_with("_FILE"));
        variables.extend(of_files.filter_map(|name| name.strip_prefix(PREFIX).map(str::to_owned)));
        text::nearest(&wanted, variables.iter().map(String::as_str)).map(|name| format!("{PREFIX}{name}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(path: &str, is_environment: bool) -> Option<String> {
        let path: Vec<_> = path.split('.').map(ToOwned::to_owned).collect();
        Known::new().unwrap().nearest(&path, is_environment)
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
