//! Digests. A row can be found by a name, but the name can't be read from the row. Where a name could be guessed from a list of
//! addresses, its digest is keyed, and the key belongs to the installation.

use derslik_domain::id::AccountId;
use derslik_ports::outbound::StoreError;
use diesel::prelude::*;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::conn::{DieselStores, on_conn};
use super::schema::service_keys;

/// The purpose of a digest. Each purpose has its own key, made by the migration that added its columns.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// The data subject of an audit record.
    Audit,
    /// The former user name and address of a deleted user.
    Tombstones,
}

impl Purpose {
    const fn key(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Tombstones => "tombstones",
        }
    }
}

/// Makes the digests of one purpose in one account. The same name has another digest in another account.
pub(crate) struct Digests(Hmac<Sha256>);

impl Digests {
    pub(crate) fn of(stores: &mut DieselStores<'_>, account: AccountId, purpose: Purpose) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Corrupt { table: "service_keys", column: "key" };
        let query = service_keys::table.find(purpose.key()).select(service_keys::key);
        let key: Option<Vec<u8>> = stores.query(|conn| on_conn!(conn, |conn| query.first(conn).optional()))?;
        let mut digest = Hmac::<Sha256>::new_from_slice(&key.ok_or_else(corrupt)?).map_err(|_| corrupt())?;
        digest.update(&account.get().to_be_bytes());
        Ok(Self(digest))
    }

    /// The digest of a name, 32 bytes.
    pub(crate) fn digest(&self, name: &str) -> [u8; 32] {
        self.0.clone().chain_update(name.as_bytes()).finalize().into_bytes().into()
    }
}

/// The digest of the parts one after another, without a key.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Sha256::new(), Digest::chain_update).finalize().into()
}
