//! The names of the helpers are those of the table in `docs/TESTING.md`, as in the other languages.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A file of the repository.
fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The words between backticks of the last cell of the row that begins with a word.
fn names(page: &str, part: &str) -> BTreeSet<String> {
    let begin = format!("| `{part}` |");
    let row = page.lines().find_map(|line| line.strip_prefix(&begin)).unwrap();
    row.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The public functions of a file.
fn functions(path: &str) -> BTreeSet<String> {
    let source = read(path);
    let named = source.lines().filter_map(|line| line.trim().strip_prefix("pub "));
    let named = named.filter_map(|line| line.trim_start_matches("const ").trim_start_matches("async ").strip_prefix("fn "));
    named.filter_map(|line| line.split(['(', '<']).next()).map(str::to_owned).collect()
}

#[test]
fn the_names_are_those_of_the_table() {
    let page = read("../../docs/TESTING.md");
    let own = names(&page, "Rust");
    for (part, path) in [
        ("server", "src/server.rs"),
        ("account", "src/account.rs"),
        ("clock", "src/clock.rs"),
        ("faults", "src/faults.rs"),
        ("journal", "src/journal.rs"),
    ] {
        let found = functions(path);
        let expected = names(&page, part);
        let missing: Vec<_> = expected.difference(&found).collect();
        assert!(missing.is_empty(), "{path} lacks {missing:?}");
        let unknown: Vec<_> = found.difference(&expected).filter(|name| !own.contains(&format!("{part}.{name}"))).collect();
        assert!(unknown.is_empty(), "{path} has {unknown:?}, which the table lacks");
    }
}
