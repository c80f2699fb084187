//! Page tokens: the position at which a list continues, authenticated, so that a token is valid for its own list only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use derslik_domain::course::{Alias, CourseCursor};
use derslik_domain::id::{AccountId, Id, PrincipalId};
use derslik_domain::time::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const SEAL_BYTES: usize = 16;

/// Makes and verifies the tokens of one list.
pub(super) struct PageTokens<'a> {
    key: &'a [u8; 32],
    /// The identity of the list: its kind, its account and its filters.
    list: Vec<u8>,
}

impl<'a> PageTokens<'a> {
    /// The tokens of a list of that kind in an account, with these filters.
    pub(super) fn new(key: &'a [u8; 32], account: AccountId, kind: &str, filters: &[&str]) -> Self {
        let mut list = account.get().to_be_bytes().to_vec();
        for part in std::iter::once(&kind).chain(filters) {
            list.extend_from_slice(&part.len().to_be_bytes());
            list.extend_from_slice(part.as_bytes());
        }
        Self { key, list }
    }

    fn seal(&self, place: &[u8]) -> [u8; 32] {
        let message = [&self.list.len().to_be_bytes(), self.list.as_slice(), place].concat();
        hmac(self.key, &message)
    }

    fn token(&self, place: &[u8]) -> String {
        let mut bytes = place.to_vec();
        bytes.extend(self.seal(place).iter().take(SEAL_BYTES));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn open(&self, token: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (place, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL_BYTES)?)?;
        let expected = self.seal(place);
        bool::from(expected.get(..SEAL_BYTES)?.ct_eq(seal)).then(|| place.to_vec())
    }

    /// The token of the page after a course.
    pub(super) fn after_course(&self, cursor: CourseCursor) -> String {
        self.token(&[cursor.created_at.micros().to_be_bytes(), cursor.id.get().to_be_bytes()].concat())
    }

    /// The course after which the token's page begins.
    pub(super) fn course(&self, token: &str) -> Option<CourseCursor> {
        let place = self.open(token)?;
        let (created_at, id) = place.split_at_checked(8)?;
        let number = |bytes: &[u8]| bytes.try_into().ok().map(i64::from_be_bytes);
        Some(CourseCursor { created_at: Timestamp::from_micros(number(created_at)?), id: Id::new(number(id)?) })
    }

    /// The token of the page after a user.
    pub(super) fn after_user(&self, user: PrincipalId) -> String {
        self.token(&user.get().to_be_bytes())
    }

    /// The user after whom the token's page begins.
    pub(super) fn user(&self, token: &str) -> Option<PrincipalId> {
        self.open(token)?.try_into().ok().map(i64::from_be_bytes).map(Id::new)
    }

    /// The token of the page after an alias.
    pub(super) fn after_alias(&self, alias: &Alias) -> String {
        self.token(alias.as_str().as_bytes())
    }

    /// The alias after which the token's page begins.
    pub(super) fn alias(&self, token: &str) -> Option<Alias> {
        Alias::from_bytes(&self.open(token)?).ok()
    }
}

/// HMAC-SHA-256 (RFC 2104), with a key shorter than a block.
fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let padded = |pad: u8| {
        let mut block = [pad; BLOCK];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn tokens<'a>(account: i64, filters: &[&str]) -> PageTokens<'a> {
        PageTokens::new(&KEY, Id::new(account), "courses", filters)
    }

    fn cursor() -> CourseCursor {
        CourseCursor { created_at: Timestamp::from_micros(1_738_847_255_488_565), id: Id::new(123_456_789_012) }
    }

    #[test]
    fn a_token_leads_back_to_its_place() {
        let token = tokens(1, &["a"]).after_course(cursor());
        assert_eq!(tokens(1, &["a"]).course(&token), Some(cursor()));
        let alias = Alias::parse("d:ışık/1").unwrap();
        assert_eq!(tokens(1, &[]).alias(&tokens(1, &[]).after_alias(&alias)), Some(alias));
        assert_eq!(tokens(1, &[]).user(&tokens(1, &[]).after_user(Id::new(5))), Some(Id::new(5)));
    }

    #[test]
    fn a_token_of_another_list_is_none() {
        let token = tokens(1, &["a", "b"]).after_course(cursor());
        assert_eq!(tokens(2, &["a", "b"]).course(&token), None);
        assert_eq!(tokens(1, &["a"]).course(&token), None);
        assert_eq!(tokens(1, &["ab", ""]).course(&token), None);
        assert_eq!(PageTokens::new(&[8; 32], Id::new(1), "courses", &["a", "b"]).course(&token), None);
    }

    #[test]
    fn a_token_with_any_other_letter_is_none() {
        let token = tokens(1, &[]).after_course(cursor());
        for position in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[position] = if forged[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(tokens(1, &[]).course(&String::from_utf8(forged).unwrap()), None);
        }
        for text in ["", "A", "not a token", "AAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(tokens(1, &[]).course(text), None, "{text}");
        }
    }

    #[test]
    fn the_seal_is_the_hmac_of_the_standard() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let seal = hmac(&key, b"what do ya want for nothing?");
        assert_eq!(seal[..8], [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e]);
    }
}
