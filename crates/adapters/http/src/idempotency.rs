//! The header `Idempotency-Key` in all dialects: the key, and the digest of its request. A dialect decides which parts of a
//! request decide its effect and its answer, and how the answer looks.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use derslik_domain::idempotency::{Answer, IdempotencyKey, RequestDigest};
use derslik_ports::inbound::IdempotentRequest;
use sha2::{Digest, Sha256};

/// The header that holds the key.
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The name and the value of the header that marks a replay.
pub(crate) const REPLAYED: (&str, &str) = ("idempotent-replayed", "true");

/// The `Idempotency-Key` header of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum KeyHeader {
    /// There is no such header.
    #[default]
    Missing,
    /// One valid key.
    Key(IdempotencyKey),
    /// An invalid key, or several keys.
    Bad,
}

impl KeyHeader {
    /// The key in the headers of a request.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self::read(headers.get_all(KEY).map(HeaderValue::as_bytes))
    }

    /// Reads the values of the header.
    pub(crate) fn read<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Missing,
            (Some(value), None) => {
                let key = std::str::from_utf8(value).ok().and_then(|text| IdempotencyKey::parse(text).ok());
                key.map_or(Self::Bad, Self::Key)
            }
            (Some(_), Some(_)) => Self::Bad,
        }
    }
}

/// The key of a request, with a digest of everything that decides its effect and its answer.
#[derive(Debug, Clone)]
pub(crate) struct RequestKey {
    key: IdempotencyKey,
    digest: RequestDigest,
}

impl RequestKey {
    /// The key of a request that consists of these parts.
    pub(crate) fn new<'a>(key: IdempotencyKey, parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            // The lengths separate the parts from one another.
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
        Self { key, digest: RequestDigest::new(digest.finalize().into()) }
    }

    /// The digest of the request.
    #[cfg(test)]
    pub(crate) const fn digest(&self) -> RequestDigest {
        self.digest
    }

    /// The idempotent request with this key. `render` makes the answer of its outcome.
    pub(crate) fn into_request<T>(self, render: impl FnOnce(&T) -> Answer + Send + 'static) -> IdempotentRequest<T> {
        IdempotentRequest { key: self.key, request: self.digest, render: Box::new(render) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(parts: &[&str]) -> RequestDigest {
        RequestKey::new(IdempotencyKey::parse("k").unwrap(), parts.iter().map(|part| part.as_bytes())).digest()
    }

    #[test]
    fn a_header_holds_one_key() {
        assert_eq!(KeyHeader::read([]), KeyHeader::Missing);
        assert_eq!(KeyHeader::read([b" a b ".as_slice()]), KeyHeader::Key(IdempotencyKey::parse("a b").unwrap()));
        for bad in [&[b"".as_slice()][..], &[b"\xff"], &["ş".as_bytes()], &[b"a", b"b"]] {
            assert_eq!(KeyHeader::read(bad.iter().copied()), KeyHeader::Bad);
        }
    }

    #[test]
    fn parts_do_not_run_into_one_another() {
        assert_eq!(digest(&["ab", "c"]), digest(&["ab", "c"]));
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_ne!(digest(&["ab", ""]), digest(&["ab"]));
    }
}
