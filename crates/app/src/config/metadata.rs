//! The settings of the metadata server.

use std::net::SocketAddr;

use anyhow::{Context, anyhow, bail, ensure};
use derslik_domain::identity::ServiceAddress;
use derslik_http::metadata::DEFAULT_UNIVERSE;
use serde::{Deserialize, Serialize};

use super::{Config, values};

/// The metadata server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct MetadataConfig {
    /// The address and port of the metadata server of `serve`; without one there is none. Every program that reaches it gets tokens, so
    /// it has to be a loopback address. In profile `dev`, `dev.allow_remote` allows any other. See
    /// [The metadata server](#the-metadata-server).
    pub listen: Option<String>,
    /// The service account whose tokens the metadata server gives out, such as `timetable@10000.iam.derslik.internal`;
    /// `derslik service-account create` prints the address.
    pub service_account: Option<String>,
    /// The domain in which clients of the metadata server look for the APIs: `okul.example` makes them call
    /// `https://classroom.okul.example`. See [A domain of your own](DEPLOY.md#a-domain-of-your-own).
    pub universe_domain: String,
}

impl Default for MetadataConfig {
    fn default() -> Self {
        Self { listen: None, service_account: None, universe_domain: DEFAULT_UNIVERSE.to_owned() }
    }
}

/// Where the metadata server listens, and what it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataPlan {
    /// Where it listens.
    pub address: SocketAddr,
    /// The service account.
    pub account: ServiceAddress,
    /// The domain of the APIs.
    pub universe_domain: String,
}

impl MetadataConfig {
    /// The address that is to be listened on.
    ///
    /// # Errors
    /// A text that is not an address.
    pub(crate) fn address(&self) -> anyhow::Result<Option<SocketAddr>> {
        let Some(text) = &self.listen else { return Ok(None) };
        let address = text.parse().map_err(|_| anyhow!("metadata.listen is {text:?}, and {}", values::address_problem(text)))?;
        Ok(Some(address))
    }

    fn account(&self) -> anyhow::Result<Option<ServiceAddress>> {
        let parse = |text: &String| text.parse().with_context(|| format!("metadata.service_account is {text:?}"));
        self.service_account.as_ref().map(parse).transpose()
    }

    fn check_domain(&self) -> anyhow::Result<()> {
        let domain = self.universe_domain.as_str();
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        ensure!(
            domain.len() <= 200 && domain.split('.').all(is_label),
            "metadata.universe_domain must be a domain such as okul.example, in small letters and without a scheme and a port, not {domain:?}"
        );
        Ok(())
    }

    /// Each setting with the result of its check.
    pub(super) fn check(&self) -> [(&'static str, anyhow::Result<()>); 3] {
        let needs_account = self.listen.is_some() && self.service_account.is_none();
        let account = if needs_account {
            Err(anyhow!("metadata.listen needs metadata.service_account: the service account whose tokens are given out"))
        } else {
            self.account().map(drop)
        };
        [
            ("metadata.listen", self.address().map(drop)),
            ("metadata.service_account", account),
            ("metadata.universe_domain", self.check_domain()),
        ]
    }
}

impl Config {
    /// The metadata server of `serve`; `None` for none.
    ///
    /// # Errors
    /// If a setting of it can't be used.
    pub fn metadata(&self) -> anyhow::Result<Option<MetadataPlan>> {
        let Some(address) = self.metadata.address()? else { return Ok(None) };
        let Some(account) = self.metadata.account()? else { bail!("metadata.listen needs metadata.service_account") };
        Ok(Some(MetadataPlan { address, account, universe_domain: self.metadata.universe_domain.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "timetable@10001.iam.derslik.internal";

    fn refused(metadata: &MetadataConfig) -> Vec<String> {
        metadata.check().into_iter().filter_map(|(setting, checked)| Some(format!("{setting}: {:#}", checked.err()?))).collect()
    }

    fn on(listen: &str, account: Option<&str>) -> MetadataConfig {
        let (listen, service_account) = (Some(listen.to_owned()), account.map(str::to_owned));
        MetadataConfig { listen, service_account, ..MetadataConfig::default() }
    }

    #[test]
    fn it_is_off_unless_it_has_an_address_and_a_service_account() {
        assert_eq!(Config::default().metadata().unwrap(), None);
        assert!(refused(&MetadataConfig::default()).is_empty());
        let config = Config { metadata: on("127.0.0.1:8082", Some(ACCOUNT)), ..Config::default() };
        let plan = config.metadata().unwrap().unwrap();
        assert_eq!((plan.address.to_string().as_str(), plan.account.to_string().as_str()), ("127.0.0.1:8082", ACCOUNT));
        assert_eq!(plan.universe_domain, "googleapis.com");
        let alone = refused(&on("127.0.0.1:8082", None));
        assert!(matches!(alone.as_slice(), [one] if one.contains("needs metadata.service_account")), "{alone:?}");
    }

    #[test]
    fn what_can_not_be_used_is_refused() {
        let listen = refused(&on(":8082", Some(ACCOUNT)));
        assert!(matches!(listen.as_slice(), [one] if one.contains("127.0.0.1:8082")), "{listen:?}");
        for account in ["", "timetable", "timetable@okul.example", "timetable@10001.iam.gserviceaccount.com"] {
            assert_eq!(refused(&on("127.0.0.1:8082", Some(account))).len(), 1, "{account}");
        }
        for (domain, is_taken) in [
            ("okul.example", true),
            ("googleapis.com", true),
            ("", false),
            ("okul.example.", false),
            ("https://okul.example", false),
            ("okul.example:8443", false),
            ("Okul.example", false),
            ("-okul.example", false),
        ] {
            let metadata = MetadataConfig { universe_domain: domain.to_owned(), ..MetadataConfig::default() };
            assert_eq!(refused(&metadata).is_empty(), is_taken, "{domain}");
        }
    }
}
