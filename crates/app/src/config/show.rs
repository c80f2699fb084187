//! The effective settings for people: each with its value and where that is from, and no secret.

use derslik_storage::DatabaseUrl;
use serde_json::Value;

use super::Loaded;
use super::password::encode;
use super::secrets::is_secret;

/// A setting as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its name, as `http.workers`.
    pub name: String,
    /// Its value; `null` if it has none. Of a secret only what may be known.
    pub value: Value,
    /// Where the value is from: `default`, or a text such as `in /etc/derslik.toml`.
    pub source: String,
}

/// The setting that is a URL, of which a part may be shown.
const DATABASE_URL: &str = "database_url";

/// Shown instead of a secret that is set.
const HIDDEN: &str = "(set, not shown)";

/// All settings in the order of their names within each group.
pub fn shown(loaded: &Loaded) -> Vec<Shown> {
    let mut settings = Vec::new();
    // A set-up whose values can't be written as JSON does not exist: the defaults were made from JSON as well.
    flatten("", serde_json::to_value(&loaded.config).unwrap_or_default(), &mut settings);
    settings.into_iter().map(|(name, value)| show(loaded, name, value)).collect()
}

fn show(loaded: &Loaded, name: String, value: Value) -> Shown {
    let source = loaded.origins.of(&name).unwrap_or_else(|| "default".to_owned());
    let value = match value {
        Value::Null => Value::Null,
        _ if name == DATABASE_URL => loaded.config.database().map_or_else(|_| HIDDEN.into(), |url| shown_url(&url).into()),
        _ if is_secret(&name) => HIDDEN.into(),
        value => value,
    };
    Shown { name, value, source }
}

/// The URL of a server with the user and the TLS in effect, also where the URL names no `sslmode`. The password and the other
/// parameters are left out.
fn shown_url(url: &DatabaseUrl) -> String {
    let shown = url.to_string();
    let Some((mode, (scheme, address))) = url.tls().zip(shown.split_once("://")) else { return shown };
    let user = url.user().map(|user| format!("{}@", encode(&user))).unwrap_or_default();
    format!("{scheme}://{user}{address}?sslmode={}", mode.name())
}

fn flatten(prefix: &str, value: Value, into: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
                flatten(&name, value, into);
            }
        }
        value => into.push((prefix.to_owned(), value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Flags};

    const PASSWORD: &str = "hunter2-hunter2";

    fn shown_with(settings: &str, flags: &Flags) -> Vec<Shown> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("derslik.toml");
        std::fs::write(&file, settings).unwrap();
        shown(&Config::load_with_origins(Some(&file), flags).unwrap())
    }

    fn find<'s>(settings: &'s [Shown], name: &str) -> &'s Shown {
        settings.iter().find(|setting| setting.name == name).unwrap()
    }

    #[test]
    fn each_setting_is_shown_with_its_source() {
        let flags = Flags { data_dir: Some("/srv/derslik".into()), ..Flags::default() };
        let settings = shown_with("data_dir = \"elsewhere\"\n[http]\nworkers = 3\n", &flags);
        let of = |name: &str| find(&settings, name);
        assert_eq!((&of("data_dir").value, of("data_dir").source.as_str()), (&serde_json::json!("/srv/derslik"), "the flag --data-dir"));
        assert_eq!(of("http.workers").value, 3);
        assert!(of("http.workers").source.ends_with("derslik.toml"), "{:?}", of("http.workers"));
        assert_eq!((&of("tls_cert").value, of("tls_cert").source.as_str()), (&Value::Null, "default"));
        assert_eq!(of("trusted_proxies").value, serde_json::json!([]));
    }

    #[test]
    fn the_url_of_a_server_is_shown_with_the_tls_in_effect() {
        let shown = |url: &str| shown_url(&url.parse().unwrap());
        assert_eq!(shown("postgres://localhost/d"), "postgres://localhost/d?sslmode=disable");
        assert_eq!(shown("postgres://a%40b@db/d?sslmode=require&sslrootcert=/ca.pem"), "postgres://a%40b@db/d?sslmode=verify-ca");
        assert_eq!(shown("sqlite://data/d.sqlite"), "sqlite://data/d.sqlite");
    }

    #[test]
    fn no_part_of_a_secret_is_shown() {
        for url in [format!("postgres://clerk:{PASSWORD}@db/derslik"), format!("postgres://db/derslik?user=clerk&password={PASSWORD}")] {
            let settings = shown_with(&format!("database_url = \"{url}\"\n"), &Flags::default());
            assert_eq!(find(&settings, "database_url").value, "postgres://clerk@db/derslik?sslmode=verify-full");
            let text = format!("{settings:?}");
            assert!(!text.contains(PASSWORD), "{text}");
        }
    }
}
