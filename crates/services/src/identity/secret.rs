//! The secrets of credentials: how they are made, how their texts are read, and their stored form. That is a digest to compare
//! with. An opaque secret is found by the public part that its text names, or by a part of its digest if its text names none.
//!
//! | text | what it is |
//! |---|---|
//! | `derslik_ak_<public id>_<checksum>` | an access key, public as a whole |
//! | `derslik_sk_<secret>_<old checksum>` | the secret key of a pair, which clients never send |
//! | `derslik_ok_<public id>_<secret>_<checksum>` | an account key |
//! | `derslik_at_<public id>_<secret>_<checksum>` | an access token |
//! | `derslik_rt_<public id>_<secret>_<checksum>` | a refresh token |
//! | `derslik_cs_<secret>_<old checksum>` | the secret of the client that holds a refresh token |
//! | `derslik_si_<secret>_<checksum>` | the token of a sign-in of an admin |
//! | `derslik_ak_<public id>`, `derslik_ok_<secret>_<old checksum>`, `derslik_at_<secret>_<old checksum>` | those of earlier programs |
//!
//! A public id has 24 hexadecimal digits in lower case, a secret 64, and a checksum 8. A checksum is the beginning of the SHA-256
//! of the text before it, without the last underscore; an old one is that of the secret alone. It lets scanners recognise a leaked
//! secret, and it shows a mistyped one without a look into the database. It proves nothing, since everyone can compute it.

use derslik_domain::identity::{CredentialKind, SecretDigest};
use derslik_domain::text::hex;
use derslik_ports::inbound::operators::KeyPair;
use derslik_ports::outbound::Ids;
use sha2::{Digest, Sha256};

/// The beginning of every text that this program makes.
const PREFIX: &str = "derslik_";
/// How many bytes of the digest find an opaque secret whose text names no public id.
const DIGEST_ID_BYTES: usize = 16;
/// How many random bytes identify a credential.
const PUBLIC_BYTES: usize = 12;
/// How many random bytes prove it.
const SECRET_BYTES: usize = 32;
/// How many bytes of the digest are the checksum of a secret.
const CHECKSUM_BYTES: usize = 4;

/// The digest of a secret.
pub(crate) fn digest(secret: &[u8]) -> SecretDigest {
    SecretDigest::new(Sha256::digest(secret).into())
}

/// What the text of a key or token says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape<'a> {
    /// It names the public part of its credential.
    WithId(&'a str),
    /// It was made by an earlier program or by someone else, and names no public part.
    WithoutId,
}

/// A text with the prefix of this program that has none of its forms, or a wrong checksum. No credential has such a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Reads the text of a credential: the access key of a pair, or an opaque secret. A text without the prefix of this program may
/// be any credential, since operators choose the keys of some accounts.
pub(crate) fn shape(kind: CredentialKind, text: &[u8]) -> Result<Shape<'_>, Malformed> {
    if !text.starts_with(PREFIX.as_bytes()) {
        return Ok(Shape::WithoutId);
    }
    let text = std::str::from_utf8(text).map_err(|_| Malformed)?;
    let rest = text.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix(tag(kind))).and_then(|rest| rest.strip_prefix('_'));
    let parts: Vec<&str> = rest.ok_or(Malformed)?.split('_').collect();
    match (kind, parts.as_slice()) {
        (CredentialKind::AccessKey, [id]) if is_hex(id, PUBLIC_BYTES) => Ok(Shape::WithoutId),
        (CredentialKind::AccessKey, [id, checksum]) if is_hex(id, PUBLIC_BYTES) && is_checked(text, checksum) => Ok(Shape::WithId(text)),
        (CredentialKind::AccountKey | CredentialKind::AccessToken, [secret, sum])
            if is_hex(secret, SECRET_BYTES) && *sum == checksum(secret) =>
        {
            Ok(Shape::WithoutId)
        }
        (CredentialKind::AccountKey | CredentialKind::AccessToken, [id, secret, checksum])
            if is_hex(id, PUBLIC_BYTES) && is_hex(secret, SECRET_BYTES) && is_checked(text, checksum) =>
        {
            Ok(Shape::WithId(id))
        }
        _ => Err(Malformed),
    }
}

/// Whether a text is that many bytes as hexadecimal digits in lower case.
fn is_hex(text: &str, bytes: usize) -> bool {
    text.len() == 2 * bytes && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a text ends with an underscore and the checksum of what is before both.
fn is_checked(text: &str, sum: &str) -> bool {
    text.strip_suffix(sum).and_then(|text| text.strip_suffix('_')).is_some_and(|checked| sum == checksum(checked))
}

fn checksum(text: &str) -> String {
    hex_of_first(digest(text.as_bytes()).bytes(), CHECKSUM_BYTES)
}

/// The letters after the prefix of a text of that kind.
const fn tag(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::AccessKey => "ak",
        CredentialKind::AccountKey => "ok",
        CredentialKind::AccessToken => "at",
    }
}

/// The public part by which a credential is found: the presented one, or that of an opaque secret.
///
/// # Errors
/// [`Malformed`] if no credential can have that text.
pub(crate) fn find_public_id(kind: CredentialKind, shown: &str, secret: &[u8]) -> Result<String, Malformed> {
    if !kind.is_opaque() {
        return shape(kind, shown.as_bytes()).map(|_| shown.to_owned());
    }
    Ok(match shape(kind, secret)? {
        Shape::WithId(id) => id.to_owned(),
        Shape::WithoutId => id_of_digest(secret),
    })
}

/// The public part under which a credential is stored. A malformed text, as an operator may choose one, is stored as one that names
/// no public part.
pub(crate) fn public_id(kind: CredentialKind, shown: &str, secret: &[u8]) -> String {
    find_public_id(kind, shown, secret).unwrap_or_else(|Malformed| if kind.is_opaque() { id_of_digest(secret) } else { shown.to_owned() })
}

/// The public part of an assertion that stands in place of a token. It is that of what was signed: the same signature can be written in
/// more than one way, and by ECDSA anyone can make a second one of the first.
pub(crate) fn assertion_id(message: &[u8]) -> String {
    id_of_digest(&[b"assertion ".as_slice(), message].concat())
}

fn id_of_digest(secret: &[u8]) -> String {
    hex_of_first(digest(secret).bytes(), DIGEST_ID_BYTES)
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
    let access_key = format!("{PREFIX}{}_{}", tag(CredentialKind::AccessKey), hex_of_first(&ids.random(), PUBLIC_BYTES));
    let secret = hex(&ids.random());
    key_pair(&with_checksum(access_key), &format!("{PREFIX}sk_{secret}_{}", checksum(&secret)))
}

/// A random key of the jobs API.
pub(crate) fn new_account_key(ids: &dyn Ids) -> String {
    new_opaque(CredentialKind::AccountKey, ids)
}

/// A random access token.
pub(crate) fn new_token(ids: &dyn Ids) -> String {
    new_opaque(CredentialKind::AccessToken, ids)
}

/// A random token of a sign-in of an admin.
pub(crate) fn new_sign_in_token(ids: &dyn Ids) -> String {
    with_checksum(format!("{PREFIX}si_{}", hex(&ids.random())))
}

/// Whether a text has the form of such a token.
pub(crate) fn is_sign_in_token(text: &str) -> bool {
    let rest = text.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix("si_"));
    rest.and_then(|rest| rest.split_once('_')).is_some_and(|(secret, sum)| is_hex(secret, SECRET_BYTES) && is_checked(text, sum))
}

/// A random public part of a grant.
pub(crate) fn new_grant_id(ids: &dyn Ids) -> String {
    hex_of_first(&ids.random(), PUBLIC_BYTES)
}

/// Whether a text has the form of such a part.
pub(crate) fn is_grant_id(text: &str) -> bool {
    is_hex(text, PUBLIC_BYTES)
}

/// A random refresh token of the grant with that public part, and a random secret for its client.
pub(crate) fn new_refresh_token(ids: &dyn Ids, grant: &str) -> RefreshSecrets {
    let (token, client) = (hex(&ids.random()), hex(&ids.random()));
    RefreshSecrets {
        token: with_checksum(format!("{PREFIX}rt_{grant}_{token}")),
        client: format!("{PREFIX}cs_{client}_{}", checksum(&client)),
    }
}

/// The secrets of a grant that is a refresh token.
pub(crate) struct RefreshSecrets {
    /// The refresh token.
    pub(crate) token: String,
    /// The secret of the client that holds it.
    pub(crate) client: String,
}

fn new_opaque(kind: CredentialKind, ids: &dyn Ids) -> String {
    let (id, secret) = (hex_of_first(&ids.random(), PUBLIC_BYTES), hex(&ids.random()));
    with_checksum(format!("{PREFIX}{}_{id}_{secret}", tag(kind)))
}

fn with_checksum(text: String) -> String {
    let checksum = checksum(&text);
    text + "_" + &checksum
}

fn hex_of_first(bytes: &[u8; 32], count: usize) -> String {
    hex(bytes.get(..count).unwrap_or(bytes))
}

#[cfg(test)]
mod tests {
    use derslik_ports::mocks::FixedIds;
    use derslik_testkit::builders::guid;

    use super::*;

    const ID: &str = "0123456789abcdef01234567";
    const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    use CredentialKind::{AccessKey, AccessToken, AccountKey};

    #[test]
    fn an_opaque_secret_without_a_public_id_is_found_by_the_beginning_of_its_digest() {
        assert_eq!(public_id(AccessToken, "", b"demo-admin-token").len(), 32);
        assert_eq!(public_id(AccessToken, "", b"abc"), "ba7816bf8f01cfea414140de5dae2223");
        assert_eq!(public_id(AccessKey, "demo-access", b"abc"), "demo-access");
        // As an operator of an earlier program may have chosen it.
        assert_eq!(public_id(AccountKey, "", b"derslik_ok_mine"), id_of_digest(b"derslik_ok_mine"));
        assert_eq!(public_id(AccessKey, "derslik_ak_mine", b"abc"), "derslik_ak_mine");
    }

    #[test]
    fn the_proof_of_a_key_is_the_one_that_clients_compute() {
        let keys = key_pair("demo-access", "demo-secret");
        assert_eq!(hex(&keys.proof), "0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3");
    }

    #[test]
    fn new_secrets_have_a_prefix_a_public_id_and_a_checksum() {
        let ids = FixedIds(guid(1));
        let (id, random) = ("07".repeat(12), "07".repeat(32));
        let keys = new_key_pair(&ids);
        let access_key = format!("derslik_ak_{id}");
        assert_eq!(keys.access_key, format!("{access_key}_{}", checksum(&access_key)));
        assert_eq!(keys.secret_key, format!("derslik_sk_{random}_{}", checksum(&random)));
        assert_eq!(keys.proof, key_proof(&keys.access_key, &keys.secret_key));
        for (kind, made, tag) in [(AccountKey, new_account_key(&ids), "ok"), (AccessToken, new_token(&ids), "at")] {
            let checked = format!("derslik_{tag}_{id}_{random}");
            assert_eq!(made, format!("{checked}_{}", checksum(&checked)));
            assert_eq!(shape(kind, made.as_bytes()), Ok(Shape::WithId(&id)));
            assert_eq!(find_public_id(kind, "", made.as_bytes()), Ok(id.clone()));
        }
        assert_eq!(find_public_id(AccessKey, &keys.access_key, &keys.proof), Ok(keys.access_key.clone()));
        assert_eq!(checksum("abc"), "ba7816bf");
    }

    #[test]
    fn the_secrets_of_a_refresh_token_are_no_credentials() {
        let ids = FixedIds(guid(1));
        let grant = new_grant_id(&ids);
        let secrets = new_refresh_token(&ids, &grant);
        assert!(is_grant_id(&grant) && !is_grant_id(&grant.to_uppercase().replace('7', "A")) && !is_grant_id(""));
        assert!(secrets.token.starts_with(&format!("derslik_rt_{grant}_")) && secrets.client.starts_with("derslik_cs_0707"));
        for text in [secrets.token, secrets.client] {
            for kind in CredentialKind::ALL {
                assert_eq!(shape(kind, text.as_bytes()), Err(Malformed), "{text}");
            }
        }
    }

    #[test]
    fn the_token_of_a_sign_in_is_not_a_credential_and_has_one_form() {
        let token = new_sign_in_token(&FixedIds(guid(1)));
        assert!(is_sign_in_token(&token) && token.starts_with("derslik_si_0707"), "{token}");
        for kind in CredentialKind::ALL {
            assert_eq!(shape(kind, token.as_bytes()), Err(Malformed));
        }
        let others = ["", "derslik_si_", "derslik_si__", &token[..token.len() - 1], &token.replacen('7', "8", 1), &format!("{token}_")];
        for other in others {
            assert!(!is_sign_in_token(other), "{other}");
        }
        assert!(!is_sign_in_token(&new_token(&FixedIds(guid(1)))));
    }

    #[test]
    fn old_and_foreign_texts_stay_valid() {
        let texts = [
            (AccessKey, format!("derslik_ak_{ID}")),
            (AccountKey, format!("derslik_ok_{SECRET}_{}", checksum(SECRET))),
            (AccessToken, format!("derslik_at_{SECRET}_{}", checksum(SECRET))),
            (AccessKey, "demo-access".to_owned()),
            (AccountKey, "demo-organization-key".to_owned()),
            (AccessToken, "demo-admin-token".to_owned()),
            (AccessToken, "ghp_0123456789abcdef".to_owned()),
            (AccessToken, format!("DERSLIK_AT_{ID}")),
            (AccountKey, format!("dersliks_ok_{ID}")),
            (AccountKey, String::new()),
        ];
        for (kind, text) in texts {
            assert_eq!(shape(kind, text.as_bytes()), Ok(Shape::WithoutId), "{text}");
        }
    }

    #[test]
    fn a_text_with_the_prefix_and_another_form_is_malformed() {
        let wrong = "0".repeat(8);
        let forms = [
            String::new(),
            "mine".to_owned(),
            "_".to_owned(),
            format!("{ID}_"),
            ID.to_uppercase(),
            format!("{ID}0"),
            format!("{ID}_{wrong}"),
            format!("{}_{wrong}", &ID[1..]),
            SECRET.to_owned(),
            format!("{SECRET}_{wrong}"),
            format!("{}_{}", SECRET.to_uppercase(), checksum(SECRET)),
            format!("{}_{}", SECRET.to_uppercase(), checksum(&SECRET.to_uppercase())),
            format!("{ID}_{SECRET}"),
            format!("{ID}_{SECRET}_{}", checksum(SECRET)),
            format!("{ID}_{SECRET}_{}_", checksum(SECRET)),
            format!("g{}_{SECRET}_{wrong}", &ID[1..]),
            format!("{ID}_{SECRET}_ş"),
        ];
        for kind in CredentialKind::ALL {
            for form in &forms {
                let text = format!("derslik_{}_{form}", tag(kind));
                assert_eq!(shape(kind, text.as_bytes()), Err(Malformed), "{text}");
            }
        }
        // The checksum is right, but the digits before it are not.
        let upper = with_checksum(format!("derslik_at_{}_{SECRET}", ID.to_uppercase()));
        assert_eq!(shape(AccessToken, upper.as_bytes()), Err(Malformed));
        let short = with_checksum(format!("derslik_at_{}_{SECRET}", &ID[1..]));
        assert_eq!(shape(AccessToken, short.as_bytes()), Err(Malformed));
    }

    #[test]
    fn a_wrong_digit_anywhere_is_noticed() {
        let ids = FixedIds(guid(1));
        let made = [
            (AccessKey, new_key_pair(&ids).access_key),
            (AccountKey, new_account_key(&ids)),
            (AccessToken, new_token(&ids)),
            (AccountKey, format!("derslik_ok_{SECRET}_{}", checksum(SECRET))),
        ];
        for (kind, text) in made {
            assert!(shape(kind, text.as_bytes()).is_ok(), "{text}");
            for place in PREFIX.len()..text.len() {
                let mut wrong = text.clone().into_bytes();
                wrong[place] = if wrong[place] == b'1' { b'2' } else { b'1' };
                assert_eq!(shape(kind, &wrong), Err(Malformed), "{place} of {text}");
            }
            let (shorter, longer) = (&text[..text.len() - 1], format!("{text}0"));
            assert_eq!((shape(kind, shorter.as_bytes()), shape(kind, longer.as_bytes())), (Err(Malformed), Err(Malformed)));
        }
    }

    #[test]
    fn a_text_of_one_kind_is_none_of_another() {
        let ids = FixedIds(guid(1));
        for (kind, text) in [(AccessToken, new_account_key(&ids)), (AccountKey, new_token(&ids)), (AccessKey, new_token(&ids))] {
            assert_eq!(shape(kind, text.as_bytes()), Err(Malformed), "{text}");
        }
        assert_eq!(shape(AccessToken, new_key_pair(&ids).secret_key.as_bytes()), Err(Malformed));
        assert_eq!(shape(AccessToken, b"derslik_at_\xff"), Err(Malformed));
    }

    #[test]
    fn a_key_pair_prints_without_its_secret() {
        let printed = format!("{:?}", key_pair("demo-access", "demo-secret"));
        assert!(printed.contains("demo-access") && !printed.contains("demo-secret") && !printed.contains("proof"), "{printed}");
    }
}
