//! Whether credentials would cross a network in the clear.

use super::{Purpose, Violation};
use crate::config::Loaded;

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

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::*;

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
