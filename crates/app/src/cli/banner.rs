//! The banner that `serve` prints: the addresses of the service, credentials, and commands to paste.

use std::fmt;
use std::net::SocketAddr;

use derslik_domain::job::Project;
use derslik_domain::time::{Timestamp, Zone};
use derslik_http::perculus::bearer;
use serde_json::{Value, json};

use crate::config::Profile;
use crate::dev_accounts::DevAccount;

/// The text or JSON that a start prints.
pub(super) struct Banner<'a> {
    pub(super) address: SocketAddr,
    pub(super) is_encrypted: bool,
    /// Where the operations listener is, if there is one.
    pub(super) operations: Option<SocketAddr>,
    /// Whether the operations listener shows metrics.
    pub(super) shows_metrics: bool,
    /// Where the metadata server is, if there is one.
    pub(super) metadata: Option<SocketAddr>,
    pub(super) profile: Profile,
    /// The accounts whose keys are shown.
    pub(super) accounts: &'a [DevAccount],
    pub(super) now: Timestamp,
}

impl Banner<'_> {
    fn base(&self) -> String {
        format!("{}://{}", if self.is_encrypted { "https" } else { "http" }, self.address)
    }

    /// The same content as JSON, without the commands to paste.
    pub(super) fn as_json(&self) -> Value {
        let accounts: Vec<_> = self.accounts.iter().map(account_json).collect();
        let url = |address: SocketAddr| format!("http://{address}");
        let (operations, metadata) = (self.operations.map(url), self.metadata.map(url));
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "operations": operations,
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
        writeln!(f, "Derslik {} serves on {base}", env!("CARGO_PKG_VERSION"))?;
        writeln!(f)?;
        writeln!(f, "  sessions  {base}/xapi/v2  (also {base}/api/groups/xapi)")?;
        writeln!(f, "  jobs      {base}/api/v1  (also {base}/v1)")?;
        writeln!(f, "  courses   {base}/v1/courses  (described at {base}/$discovery/rest?version=v1)")?;
        if self.profile == Profile::Dev {
            writeln!(f, "  docs      {base}/docs  (as OpenAPI: {base}/openapi.json)")?;
        }
        if let Some(address) = self.operations {
            let others = if self.shows_metrics { "/healthz, /version and /metrics" } else { "/healthz and /version" };
            writeln!(f, "  health    http://{address}/readyz  (also {others})")?;
        }
        if let Some(address) = self.metadata {
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

    #[test]
    fn metrics_are_named_where_the_listener_shows_them() {
        let text = |shows_metrics| {
            let address = SocketAddr::from(([127, 0, 0, 1], 8080));
            let (profile, now) = (Profile::Production, Timestamp::from_micros(0));
            let (operations, metadata) = (Some(address), None);
            let banner = Banner { address, is_encrypted: false, operations, shows_metrics, metadata, profile, accounts: &[], now };
            banner.to_string()
        };
        assert!(text(true).contains("(also /healthz, /version and /metrics)"));
        assert!(text(false).contains("(also /healthz and /version)"));
    }
}
