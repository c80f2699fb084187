//! Compares the documentation with the program.
#![cfg(test)]

use std::collections::BTreeMap;

use derslik::config::Config;
use serde_json::Value;

/// The settings with their defaults, as `a.b`.
fn flatten(prefix: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&name, value, into);
            }
        }
        Value::Null => _ = into.insert(prefix.to_owned(), "none".to_owned()),
        Value::String(text) => _ = into.insert(prefix.to_owned(), format!("`{text}`")),
        other => _ = into.insert(prefix.to_owned(), format!("`{other}`")),
    }
}

#[test]
fn every_setting_is_documented_with_its_default_and_no_other_is() {
    let mut settings = BTreeMap::new();
    flatten("", &serde_json::to_value(Config::default()).unwrap(), &mut settings);
    let page = include_str!("../../../docs/CONFIG.md");
    let documented: BTreeMap<String, String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|row| row.split_once("` | "))
        .filter_map(|(name, rest)| Some((name.to_owned(), rest.split_once(" |")?.0.to_owned())))
        .collect();
    assert_eq!(documented, settings);
}
