//! The dependencies between the crates as cargo reports them, constraints on their sources, and the files that the build of
//! the container image reads.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// The crates of this workspace that each crate may depend on. The released program may depend on no others of them.
const ALLOWED: [(&str, &[&str]); 15] = [
    ("derslik-domain", &[]),
    ("derslik-ports", &["derslik-domain"]),
    ("derslik-seed", &["derslik-domain"]),
    ("derslik-services", &["derslik-domain", "derslik-ports", "derslik-seed"]),
    ("derslik-storage", &["derslik-domain", "derslik-ports", "derslik-sqlite-limit"]),
    ("derslik-sqlite-limit", &[]),
    ("derslik-http", &["derslik-domain", "derslik-ports", "derslik-side-listener"]),
    ("derslik-operations", &["derslik-domain", "derslik-ports", "derslik-side-listener"]),
    ("derslik-console", &["derslik-domain", "derslik-ports", "derslik-side-listener"]),
    ("derslik-side-listener", &[]),
    ("derslik-worker", &["derslik-domain", "derslik-ports"]),
    (
        "derslik",
        &[
            "derslik-domain",
            "derslik-ports",
            "derslik-services",
            "derslik-storage",
            "derslik-http",
            "derslik-operations",
            "derslik-console",
            "derslik-side-listener",
            "derslik-worker",
        ],
    ),
    ("derslik-test", &[]),
    ("derslik-testkit", &["derslik-domain", "derslik-ports", "derslik-seed"]),
    ("derslik-bench", &["derslik", "derslik-domain", "derslik-ports", "derslik-storage", "derslik-testkit", "derslik-worker"]),
];

/// All dependencies that the domain may have without a feature.
const DOMAIN_DEPENDENCIES: [&str; 5] = ["chrono", "chrono-tz", "thiserror", "unicode-normalization", "uuid"];

/// The dependencies that features of the domain add. No feature is on by default.
const DOMAIN_FEATURES: [&str; 2] = ["proptest", "serde"];

/// The frameworks. Besides the app and the test tools, only the named crates may depend on each.
const FRAMEWORKS: [(&str, &[&str]); 9] = [
    ("actix-web", &["derslik-http", "derslik-operations", "derslik-console", "derslik-side-listener"]),
    ("diesel", &["derslik-storage"]),
    ("diesel_migrations", &["derslik-storage"]),
    ("diesel-async", &["derslik-storage"]),
    ("tokio-postgres", &["derslik-storage"]),
    ("clap", &["derslik"]),
    ("metrics-exporter-prometheus", &["derslik"]),
    ("opentelemetry", &["derslik"]),
    ("tracing-opentelemetry", &["derslik"]),
];

/// The direct dependencies of each workspace crate, without those of tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo knows the workspace");
    let packages = metadata.workspace_packages().into_iter().map(|package| {
        let normal = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
        (package.name.to_string(), normal.map(|dependency| dependency.name.clone()).collect())
    });
    packages.collect()
}

#[test]
fn dependency_rules_between_the_crates_hold() {
    let allowed = BTreeMap::from(ALLOWED);
    for (name, dependencies) in dependencies() {
        let allowed = allowed.get(name.as_str()).unwrap_or_else(|| panic!("{name} is new: say what it may depend on"));
        for dependency in dependencies.iter().filter(|dependency| dependency.starts_with("derslik")) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn dependency_rules_of_the_domain_keep_it_free_of_io() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo knows the workspace");
    let packages = metadata.workspace_packages();
    let domain = packages.into_iter().find(|package| package.name.as_str() == "derslik-domain").expect("the domain is a crate");
    for dependency in domain.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development) {
        let allowed = if dependency.optional { DOMAIN_FEATURES.as_slice() } else { DOMAIN_DEPENDENCIES.as_slice() };
        assert!(allowed.contains(&dependency.name.as_str()), "the domain must not depend on {}", dependency.name);
    }
    assert!(domain.features.get("default").is_none_or(Vec::is_empty), "{:?}", domain.features);
}

#[test]
fn dependency_rules_keep_each_framework_in_its_crates() {
    for (name, dependencies) in dependencies() {
        for (framework, homes) in FRAMEWORKS {
            let may_know = homes.contains(&name.as_str()) || ["derslik-testkit", "derslik-bench"].contains(&name.as_str());
            assert!(may_know || !dependencies.contains(framework), "{name} must not know {framework}");
        }
    }
}

/// The use cases that write without an actor, or check the principal in a separate statement.
const WRITE_BY_THEMSELVES: [&str; 25] = [
    "author.rs",
    "clocks/control.rs",
    "control/accounts.rs",
    "control/seeds.rs",
    "control/snapshots.rs",
    "denials.rs",
    "identity/authenticate.rs",
    "identity/authenticate/by_assertion.rs",
    "identity/grants.rs",
    "identity/log_in.rs",
    "identity/sign_ins.rs",
    "operators/accounts.rs",
    "operators/admins.rs",
    "operators/courses.rs",
    "operators/erasures.rs",
    "operators/grants.rs",
    "operators/installation.rs",
    "operators/jobs.rs",
    "operators/keys.rs",
    "operators/known_secrets.rs",
    "operators/projects.rs",
    "operators/tokens.rs",
    "operators/users.rs",
    "replays.rs",
    "sessions/upsert_batch.rs",
];

#[test]
fn writes_for_an_actor_check_that_the_principal_may_act() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../services/src");
    let (mut folders, mut writing) = (vec![root.clone()], BTreeSet::new());
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source: String = std::fs::read_to_string(&path).expect("a source").split_whitespace().collect();
            if source.contains("uow.write") {
                writing.insert(path.strip_prefix(&root).expect("below the root").display().to_string());
            }
        }
    }
    assert_eq!(writing, WRITE_BY_THEMSELVES.map(str::to_owned).into());
}

#[test]
fn dependency_rules_let_nothing_that_ships_depend_on_the_tools_for_tests() {
    for (name, dependencies) in dependencies() {
        assert!(name == "derslik-bench" || !dependencies.contains("derslik-testkit"), "{name} must not depend on derslik-testkit");
    }
}

/// Every Rust file below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("it can be listed").path());
    let found = entries.map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    found.flatten().filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The folders whose sources must not name a module.
const MUST_NOT_NAME: [(&str, &str); 7] = [
    ("ports/src/inbound", "outbound"),
    ("ports/src/outbound", "inbound"),
    ("adapters/http/src", "outbound"),
    ("adapters/operations/src", "outbound"),
    ("adapters/console/src", "outbound"),
    ("app/src/cli", "outbound"),
    ("app/src/cli", "derslik_services"),
];

#[test]
fn dependency_rules_keep_inbound_and_outbound_ports_apart() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (folder, module) in MUST_NOT_NAME {
        let files = sources(&crates.join(folder));
        assert!(!files.is_empty(), "{folder} is elsewhere");
        for path in files {
            let text = std::fs::read_to_string(&path).expect("it can be read");
            let named = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == module);
            assert!(!named, "{} must not name {module}", path.display());
        }
    }
}

/// The commands call inbound ports, so that the use cases behind them are chosen in one place.
#[test]
fn dependency_rules_let_only_the_wiring_name_the_use_cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let naming =
        sources(&root).into_iter().filter(|path| std::fs::read_to_string(path).expect("it can be read").contains("derslik_services"));
    let naming: Vec<_> = naming.map(|path| path.strip_prefix(&root).expect("below the root").to_owned()).collect();
    let is_wiring = |path: &PathBuf| path == Path::new("wiring.rs") || path.starts_with("wiring");
    assert!(!naming.is_empty() && naming.iter().all(is_wiring), "{naming:?}");
}

/// A match on such an enum needs a wildcard in every other crate, which would silently handle a new variant. The lint
/// `wildcard_enum_match_arm`, denied in derslik-http, covers wildcards that are written without need.
#[test]
fn no_enum_forces_a_wildcard_on_the_tables_of_the_dialects() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut looked_at = 0;
    for name in ["domain", "ports", "services"] {
        for path in sources(&crates.join(name).join("src")) {
            let text = std::fs::read_to_string(&path).expect("it can be read");
            assert!(!text.contains("#[non_exhaustive]"), "{}", path.display());
            looked_at += 1;
        }
    }
    assert!(looked_at > 100, "{looked_at} files");
    let root = std::fs::read_to_string(crates.join("adapters/http/src/lib.rs")).expect("it can be read");
    assert!(root.contains("deny(clippy::wildcard_enum_match_arm)"));
}

/// Runs `scripts/container-context` on a folder that is a separate package.
fn container_context(folder: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/container-context");
    Command::new(script).arg(folder).env_remove("CARGO_TARGET_DIR").output().expect("the script runs")
}

#[test]
fn container_context_without_a_file_that_the_build_reads_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    };
    write("Cargo.toml", "[package]\nname = \"small\"\nversion = \"1.0.0\"\nedition = \"2024\"\n");
    write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"small\"\nversion = \"1.0.0\"\n");
    write("src/lib.rs", "#![doc = include_str!(\"../docs/deep/page.md\")]\n");
    write("docs/deep/page.md", "A page.\n");
    write("docs/deep/other.txt", "Not a page.\n");

    write(".dockerignore", "*\n!Cargo.*\n!src\n");
    let refused = container_context(folder.path());
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && text.contains("docs/deep/page.md") && text.contains(".dockerignore"), "{refused:?}");

    write(".dockerignore", "# comment\n*\n!Cargo.*\n!src\n!docs/**/*.md\n");
    let taken = container_context(folder.path());
    assert!(taken.status.success(), "{taken:?}");
    assert!(!folder.path().join("target/context/docs/deep/other.txt").exists());

    // A file that is no longer in the context is removed from the copy of an earlier run too.
    write(".dockerignore", "*\n!Cargo.*\n!src\n!docs\ndocs/deep\n");
    assert!(!container_context(folder.path()).status.success());
}
