//! What of a secret is stored: a digest to compare with, and where all of it is secret, a part of the digest to find it by.

use derslik_domain::identity::{CredentialKind, SecretDigest};
use sha2::{Digest, Sha256};

/// How many bytes of the digest of an opaque secret find it.
const PUBLIC_BYTES: usize = 16;

/// The digest of a secret.
pub(super) fn digest(secret: &[u8]) -> SecretDigest {
    SecretDigest::new(Sha256::digest(secret).into())
}

/// By what a credential is found: the public part that was shown, or the beginning of the digest of an opaque secret.
pub(super) fn public_id(kind: CredentialKind, shown: &str, secret: &[u8]) -> String {
    if !kind.is_opaque() {
        return shown.to_owned();
    }
    hex(digest(secret).bytes().iter().take(PUBLIC_BYTES))
}

/// A token of random bytes. The prefix and the checksum at the end let programs that look for leaked secrets recognise it.
pub(super) fn new_token(random: &[u8; 32]) -> String {
    let secret = hex(random.iter());
    let checksum = hex(digest(secret.as_bytes()).bytes().iter().take(4));
    format!("derslik_at_{secret}_{checksum}")
}

fn hex<'a>(bytes: impl Iterator<Item = &'a u8>) -> String {
    bytes.flat_map(|byte| char_pair(*byte)).collect()
}

fn char_pair(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opaque_secret_is_found_by_the_beginning_of_its_digest() {
        assert_eq!(public_id(CredentialKind::AccessToken, "", b"demo-admin-token").len(), 32);
        assert_eq!(public_id(CredentialKind::AccessToken, "", b"abc"), "ba7816bf8f01cfea414140de5dae2223");
        assert_eq!(public_id(CredentialKind::PerculusKey, "demo-access", b"abc"), "demo-access");
    }
}
