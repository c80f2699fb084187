//! Reads when a certificate is valid, and the name of its host. Nothing else of it is read, and no signature is checked: the library of
//! TLS does that.
//!
//! A certificate is a tree of elements in DER. Each element is a tag, a length and that many bytes.

use chrono::NaiveDateTime;
use derslik_domain::time::{Timestamp, Zone};

const SEQUENCE: u8 = 0x30;
/// The version, which certificates of version 1 do not have.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The extensions, at the end of a certificate of version 3.
const EXTENSIONS: u8 = 0xa3;
const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
/// The object identifier of the extension with the names (RFC 5280, section 4.2.1.6).
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
const DNS_NAME: u8 = 0x82;

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first instant.
    pub not_before: Timestamp,
    /// The first instant after it.
    pub not_after: Timestamp,
}

impl Validity {
    /// Why the certificate is not valid at that instant, with the date. `None` if it is.
    pub fn fault_at(self, now: Timestamp) -> Option<String> {
        let at = |instant: Timestamp| instant.in_zone(Zone::UTC);
        if now < self.not_before {
            return Some(format!("the certificate is valid from {}", at(self.not_before)));
        }
        (now >= self.not_after).then(|| format!("the certificate ended at {}", at(self.not_after)))
    }
}

/// The validity of a certificate in DER. `None` if the bytes are not a certificate.
pub(super) fn validity_of(certificate: &[u8]) -> Option<Validity> {
    let (certificate, _) = sequence(certificate)?;
    let (mut rest, _) = sequence(certificate)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.rest;
    }
    // The serial number, the algorithm of the signature and the issuer.
    for _ in 0..3 {
        rest = element(rest)?.rest;
    }
    let (validity, _) = sequence(rest)?;
    let not_before = element(validity)?;
    let not_after = element(not_before.rest)?;
    Some(Validity { not_before: time(&not_before)?, not_after: time(&not_after)? })
}

/// The first name of a host for which a certificate in DER stands, without those with a wildcard. `None` if it has none.
pub(super) fn host_of(certificate: &[u8]) -> Option<String> {
    let (certificate, _) = sequence(certificate)?;
    let (fields, _) = sequence(certificate)?;
    let extensions = elements(fields).find(|field| field.tag == EXTENSIONS)?;
    let (extensions, _) = sequence(extensions.content)?;
    let (names, _) = sequence(elements(extensions).find_map(|extension| names_in(extension.content))?)?;
    let names = elements(names).filter(|name| name.tag == DNS_NAME);
    let is_of_host = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
    let host = names.map(|name| name.content).find(|name| !name.is_empty() && name.iter().all(is_of_host))?;
    String::from_utf8(host.to_vec()).ok()
}

/// The content of an extension, if it is the one with the names.
fn names_in(extension: &[u8]) -> Option<&[u8]> {
    let mut parts = elements(extension);
    parts.next().filter(|kind| kind.tag == OBJECT_IDENTIFIER && kind.content == SUBJECT_ALT_NAME)?;
    // A mark that it is critical may stand in between.
    parts.find(|part| part.tag == OCTET_STRING).map(|part| part.content)
}

/// The elements, up to the first one that is not whole.
fn elements(mut bytes: &[u8]) -> impl Iterator<Item = Element<'_>> {
    std::iter::from_fn(move || {
        let found = element(bytes)?;
        bytes = found.rest;
        Some(found)
    })
}

struct Element<'b> {
    tag: u8,
    content: &'b [u8],
    /// The bytes after the element.
    rest: &'b [u8],
}

/// The first element.
fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (&tag, bytes) = bytes.split_first()?;
    let (&first, bytes) = bytes.split_first()?;
    let (length, bytes) = match first {
        0..=0x7f => (usize::from(first), bytes),
        // The lower bits say how many bytes the length has.
        0x81..=0x83 => {
            let (digits, bytes) = bytes.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit)), bytes)
        }
        _ => return None,
    };
    let (content, rest) = bytes.split_at_checked(length)?;
    Some(Element { tag, content, rest })
}

/// The content of the first element, and the bytes after it.
fn sequence(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let Element { tag, content, rest } = element(bytes)?;
    (tag == SEQUENCE).then_some((content, rest))
}

fn time(element: &Element<'_>) -> Option<Timestamp> {
    let text = str::from_utf8(element.content).ok()?;
    let text = match element.tag {
        GENERALIZED_TIME => text.to_owned(),
        // Two digits stand for a year from 1950 to 2049 (RFC 5280).
        UTC_TIME => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
        _ => return None,
    };
    NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok().map(|time| Timestamp::from_utc(time.and_utc()))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn both_ends_are_read_in_either_form_of_time() {
        for (from, to) in [((1975, 1, 1), (2049, 12, 31)), ((2026, 3, 7), (2150, 6, 30))] {
            let mut params = CertificateParams::new(vec!["localhost".to_owned(); 40]).unwrap();
            params.not_before = date_time_ymd(from.0, from.1, from.2);
            params.not_after = date_time_ymd(to.0, to.1, to.2);
            let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
            let text = |(year, month, day): (i32, u8, u8)| format!("{year}-{month:02}-{day:02}T00:00:00Z");
            let expected = Validity { not_before: instant(&text(from)), not_after: instant(&text(to)) };
            assert_eq!(validity_of(certificate.der()), Some(expected));
        }
    }

    #[test]
    fn a_certificate_is_at_fault_before_its_first_and_from_its_last_instant_on() {
        let validity = Validity { not_before: instant("2026-03-07T00:00:00Z"), not_after: instant("2026-06-07T00:00:00Z") };
        let fault = |at: &str| validity.fault_at(instant(at)).unwrap_or_default();
        assert!(fault("2026-03-06T23:59:59Z").starts_with("the certificate is valid from 2026-03-07"));
        assert_eq!([fault("2026-03-07T00:00:00Z"), fault("2026-06-06T23:59:59Z")], ["", ""]);
        assert!(fault("2026-06-07T00:00:00Z").starts_with("the certificate ended at 2026-06-07"));
    }

    #[test]
    fn the_first_name_of_a_host_is_read() {
        let host = |names: &[&str]| {
            let params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
            host_of(params.self_signed(&KeyPair::generate().unwrap()).unwrap().der())
        };
        assert_eq!(host(&["classroom.okul.example", "localhost"]).as_deref(), Some("classroom.okul.example"));
        assert_eq!(host(&["*.okul.example", "127.0.0.1", "localhost"]).as_deref(), Some("localhost"));
        assert_eq!([host(&["127.0.0.1", "::1"]), host(&["*.okul.example"]), host(&[])], [None, None, None]);
    }

    #[test]
    fn bytes_that_are_no_certificate_are_refused_at_any_length() {
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = certificate.self_signed(&KeyPair::generate().unwrap()).unwrap();
        for length in 0..certificate.der().len() {
            assert_eq!(validity_of(&certificate.der()[..length]), None, "{length}");
            assert_eq!(host_of(&certificate.der()[..length]), None, "{length}");
        }
        for bytes in [&b"\x30\x84\xff\xff\xff\xff"[..], b"\x30\x80", b"\x31\x00", b"\x30\x03\x30\x01\xa0"] {
            assert_eq!(validity_of(bytes), None, "{bytes:?}");
        }
    }
}
