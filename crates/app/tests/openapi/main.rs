//! The OpenAPI document in `docs/openapi.json`: it is the one that the code describes, and the service answers each example in it as
//! it says, on both databases. The answers are kept in the document alone. `BLESS=1 scripts/test -p derslik --test openapi` writes the
//! document anew, with the answers that come now; review them before the commit.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]

mod example;
mod json_schema;
#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use derslik_http::{Calls, documentation, openapi_document};
use example::Call;
use libtest_mimic::{Failed, Trial};
use serde_json::{Map, Value};
use support::{DATABASES, Open, block_on, run};

/// The type of the bodies of answers.
const JSON: &str = "application/json";

/// A document with fewer calls was not read.
const FEWEST_CALLS: usize = 30;

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json")
}

fn main() -> ExitCode {
    if std::env::var_os("BLESS").is_some() {
        return run(vec![Trial::test("the_document_is_written", || block_on(write()))]);
    }
    let text = std::fs::read_to_string(file()).unwrap_or_default();
    let document: Arc<Value> = Arc::new(serde_json::from_str(&text).unwrap_or_default());
    let calls = Call::all(&document);
    let count = calls.len();
    let mut trials = vec![
        Trial::test("the_document_has_every_call", move || {
            if count >= FEWEST_CALLS { Ok(()) } else { Err(format!("{count} calls: the top of this test says how to write them").into()) }
        }),
        Trial::test("the_document_is_that_of_the_code", {
            let document = Arc::clone(&document);
            move || is_of_the_code(&document)
        }),
        Trial::test("the_program_carries_the_document", move || is_carried(&text)),
        Trial::test("the_examples_of_requests_fit_their_schemas", {
            let (document, calls) = (Arc::clone(&document), calls.clone());
            move || calls.iter().try_for_each(|call| call.check_request(&document))
        }),
    ];
    for (database, open) in DATABASES {
        for call in calls.clone() {
            let document = Arc::clone(&document);
            trials.push(Trial::test(format!("{database}::{}", call.id), move || {
                block_on(async move { is_answered_as_described(open, &document, &call).await })
            }));
        }
    }
    run(trials)
}

/// The response of a status, and its example. An error that many calls share is only named there, and has none.
fn response(call: &Call, status: u16) -> Result<&Value, Failed> {
    let response = &call.operation["responses"][status.to_string().as_str()];
    if response.is_object() && response["$ref"].is_null() {
        return Ok(response);
    }
    Err(format!("{}: the example is answered with status {status}, which is not an answer of this call", call.id).into())
}

async fn is_answered_as_described(open: Open, document: &Value, call: &Call) -> Result<(), Failed> {
    let (status, body) = example::answer_to(open, call).await?;
    let content = &response(call, status)?["content"][JSON];
    let wanted = content.get("example");
    if body.as_ref() != wanted {
        let shown = |body: Option<&Value>| body.map_or_else(|| "nothing".to_owned(), Value::to_string);
        return Err(format!("{}: status {status}\n  wanted {}\n  came   {}", call.id, shown(wanted), shown(body.as_ref())).into());
    }
    match &body {
        Some(body) => json_schema::check(document, &content["schema"], body),
        None => Ok(()),
    }
}

/// The document without the answers to the examples, which the code does not know.
fn without_answers(mut document: Value) -> Value {
    for item in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
            for response in operation["responses"].as_object_mut().into_iter().flat_map(Map::values_mut) {
                for content in response.get_mut("content").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
                    if let Some(content) = content.as_object_mut() {
                        content.remove("example");
                    }
                }
            }
        }
    }
    document
}

fn is_of_the_code(document: &Value) -> Result<(), Failed> {
    let (found, wanted) = (without_answers(document.clone()), openapi_document()?);
    if found == wanted {
        return Ok(());
    }
    let differing = |part: &str| {
        let (found, wanted) = (found[part].as_object().cloned().unwrap_or_default(), wanted[part].as_object().cloned().unwrap_or_default());
        let names = found.keys().chain(wanted.keys()).filter(|name| found.get(*name) != wanted.get(*name)).cloned();
        names.collect::<BTreeSet<_>>()
    };
    let (paths, parts) = (differing("paths"), differing("components"));
    Err(format!("docs/openapi.json is not that of the code, at {paths:?} and {parts:?}; the top of this test says how to write it").into())
}

fn is_carried(text: &str) -> Result<(), Failed> {
    let files = documentation(Calls::Here);
    let carried = files.iter().find(|file| file.path == "/openapi.json").ok_or("no document")?;
    if carried.body == text.as_bytes() { Ok(()) } else { Err("the program carries another document: build it again".into()) }
}

/// The same value with the members of all objects in alphabetical order, whatever the features of `serde_json` are.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(members.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        value => value,
    }
}

/// Writes the document of the code with the answers that the service gives now.
async fn write() -> Result<(), Failed> {
    let mut document = openapi_document()?;
    let [(_, open), ..] = DATABASES;
    for call in Call::all(&document) {
        let (status, body) = example::answer_to(open, &call).await?;
        response(&call, status)?;
        if let Some(body) = body {
            let operation = &mut document["paths"][call.path.as_str()][call.method.to_lowercase().as_str()];
            operation["responses"][status.to_string().as_str()]["content"][JSON]["example"] = body;
        }
    }
    std::fs::write(file(), serde_json::to_string_pretty(&sorted(document))? + "\n")?;
    Ok(())
}
