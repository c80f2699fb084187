//! Judges the certificate with which the service listens.

use std::sync::Arc;

use derslik_domain::time::{Timestamp, Zone};

use super::report::Finding;
use crate::config::Config;
use crate::tls::{Certificate, Validity};

const CHECK: &str = "certificate";
const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// How many days before its end a certificate is worth a word. Automatic renewal comes earlier.
const DAYS_LEFT: u64 = 14;

/// What to do about a certificate that has ended, or ends soon.
const RENEW: &str = "renew it; the service reads the files again within two seconds of a change, or at SIGHUP";

/// Reads the files of the certificate and of its key, which must belong together. `None` without a certificate.
///
/// # Errors
/// If the service could not listen with them.
pub fn load_pair(config: &Config) -> anyhow::Result<Option<Arc<Certificate>>> {
    match (&config.tls_cert, &config.tls_key) {
        (Some(chain), Some(key)) => Certificate::load(chain, key).map(Some),
        _ => Ok(None),
    }
}

/// Judges the files, and the validity of the certificate at the present instant.
pub(super) fn judge_certificate(config: &Config, now: Timestamp) -> Finding {
    match load_pair(config) {
        Ok(None) => Finding::ok(CHECK, "there is no certificate: the service speaks plain HTTP"),
        Ok(Some(certificate)) => judge_validity(&certificate, now),
        Err(error) => {
            Finding::problem(CHECK, format!("{error:#}"), "name the chain in tls_cert and its own key in tls_key, both as PEM files")
        }
    }
}

/// Judges when a certificate is valid.
pub fn judge_validity(certificate: &Certificate, now: Timestamp) -> Finding {
    match certificate.validity() {
        Some(validity) => judge(validity, now),
        None => Finding::warning(CHECK, "can't tell when the certificate ends", "look with `openssl x509 -enddate`"),
    }
}

fn judge(validity: Validity, now: Timestamp) -> Finding {
    if let Some(fault) = validity.fault_at(now) {
        return Finding::problem(CHECK, fault, RENEW);
    }
    let days = validity.not_after.since(now).as_secs() / SECONDS_OF_A_DAY;
    let found = format!("the certificate ends in {days} days, at {}", validity.not_after.in_zone(Zone::UTC));
    if days < DAYS_LEFT { Finding::warning(CHECK, found, RENEW) } else { Finding::ok(CHECK, found) }
}

#[cfg(test)]
mod tests {
    use derslik_testkit::builders::now;

    use super::*;
    use crate::doctor::report::State;

    fn state(minutes_since_start: i64, minutes_to_end: i64) -> State {
        let validity = Validity { not_before: now().minutes_before(minutes_since_start), not_after: now().minutes_before(-minutes_to_end) };
        judge(validity, now()).state
    }

    #[test]
    fn a_certificate_is_judged_by_the_days_that_are_left() {
        const DAY: i64 = 24 * 60;
        assert_eq!(state(DAY, 15 * DAY), State::Ok);
        assert_eq!(state(0, 14 * DAY), State::Ok);
        assert_eq!(state(DAY, 13 * DAY), State::Warning);
        assert_eq!(state(DAY, 0), State::Problem);
        assert_eq!(state(DAY, -1), State::Problem);
        assert_eq!(state(-1, DAY), State::Problem);
        let validity = Validity { not_before: now().minutes_before(DAY), not_after: now().minutes_before(-DAY) };
        let fix = judge(validity, now()).fix.unwrap();
        assert!(["renew", "within two seconds", "SIGHUP"].iter().all(|part| fix.contains(part)), "{fix}");
    }
}
