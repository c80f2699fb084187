//! Whether credentials would cross a network in the clear, or be given to every machine in it.

use super::{Purpose, Violation};
use crate::config::{Loaded, Profile};

/// An address that other machines reach, without TLS.
pub(super) fn plaintext(loaded: &Loaded, _: Purpose) -> Vec<Violation> {
    let config = &loaded.config;
    let is_local = config.listen.ip().to_canonical().is_loopback();
    if is_local || config.tls_cert.is_some() || config.http.plaintext {
        return Vec::new();
    }
    vec![Violation::new(
        "listen",
        format!("other machines reach {}, which is without TLS", config.listen),
        "set tls_cert and tls_key, or listen on 127.0.0.1; http.plaintext = true says that a proxy or a private network stands in front",
    )]
}

/// A metadata server that other machines reach: it asks for no credential.
pub(super) fn metadata(loaded: &Loaded, _: Purpose) -> Vec<Violation> {
    let config = &loaded.config;
    let address = config.metadata.address().ok().flatten().filter(|address| !address.ip().to_canonical().is_loopback());
    let Some(address) = address.filter(|_| !(config.profile == Profile::Dev && config.dev.allow_remote)) else { return Vec::new() };
    let fix = match config.profile {
        Profile::Production => "listen on 127.0.0.1, or take metadata.listen away",
        Profile::Dev => "listen on 127.0.0.1, or set dev.allow_remote to true",
    };
    vec![Violation::new("metadata.listen", format!("every program that reaches {address} gets tokens"), fix)]
}

/// A console whose admins would send their passwords in the clear: to an address that other machines reach, or to a proxy without TLS.
pub(super) fn console(loaded: &Loaded, _: Purpose) -> Vec<Violation> {
    let config = &loaded.config;
    let address = config.ops_of_serve().ok().flatten().filter(|address| config.ops_access(address.ip()).is_console_open());
    let Some(address) = address.filter(|_| !config.console.is_https()) else { return Vec::new() };
    match &config.console.url {
        Some(url) if !config.console.is_of_this_machine() => {
            let fix = "name the https:// URL of a proxy with TLS, or take console.url away and reach the console through an SSH tunnel";
            vec![Violation::new("console.url", format!("passwords of admins would cross the network to {url} in the clear"), fix)]
        }
        _ if !address.ip().to_canonical().is_loopback() => {
            let fix = "put a proxy with TLS in front and name its https:// URL in console.url, or take console.allow_remote away";
            let problem = format!("passwords of admins would cross the network to {address} in the clear");
            vec![Violation::new("console.allow_remote", problem, fix)]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::*;

    #[test]
    fn a_metadata_server_is_for_this_machine_alone_unless_a_test_says_otherwise() {
        let count = |head: &str, listen: &str| {
            let account = "timetable@10001.iam.derslik.internal";
            let metadata = format!("[metadata]\nlisten = \"{listen}\"\nservice_account = \"{account}\"\n");
            found("metadata", &format!("{head}{metadata}"), Purpose::Serve).len()
        };
        for head in ["", "profile = \"production\"\n", "profile = \"production\"\n[dev]\nallow_remote = true\n"] {
            assert_eq!([count(head, "127.0.0.1:8082"), count(head, "[::1]:8082")], [0, 0], "{head}");
            assert_eq!([count(head, "0.0.0.0:8082"), count(head, "169.254.169.254:80")], [1, 1], "{head}");
        }
        assert_eq!(count("[dev]\nallow_remote = true\n", "0.0.0.0:8082"), 0);
    }

    #[test]
    fn passwords_of_admins_cross_no_network_in_the_clear() {
        let wrong = |ops: &str, console: &str| {
            let settings = format!("profile = \"production\"\n[ops]\nlisten = \"{ops}\"\n[console]\n{console}");
            found("console", &settings, Purpose::Serve).into_iter().map(|finding| finding.setting).collect::<Vec<_>>()
        };
        let (open, https) = ("allow_remote = true\n", "url = \"https://ops.okul.example\"\n");
        for elsewhere in ["0.0.0.0:8081", "[::]:8081", "10.0.0.7:8081"] {
            assert_eq!(wrong(elsewhere, open), ["console.allow_remote"], "{elsewhere}");
            assert_eq!(wrong(elsewhere, &format!("{open}url = \"http://localhost:8081\"\n")), ["console.allow_remote"], "{elsewhere}");
            assert_eq!(wrong(elsewhere, &format!("{open}url = \"http://ops.okul.example\"\n")), ["console.url"], "{elsewhere}");
            for safe in ["", https, &format!("{open}{https}"), "enabled = false\nallow_remote = true\n"] {
                assert_eq!(wrong(elsewhere, safe), [""; 0], "{elsewhere}: {safe}");
            }
        }
        for here in ["127.0.0.1:8081", "[::1]:8081"] {
            assert_eq!(wrong(here, "url = \"http://ops.okul.example\"\n"), ["console.url"], "{here}");
            for safe in ["", open, https, "url = \"http://127.0.0.1:9000\"\n"] {
                assert_eq!(wrong(here, safe), [""; 0], "{here}: {safe}");
            }
        }
        assert_eq!(wrong("off", open), [""; 0]);
    }

    #[test]
    fn an_address_that_others_reach_needs_tls_or_the_word_of_the_operator() {
        let count = |settings: &str| found("plaintext", &format!("profile = \"production\"\n{settings}"), Purpose::Serve).len();
        for open in ["0.0.0.0:8080", "[::]:8080", "10.0.0.7:80", "[::ffff:10.0.0.7]:80"] {
            assert_eq!(count(&format!("listen = \"{open}\"\n")), 1, "{open}");
            assert_eq!(count(&format!("listen = \"{open}\"\n[http]\nplaintext = true\n")), 0, "{open}");
            assert_eq!(count(&format!("listen = \"{open}\"\ntls_cert = \"a\"\ntls_key = \"b\"\n")), 0, "{open}");
        }
        for local in ["127.0.0.1:8080", "127.9.9.9:80", "[::1]:8080", "[::ffff:127.0.0.1]:8080"] {
            assert_eq!(count(&format!("listen = \"{local}\"\n")), 0, "{local}");
        }
        assert_eq!(found("plaintext", "profile = \"production\"\nlisten = \"0.0.0.0:1\"\n", Purpose::Work).len(), 0);
    }
}
