//! The settings that hold secrets, and where their values come from: a variable, a file that a variable names, or a credential of
//! systemd.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use figment::providers::Serialized;
use figment::value::{Dict, Map};
use figment::{Error, Metadata, Profile, Provider, Source};

/// The prefix of the environment variables that set something.
pub(super) const PREFIX: &str = "DERSLIK_";

/// A setting that holds a secret. Each environment variable that sets it has a variant ending in `_FILE`, which names a file
/// with the value. A credential of systemd has the name of the setting.
pub(super) struct SecretSetting {
    pub(super) setting: &'static str,
    /// The variables; a later one overrides an earlier one.
    variables: &'static [&'static str],
}

/// All settings that hold secrets.
pub(super) static SECRETS: [SecretSetting; 5] = [
    SecretSetting { setting: "database_url", variables: &["DATABASE_URL", "DERSLIK_DATABASE_URL"] },
    SecretSetting { setting: "database.password", variables: &["DERSLIK_DATABASE__PASSWORD"] },
    SecretSetting { setting: "audit.seal_key", variables: &["DERSLIK_AUDIT__SEAL_KEY"] },
    SecretSetting { setting: "audit.old_seal_key", variables: &["DERSLIK_AUDIT__OLD_SEAL_KEY"] },
    SecretSetting { setting: "ops.metrics_token", variables: &["DERSLIK_OPS__METRICS_TOKEN"] },
];

/// The value of a secret, and a text that names its source.
pub(super) struct Sourced {
    setting: &'static str,
    value: String,
    origin: String,
    /// The file that the value was read from.
    pub(super) file: Option<PathBuf>,
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

impl SecretSetting {
    /// The names, without the prefix of ours, of the variables that name a file.
    pub(super) fn file_keys(&self) -> Vec<String> {
        self.variables.iter().filter_map(|name| name.strip_prefix(PREFIX)).map(|name| format!("{name}_FILE")).collect()
    }

    /// The names of its variables as an operator writes them, with those of files.
    pub(super) fn variables(&self) -> impl Iterator<Item = String> {
        self.variables.iter().flat_map(|name| [(*name).to_owned(), format!("{name}_FILE")])
    }

    /// The value from the environment, if it sets one.
    pub(super) fn variable(&self) -> anyhow::Result<Option<Sourced>> {
        let set = |name: &str| env::var_os(name).is_some();
        let files: Vec<_> = self.variables.iter().map(|name| format!("{name}_FILE")).collect();
        let (values, files): (Vec<_>, Vec<_>) =
            (self.variables.iter().filter(|name| set(name)).collect(), files.iter().filter(|name| set(name)).collect());
        match (values.as_slice(), files.as_slice()) {
            ([], []) => Ok(None),
            ([.., variable], []) => {
                let text = env::var_os(variable).map(OsString::into_string).transpose();
                let value = text.map_err(|_| anyhow!("{variable} must be Unicode text"))?.unwrap_or_default();
                Ok(Some(Sourced { setting: self.setting, value, origin: in_environment(variable), file: None }))
            }
            ([], [variable]) => {
                let path = PathBuf::from(env::var_os(variable).unwrap_or_default());
                let origin = format!("in {}, which {variable} names", path.display());
                self.in_file(path, origin).with_context(|| (*variable).clone()).map(Some)
            }
            ([value, ..], [file, ..]) => bail!("{value} and {file} are both set: {} can come from one of them only", self.setting),
            ([], [one, other, ..]) => bail!("{one} and {other} are both set: {} can come from one of them only", self.setting),
        }
    }

    /// The value from the folder in which systemd puts credentials, if it has one of this name.
    pub(super) fn credential(&self, folder: &Path) -> anyhow::Result<Option<Sourced>> {
        let path = folder.join(self.setting);
        if !path.exists() {
            return Ok(None);
        }
        let origin = format!("in {}, a credential of systemd", path.display());
        self.in_file(path, origin).context("CREDENTIALS_DIRECTORY").map(Some)
    }

    fn in_file(&self, path: PathBuf, origin: String) -> anyhow::Result<Sourced> {
        let text = std::fs::read_to_string(&path).with_context(|| format!("the file {} can't be read", path.display()))?;
        // A password may begin or end with a space, and a URL has none.
        let value = if self.setting == "database_url" { text.trim() } else { text.trim_end_matches(['\r', '\n']) };
        Ok(Sourced { setting: self.setting, value: value.to_owned(), origin, file: Some(path) })
    }
}

/// Whether the setting holds a secret.
pub(super) fn is_secret(setting: &str) -> bool {
    SECRETS.iter().any(|secret| secret.setting == setting)
}

/// The source of a variable, as text.
pub(super) fn in_environment(variable: &str) -> String {
    format!("in the environment, as {variable}")
}

/// The folder in which systemd puts the credentials of a service.
pub(crate) fn credentials_folder() -> Option<PathBuf> {
    env::var_os("CREDENTIALS_DIRECTORY").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_has_the_name_of_its_setting_and_keeps_its_spaces() {
        let folder = tempfile::tempdir().unwrap();
        let [url, password, ..] = &SECRETS;
        assert!(url.credential(folder.path()).unwrap().is_none());
        std::fs::write(folder.path().join("database.password"), " 1234 \r\n").unwrap();
        std::fs::write(folder.path().join("database_url"), " postgres://u@h/d \n").unwrap();
        let read = |secret: &SecretSetting| {
            let found = secret.credential(folder.path()).unwrap().unwrap();
            assert!(found.origin.ends_with("a credential of systemd") && found.file.is_some(), "{}", found.origin);
            found.value
        };
        assert_eq!([read(password), read(url)], [" 1234 ", "postgres://u@h/d"]);
    }

    #[test]
    fn each_secret_has_a_variable_for_its_value_and_one_for_a_file() {
        for secret in &SECRETS {
            let own = format!("{PREFIX}{}", secret.setting.replace('.', "__").to_uppercase());
            let named: Vec<_> = secret.variables().collect();
            assert!(named.contains(&own) && named.contains(&format!("{own}_FILE")), "{named:?}");
        }
    }
}
