//! The repository of admins and of their sign-ins.

use derslik_domain::id::{AdminId, Id};
use derslik_domain::identity::{Admin, AdminRole, PasswordHash, SecretDigest, Username};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{AdminRepository, AdminToAdd, AdminWithPassword, SignInToAdd, StoreError};
use diesel::prelude::*;

use crate::db::conn::{DieselStores, on_conn};
use crate::db::schema::{admin_sign_ins, admins};
use crate::db::types::{DbInstant, row_count};

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

    fn find(&mut self, name: &Username) -> Result<Option<AdminWithPassword>, StoreError> {
        let found: Option<(AdminRow, String)> = self.query(|conn| {
            on_conn!(conn, |conn| {
                admins::table
                    .filter(admins::name_key.eq(name.key()))
                    .select((AdminRow::as_select(), admins::password_hash))
                    .first(conn)
                    .optional()
            })
        })?;
        let Some((row, hash)) = found else { return Ok(None) };
        Ok(Some(AdminWithPassword { admin: row.try_into()?, hash: PasswordHash::new(hash) }))
    }

    fn remove(&mut self, name: &Username) -> Result<Option<AdminId>, StoreError> {
        let row = diesel::delete(admins::table.filter(admins::name_key.eq(name.key()))).returning(admins::id);
        let id: Option<i64> = self.query(|conn| on_conn!(conn, |conn| row.get_result(conn).optional()))?;
        Ok(id.map(Id::new))
    }
    fn add_sign_in(&mut self, sign_in: &SignInToAdd) -> Result<(), StoreError> {
        let row = (
            admin_sign_ins::digest.eq(sign_in.digest.bytes().as_slice()),
            admin_sign_ins::admin_id.eq(sign_in.admin.get()),
            admin_sign_ins::expires_at.eq(DbInstant(sign_in.expires_at)),
        );
        let insert = diesel::insert_into(admin_sign_ins::table).values(row);
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn))).map(drop)
    }

    fn find_signed_in(&mut self, digest: &SecretDigest, now: Timestamp) -> Result<Option<Admin>, StoreError> {
        let row: Option<AdminRow> = self.query(|conn| {
            on_conn!(conn, |conn| {
                admins::table
                    .inner_join(admin_sign_ins::table.on(admin_sign_ins::admin_id.eq(admins::id)))
                    .filter(admin_sign_ins::digest.eq(digest.bytes().as_slice()))
                    .filter(admin_sign_ins::expires_at.gt(DbInstant(now)))
                    .select(AdminRow::as_select())
                    .first(conn)
                    .optional()
            })
        })?;
        row.map(Admin::try_from).transpose()
    }

    fn remove_sign_in(&mut self, digest: &SecretDigest) -> Result<bool, StoreError> {
        let row = diesel::delete(admin_sign_ins::table.filter(admin_sign_ins::digest.eq(digest.bytes().as_slice())));
        let removed = self.query(|conn| on_conn!(conn, |conn| row.execute(conn)))?;
        Ok(removed > 0)
    }

    fn prune_sign_ins(&mut self, now: Timestamp) -> Result<RowCount, StoreError> {
        let ended = diesel::delete(admin_sign_ins::table.filter(admin_sign_ins::expires_at.le(DbInstant(now))));
        self.query(|conn| on_conn!(conn, |conn| ended.execute(conn))).map(row_count)
    }
}
