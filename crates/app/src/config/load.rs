//! Reads the settings: defaults, then a TOML file, then the environment, then flags. An error names the setting and its
//! source.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use figment::error::{Actual, Kind};
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Error, Figment, Metadata, Profile, Provider, Source};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::values::address_problem;
use super::{Config, Flags};

/// The prefix of the environment variables that set something.
const PREFIX: &str = "DERSLIK_";

/// A setting that holds a secret. Each environment variable that sets it has a variant ending in `_FILE`, which names a file
/// with the value.
struct Secret {
    setting: &'static str,
    /// The variables; a later one overrides an earlier one.
    variables: &'static [&'static str],
}

const SECRETS: [Secret; 1] = [Secret { setting: "database_url", variables: &["DATABASE_URL", "DERSLIK_DATABASE_URL"] }];

/// The source of each setting.
pub(super) struct Origins(Figment);

impl Origins {
    /// Passes the result of a check on; an error gets the source of the setting.
    pub(super) fn name<T>(&self, setting: &str, checked: anyhow::Result<T>) -> anyhow::Result<T> {
        checked.map_err(|error| match self.of(setting) {
            Some(origin) => anyhow!("{error:#} ({origin})"),
            None => error,
        })
    }

    /// The source as text; `None` for a default.
    fn of(&self, setting: &str) -> Option<String> {
        let path: Vec<_> = setting.split('.').map(ToOwned::to_owned).collect();
        self.0.find_metadata(setting).and_then(|metadata| origin(metadata, &path))
    }

    /// Turns out-of-range values into one error that names each setting and its source.
    pub(super) fn explain_ranges(&self, errors: &ValidationErrors) -> anyhow::Error {
        let mut problems = Vec::new();
        collect(errors, "", &mut problems);
        problems.sort();
        let name = |(setting, problem): (String, String)| match self.of(&setting) {
            Some(origin) => format!("{problem} ({origin})"),
            None => problem,
        };
        anyhow!(problems.into_iter().map(name).collect::<Vec<_>>().join("; "))
    }
}

/// The value of a secret, and a text that names its source.
struct Sourced {
    setting: &'static str,
    value: String,
    origin: String,
}

impl Provider for Sourced {
    fn metadata(&self) -> Metadata {
        Metadata::from(self.setting, Source::Custom(self.origin.clone()))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        // A tuple would belong to figment's global profile, which no flag overrides.
        Serialized::default(self.setting, &self.value).data()
    }
}

/// Merges the file, the environment and the flags. Checks of one setting against another are left to the caller.
pub(super) fn load(file: Option<&Path>, flags: &Flags) -> anyhow::Result<(Config, Origins)> {
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(file) = file {
        figment = figment.merge(Toml::file_exact(file));
    }
    let secret_files: Vec<_> = SECRETS.iter().map(|secret| format!("{}_file", secret.setting)).collect();
    let secret_files: Vec<_> = secret_files.iter().map(String::as_str).collect();
    figment = figment.merge(Env::prefixed(PREFIX).ignore(&secret_files).split("__"));
    for secret in &SECRETS {
        if let Some(value) = secret.read()? {
            figment = figment.merge(value);
        }
    }
    figment = figment.merge(Serialized::defaults(flags));
    match figment.extract() {
        Ok(config) => Ok((config, Origins(figment))),
        Err(error) => Err(explain(&figment, error)),
    }
}

impl Secret {
    /// The value from the environment, if it sets one.
    fn read(&self) -> anyhow::Result<Option<Sourced>> {
        let sourced = |value: String, origin: String| Ok(Some(Sourced { setting: self.setting, value, origin }));
        let set = |name: &str| env::var_os(name).is_some();
        let files: Vec<_> = self.variables.iter().map(|name| format!("{name}_FILE")).collect();
        let (values, files): (Vec<_>, Vec<_>) =
            (self.variables.iter().filter(|name| set(name)).collect(), files.iter().filter(|name| set(name)).collect());
        match (values.as_slice(), files.as_slice()) {
            ([], []) => Ok(None),
            ([.., value], []) => {
                let text = env::var_os(value).map(OsString::into_string).transpose();
                let text = text.map_err(|_| anyhow!("{value} must be Unicode text"))?;
                sourced(text.unwrap_or_default(), in_environment(value))
            }
            ([], [file]) => {
                let path = env::var_os(file).unwrap_or_default();
                let text = std::fs::read_to_string(&path).with_context(|| format!("{file} names {}", Path::new(&path).display()))?;
                sourced(text.trim().to_owned(), format!("in {}, which {file} names", Path::new(&path).display()))
            }
            ([value, ..], [file, ..]) => bail!("{value} and {file} are both set: {} can come from one of them only", self.setting),
            ([], [one, other, ..]) => bail!("{one} and {other} are both set: {} can come from one of them only", self.setting),
        }
    }
}

fn is_secret(setting: &str) -> bool {
    SECRETS.iter().any(|secret| secret.setting == setting)
}

fn in_environment(variable: &str) -> String {
    format!("in the environment, as {variable}")
}

fn explain(figment: &Figment, error: Error) -> anyhow::Error {
    let problems: Vec<_> = error.into_iter().map(|problem| explain_one(figment, &problem)).collect();
    anyhow!(problems.join("; "))
}

fn explain_one(figment: &Figment, error: &Error) -> String {
    let setting = error.path.join(".");
    let problem = match &error.kind {
        Kind::UnknownField(name, _) => {
            let parent = error.path.split_last().filter(|(last, _)| *last == name).map_or(error.path.as_slice(), |(_, parent)| parent);
            format!("unknown setting {}", [parent, std::slice::from_ref(name)].concat().join("."))
        }
        // The text may be a URL with a password that was meant for another setting, so it is not shown.
        Kind::InvalidType(Actual::Str(_), expected) if expected.starts_with("struct ") => {
            format!("{setting} is a group of settings, not a text")
        }
        Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) if is_secret(&setting) => {
            format!("{setting} must be {}", in_words(found, expected))
        }
        Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) if expected.contains("socket address") => {
            format!("{setting} is {}, and {}", shown(found), address_problem(&shown(found)))
        }
        Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
            format!("{setting} must be {}, not {}", in_words(found, expected), shown(found))
        }
        Kind::Message(text) if text.contains("socket address") => {
            let found = figment.find_value(&setting).ok().and_then(Value::into_string).unwrap_or_default();
            format!("{setting} is {found:?}, and {}", address_problem(&found))
        }
        Kind::UnknownVariant(found, known) => format!("{setting} must be one of {}, not {found}", known.join(", ")),
        Kind::Message(text) if setting.is_empty() => without_source(text),
        other => format!("{setting}: {other}"),
    };
    match error.metadata.as_ref().and_then(|metadata| origin(metadata, &error.path)) {
        Some(origin) => format!("{problem} ({origin})"),
        None => problem,
    }
}

/// A message of the TOML parser on one line, without the line of the file that it quotes: that may hold a secret.
fn without_source(message: &str) -> String {
    let is_source = |line: &&str| line.trim_start().trim_start_matches(|digit: char| digit.is_ascii_digit()).trim_start().starts_with('|');
    message.lines().filter(|line| !is_source(line)).collect::<Vec<_>>().join(", ")
}

/// The expected type of a value, without terms of Rust.
fn in_words<'e>(found: &Actual, expected: &'e str) -> &'e str {
    match (expected, found) {
        ("u8" | "u16" | "u32" | "u64" | "usize", Actual::Signed(_)) => "a whole number that is not negative",
        ("u8" | "u16" | "u32" | "u64" | "usize", Actual::Unsigned(_)) => "a smaller number",
        ("u8" | "u16" | "u32" | "u64" | "usize", _) => "a whole number",
        ("a boolean", _) => "true or false",
        ("a string" | "path string", _) => "a text",
        ("a sequence", _) => "a list",
        (expected, _) if expected.starts_with("struct ") => "a group of settings",
        (expected, _) => expected,
    }
}

/// A value as it is written in a configuration file.
fn shown(found: &Actual) -> String {
    match found {
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(value) => value.to_string(),
        Actual::Signed(value) => value.to_string(),
        Actual::Float(value) => value.to_string(),
        Actual::Str(value) if value.is_empty() => "empty".to_owned(),
        Actual::Str(value) => value.clone(),
        other => other.to_string(),
    }
}

/// The source of a setting, as text.
fn origin(metadata: &Metadata, path: &[String]) -> Option<String> {
    match &metadata.source {
        Some(Source::File(file)) => Some(format!("in {}", file.display())),
        Some(Source::Custom(origin)) => Some(origin.clone()),
        Some(Source::Code(_)) if metadata.name.ends_with("Flags") => Some(format!("the flag --{}", path.join(".").replace('_', "-"))),
        _ if metadata.name.contains("environment") && !path.is_empty() => {
            Some(in_environment(&format!("{PREFIX}{}", path.join("__").to_uppercase())))
        }
        _ => None,
    }
}

/// Each setting that is out of its range, with the problem.
fn collect(errors: &ValidationErrors, parent: &str, problems: &mut Vec<(String, String)>) {
    for (name, kind) in errors.errors() {
        let setting = if parent.is_empty() { name.to_string() } else { format!("{parent}.{name}") };
        match kind {
            ValidationErrorsKind::Struct(nested) => collect(nested, &setting, problems),
            ValidationErrorsKind::List(items) => items.values().for_each(|nested| collect(nested, &setting, problems)),
            ValidationErrorsKind::Field(errors) => {
                problems.extend(errors.iter().map(|error| (setting.clone(), range_problem(&setting, error))));
            }
        }
    }
}

fn range_problem(setting: &str, error: &ValidationError) -> String {
    let parameter = |name: &str| error.params.get(name).map(ToString::to_string);
    let value = parameter("value").unwrap_or_default();
    match (parameter("min"), parameter("max")) {
        (Some(min), Some(max)) => format!("{setting} must be from {min} to {max}, not {value}"),
        (Some(min), None) => format!("{setting} must be at least {min}, not {value}"),
        (None, Some(max)) => format!("{setting} must be at most {max}, not {value}"),
        (None, None) => format!("{setting} can't be {value}: {error}"),
    }
}
