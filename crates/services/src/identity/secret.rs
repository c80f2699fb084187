//! The secrets of credentials: how they are made, and their stored form. That is a digest to compare with. For an opaque secret,
//! a part of the digest finds it.

use derslik_domain::identity::{CredentialKind, SecretDigest};
use derslik_domain::text::hex;
use derslik_ports::inbound::operators::KeyPair;
use derslik_ports::outbound::Ids;
use sha2::{Digest, Sha256};

/// How many bytes of the digest find an opaque secret.
const PUBLIC_BYTES: usize = 16;
/// How many random bytes identify a pair of keys.
const ACCESS_KEY_BYTES: usize = 12;
/// How many bytes of the digest are the checksum of a secret.
const CHECKSUM_BYTES: usize = 4;

/// The digest of a secret.
pub(crate) fn digest(secret: &[u8]) -> SecretDigest {
    SecretDigest::new(Sha256::digest(secret).into())
}

/// The public part by which a credential is found: the presented one, or the first bytes of the digest of an opaque secret.
pub(crate) fn public_id(kind: CredentialKind, shown: &str, secret: &[u8]) -> String {
    if kind.is_opaque() { hex_of_first(digest(secret).bytes(), PUBLIC_BYTES) } else { shown.to_owned() }
}

/// The proof that a client knows the secret of an access key: the SHA-256 of both with a bar between them.
pub(crate) fn key_proof(access_key: &str, secret_key: &str) -> [u8; 32] {
    Sha256::new().chain_update(access_key).chain_update("|").chain_update(secret_key).finalize().into()
}

/// The pair of an access key and a secret key.
pub(crate) fn key_pair(access_key: &str, secret_key: &str) -> KeyPair {
    let proof = key_proof(access_key, secret_key);
    KeyPair { access_key: access_key.to_owned(), secret_key: secret_key.to_owned(), proof }
}

/// A random pair of keys of the sessions API.
pub(crate) fn new_key_pair(ids: &dyn Ids) -> KeyPair {
    let access_key = format!("derslik_ak_{}", hex_of_first(&ids.random(), ACCESS_KEY_BYTES));
    key_pair(&access_key, &new_secret("sk", &ids.random()))
}

/// A random key of the jobs API.
pub(crate) fn new_account_key(ids: &dyn Ids) -> String {
    new_secret("ok", &ids.random())
}

/// A random access token.
pub(crate) fn new_token(ids: &dyn Ids) -> String {
    new_secret("at", &ids.random())
}

/// A secret of random bytes. The prefix and the checksum let secret scanners recognise a leaked one.
fn new_secret(prefix: &str, random: &[u8; 32]) -> String {
    let secret = hex(random);
    let checksum = hex_of_first(digest(secret.as_bytes()).bytes(), CHECKSUM_BYTES);
    format!("derslik_{prefix}_{secret}_{checksum}")
}

fn hex_of_first(bytes: &[u8; 32], count: usize) -> String {
    hex(bytes.get(..count).unwrap_or(bytes))
}

#[cfg(test)]
mod tests {
    use derslik_ports::mocks::FixedIds;
    use derslik_testkit::builders::guid;

    use super::*;

    #[test]
    fn an_opaque_secret_is_found_by_the_beginning_of_its_digest() {
        assert_eq!(public_id(CredentialKind::AccessToken, "", b"demo-admin-token").len(), 32);
        assert_eq!(public_id(CredentialKind::AccessToken, "", b"abc"), "ba7816bf8f01cfea414140de5dae2223");
        assert_eq!(public_id(CredentialKind::AccessKey, "demo-access", b"abc"), "demo-access");
    }

    #[test]
    fn the_proof_of_a_key_is_the_one_that_clients_compute() {
        let keys = key_pair("demo-access", "demo-secret");
        assert_eq!(hex(&keys.proof), "0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3");
    }

    #[test]
    fn new_secrets_have_a_prefix_and_a_checksum() {
        let ids = FixedIds(guid(1));
        let random = "07".repeat(32);
        let checksum = hex_of_first(digest(random.as_bytes()).bytes(), 4);
        let keys = new_key_pair(&ids);
        assert_eq!(keys.access_key, format!("derslik_ak_{}", "07".repeat(12)));
        assert_eq!(keys.secret_key, format!("derslik_sk_{random}_{checksum}"));
        assert_eq!(keys.proof, key_proof(&keys.access_key, &keys.secret_key));
        assert_eq!(new_account_key(&ids), format!("derslik_ok_{random}_{checksum}"));
        assert_eq!(new_token(&ids), format!("derslik_at_{random}_{checksum}"));
    }

    #[test]
    fn a_key_pair_prints_without_its_secret() {
        let printed = format!("{:?}", key_pair("demo-access", "demo-secret"));
        assert!(printed.contains("demo-access") && !printed.contains("demo-secret") && !printed.contains("proof"), "{printed}");
    }
}
