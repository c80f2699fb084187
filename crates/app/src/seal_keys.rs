//! The keys of the seals of the audit log: HMAC-SHA-256 under texts that are kept outside of the database.

use anyhow::{anyhow, ensure};
use derslik_domain::audit::SealKeyId;
use derslik_ports::outbound::SealKeys;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::Secret;

/// The shortest key, in bytes: as long as the code.
const MIN_BYTES: usize = 32;
/// What the id of a key is made from.
const ID_MESSAGE: &[u8] = b"derslik audit seal key id";

/// The keys that this process knows.
pub struct HmacSealKeys {
    current: SealKeyId,
    known: Vec<(SealKeyId, Hmac<Sha256>)>,
}

impl std::fmt::Debug for HmacSealKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HmacSealKeys").field("current", &self.current).finish_non_exhaustive()
    }
}

impl HmacSealKeys {
    /// New seals are made with the current key. The old ones serve to verify.
    ///
    /// # Errors
    /// If a key is too short.
    pub fn new(current: &Secret, old: &[&Secret]) -> anyhow::Result<Self> {
        let (id, first) = read(current)?;
        let mut known = vec![(id, first)];
        for key in old {
            known.push(read(key)?);
        }
        Ok(Self { current: id, known })
    }
}

/// A key, and its id: the first bytes of a code under the key, which do not reveal it.
fn read(key: &Secret) -> anyhow::Result<(SealKeyId, Hmac<Sha256>)> {
    let bytes = key.reveal().trim().as_bytes();
    ensure!(bytes.len() >= MIN_BYTES, "a key of the seals needs at least {MIN_BYTES} bytes, and has {}", bytes.len());
    let key = Hmac::<Sha256>::new_from_slice(bytes).map_err(|_| anyhow!("this key of the seals can't be used"))?;
    let code = code(&key, ID_MESSAGE);
    let mut id = [0; 8];
    id.iter_mut().zip(code).for_each(|(id, byte)| *id = byte);
    Ok((SealKeyId::new(id), key))
}

fn code(key: &Hmac<Sha256>, message: &[u8]) -> [u8; 32] {
    key.clone().chain_update(message).finalize().into_bytes().into()
}

impl SealKeys for HmacSealKeys {
    fn current(&self) -> SealKeyId {
        self.current
    }

    fn code(&self, id: SealKeyId, message: &[u8]) -> Option<[u8; 32]> {
        self.known.iter().find(|(known, _)| *known == id).map(|(_, key)| code(key, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(letter: &str) -> Secret {
        Secret::new(letter.repeat(32))
    }

    #[test]
    fn each_key_has_its_own_id_and_codes() {
        let (a, b) = (HmacSealKeys::new(&secret("a"), &[]).unwrap(), HmacSealKeys::new(&secret("b"), &[]).unwrap());
        assert_ne!(a.current(), b.current());
        assert_ne!(a.code(a.current(), b"m"), b.code(b.current(), b"m"));
        assert_ne!(a.code(a.current(), b"m"), a.code(a.current(), b"n"));
        assert_eq!(a.code(b.current(), b"m"), None);
    }

    #[test]
    fn an_old_key_verifies_what_it_sealed() {
        let (old, new) = (HmacSealKeys::new(&secret("a"), &[]).unwrap(), HmacSealKeys::new(&secret("b"), &[&secret("a")]).unwrap());
        assert_eq!(new.code(old.current(), b"m"), old.code(old.current(), b"m"));
        assert_ne!(new.current(), old.current());
    }

    #[test]
    fn the_line_break_of_a_file_is_no_part_of_the_key() {
        let with_break = Secret::new(format!("{}\n", "a".repeat(32)));
        assert_eq!(HmacSealKeys::new(&with_break, &[]).unwrap().current(), HmacSealKeys::new(&secret("a"), &[]).unwrap().current());
    }
}
