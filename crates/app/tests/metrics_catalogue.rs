//! Holds the catalogue of metrics against the code that records them, the page `docs/METRICS.md`, the dashboard and the alerts.
//! `BLESS=1 scripts/test -p derslik --test metrics_catalogue` writes the table of the page anew.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use derslik::metrics::catalogue::{CATALOGUE, Kind, Metric, find};
use serde_json::Value;

const BEGIN: &str = "<!-- metrics: written from the code by `BLESS=1 scripts/test -p derslik --test metrics_catalogue` -->\n";
const END: &str = "<!-- end of metrics -->\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The rows of the table in `docs/METRICS.md`.
fn table() -> String {
    let row = |metric: &Metric| {
        let labels = metric.labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        let kind = match metric.kind {
            Kind::Histogram(bounds) => format!("histogram: {}", bounds.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")),
            Kind::Counter | Kind::Gauge => metric.kind.name().to_owned(),
        };
        format!("| `{}` | {kind} | {labels} | {} | {} |\n", metric.name, metric.help, metric.series())
    };
    let head = "| metric | type | labels | meaning | series at most |\n|---|---|---|---|---|\n".to_owned();
    CATALOGUE.iter().fold(head, |table, metric| table + &row(metric))
}

#[test]
fn the_page_shows_the_catalogue() {
    let page = read("docs/METRICS.md");
    let (before, rest) = page.split_once(BEGIN).expect("the page marks the begin of the table");
    let (shown, after) = rest.split_once(END).expect("the page marks the end of the table");
    if std::env::var_os("BLESS").is_some() {
        fs::write(root().join("docs/METRICS.md"), [before, BEGIN, &table(), END, after].concat()).unwrap();
        return;
    }
    assert_eq!(shown, table(), "docs/METRICS.md shows another catalogue; write it anew with BLESS=1");
}

/// Every Rust file below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

/// The metrics that the adapters and the app record by a macro, with the types and the labels that they have there. Tests, which end a
/// file, are left out.
fn recorded() -> BTreeMap<String, BTreeSet<(String, Vec<String>)>> {
    let mut files = Vec::new();
    for folder in ["crates/adapters/http/src", "crates/adapters/storage/src", "crates/adapters/worker/src", "crates/app/src/metrics"] {
        sources(&root().join(folder), &mut files);
    }
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(file).expect("a source");
        let code: String = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().split_whitespace().collect();
        for kind in ["counter", "gauge", "histogram"] {
            for call in code.split(&format!("{kind}!(\"")).skip(1) {
                let (name, rest) = call.split_once('"').expect("the name ends");
                // The labels are written as `"label" => value`, up to the end of the call.
                let call = rest.split_once(").").map_or(rest, |(call, _)| call);
                let call = call.split_once(");").map_or(call, |(call, _)| call);
                let labels = call.split("\"=>").filter_map(|before| before.rsplit_once(",\"")).map(|(_, label)| label.to_owned());
                let labels = labels.filter(|label| label.chars().all(|letter| letter.is_ascii_lowercase())).collect();
                found.entry(name.to_owned()).or_default().insert((kind.to_owned(), labels));
            }
        }
    }
    found
}

#[test]
fn what_the_adapters_record_is_the_catalogue() {
    let recorded = recorded();
    let expected: BTreeMap<_, BTreeSet<_>> = CATALOGUE
        .iter()
        .filter(|metric| metric.is_recorded)
        .map(|metric| {
            let labels: Vec<_> = metric.labels.iter().map(|label| (*label).to_owned()).collect();
            (metric.name.to_owned(), BTreeSet::from([(metric.kind.name().to_owned(), labels)]))
        })
        .collect();
    assert_eq!(recorded, expected);
}

/// The names of metrics in an expression: words with one of our prefixes.
fn names(expression: &str) -> BTreeSet<&str> {
    let words = expression.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("derslik_") || word.starts_with("process_")).collect()
}

/// Whether a name is a metric, or a series of a histogram.
fn is_series(name: &str) -> bool {
    let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| find(name.strip_suffix(suffix)?));
    match (find(name), of_histogram) {
        (Some(metric), _) => !matches!(metric.kind, Kind::Histogram(_)),
        (None, Some(metric)) => matches!(metric.kind, Kind::Histogram(_)),
        (None, None) => false,
    }
}

/// All values of a member, at any depth.
fn members<'v>(value: &'v Value, name: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(object) => {
            for (member, value) in object {
                if member == name {
                    found.push(value);
                }
                members(value, name, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| members(item, name, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_dashboard_asks_for_metrics_that_exist_alone() {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana.json")).expect("the dashboard is JSON");
    let (mut expressions, mut ids, mut titles) = (Vec::new(), Vec::new(), Vec::new());
    members(&dashboard, "expr", &mut expressions);
    members(&dashboard["panels"], "id", &mut ids);
    members(&dashboard["panels"], "title", &mut titles);
    assert!(expressions.len() > 15, "{} expressions", expressions.len());
    for expression in expressions {
        let expression = expression.as_str().expect("an expression is a text");
        let names = names(expression);
        assert!(!names.is_empty(), "no metric: {expression}");
        assert!(names.iter().all(|name| is_series(name)), "an unknown metric: {expression}");
    }
    let unique: BTreeSet<_> = ids.iter().map(|id| id.as_u64()).collect();
    assert_eq!((unique.len(), titles.len()), (ids.len(), ids.len()), "each panel has an id of its own, and a title");
}

/// An alert: its name, its expression, and the paragraph that tells what to do.
struct Alert {
    name: String,
    expression: String,
    runbook: String,
}

/// The alerts, read line by line: each value stands on the line of its key.
fn alerts() -> Vec<Alert> {
    let mut alerts = Vec::new();
    for line in read("deploy/alerts.yml").lines() {
        let line = line.trim().trim_start_matches("- ");
        let Some((key, value)) = line.split_once(": ") else { continue };
        let value = value.trim().to_owned();
        match (key, alerts.last_mut()) {
            ("alert", _) => alerts.push(Alert { name: value, expression: String::new(), runbook: String::new() }),
            ("expr", Some(alert)) => alert.expression = value,
            ("runbook", Some(alert)) => alert.runbook = value,
            _ => {}
        }
    }
    alerts
}

#[test]
fn alerts_ask_for_metrics_that_exist_and_name_a_paragraph_of_the_runbook() {
    let runbook = read("docs/RUNBOOK.md");
    let paragraphs: BTreeSet<_> =
        runbook.lines().filter_map(|line| line.strip_prefix("## ")).map(|title| title.trim().to_owned()).collect();
    let alerts = alerts();
    assert!((10..=14).contains(&alerts.len()), "{} alerts", alerts.len());
    for Alert { name, expression, runbook } in &alerts {
        let names = names(expression);
        assert!(!names.is_empty() || expression.contains("up{job="), "{name}: {expression}");
        assert!(names.iter().all(|name| is_series(name)), "{name} asks for an unknown metric: {expression}");
        assert!(paragraphs.contains(name), "docs/RUNBOOK.md has no paragraph `## {name}`");
        assert_eq!(runbook, &format!("docs/RUNBOOK.md#{}", name.to_lowercase()), "{name}");
    }
    let named: BTreeSet<_> = alerts.iter().map(|alert| alert.name.clone()).collect();
    assert_eq!(named.len(), alerts.len(), "two alerts have one name");
    let about_alerts: BTreeSet<_> = paragraphs.into_iter().filter(|title| title.starts_with("Derslik")).collect();
    assert_eq!(about_alerts, named, "a paragraph is about an alert that is gone");
}

#[test]
fn names_in_an_expression_are_found_with_the_suffixes_of_histograms() {
    let found = names("sum by (le) (rate(derslik_pool_wait_seconds_bucket[5m])) > process_open_fds");
    assert_eq!(found, ["derslik_pool_wait_seconds_bucket", "process_open_fds"].into());
    assert!(found.into_iter().all(is_series));
    for wrong in ["derslik_pool_wait_seconds", "derslik_denied_total_count", "derslik_nothing"] {
        assert!(!is_series(wrong), "{wrong}");
    }
}
