//! The repository of accounts and credentials.

use derslik_domain::course::CalendarDate;
use derslik_domain::id::{AccountId, CredentialId, Id, PrincipalId};
use derslik_domain::identity::{
    Account, AccountState, CredentialFilter, CredentialKind, PasswordHash, Principal, Scope, StoredCredential, UserState,
};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{CredentialOwner, IdentityRepository, NewCredential, StoreError};
use diesel::dsl::max;
use diesel::prelude::*;

use super::accounts::{AccountRow, creation_name, licence_name, mode_name};
use super::credentials::{CredentialRow, PrincipalRow, owner_of};
use super::kinds::kind_text;
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::schema::{accounts, credentials, passwords, principals};
use crate::db::types::{DbInstant, row_count};

/// The lowest id that is generated for an account. Lower ids are reserved for accounts whose ids an operator chose.
const FIRST_ACCOUNT: i64 = 10_000;

impl IdentityRepository for DieselStores<'_> {
    fn add_account(&mut self, account: &Account, at: Timestamp) -> Result<bool, StoreError> {
        let row = (
            accounts::id.eq(account.id.get()),
            accounts::name.eq(account.name.as_str()),
            accounts::lang.eq(account.settings.lang.as_str()),
            accounts::timezone.eq(account.settings.timezone.name()),
            accounts::start_date_mode.eq(mode_name(account.settings.start_date_mode)),
            accounts::member_course_creation.eq(creation_name(account.settings.courses.member_creation)),
            accounts::grading_period_licence.eq(licence_name(account.settings.courses.grading_periods)),
            accounts::created_at.eq(DbInstant(at)),
        );
        let insert = diesel::insert_into(accounts::table).values(row).on_conflict(accounts::id).do_nothing();
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn))).map(|rows| rows > 0)
    }

    fn accounts(&mut self, page: PageRequest<AccountId>) -> Result<Vec<Account>, StoreError> {
        let after = page.after.map_or(i64::MIN, Id::get);
        let rows: Vec<AccountRow> = self.query(|conn| {
            on_conn!(conn, |conn| accounts::table
                .filter(accounts::id.gt(after))
                .order(accounts::id)
                .limit(page.size.into())
                .select(AccountRow::as_select())
                .load(conn))
        })?;
        rows.into_iter().map(Account::try_from).collect()
    }

    fn account_states(&mut self, page: PageRequest<AccountId>) -> Result<Vec<AccountState>, StoreError> {
        super::accounts::states(self, page)
    }

    fn account_state(&mut self, account: AccountId) -> Result<Option<AccountState>, StoreError> {
        super::accounts::state(self, account)
    }

    fn set_account_disabled(&mut self, account: AccountId, disabled_at: Option<Timestamp>) -> Result<bool, StoreError> {
        super::accounts::set_disabled(self, account, disabled_at)
    }

    fn find_account(&mut self, name: &str) -> Result<Option<Account>, StoreError> {
        let row: Option<AccountRow> = self.query(|conn| {
            on_conn!(conn, |conn| accounts::table.filter(accounts::name.eq(name)).select(AccountRow::as_select()).first(conn).optional())
        })?;
        row.map(Account::try_from).transpose()
    }

    fn next_account_id(&mut self) -> Result<AccountId, StoreError> {
        let highest: Option<i64> = self.query(|conn| on_conn!(conn, |conn| accounts::table.select(max(accounts::id)).first(conn)))?;
        Ok(Id::new(highest.map_or(FIRST_ACCOUNT, |highest| highest.max(FIRST_ACCOUNT - 1) + 1)))
    }

    fn hold_principal(&mut self, account: AccountId, principal: PrincipalId) -> Result<bool, StoreError> {
        let active = principals::table
            .filter(principals::account_id.eq(account.get()))
            .filter(principals::id.eq(principal.get()))
            .filter(principals::status.eq(UserState::Active.name()))
            .select(principals::id);
        let found: Option<i64> = self.query(|conn| match conn {
            Conn::Pg(conn) => active.for_key_share().first(conn).optional(),
            // SQLite needs no lock here: an immediate transaction is the only writer.
            Conn::Sqlite(conn) => active.first(conn).optional(),
        })?;
        Ok(found.is_some())
    }

    fn add_credential(&mut self, account: AccountId, owner: Principal, new: &NewCredential) -> Result<Option<CredentialId>, StoreError> {
        let scopes: Vec<_> = new.scopes.iter().map(Scope::name).collect();
        let row = (
            credentials::account_id.eq(account.get()),
            credentials::principal_id.eq(owner.id.get()),
            credentials::kind.eq(kind_text(new.kind)),
            credentials::public_id.eq(&new.public_id),
            credentials::digest.eq(new.digest.bytes().as_slice()),
            credentials::scopes.eq(scopes.join(" ")),
            credentials::created_at.eq(DbInstant(new.at)),
            credentials::expires_at.eq(new.expires_at.map(DbInstant)),
            credentials::project_id.eq(new.project.map(Id::get)),
            credentials::access_key_id.eq(new.access_key.map(Id::get)),
        );
        let insert = diesel::insert_into(credentials::table)
            .values(row)
            .on_conflict((credentials::kind, credentials::public_id))
            .do_nothing()
            .returning(credentials::id);
        let id: Option<i64> = self.query(|conn| on_conn!(conn, |conn| insert.get_result(conn).optional()))?;
        Ok(id.map(Id::new))
    }

    fn find_credential(&mut self, kind: CredentialKind, public_id: &str) -> Result<Option<CredentialOwner>, StoreError> {
        let found = self.query(|conn| {
            on_conn!(conn, |conn| credentials::table
                .inner_join(accounts::table.on(accounts::id.eq(credentials::account_id)))
                .inner_join(
                    principals::table
                        .on(principals::account_id.eq(credentials::account_id).and(principals::id.eq(credentials::principal_id)))
                )
                .filter(credentials::kind.eq(kind_text(kind)))
                .filter(credentials::public_id.eq(public_id))
                .filter(credentials::revoked_at.is_null())
                .filter(principals::status.eq(UserState::Active.name()))
                .filter(accounts::disabled_at.is_null())
                .select((CredentialRow::as_select(), PrincipalRow::as_select(), AccountRow::as_select()))
                .first::<(CredentialRow, PrincipalRow, AccountRow)>(conn)
                .optional())
        })?;
        found.map(|(credential, principal, account)| owner_of(credential, &principal, account)).transpose()
    }

    fn list_credentials(
        &mut self,
        account: AccountId,
        filter: &CredentialFilter,
        now: Timestamp,
        page: PageRequest<CredentialId>,
    ) -> Result<Vec<StoredCredential>, StoreError> {
        super::credentials::list(self, account, filter, now, page)
    }

    fn lock_credential(&mut self, account: AccountId, credential: CredentialId) -> Result<Option<StoredCredential>, StoreError> {
        super::credentials::lock(self, account, credential)
    }

    fn end_credential(&mut self, account: AccountId, credential: CredentialId, at: Timestamp) -> Result<bool, StoreError> {
        super::credentials::end(self, account, credential, at)
    }

    fn touch_credential(&mut self, account: AccountId, credential: CredentialId, day: CalendarDate) -> Result<(), StoreError> {
        super::credentials::touch(self, account, credential, day)
    }

    fn revoke_credential(&mut self, account: AccountId, credential: CredentialId, at: Timestamp) -> Result<bool, StoreError> {
        super::credentials::revoke(self, account, credential, at)
    }

    fn erase_credentials(&mut self, account: AccountId, owner: PrincipalId, batch: BatchSize) -> Result<RowCount, StoreError> {
        self.query(|conn| {
            on_conn!(conn, |conn| {
                let mine =
                    credentials::table.filter(credentials::account_id.eq(account.get())).filter(credentials::principal_id.eq(owner.get()));
                let ids: Vec<i64> = mine.order(credentials::id).limit(batch.get().into()).select(credentials::id).load(conn)?;
                let password =
                    passwords::table.filter(passwords::account_id.eq(account.get())).filter(passwords::principal_id.eq(owner.get()));
                Ok(diesel::delete(mine.filter(credentials::id.eq_any(ids))).execute(conn)? + diesel::delete(password).execute(conn)?)
            })
        })
        .and_then(|rows| Ok(row_count(rows + super::grants::erase(self, account, owner)?)))
    }

    fn revoke_credentials_of(&mut self, account: AccountId, owner: PrincipalId, at: Timestamp) -> Result<(), StoreError> {
        // Grants are locked before tokens, as everywhere.
        super::grants::revoke_all(self, account, owner, at)?;
        let rows = credentials::table
            .filter(credentials::account_id.eq(account.get()))
            .filter(credentials::principal_id.eq(owner.get()))
            .filter(credentials::revoked_at.is_null());
        let update = diesel::update(rows).set(credentials::revoked_at.eq(DbInstant(at)));
        self.query(|conn| on_conn!(conn, |conn| update.execute(conn))).map(drop)
    }

    fn revoke_tokens_of(&mut self, account: AccountId, owner: PrincipalId, at: Timestamp) -> Result<(), StoreError> {
        super::grants::revoke_all(self, account, owner, at)?;
        let update = diesel::update(super::credentials::tokens_of(account, owner)).set(credentials::revoked_at.eq(DbInstant(at)));
        self.query(|conn| on_conn!(conn, |conn| update.execute(conn))).map(drop)
    }

    fn revoke_tokens_of_key(
        &mut self,
        account: AccountId,
        owner: PrincipalId,
        access_key: CredentialId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        super::credentials::revoke_tokens_of_key(self, account, owner, access_key, at)
    }

    fn end_tokens_of_key(
        &mut self,
        account: AccountId,
        owner: PrincipalId,
        access_key: CredentialId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        super::credentials::end_tokens_of_key(self, account, owner, access_key, at)
    }

    fn prune_tokens(&mut self, account: AccountId, before: Timestamp, limit: u16) -> Result<RowCount, StoreError> {
        super::credentials::prune_tokens(self, account, before, limit)
    }

    fn set_password(&mut self, account: AccountId, owner: PrincipalId, hash: &PasswordHash, at: Timestamp) -> Result<(), StoreError> {
        let change = (passwords::hash.eq(hash.as_str()), passwords::changed_at.eq(DbInstant(at)));
        let row = (passwords::account_id.eq(account.get()), passwords::principal_id.eq(owner.get()), change.0, change.1);
        let insert = diesel::insert_into(passwords::table)
            .values(row)
            .on_conflict((passwords::account_id, passwords::principal_id))
            .do_update()
            .set(change);
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn))).map(drop)
    }

    fn find_password(&mut self, account: AccountId, owner: PrincipalId) -> Result<Option<PasswordHash>, StoreError> {
        let found: Option<String> = self.query(|conn| {
            on_conn!(conn, |conn| passwords::table.find((account.get(), owner.get())).select(passwords::hash).first(conn).optional())
        })?;
        Ok(found.map(PasswordHash::new))
    }
}
