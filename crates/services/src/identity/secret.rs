//! The stored form of a secret: a digest to compare with. For an opaque secret, a part of the digest finds it.

use derslik_domain::identity::{CredentialKind, SecretDigest};
use sha2::{Digest, Sha256};

/// How many bytes of the digest find an opaque secret.
const PUBLIC_BYTES: usize = 16;

/// The digest of a secret.
pub(super) fn digest(secret: &[u8]) -> SecretDigest {
    SecretDigest::new(Sha256::digest(secret).into())
}

/// The public part by which a credential is found: the presented one, or the first bytes of the digest of an opaque secret.
pub(super) fn public_id(kind: CredentialKind, shown: &str, secret: &[u8]) -> String {
    if !kind.is_opaque() {
        return shown.to_owned();
    }
    hex(digest(secret).bytes().iter().take(PUBLIC_BYTES))
}

/// A token of random bytes. The prefix and the checksum let secret scanners recognise a leaked token.
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
        assert_eq!(public_id(CredentialKind::AccessKey, "demo-access", b"abc"), "demo-access");
    }
}
