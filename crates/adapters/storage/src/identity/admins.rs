//! The repository of admins.

use derslik_domain::id::{AdminId, Id};
use derslik_domain::identity::{Admin, AdminRole, Username};
use derslik_ports::outbound::{AdminRepository, AdminToAdd, StoreError};
use diesel::prelude::*;

use crate::db::conn::{DieselStores, on_conn};
use crate::db::schema::admins;
use crate::db::types::DbInstant;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = admins)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct AdminRow {
    id: i64,
    name: String,
    role: String,
    created_at: DbInstant,
}

impl TryFrom<AdminRow> for Admin {
    type Error = StoreError;

    fn try_from(row: AdminRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "admins", column };
        Ok(Self {
            id: Id::new(row.id),
            name: Username::parse(&row.name).map_err(|_| corrupt("name"))?,
            role: AdminRole::by_name(&row.role).ok_or_else(|| corrupt("role"))?,
            created_at: row.created_at.0,
        })
    }
}

impl AdminRepository for DieselStores<'_> {
    fn add(&mut self, admin: &AdminToAdd) -> Result<Admin, StoreError> {
        let row = (
            admins::name.eq(admin.name.as_str()),
            admins::name_key.eq(admin.name.key()),
            admins::role.eq(admin.role.name()),
            admins::password_hash.eq(admin.hash.as_str()),
            admins::created_at.eq(DbInstant(admin.at)),
        );
        let insert = diesel::insert_into(admins::table).values(row).returning(admins::id);
        let id: i64 = self.query(|conn| on_conn!(conn, |conn| insert.get_result(conn)))?;
        Ok(Admin { id: Id::new(id), name: admin.name.clone(), role: admin.role, created_at: admin.at })
    }

    fn list(&mut self) -> Result<Vec<Admin>, StoreError> {
        let rows: Vec<AdminRow> =
            self.query(|conn| on_conn!(conn, |conn| admins::table.order(admins::id).select(AdminRow::as_select()).load(conn)))?;
        rows.into_iter().map(Admin::try_from).collect()
    }

    fn remove(&mut self, name: &Username) -> Result<Option<AdminId>, StoreError> {
        let row = diesel::delete(admins::table.filter(admins::name_key.eq(name.key()))).returning(admins::id);
        let id: Option<i64> = self.query(|conn| on_conn!(conn, |conn| row.get_result(conn).optional()))?;
        Ok(id.map(Id::new))
    }
}
