//! The banner that `serve` prints: the addresses of the service, credentials, and commands to paste.

use std::fmt;
use std::net::SocketAddr;

use derslik_domain::job::Project;
use derslik_domain::time::{Timestamp, Zone};
use derslik_http::perculus::bearer;
use serde_json::{Value, json};

use super::addresses::{ConsoleAddress, reachable};
use crate::config::Profile;
use crate::dev_accounts::DevAccount;

/// The text or JSON that a start prints.
pub(super) struct Banner<'a> {
    pub(super) address: SocketAddr,
    pub(super) is_encrypted: bool,
    /// The name in the certificate, by which clients trust the service.
    pub(super) host: Option<String>,
    /// Where the operations listener is, if there is one.
    pub(super) operations: Option<SocketAddr>,
    /// Whether the operations listener shows metrics.
    pub(super) shows_metrics: bool,
    /// Where the console is, if there is one.
    pub(super) console: Option<ConsoleAddress>,
    /// Where the metadata server is, if there is one.
    pub(super) metadata: Option<SocketAddr>,
    pub(super) profile: Profile,
    /// The accounts whose keys are shown.
    pub(super) accounts: &'a [DevAccount],
    pub(super) now: Timestamp,
}

impl Banner<'_> {
    const fn scheme(&self) -> &'static str {
        if self.is_encrypted { "https" } else { "http" }
    }

    /// The URL by which a client on this machine calls the service.
    pub(super) fn base(&self) -> String {
        const HTTPS: u16 = 443;
        let scheme = self.scheme();
        match (&self.host, self.address.port()) {
            (Some(host), HTTPS) => format!("{scheme}://{host}"),
            (Some(host), port) => format!("{scheme}://{host}:{port}"),
            (None, _) => format!("{scheme}://{}", reachable(self.address)),
        }
    }

    /// The same content as JSON, without the commands to paste.
    pub(super) fn as_json(&self) -> Value {
        let accounts: Vec<_> = self.accounts.iter().map(account_json).collect();
        let url = |address: SocketAddr| format!("http://{}", reachable(address));
        let (operations, metadata) = (self.operations.map(url), self.metadata.map(url));
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "operations": operations,
            "console": self.console.as_ref().map(|console| &console.url),
            "console_token": self.console.as_ref().and_then(|console| console.token.as_ref()),
            "metadata": metadata,
            "url": self.base(),
            "accounts": accounts,
        })
    }
}

fn account_json(account: &DevAccount) -> Value {
    let DevAccount { plan, keys, account_key, token } = account;
    let project = |project: &Project| json!({ "id": project.id.get(), "key": project.key.to_string(), "name": project.name.as_str() });
    let projects: Vec<_> = plan.projects.iter().map(project).collect();
    json!({
        "account": { "id": plan.account.id.get(), "name": plan.account.name.as_str() },
        "access_key": keys.access_key,
        "secret_key": keys.secret_key,
        "bearer": bearer(&keys.access_key, &keys.proof),
        "organization_key": account_key,
        "projects": projects,
        "token": token,
    })
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = self.base();
        writeln!(f, "Derslik {} serves on {}://{}", env!("CARGO_PKG_VERSION"), self.scheme(), self.address)?;
        writeln!(f)?;
        writeln!(f, "  sessions  {base}/xapi/v2  (also {base}/api/groups/xapi)")?;
        writeln!(f, "  jobs      {base}/api/v1  (also {base}/v1)")?;
        writeln!(f, "  courses   {base}/v1/courses  (described at {base}/$discovery/rest?version=v1)")?;
        writeln!(f, "  tokens    {base}/token  (lines to set for each client: docs/CLIENTS.md)")?;
        if self.profile == Profile::Dev {
            writeln!(f, "  docs      {base}/docs  (as OpenAPI: {base}/openapi.json)")?;
        }
        if let Some(address) = self.operations {
            let others = if self.shows_metrics { "/healthz, /version and /metrics" } else { "/healthz and /version" };
            writeln!(f, "  health    http://{}/readyz  (also {others})", reachable(address))?;
        }
        if let Some(ConsoleAddress { url, token }) = &self.console {
            match token {
                Some(token) => writeln!(f, "  console   {url}  (in a browser; it asks for this token once: {token})")?,
                None => writeln!(f, "  console   {url}  (in a browser)")?,
            }
        }
        if let Some(address) = self.metadata.map(reachable) {
            writeln!(f, "  metadata  http://{address}  (for clients: GCE_METADATA_HOST={address} GCE_METADATA_IP={address})")?;
        }
        writeln!(f)?;
        for DevAccount { plan, keys, account_key, token } in self.accounts {
            writeln!(f, "  account     {} ({})", plan.account.name, plan.account.id)?;
            writeln!(f, "  access key  {}", keys.access_key)?;
            writeln!(f, "  secret key  {}", keys.secret_key)?;
            writeln!(f, "  bearer      {}", bearer(&keys.access_key, &keys.proof))?;
            writeln!(f, "  org. key    {account_key}")?;
            for project in &plan.projects {
                writeln!(f, "  project     {} ({})", project.key, project.name)?;
            }
            writeln!(f, "  courses     {token}  (the token of admin@{}.example)", plan.account.name)?;
            writeln!(f)?;
        }
        match self.accounts.first() {
            Some(account) => write_examples(f, &base, account, self.now),
            None if self.profile == Profile::Dev => {
                writeln!(
                    f,
                    "The database holds accounts already, and none was added. The keys to them were shown when they were made, and are kept \
                     nowhere.\n`derslik key create --account demo` makes new keys for the account of that name, and `derslik account create \
                     NAME` makes another account; --fixed-dev-keys needs a database of its own."
                )
            }
            None => Ok(()),
        }
    }
}

/// Prints one command to paste for each API.
fn write_examples(f: &mut fmt::Formatter<'_>, base: &str, account: &DevAccount, now: Timestamp) -> fmt::Result {
    const MINUTES_OF_A_WEEK: i64 = 7 * 24 * 60;
    let next_week = now.minutes_before(-MINUTES_OF_A_WEEK).in_zone(Zone::ISTANBUL).to_string();
    let start = next_week.get(..16).unwrap_or("2099-01-01T10:00");
    let (authorization, key, token) = (bearer(&account.keys.access_key, &account.keys.proof), &account.account_key, &account.token);
    writeln!(f, "Create a session, and change one that is not there:")?;
    writeln!(f)?;
    writeln!(
        f,
        r#"curl -s {base}/xapi/v2/session/batch -H 'Authorization: Bearer {authorization}' -H 'Content-Type: application/json' -d '[{{"name":"CS201","start_date":"{start}:00Z","duration":80}},{{"session_guid":"8293D504-13EE-447F-9B36-6686C5C39FEB","duration":100}}]'"#
    )?;
    writeln!(f)?;
    if let Some(project) = account.plan.projects.first() {
        writeln!(f, "Have a user erased, at the next midnight:")?;
        writeln!(f)?;
        writeln!(f, "curl -s -X DELETE {base}/api/v1/{}/users/mehdi@openreplay.com -H 'Authorization: {key}'", project.key)?;
        writeln!(f)?;
    }
    writeln!(f, "Create a course:")?;
    writeln!(f)?;
    writeln!(
        f,
        r#"curl -s {base}/v1/courses -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{{"name":"Biology 101","ownerId":"me","courseState":"ACTIVE"}}'"#
    )?;
    writeln!(f)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The banner of a service that listens there.
    fn banner(address: &str, host: Option<&str>) -> Banner<'static> {
        let address = address.parse().unwrap();
        Banner {
            address,
            is_encrypted: host.is_some(),
            host: host.map(str::to_owned),
            operations: Some(address),
            shows_metrics: true,
            console: None,
            metadata: Some(address),
            profile: Profile::Production,
            accounts: &[],
            now: Timestamp::from_micros(0),
        }
    }

    #[test]
    fn the_console_is_named_with_the_token_that_it_asks_for() {
        let text = |token: Option<&str>| {
            let console = ConsoleAddress { url: "http://127.0.0.1:8081/console".to_owned(), token: token.map(str::to_owned) };
            let banner = Banner { console: Some(console), ..banner("127.0.0.1:8080", None) };
            (banner.to_string(), banner.as_json()["console_token"].clone())
        };
        let (open, with_token) = (text(None), text(Some("1f2e")));
        assert!(open.0.contains("  console   http://127.0.0.1:8081/console  (in a browser)\n") && open.1.is_null(), "{}", open.0);
        assert!(with_token.0.contains("it asks for this token once: 1f2e)") && with_token.1 == "1f2e", "{}", with_token.0);
    }

    #[test]
    fn metrics_are_named_where_the_listener_shows_them() {
        let text = |shows_metrics| Banner { shows_metrics, ..banner("127.0.0.1:8080", None) }.to_string();
        assert!(text(true).contains("(also /healthz, /version and /metrics)"));
        assert!(text(false).contains("(also /healthz and /version)"));
    }

    #[test]
    fn lines_to_paste_name_an_address_that_can_be_called() {
        for (listens, host, base) in [
            ("127.0.0.1:8080", None, "http://127.0.0.1:8080"),
            ("10.0.0.7:80", None, "http://10.0.0.7:80"),
            ("0.0.0.0:8080", None, "http://127.0.0.1:8080"),
            ("[::]:8080", None, "http://[::1]:8080"),
            ("0.0.0.0:443", Some("classroom.okul.example"), "https://classroom.okul.example"),
            ("0.0.0.0:8443", Some("classroom.okul.example"), "https://classroom.okul.example:8443"),
        ] {
            let banner = banner(listens, host);
            let (text, json) = (banner.to_string(), banner.as_json());
            let (first, rest) = text.split_once('\n').unwrap();
            assert!(first.ends_with(&format!("://{listens}")), "{first}");
            assert!(
                rest.contains(&format!("courses   {base}/v1/courses")) && !rest.contains("0.0.0.0") && !rest.contains("[::]"),
                "{rest}"
            );
            assert_eq!(json["url"], base);
        }
    }

    #[test]
    fn the_endpoint_for_tokens_is_named_with_the_page_of_clients() {
        let text = banner("127.0.0.1:8080", None).to_string();
        assert!(text.contains("tokens    http://127.0.0.1:8080/token  (lines to set for each client: docs/CLIENTS.md)"), "{text}");
    }
}
