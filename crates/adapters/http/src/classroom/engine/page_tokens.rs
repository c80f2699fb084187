//! Page tokens: the position at which a list continues, authenticated, so that a token is valid for its own list only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use derslik_domain::id::AccountId;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const SEAL_BYTES: usize = 16;

/// Makes and verifies the tokens of one list.
pub(crate) struct PageTokens<'a> {
    key: &'a [u8; 32],
    /// The identity of the list: its kind, its account and its filters.
    list: Vec<u8>,
}

impl<'a> PageTokens<'a> {
    /// The tokens of a list of that kind in an account, with these filters.
    pub(crate) fn new(key: &'a [u8; 32], account: AccountId, kind: &str, filters: &[&str]) -> Self {
        let mut list = account.get().to_be_bytes().to_vec();
        for part in std::iter::once(&kind).chain(filters) {
            list.extend_from_slice(&part.len().to_be_bytes());
            list.extend_from_slice(part.as_bytes());
        }
        Self { key, list }
    }

    fn seal(&self, position: &[u8]) -> [u8; 32] {
        let message = [&self.list.len().to_be_bytes(), self.list.as_slice(), position].concat();
        hmac(self.key, &message)
    }

    /// The token of the page after that position.
    pub(crate) fn token(&self, position: &[u8]) -> String {
        let mut bytes = position.to_vec();
        bytes.extend(self.seal(position).iter().take(SEAL_BYTES));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position after which the token's page begins. `None` if the token is not one of this list.
    pub(crate) fn position(&self, token: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (position, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL_BYTES)?)?;
        let expected = self.seal(position);
        bool::from(expected.get(..SEAL_BYTES)?.ct_eq(seal)).then(|| position.to_vec())
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
    use derslik_domain::id::Id;

    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn tokens<'a>(account: i64, filters: &[&str]) -> PageTokens<'a> {
        PageTokens::new(&KEY, Id::new(account), "lessons", filters)
    }

    #[test]
    fn a_token_leads_back_to_its_position() {
        for position in [b"".as_slice(), b"\0", "ışık/1".as_bytes(), &[7; 100]] {
            let token = tokens(1, &["a"]).token(position);
            assert_eq!(tokens(1, &["a"]).position(&token).as_deref(), Some(position));
        }
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let token = tokens(1, &["a", "b"]).token(b"position");
        assert_eq!(tokens(2, &["a", "b"]).position(&token), None);
        assert_eq!(tokens(1, &["a"]).position(&token), None);
        assert_eq!(tokens(1, &["ab", ""]).position(&token), None);
        assert_eq!(PageTokens::new(&[8; 32], Id::new(1), "lessons", &["a", "b"]).position(&token), None);
        assert_eq!(PageTokens::new(&KEY, Id::new(1), "rooms", &["a", "b"]).position(&token), None);
    }

    #[test]
    fn a_token_with_any_other_letter_is_refused() {
        let token = tokens(1, &[]).token(b"position");
        for position in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[position] = if forged[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(tokens(1, &[]).position(&String::from_utf8(forged).unwrap()), None);
        }
        for text in ["", "A", "not a token", "AAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(tokens(1, &[]).position(text), None, "{text}");
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
