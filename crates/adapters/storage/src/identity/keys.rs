//! The keys that all processes of the installation share.

use derslik_ports::outbound::{KeyRepository, StoreError};
use diesel::prelude::*;

use crate::db::conn::{DieselStores, on_conn};
use crate::db::schema::service_keys;

impl KeyRepository for DieselStores<'_> {
    fn get_or_add(&mut self, name: &'static str, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let row = (service_keys::name.eq(name), service_keys::key.eq(fresh.as_slice()));
        let insert = diesel::insert_into(service_keys::table).values(row).on_conflict(service_keys::name).do_nothing();
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn)))?;
        let key: Vec<u8> =
            self.query(|conn| on_conn!(conn, |conn| service_keys::table.find(name).select(service_keys::key).first(conn)))?;
        key.try_into().map_err(|_| StoreError::Corrupt { table: "service_keys", column: "key" })
    }
}
