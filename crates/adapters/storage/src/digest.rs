//! Digests of names under a key of the installation, by which a name is found and can't be read. A bare digest could be guessed
//! from a list of addresses.

use derslik_domain::id::AccountId;
use derslik_ports::outbound::StoreError;
use diesel::prelude::*;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::conn::{DieselStores, on_conn};
use crate::schema::service_keys;

/// What digests are for. Each has a key of its own, which the migration made that made its columns.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Whom an audit record is about.
    Audit,
    /// What a deleted person went by.
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

/// What digests of one purpose are made with in one account: the same name makes another digest in another account.
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

    /// The digest of a name.
    pub(crate) fn digest(&self, name: &str) -> [u8; 32] {
        self.0.clone().chain_update(name.as_bytes()).finalize().into_bytes().into()
    }
}
