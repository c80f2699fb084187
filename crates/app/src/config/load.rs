//! Reading the settings: defaults, then a TOML file, then the environment, then flags, and what is wrong with them in words
//! that name the setting and where it came from.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use figment::error::{Actual, Kind};
use figment::providers::{Env, Format, Serialized, Toml};
use figment::{Error, Figment, Metadata, Source};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::{Config, Flags};

/// The start of the environment variables that set something.
const PREFIX: &str = "DERSLIK_";

/// A setting that holds a secret. Each variable of the environment that sets it has a second one, with `_FILE` at its end,
/// that names a file with the value.
struct Secret {
    setting: &'static str,
    /// The variables, the later winning.
    variables: &'static [&'static str],
}

const SECRETS: [Secret; 1] = [Secret { setting: "database_url", variables: &["DATABASE_URL", "DERSLIK_DATABASE_URL"] }];

/// The settings that a file, the environment and flags come to, without the checks of the whole.
pub(super) fn load(file: Option<&Path>, flags: &Flags) -> anyhow::Result<Config> {
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(file) = file {
        figment = figment.merge(Toml::file_exact(file));
    }
    let secret_files: Vec<_> = SECRETS.iter().map(|secret| format!("{}_file", secret.setting)).collect();
    let secret_files: Vec<_> = secret_files.iter().map(String::as_str).collect();
    figment = figment.merge(Env::prefixed(PREFIX).ignore(&secret_files).split("__"));
    for secret in &SECRETS {
        if let Some(value) = secret.read()? {
            figment = figment.merge((secret.setting, value));
        }
    }
    figment.merge(Serialized::defaults(flags)).extract().map_err(explain)
}

impl Secret {
    /// The value that the environment sets, if it sets one.
    fn read(&self) -> anyhow::Result<Option<String>> {
        let set = |name: &str| env::var_os(name).is_some();
        let files: Vec<_> = self.variables.iter().map(|name| format!("{name}_FILE")).collect();
        let (values, files): (Vec<_>, Vec<_>) =
            (self.variables.iter().filter(|name| set(name)).collect(), files.iter().filter(|name| set(name)).collect());
        match (values.as_slice(), files.as_slice()) {
            ([], []) => Ok(None),
            ([.., value], []) => {
                let text = env::var_os(value).map(OsString::into_string).transpose();
                text.map_err(|_| anyhow!("{value} must be Unicode text"))
            }
            ([], [file]) => {
                let path = env::var_os(file).unwrap_or_default();
                let text = std::fs::read_to_string(&path).with_context(|| format!("{file} names {}", Path::new(&path).display()))?;
                Ok(Some(text.trim().to_owned()))
            }
            ([value, ..], [file, ..]) => bail!("{value} and {file} are both set: {} can come from one of them only", self.setting),
            ([], [one, other, ..]) => bail!("{one} and {other} are both set: {} can come from one of them only", self.setting),
        }
    }
}

fn is_secret(setting: &str) -> bool {
    SECRETS.iter().any(|secret| secret.setting == setting)
}

fn explain(error: Error) -> anyhow::Error {
    let problems: Vec<_> = error.into_iter().map(|problem| explain_one(&problem)).collect();
    anyhow!(problems.join("; "))
}

fn explain_one(error: &Error) -> String {
    let setting = error.path.join(".");
    let problem = match &error.kind {
        Kind::UnknownField(name, _) => {
            let parent = error.path.split_last().filter(|(last, _)| *last == name).map_or(error.path.as_slice(), |(_, parent)| parent);
            format!("unknown setting {}", [parent, std::slice::from_ref(name)].concat().join("."))
        }
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) if is_secret(&setting) => format!("{setting} must be {expected}"),
        Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
            format!("{setting} must be {expected}, not {}", shown(found))
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

/// A value as people write it.
fn shown(found: &Actual) -> String {
    match found {
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(value) => value.to_string(),
        Actual::Signed(value) => value.to_string(),
        Actual::Float(value) => value.to_string(),
        Actual::Str(value) => value.clone(),
        other => other.to_string(),
    }
}

/// Where a setting came from.
fn origin(metadata: &Metadata, path: &[String]) -> Option<String> {
    match &metadata.source {
        Some(Source::File(file)) => Some(format!("in {}", file.display())),
        _ if metadata.name.contains("environment") && !path.is_empty() => {
            Some(format!("in the environment, as {PREFIX}{}", path.join("__").to_uppercase()))
        }
        _ => None,
    }
}

/// What is out of its range, each with its setting.
pub(super) fn explain_ranges(errors: &ValidationErrors) -> anyhow::Error {
    let mut problems = Vec::new();
    collect(errors, "", &mut problems);
    problems.sort();
    anyhow!(problems.join("; "))
}

fn collect(errors: &ValidationErrors, parent: &str, problems: &mut Vec<String>) {
    for (name, kind) in errors.errors() {
        let setting = if parent.is_empty() { name.to_string() } else { format!("{parent}.{name}") };
        match kind {
            ValidationErrorsKind::Struct(nested) => collect(nested, &setting, problems),
            ValidationErrorsKind::List(items) => items.values().for_each(|nested| collect(nested, &setting, problems)),
            ValidationErrorsKind::Field(errors) => problems.extend(errors.iter().map(|error| range_problem(&setting, error))),
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
