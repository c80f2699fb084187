//! The reference of the settings is written from the types: the table in `docs/CONFIG.md`, and the JSON Schema for editors in
//! `docs/config.schema.json`. `BLESS=1 scripts/test -p derslik --test settings_reference` writes both anew.
#![cfg(test)]

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use derslik::config::Config;
use schemars::generate::SchemaSettings;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

const BEGIN: &str = "<!-- settings: written from the types by `BLESS=1 scripts/test -p derslik --test settings_reference` -->\n";
const END: &str = "<!-- end of settings -->\n";
const HEAD: &str = "| setting | default | meaning |\n|---|---|---|\n";

fn docs(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file)
}

/// The names of the settings as the types order them. A JSON object does not keep its order once it is parsed.
enum Names {
    Group(Vec<(String, Names)>),
    Setting,
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;

        impl<'de> Visitor<'de> for AnyValue {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Names, A::Error> {
                let mut group = Vec::new();
                while let Some(member) = members.next_entry()? {
                    group.push(member);
                }
                Ok(Names::Group(group))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Names, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Names::Setting)
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Names, E> {
                Ok(Names::Setting)
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Names, E> {
                Ok(Names::Setting)
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Names, E> {
                Ok(Names::Setting)
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Names, E> {
                Ok(Names::Setting)
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Names, E> {
                Ok(Names::Setting)
            }

            fn visit_unit<E: Error>(self) -> Result<Names, E> {
                Ok(Names::Setting)
            }
        }

        deserializer.deserialize_any(AnyValue)
    }
}

fn paths(names: &Names, parent: &[String], into: &mut Vec<Vec<String>>) {
    match names {
        Names::Setting => into.push(parent.to_vec()),
        Names::Group(members) => {
            for (name, below) in members {
                paths(below, &[parent, std::slice::from_ref(name)].concat(), into);
            }
        }
    }
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

fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    sorted(settings.into_generator().into_root_schema_for::<Config>().to_value())
}

/// The schema of a setting, and its default.
fn look_up<'v>(schema: &'v Value, defaults: &'v Value, path: &[String]) -> (&'v Value, &'v Value) {
    path.iter().fold((schema, defaults), |(schema, defaults), name| (&schema["properties"][name.as_str()], &defaults[name.as_str()]))
}

fn row(path: &[String], schema: &Value, default: &Value) -> String {
    let name = path.join(".");
    let words = schema["description"].as_str().unwrap_or_else(|| panic!("{name} has no comment")).split_whitespace();
    let meaning = words.collect::<Vec<_>>().join(" ");
    assert!(!meaning.contains('|'), "{name}: a | ends a cell of the table");
    let default = match default {
        Value::Null => "none".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    };
    let range = match (schema["minimum"].as_u64().filter(|minimum| *minimum > 0), schema["maximum"].as_u64()) {
        (Some(minimum), Some(maximum)) => format!(" From {minimum} to {maximum}."),
        (Some(minimum), None) => format!(" At least {minimum}."),
        (None, Some(maximum)) => format!(" At most {maximum}."),
        (None, None) => String::new(),
    };
    format!("| `{name}` | {default} | {meaning}{range} |\n")
}

fn table() -> String {
    let (schema, defaults) = (schema(), serde_json::to_value(Config::default()).unwrap());
    let names: Names = serde_json::from_str(&serde_json::to_string(&Config::default()).unwrap()).unwrap();
    let mut settings = Vec::new();
    paths(&names, &[], &mut settings);
    let rows = settings.iter().map(|path| {
        let (schema, default) = look_up(&schema, &defaults, path);
        row(path, schema, default)
    });
    HEAD.to_owned() + &rows.collect::<String>()
}

/// Compares a file with what it should be, or writes it.
fn compare(file: &str, found: &str, wanted: &str) {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(docs(file), wanted).unwrap();
    } else {
        assert!(found == wanted, "docs/{file} tells something else than the types; the top of this test says how to write it anew");
    }
}

#[test]
fn the_table_of_settings_is_that_of_the_types() {
    let page = std::fs::read_to_string(docs("CONFIG.md")).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the table has a beginning");
    let (_, after) = rest.split_once(END).expect("the table has an end");
    compare("CONFIG.md", &page, &format!("{before}{BEGIN}\n{}\n{END}{after}", table()));
}

#[test]
fn the_schema_is_that_of_the_types() {
    let found = std::fs::read_to_string(docs("config.schema.json")).unwrap_or_default();
    compare("config.schema.json", &found, &format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap()));
}

#[test]
fn the_schema_knows_every_setting_and_no_other() {
    let schema = schema();
    let defaults = sorted(serde_json::to_value(Config::default()).unwrap());
    let mut groups = vec![(&schema, &defaults)];
    while let Some((schema, defaults)) = groups.pop() {
        let (known, set) = (schema["properties"].as_object().unwrap(), defaults.as_object().unwrap());
        assert!(known.keys().eq(set.keys()), "{:?} and {:?}", known.keys().collect::<Vec<_>>(), set.keys().collect::<Vec<_>>());
        assert_eq!(schema["additionalProperties"], false);
        groups.extend(set.iter().filter(|(_, value)| value.is_object()).map(|(name, value)| (&known[name], value)));
    }
}
