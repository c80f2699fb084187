//! Holds the files in `sql/` against the statements that are written by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::db::sql::printed::Printed;
use crate::{attendee, change_log, course, idempotency, identity, job, project, session};

/// Folders and files whose SQL is not about the rows of an account: connections, migrations, the snapshot of a search, tests of plans,
/// and backups, which read and write whole tables by the columns that those have.
const ELSEWHERE: [&str; 10] = [
    "db/",
    "clock.rs",
    "durability.rs",
    "inspect/",
    "probe.rs",
    "snapshot/",
    "upgrade.rs",
    "session/search.rs",
    "course/plans.rs",
    "statements.rs",
];

fn printed() -> BTreeMap<String, Printed> {
    let all = [
        attendee::statements(),
        change_log::statements(),
        course::statements(),
        idempotency::statements(),
        identity::statements(),
        job::statements(),
        project::statements(),
        session::statements(),
    ];
    all.into_iter().flatten().map(|printed| (printed.file.clone(), printed)).collect()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The sources of this crate, by their paths below `src/`.
fn sources(folder: &Path, below: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            sources(&path, &format!("{name}/"), found);
        } else {
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

fn statements_of_repositories() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    sources(&folder("src"), "", &mut found);
    let is_elsewhere = |name: &str| ELSEWHERE.iter().any(|known| name.starts_with(known));
    found.into_iter().filter(|(name, _)| !is_elsewhere(name)).collect()
}

#[test]
fn each_statement_is_shown_in_a_file() {
    let printed = printed();
    let folder = folder("sql");
    if env::var_os("BLESS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        for entry in fs::read_dir(&folder).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        for (file, statement) in &printed {
            fs::write(folder.join(file), &statement.text).unwrap();
        }
    }
    let shown: BTreeMap<_, _> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect();
    let printed: BTreeMap<_, _> = printed.into_iter().map(|(file, statement)| (file, statement.text)).collect();
    let names: BTreeSet<_> = shown.keys().chain(printed.keys()).collect();
    let differ: Vec<_> = names.into_iter().filter(|name| shown.get(*name) != printed.get(*name)).collect();
    assert!(
        differ.is_empty(),
        "crates/adapters/storage/sql shows other statements than the code has: {differ:?}. Run `BLESS=1 scripts/test \
         each_statement_is_shown_in_a_file`, and read the difference before you commit it."
    );
}

#[test]
fn each_statement_of_the_sources_is_among_those_that_are_shown() {
    let shown: BTreeSet<_> = printed().into_values().map(|statement| statement.name).collect();
    let mut found = BTreeSet::new();
    for (file, source) in statements_of_repositories() {
        for opening in ["Statement::new(", "Sql::composed("] {
            for rest in source.split(opening).skip(1) {
                let name = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(name, _)| name.to_owned());
                found.insert(name.unwrap_or_else(|| panic!("{file}: `{opening}` needs the name of the statement as a literal")));
            }
        }
    }
    assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), shown);
}

#[test]
fn repositories_write_sql_as_named_statements_alone() {
    for (file, source) in statements_of_repositories() {
        for other in ["sql_query(", ".push_sql(", "batch_execute("] {
            assert!(!source.contains(other), "{file}: `{other}…)` hides a statement; make it a `Statement`");
        }
    }
}
