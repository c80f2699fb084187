//! The settings of the operations listener.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{anyhow, bail, ensure};
use derslik_operations::{Access, MetricsToken};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{Config, Profile, Secret, values};

/// The word that turns the listener off.
const OFF: &str = "off";

/// The least length of a token, in bytes.
const MIN_TOKEN: usize = 16;

/// The operations listener.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct OpsConfig {
    /// The address and port of the operations listener, or `off`. Without one, `serve` takes 127.0.0.1 and the port after that of
    /// `listen` (8081; a free one if that is 0), and `worker` has no such listener. With `off`, a service of profile `dev` keeps no
    /// journal of requests and injects no faults into them. See [Health and readiness](OPERATIONS.md#health-and-readiness). Flag
    /// `--ops-listen`.
    pub listen: Option<String>,
    /// Names by which the operations listener may be called besides `localhost` and loopback addresses, without ports: a list such
    /// as `["ops.okul.example"]`. For a listener on a loopback address.
    #[serde(deserialize_with = "values::list")]
    pub hosts: Vec<String>,
    /// The token that `/metrics` asks for, as `Authorization: Bearer …`: a [secret](#secrets) of at least 16 bytes. Without it
    /// `/metrics` is open on a loopback address and absent on any other.
    pub metrics_token: Option<Secret>,
    /// How long `serve` goes on taking requests after it was told to stop, while `/readyz` already answers 503, so that a load balancer
    /// notices first. `http.grace_seconds` begins afterwards.
    #[validate(range(max = 600))]
    pub drain_seconds: u64,
}

/// Where the operations listener is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Where the kind of the process has it.
    Default,
    Off,
    At(SocketAddr),
}

/// Reads the place of the operations listener.
///
/// # Errors
/// A text that says what it must look like.
pub fn read_ops_listen(text: &str) -> Result<String, String> {
    place(Some(text)).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn place(text: Option<&str>) -> anyhow::Result<Place> {
    match text {
        None => Ok(Place::Default),
        Some(OFF) => Ok(Place::Off),
        Some(text) => {
            let address = text.parse().map_err(|_| anyhow!("ops.listen is {text:?}, and {}, or {OFF}", values::address_problem(text)))?;
            Ok(Place::At(address))
        }
    }
}

impl OpsConfig {
    /// Each setting with the result of its check.
    pub(super) fn check(&self) -> [(&'static str, anyhow::Result<()>); 3] {
        [
            ("ops.listen", place(self.listen.as_deref()).map(drop)),
            ("ops.hosts", self.hosts.iter().try_for_each(|host| check_host(host))),
            ("ops.metrics_token", self.metrics_token.as_ref().map_or(Ok(()), check_token)),
        ]
    }

    /// How long the process still takes requests after it was told to stop.
    pub const fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

fn check_host(host: &str) -> anyhow::Result<()> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "-._[]:".contains(letter);
    let is_address = host.starts_with('[') && host.ends_with(']');
    if host.is_empty() || !host.chars().all(is_name) || host.contains(':') && !is_address {
        bail!("ops.hosts must hold names as ops.okul.example, without a scheme and a port, not {host:?}");
    }
    Ok(())
}

fn check_token(token: &Secret) -> anyhow::Result<()> {
    ensure!(token.reveal().len() >= MIN_TOKEN, "ops.metrics_token must have at least {MIN_TOKEN} bytes");
    ensure!(token.reveal().bytes().all(|byte| byte.is_ascii_graphic()), "ops.metrics_token must be printable ASCII without spaces");
    Ok(())
}

impl Config {
    /// The address of the operations listener of `serve`; `None` for none.
    ///
    /// # Errors
    /// If the setting is not an address.
    pub fn ops_of_serve(&self) -> anyhow::Result<Option<SocketAddr>> {
        Ok(match place(self.ops.listen.as_deref())? {
            Place::Default => Some(beside(self.listen.port())),
            Place::Off => None,
            Place::At(address) => Some(address),
        })
    }

    /// The address of the operations listener of `worker`; `None` for none.
    ///
    /// # Errors
    /// If the setting is not an address.
    pub fn ops_of_worker(&self) -> anyhow::Result<Option<SocketAddr>> {
        Ok(match place(self.ops.listen.as_deref())? {
            Place::Default | Place::Off => None,
            Place::At(address) => Some(address),
        })
    }

    /// Which parts of the operations listener answer on that address, and to whom.
    pub fn ops_access(&self, address: IpAddr) -> Access {
        let token = self.ops.metrics_token.as_ref().map(|token| MetricsToken::new(token.reveal()));
        let is_remote_allowed = self.profile == Profile::Dev && self.dev.allow_remote;
        let access = Access::new(address, &self.ops.hosts, token, is_remote_allowed);
        let is_open = self.console.enabled && (access.is_control_open() || self.console.allow_remote);
        access.with_console(is_open, self.console.origin().ok().flatten())
    }
}

/// The default address beside a service on that port.
fn beside(port: u16) -> SocketAddr {
    let port = match port {
        0 => 0,
        u16::MAX => port - 1,
        port => port + 1,
    };
    (Ipv4Addr::LOCALHOST, port).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listen: &str, ops: Option<&str>) -> Config {
        let ops = OpsConfig { listen: ops.map(str::to_owned), ..OpsConfig::default() };
        Config { listen: listen.parse().unwrap(), ops, ..Config::default() }
    }

    fn of_serve(listen: &str, ops: Option<&str>) -> Option<String> {
        config(listen, ops).ops_of_serve().unwrap().map(|address| address.to_string())
    }

    #[test]
    fn serve_has_a_listener_beside_its_own_port_unless_told_otherwise() {
        for (listen, expected) in [
            ("127.0.0.1:8080", "127.0.0.1:8081"),
            ("0.0.0.0:443", "127.0.0.1:444"),
            ("[::]:0", "127.0.0.1:0"),
            ("127.0.0.1:65535", "127.0.0.1:65534"),
        ] {
            assert_eq!(of_serve(listen, None).as_deref(), Some(expected), "{listen}");
        }
        assert_eq!(of_serve("127.0.0.1:0", Some("0.0.0.0:9000")).as_deref(), Some("0.0.0.0:9000"));
        assert_eq!(of_serve("127.0.0.1:0", Some("off")), None);
    }

    #[test]
    fn a_worker_has_a_listener_where_one_is_named() {
        let of_worker = |ops| config("127.0.0.1:8080", ops).ops_of_worker().unwrap().map(|address| address.to_string());
        assert_eq!([of_worker(None), of_worker(Some("off"))], [None, None]);
        assert_eq!(of_worker(Some("127.0.0.1:8082")).as_deref(), Some("127.0.0.1:8082"));
    }

    #[test]
    fn what_can_not_be_used_is_refused() {
        let refused = |ops: OpsConfig| {
            let problems = ops.check().into_iter().filter_map(|(setting, checked)| Some((setting, checked.err()?.to_string())));
            problems.collect::<Vec<_>>()
        };
        let ops = OpsConfig::default;
        assert!(refused(ops()).is_empty());
        let listen = refused(OpsConfig { listen: Some(":8081".to_owned()), ..ops() });
        assert!(listen.iter().any(|(setting, text)| *setting == "ops.listen" && text.contains("127.0.0.1:8081, or off")), "{listen:?}");
        for host in ["", "http://okul.example", "okul.example:80", "a b"] {
            assert_eq!(refused(OpsConfig { hosts: vec![host.to_owned()], ..ops() }).len(), 1, "{host}");
        }
        for host in ["ops.okul.example", "derslik-2", "[fd00::1]"] {
            assert!(refused(OpsConfig { hosts: vec![host.to_owned()], ..ops() }).is_empty(), "{host}");
        }
        for (token, is_taken) in [("short", false), ("sixteen-bytes-16", true), ("with spaces in it, and long", false)] {
            let problems = refused(OpsConfig { metrics_token: Some(Secret::new(token)), ..ops() });
            assert_eq!(problems.is_empty(), is_taken, "{token}");
            assert!(!format!("{problems:?}").contains(token), "{problems:?}");
        }
    }

    #[test]
    fn other_machines_get_control_in_profile_dev_and_with_its_leave_alone() {
        let is_open = |profile, allow_remote| {
            let config = Config { profile, dev: super::super::DevConfig { allow_remote }, ..Config::default() };
            config.ops_access(IpAddr::from([0, 0, 0, 0])).is_control_open()
        };
        assert!(is_open(Profile::Dev, true));
        assert!(!is_open(Profile::Dev, false) && !is_open(Profile::Production, true));
    }
}
