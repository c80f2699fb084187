//! Judges the certificate with which the service listens.

use derslik_domain::time::{Timestamp, Zone};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::report::Finding;
use super::validity::{Validity, validity_of};
use crate::config::Config;
use crate::tls::Certificate;

const CHECK: &str = "certificate";
const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// How many days before its end a certificate is worth a word. Automatic renewal comes earlier.
const DAYS_LEFT: u64 = 14;

/// Checks that the files of the certificate and of its key can be read, and belong together. Without a certificate all is well.
///
/// # Errors
/// If the service could not listen with them.
pub fn check_pair(config: &Config) -> anyhow::Result<()> {
    match (&config.tls_cert, &config.tls_key) {
        (Some(chain), Some(key)) => Certificate::load(chain, key).map(drop),
        _ => Ok(()),
    }
}

/// Judges the files, and the validity of the certificate at the present instant.
pub(super) fn judge_certificate(config: &Config, now: Timestamp) -> Finding {
    let Some(chain) = &config.tls_cert else {
        return Finding::ok(CHECK, "there is no certificate: the service speaks plain HTTP");
    };
    if let Err(error) = check_pair(config) {
        return Finding::problem(CHECK, format!("{error:#}"), "name the chain in tls_cert and its own key in tls_key, both as PEM files");
    }
    let leaf = CertificateDer::pem_file_iter(chain).ok().and_then(|mut chain| chain.next()?.ok());
    match leaf.and_then(|leaf| validity_of(&leaf)) {
        Some(validity) => judge_validity(validity, now),
        None => Finding::warning(CHECK, "can't tell when the certificate ends", "look with `openssl x509 -enddate`"),
    }
}

fn judge_validity(validity: Validity, now: Timestamp) -> Finding {
    let renew = "renew it; the service reads the files again within two seconds of a change, or at SIGHUP";
    let at = |instant: Timestamp| instant.in_zone(Zone::UTC).to_string();
    if now < validity.not_before {
        return Finding::problem(CHECK, format!("the certificate is valid from {}", at(validity.not_before)), renew);
    }
    if now >= validity.not_after {
        return Finding::problem(CHECK, format!("the certificate ended at {}", at(validity.not_after)), renew);
    }
    let days = validity.not_after.since(now).as_secs() / SECONDS_OF_A_DAY;
    let found = format!("the certificate ends in {days} days, at {}", at(validity.not_after));
    if days < DAYS_LEFT { Finding::warning(CHECK, found, renew) } else { Finding::ok(CHECK, found) }
}

#[cfg(test)]
mod tests {
    use derslik_testkit::builders::now;

    use super::*;
    use crate::doctor::report::State;

    fn state(minutes_since_start: i64, minutes_to_end: i64) -> State {
        let validity = Validity { not_before: now().minutes_before(minutes_since_start), not_after: now().minutes_before(-minutes_to_end) };
        judge_validity(validity, now()).state
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
        let fix = judge_validity(validity, now()).fix.unwrap();
        assert!(["renew", "within two seconds", "SIGHUP"].iter().all(|part| fix.contains(part)), "{fix}");
    }
}
