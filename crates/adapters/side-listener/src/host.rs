//! The host that a client names. Listeners judge requests by it, so a text that is not exactly a host names none.

use std::net::Ipv6Addr;

/// The most bytes of a name.
const MAX_NAME: usize = 253;

/// The most bytes between two dots of a name.
const MAX_LABEL: usize = 63;

/// The name or the address in a text such as `okul.example`, `127.0.0.1:8080` or `[::1]:8080`, without brackets and port. `None` for any
/// other text: nothing may follow a host but a port from 1 to 65 535, in the form in which browsers write it.
pub fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        host.parse::<Ipv6Addr>().ok()?;
        if after.is_empty() { (host, None) } else { (host, Some(after.strip_prefix(':')?)) }
    } else {
        let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
        is_name(host).then_some((host, port))?
    };
    port.is_none_or(is_port).then_some(host)
}

/// Whether a text is a name, or an address of version 4. A dot may stand at its end.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    text.len() <= MAX_NAME && text.strip_suffix('.').unwrap_or(text).split('.').all(is_label)
}

/// Whether a text is a port as browsers write it: without a sign, and without zeros in front.
fn is_port(text: &str) -> bool {
    text.starts_with(|first: char| ('1'..='9').contains(&first))
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_stands_with_and_without_a_port() {
        for (authority, host) in [
            ("localhost", "localhost"),
            ("Okul.example:8443", "Okul.example"),
            ("okul.example.", "okul.example."),
            ("derslik_2:80", "derslik_2"),
            ("127.0.0.1:65535", "127.0.0.1"),
            ("[::1]", "::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[::ffff:127.0.0.1]:1", "::ffff:127.0.0.1"),
        ] {
            assert_eq!(host_of(authority), Some(host), "{authority}");
        }
    }

    #[test]
    fn any_other_text_names_no_host() {
        let (label, name) = ("a".repeat(64), "a.".repeat(127));
        for authority in [
            "",
            ":80",
            ".",
            "..",
            "okul..example",
            "okul.example:",
            "okul.example:abc",
            "okul.example:0",
            "okul.example:0443",
            "okul.example:+80",
            "okul.example:99999",
            "okul.example:80:evil",
            "localhost:x.evil.example",
            "user@okul.example",
            "okul.example/x",
            "a b",
            "a\"b",
            "okul.örnek",
            "::1",
            "[::1",
            "[::1]evil.example",
            "[::1]:",
            "[127.0.0.1]",
            "[127.0.0.1]evil.example",
            "[fe80::1%25eth0]",
            "[]",
            label.as_str(),
            name.as_str(),
        ] {
            assert_eq!(host_of(authority), None, "{authority}");
        }
    }
}
