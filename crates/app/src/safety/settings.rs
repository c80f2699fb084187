//! Settings that do not exist, and settings that only profile `dev` may have.

use super::{Purpose, Violation};
use crate::config::{Loaded, Unknown};

/// Each setting that does not exist, with the nearest one that does.
pub(super) fn unknown(loaded: &Loaded, _: Purpose) -> Vec<Violation> {
    loaded.origins.unknown().iter().map(unknown_one).collect()
}

fn unknown_one(unknown: &Unknown) -> Violation {
    let problem = match &unknown.origin {
        Some(origin) => format!("unknown setting ({origin})"),
        None => "unknown setting".to_owned(),
    };
    let fix = match &unknown.nearest {
        _ if is_of_kubernetes(&unknown.setting) => {
            "Kubernetes sets it for a service called derslik or derslik-...: set enableServiceLinks: false in the pod, or rename the service"
                .to_owned()
        }
        Some(nearest) => format!("did you mean {nearest}? If not, take it away"),
        None => "take it away: docs/CONFIG.md lists the settings".to_owned(),
    };
    Violation::new(&unknown.setting, problem, fix)
}

/// Whether the name is one that Kubernetes gives to the variables of a service called `derslik` or `derslik-…`, such as
/// `DERSLIK_SERVICE_HOST` and `DERSLIK_DB_PORT_5432_TCP`.
fn is_of_kubernetes(setting: &str) -> bool {
    let has_port_number = setting.split("port_").skip(1).any(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()));
    setting == "port" || has_port_number || ["service_host", "service_port"].iter().any(|part| setting.contains(part))
}

/// The settings that make credentials or the clock false.
pub(super) fn of_dev(loaded: &Loaded, purpose: Purpose) -> Vec<Violation> {
    let config = &loaded.config;
    let mut problems = Vec::new();
    if config.fixed_dev_keys && purpose == Purpose::Serve {
        problems.push(Violation::new("fixed_dev_keys", "it makes publicly known credentials", "take it away, or use profile dev"));
    }
    if config.dev_clock.is_some() {
        problems.push(Violation::new("dev_clock", "it sets a false time", "take it away, or use profile dev"));
    }
    if config.id_seed.is_some() {
        problems.push(Violation::new("id_seed", "it makes ids that can be foretold", "take it away, or use profile dev"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::*;

    #[test]
    fn an_unknown_setting_is_named_with_its_file_and_the_nearest_setting() {
        let findings = found("unknown_setting", "[http]\nworker = 1\n[databse]\nconnections = 4\n", Purpose::Migrate);
        let texts: Vec<_> = findings.iter().map(|finding| format!("{}: {} {}", finding.setting, finding.problem, finding.fix)).collect();
        assert_eq!(texts.len(), 2, "{texts:?}");
        for (setting, nearest) in [("databse.connections", "database.connections"), ("http.worker", "http.workers")] {
            let named = |text: &&String| text.starts_with(setting) && text.contains("derslik.toml") && text.contains(nearest);
            assert!(texts.iter().any(|text| named(&text)), "{texts:?}");
        }
        let far = found("unknown_setting", "favourite_colour = 1\n", Purpose::Serve);
        assert!(far.iter().all(|finding| finding.fix.contains("CONFIG.md")), "{far:?}");
    }

    #[test]
    fn variables_that_kubernetes_sets_are_explained_as_such() {
        for (setting, is_its) in [
            ("port_8080_tcp", true),
            ("port", true),
            ("service_host", true),
            ("db_port_5432_tcp_addr", true),
            ("db_service_port_http", true),
            ("sport", false),
            ("http_port_number", false),
        ] {
            let unknown = Unknown { setting: setting.to_owned(), origin: None, nearest: Some("listen".to_owned()) };
            assert_eq!(unknown_one(&unknown).fix.contains("enableServiceLinks"), is_its, "{setting}");
        }
    }

    #[test]
    fn known_credentials_and_a_false_clock_are_for_profile_dev() {
        let settings = "fixed_dev_keys = true\ndev_clock = \"2025-02-06T16:07:35Z\"\n";
        let named = |profile: &str, purpose| {
            let findings = found("dev_setting", &format!("profile = \"{profile}\"\n{settings}"), purpose);
            findings.into_iter().map(|finding| finding.setting).collect::<Vec<_>>()
        };
        assert_eq!(named("production", Purpose::Serve), ["fixed_dev_keys", "dev_clock"]);
        assert_eq!(named("production", Purpose::Work), ["dev_clock"]);
        assert!(named("production", Purpose::Migrate).is_empty() && named("dev", Purpose::Serve).is_empty());
    }
}
