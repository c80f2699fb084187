//! Reads the settings: defaults, then a TOML file, then the environment, then flags. An error names the setting and its
//! source.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use figment::error::{Actual, Kind};
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Error, Figment, Metadata, Profile, Provider, Source};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::password::password_of;
use super::secrets::{PREFIX, SECRETS, SecretSetting, credentials_folder, in_environment, is_secret};
use super::unknown::{Known, Unknown};
use super::values::address_problem;
use super::{Config, Flags, Loaded};

/// The sources of the settings. Printing this shows no value.
pub struct Origins {
    figment: Figment,
    unknown: Vec<Unknown>,
    secret_files: Vec<SecretFile>,
    credentials_folder: Option<PathBuf>,
}

/// A file that a secret stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile {
    /// The setting that is the secret, or contains it.
    pub setting: &'static str,
    /// The file.
    pub path: PathBuf,
}

impl std::fmt::Debug for Origins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Origins").field("unknown", &self.unknown).field("secret_files", &self.secret_files).finish_non_exhaustive()
    }
}

impl Origins {
    /// The source of a setting, such as `in derslik.toml`; `None` for a default.
    pub fn of(&self, setting: &str) -> Option<String> {
        let path: Vec<_> = setting.split('.').map(ToOwned::to_owned).collect();
        self.figment.find_metadata(setting).and_then(|metadata| origin(metadata, &path))
    }

    /// The settings that do not exist, and were left out.
    pub fn unknown(&self) -> &[Unknown] {
        &self.unknown
    }

    /// The files that secrets stand in: those that variables name, and the file of settings if it holds one.
    pub fn secret_files(&self) -> &[SecretFile] {
        &self.secret_files
    }

    /// The folder in which systemd puts credentials, if it does.
    pub fn credentials_folder(&self) -> Option<&Path> {
        self.credentials_folder.as_deref()
    }

    /// The settings that hold secrets and are set, with their values.
    pub(crate) fn secrets(&self) -> Vec<(&'static str, String)> {
        let value = |setting| self.figment.find_value(setting).ok().and_then(Value::into_string);
        SECRETS.iter().filter_map(|secret| value(secret.setting).map(|value| (secret.setting, value))).collect()
    }

    /// Passes the result of a check on; an error gets the source of the setting.
    pub(super) fn name<T>(&self, setting: &str, checked: anyhow::Result<T>) -> anyhow::Result<T> {
        checked.map_err(|error| match self.of(setting) {
            Some(origin) => anyhow!("{error:#} ({origin})"),
            None => error,
        })
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

/// The rest of the names of variables that begin as those of settings do, and are none: helpers for tests find the program by
/// `DERSLIK_BIN`, clients find the service by `DERSLIK_URL`, and commands of a journal take a credential from `DERSLIK_AUTHORIZATION`.
const NO_SETTINGS: [&str; 3] = ["BIN", "URL", "AUTHORIZATION"];

/// What a source sets, without the settings that do not exist.
struct KnownPart {
    metadata: Metadata,
    data: Map<Profile, Dict>,
}

impl Provider for KnownPart {
    fn metadata(&self) -> Metadata {
        self.metadata.clone()
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(self.data.clone())
    }
}

/// Merges the file, the environment and the flags. Settings that do not exist are left out and listed. Checks of one setting
/// against another are left to the caller.
pub(super) fn load(file: Option<&Path>, flags: &Flags) -> anyhow::Result<Loaded> {
    let known = Known::new()?;
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    let (mut unknown, mut secret_files) = (Vec::new(), Vec::new());
    let credentials_folder = credentials_folder();
    for secret in &SECRETS {
        if let Some(value) = credentials_folder.as_deref().map(|folder| secret.credential(folder)).transpose()?.flatten() {
            secret_files.extend(value.file.clone().map(|path| SecretFile { setting: secret.setting, path }));
            figment = figment.merge(value);
        }
    }
    if let Some(file) = file {
        let file_of_settings = Toml::file_exact(file);
        secret_files.extend(secrets_in(&file_of_settings).map(|setting| SecretFile { setting, path: file.to_owned() }));
        figment = merge_known(figment, file_of_settings, &known, &mut unknown);
    }
    let of_files: Vec<_> = SECRETS.iter().flat_map(SecretSetting::file_keys).collect();
    let others: Vec<_> = of_files.iter().map(String::as_str).chain(NO_SETTINGS).collect();
    figment = merge_known(figment, Env::prefixed(PREFIX).ignore(&others).split("__"), &known, &mut unknown);
    // Once more, as texts: the environment reads a password of digits as a number.
    for secret in &SECRETS {
        if let Some(value) = secret.variable()? {
            secret_files.extend(value.file.clone().map(|path| SecretFile { setting: secret.setting, path }));
            figment = figment.merge(value);
        }
    }
    figment = figment.merge(Serialized::defaults(flags));
    match figment.extract() {
        Ok(config) => Ok(Loaded { config, origins: Origins { figment, unknown, secret_files, credentials_folder } }),
        Err(error) => Err(explain(&figment, error)),
    }
}

/// Merges what exists of a source. The failure of a source is reported when the settings are put together.
fn merge_known(figment: Figment, source: impl Provider, known: &Known, unknown: &mut Vec<Unknown>) -> Figment {
    let Ok(mut data) = source.data() else { return figment.merge(source) };
    let metadata = source.metadata();
    let is_environment = metadata.name.contains("environment");
    for part in data.values_mut() {
        let (kept, others) = known.split(std::mem::take(part));
        *part = kept;
        unknown.extend(others.into_iter().map(|path| Unknown {
            origin: origin(&metadata, &path),
            nearest: known.nearest(&path, is_environment),
            setting: path.join("."),
        }));
    }
    figment.merge(KnownPart { metadata, data })
}

/// The settings with a secret that a file sets.
fn secrets_in(file: &impl Provider) -> impl Iterator<Item = &'static str> {
    let data = file.data().unwrap_or_default();
    let value = move |setting: &str| data.values().find_map(|part| Value::from(part.clone()).find(setting)).and_then(Value::into_string);
    let is_there = move |setting: &&str| match value(setting) {
        Some(url) if *setting == "database_url" => password_of(&url).is_some(),
        found => found.is_some(),
    };
    SECRETS.iter().map(|secret| secret.setting).filter(is_there)
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
        Some(Source::Code(_)) if metadata.name.ends_with("Flags") => Some(format!("the flag --{}", path.join("-").replace('_', "-"))),
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
