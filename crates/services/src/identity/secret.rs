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
    digest(secret).bytes().iter().take(PUBLIC_BYTES).map(|byte| char_pair(*byte)).fold(String::new(), |mut id, [high, low]| {
        id.push(high);
        id.push(low);
        id
    })
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
