//! Compares the documentation with the program.
#![cfg(test)]

mod commands;
mod completions;
mod links;
mod translations;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

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
    let page = include_str!("../../../../docs/CONFIG.md");
    let documented: BTreeMap<String, String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|row| row.split_once("` | "))
        .filter_map(|(name, rest)| Some((name.to_owned(), rest.split_once(" |")?.0.to_owned())))
        .collect();
    assert_eq!(documented, settings);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

const ADDING_A_FIELD: &str = include_str!("../../../../docs/adding-a-field.md");

/// The excerpts of a page: the file that the first line of each block of code names, and the other lines.
fn excerpts(page: &str) -> Vec<(&str, Vec<&str>)> {
    let blocks = page.split("\n```").skip(1).step_by(2);
    let excerpt = |block| {
        let mut lines = str::lines(block).skip(1);
        let file = lines.next()?;
        Some((file.strip_prefix("// ").or_else(|| file.strip_prefix("-- "))?, lines.collect()))
    };
    blocks.filter_map(excerpt).collect()
}

#[test]
fn excerpts_of_the_guide_to_fields_stand_in_the_sources_in_that_order() {
    let excerpts = excerpts(ADDING_A_FIELD);
    assert!(excerpts.len() >= 12, "{excerpts:?}");
    for (file, lines) in excerpts {
        let source = std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut rest = source.lines();
        for line in lines {
            assert!(rest.any(|found| found == line), "{file} has changed; the guide still shows: {line}");
        }
    }
}

/// The files below a folder, by their paths from the root, whose text `is_wanted`.
fn files_with(folder: &str, is_wanted: &impl Fn(&str) -> bool, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(root().join(folder)).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().expect("a type").is_dir() {
            files_with(&path, is_wanted, found);
        } else if Path::new(&path).extension().is_some_and(|extension| extension == "rs")
            && is_wanted(&std::fs::read_to_string(entry.path()).expect("a text"))
        {
            found.insert(path);
        }
    }
}

#[test]
fn the_guide_to_fields_names_every_file_that_a_field_passes_through() {
    let names_field =
        |text: &str| ["description_heading", "descriptionHeading", "DescriptionHeading"].iter().any(|name| text.contains(name));
    let mut files = BTreeSet::new();
    files_with("crates", &names_field, &mut files);
    assert!(files.remove("crates/app/tests/documentation/main.rs"), "this file names the field, too");
    let (_, table) = ADDING_A_FIELD.split_once("## Every file").expect("the last section");
    let named: BTreeSet<String> = table.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert_eq!(named, files, "docs/adding-a-field.md lists other files than those that name the field");
}
