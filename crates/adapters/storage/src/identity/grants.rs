//! Grants as rows, and the access tokens that are issued for them.

use chrono::NaiveDate;
use derslik_domain::course::CalendarDate;
use derslik_domain::id::{AccountId, CredentialId, GrantId, Id, PrincipalId};
use derslik_domain::identity::{
    Grant, GrantKind, GrantProof, Principal, PublicKey, Scope, SecretDigest, ServiceAccount, ServiceName, SignatureAlgorithm,
};
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{GrantRepository, HeldToken, IdentityRepository, NewCredential, NewGrant, StoreError, TokenSource};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::credentials::scopes_of;
use super::kinds::grant_text;
use super::service_accounts;
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::schema::{credentials, service_account_people, token_grants};
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Database, Sql, Statement};
use crate::db::types::DbInstant;

static SET_ORIGIN: Statement = Statement::new(
    "credential_set_origin",
    "
    UPDATE credentials SET grant_id = :grant, exchanged_from = :first, parent_id = :parent
    WHERE account_id = :account AND id = :token",
);

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = token_grants)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct GrantRow {
    id: i64,
    principal_id: i64,
    kind: String,
    public_id: String,
    algorithm: Option<String>,
    public_key: Option<Vec<u8>>,
    client_digest: Option<Vec<u8>>,
    token_digest: Option<Vec<u8>>,
    scopes: String,
    project_id: Option<i64>,
    created_at: DbInstant,
    expires_at: Option<DbInstant>,
    revoked_at: Option<DbInstant>,
    last_used_on: Option<NaiveDate>,
}

/// A row without a column that its kind needs, or with a value that is out of its bounds.
fn corrupt(column: &'static str) -> StoreError {
    StoreError::Corrupt { table: "token_grants", column }
}

fn digest(bytes: Option<Vec<u8>>, column: &'static str) -> Result<SecretDigest, StoreError> {
    let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(SecretDigest::new).ok_or_else(|| corrupt(column))
}

impl TryFrom<GrantRow> for Grant {
    type Error = StoreError;

    fn try_from(row: GrantRow) -> Result<Self, StoreError> {
        let kind = GrantKind::ALL.into_iter().find(|kind| grant_text(*kind) == row.kind).ok_or_else(|| corrupt("kind"))?;
        let proof = match kind {
            GrantKind::Key => {
                let algorithm = row.algorithm.as_deref().and_then(SignatureAlgorithm::by_name).ok_or_else(|| corrupt("algorithm"))?;
                GrantProof::Key { algorithm, key: PublicKey::new(row.public_key.ok_or_else(|| corrupt("public_key"))?) }
            }
            GrantKind::Refresh => GrantProof::Refresh {
                client: digest(row.client_digest, "client_digest")?,
                token: digest(row.token_digest, "token_digest")?,
            },
        };
        let last_used_on = row.last_used_on.map(|day| CalendarDate::from_naive(day).ok_or_else(|| corrupt("last_used_on")));
        Ok(Self {
            id: Id::new(row.id),
            principal: Id::new(row.principal_id),
            public_id: row.public_id,
            proof,
            scopes: scopes_of(&row.scopes),
            project: row.project_id.map(Id::new),
            created_at: row.created_at.0,
            expires_at: row.expires_at.map(|at| at.0),
            revoked_at: row.revoked_at.map(|at| at.0),
            last_used_on: last_used_on.transpose()?,
        })
    }
}

impl GrantRepository for DieselStores<'_> {
    fn add_service_account(&mut self, service: &ServiceAccount) -> Result<bool, StoreError> {
        service_accounts::add(self, service)
    }

    fn find_service_account(&mut self, account: AccountId, name: &ServiceName) -> Result<Option<ServiceAccount>, StoreError> {
        service_accounts::find(self, account, name)
    }

    fn list_service_accounts(&mut self, account: AccountId, page: PageRequest<PrincipalId>) -> Result<Vec<ServiceAccount>, StoreError> {
        service_accounts::list(self, account, page)
    }

    fn add(&mut self, account: AccountId, grant: &NewGrant) -> Result<Option<GrantId>, StoreError> {
        let scopes: Vec<_> = grant.scopes.iter().map(Scope::name).collect();
        let (algorithm, key, client, token) = match &grant.proof {
            GrantProof::Key { algorithm, key } => (Some(algorithm.name()), Some(key.der()), None, None),
            GrantProof::Refresh { client, token } => (None, None, Some(client.bytes().as_slice()), Some(token.bytes().as_slice())),
        };
        let row = (
            token_grants::account_id.eq(account.get()),
            token_grants::principal_id.eq(grant.principal.get()),
            token_grants::kind.eq(grant_text(grant.proof.kind())),
            token_grants::public_id.eq(&grant.public_id),
            token_grants::algorithm.eq(algorithm),
            token_grants::public_key.eq(key),
            token_grants::client_digest.eq(client),
            token_grants::token_digest.eq(token),
            token_grants::scopes.eq(scopes.join(" ")),
            token_grants::project_id.eq(grant.project.map(Id::get)),
            token_grants::created_at.eq(DbInstant(grant.at)),
            token_grants::expires_at.eq(grant.expires_at.map(DbInstant)),
        );
        let insert = diesel::insert_into(token_grants::table)
            .values(row)
            .on_conflict((token_grants::account_id, token_grants::kind, token_grants::public_id))
            .do_nothing()
            .returning(token_grants::id);
        let id: Option<i64> = self.query(|conn| on_conn!(conn, |conn| insert.get_result(conn).optional()))?;
        Ok(id.map(Id::new))
    }

    fn find(&mut self, account: AccountId, kind: GrantKind, public_id: &str) -> Result<Option<Grant>, StoreError> {
        let row: Option<GrantRow> = self.query(|conn| {
            on_conn!(conn, |conn| token_grants::table
                .filter(token_grants::account_id.eq(account.get()))
                .filter(token_grants::kind.eq(grant_text(kind)))
                .filter(token_grants::public_id.eq(public_id))
                .select(GrantRow::as_select())
                .first(conn)
                .optional())
        })?;
        row.map(Grant::try_from).transpose()
    }

    fn valid_of(&mut self, account: AccountId, principal: PrincipalId, kind: GrantKind, now: Timestamp) -> Result<Vec<Grant>, StoreError> {
        let rows: Vec<GrantRow> = self.query(|conn| {
            on_conn!(conn, |conn| token_grants::table
                .filter(token_grants::account_id.eq(account.get()))
                .filter(token_grants::principal_id.eq(principal.get()))
                .filter(token_grants::kind.eq(grant_text(kind)))
                .filter(token_grants::revoked_at.is_null())
                .filter(token_grants::expires_at.is_null().or(token_grants::expires_at.gt(DbInstant(now))))
                .order(token_grants::id)
                .limit(Grant::MOST.into())
                .select(GrantRow::as_select())
                .load(conn))
        })?;
        rows.into_iter().map(Grant::try_from).collect()
    }

    fn list(&mut self, account: AccountId, principal: Option<PrincipalId>, page: PageRequest<GrantId>) -> Result<Vec<Grant>, StoreError> {
        // A kind that a newer program made is passed over.
        let kinds = GrantKind::ALL.map(grant_text);
        let rows: Vec<GrantRow> = self.query(|conn| {
            on_conn!(conn, |conn| {
                let mut query = token_grants::table
                    .filter(token_grants::account_id.eq(account.get()))
                    .filter(token_grants::id.gt(page.after.map_or(i64::MIN, Id::get)))
                    .filter(token_grants::kind.eq_any(kinds))
                    .into_boxed();
                if let Some(principal) = principal {
                    query = query.filter(token_grants::principal_id.eq(principal.get()));
                }
                query.order(token_grants::id).limit(page.size.into()).select(GrantRow::as_select()).load(conn)
            })
        })?;
        rows.into_iter().map(Grant::try_from).collect()
    }

    fn lock(&mut self, account: AccountId, grant: GrantId) -> Result<Option<Grant>, StoreError> {
        let row = token_grants::table.filter(token_grants::account_id.eq(account.get())).filter(token_grants::id.eq(grant.get()));
        let found: Option<GrantRow> = self.query(|conn| match conn {
            Conn::Pg(conn) => row.select(GrantRow::as_select()).for_update().first(conn).optional(),
            Conn::Sqlite(conn) => row.select(GrantRow::as_select()).first(conn).optional(),
        })?;
        found.map(Grant::try_from).transpose()
    }

    fn touch(&mut self, account: AccountId, grant: GrantId, day: CalendarDate) -> Result<(), StoreError> {
        let row = token_grants::table
            .filter(token_grants::account_id.eq(account.get()))
            .filter(token_grants::id.eq(grant.get()))
            .filter(token_grants::last_used_on.is_null().or(token_grants::last_used_on.lt(day.to_naive())));
        let update = diesel::update(row).set(token_grants::last_used_on.eq(day.to_naive()));
        self.query(|conn| on_conn!(conn, |conn| update.execute(conn))).map(drop)
    }

    fn revoke(&mut self, account: AccountId, grant: GrantId, at: Timestamp) -> Result<bool, StoreError> {
        // The first statement waits for those who issue a token for the grant, and the second one finds what they added.
        let row = token_grants::table
            .filter(token_grants::account_id.eq(account.get()))
            .filter(token_grants::id.eq(grant.get()))
            .filter(token_grants::revoked_at.is_null());
        let update = diesel::update(row).set(token_grants::revoked_at.eq(DbInstant(at)));
        let revoked = self.query(|conn| on_conn!(conn, |conn| update.execute(conn)))?;
        let issued = credentials::table
            .filter(credentials::account_id.eq(account.get()))
            .filter(credentials::grant_id.eq(grant.get()))
            .filter(credentials::revoked_at.is_null());
        let update = diesel::update(issued).set(credentials::revoked_at.eq(DbInstant(at)));
        self.query(|conn| on_conn!(conn, |conn| update.execute(conn))).map(|_| revoked > 0)
    }

    fn hold_token(&mut self, account: AccountId, token: CredentialId) -> Result<Option<HeldToken>, StoreError> {
        super::credentials::hold_token(self, account, token)
    }

    fn add_token(
        &mut self,
        account: AccountId,
        owner: Principal,
        token: &NewCredential,
        source: TokenSource,
    ) -> Result<Option<CredentialId>, StoreError> {
        let (grant, first, parent) = match source {
            TokenSource::Grant(grant) => (Some(grant.get()), None, None),
            TokenSource::Token(token) => {
                let line = super::credentials::line_of(self, account, token)?;
                let (grant, first) = line.map(|line| (line.grant_id, line.exchanged_from)).unwrap_or_default();
                (grant, first.or(Some(token.get())), Some(token.get()))
            }
            TokenSource::Program => (None, None, None),
        };
        let Some(id) = self.add_credential(account, owner, token)? else { return Ok(None) };
        let origin = Origin { grant, first, parent };
        self.query(|conn| on_conn!(conn, |conn| set_origin(account, id, origin).execute(conn)))?;
        Ok(Some(id))
    }
}

/// What a new token was issued for: a grant, and the first and the last token of the exchanges that led to it.
#[derive(Debug, Clone, Copy)]
struct Origin {
    grant: Option<i64>,
    first: Option<i64>,
    parent: Option<i64>,
}

/// Records the origin of a token.
fn set_origin<DB: Database>(account: AccountId, token: CredentialId, origin: Origin) -> Sql<'static, DB> {
    Sql::of(&SET_ORIGIN)
        .bind_in_both::<BigInt, _>("account", account.get())
        .bind_in_both::<BigInt, _>("token", token.get())
        .bind_in_both::<Nullable<BigInt>, _>("grant", origin.grant)
        .bind_in_both::<Nullable<BigInt>, _>("first", origin.first)
        .bind_in_both::<Nullable<BigInt>, _>("parent", origin.parent)
}

#[cfg(test)]
pub(crate) fn statements() -> Vec<Printed> {
    use diesel::pg::Pg;
    use diesel::sqlite::Sqlite;

    let (account, token, origin) = (AccountId::new(1), CredentialId::new(1), Origin { grant: None, first: None, parent: None });
    vec![set_origin::<Pg>(account, token, origin).printed(), set_origin::<Sqlite>(account, token, origin).printed()]
}

/// Revokes all grants of a principal, and the tokens that were issued for them.
pub(super) fn revoke_all(stores: &mut DieselStores<'_>, account: AccountId, owner: PrincipalId, at: Timestamp) -> Result<(), StoreError> {
    let ids: Vec<i64> = stores.query(|conn| {
        on_conn!(conn, |conn| token_grants::table
            .filter(token_grants::account_id.eq(account.get()))
            .filter(token_grants::principal_id.eq(owner.get()))
            .filter(token_grants::revoked_at.is_null())
            .order(token_grants::id)
            .select(token_grants::id)
            .load(conn))
    })?;
    ids.into_iter().try_for_each(|id| stores.revoke(account, Id::new(id), at).map(drop))
}

/// Removes the grants of a principal, and the right of service accounts to act for it. Returns how many rows that were.
pub(super) fn erase(stores: &mut DieselStores<'_>, account: AccountId, owner: PrincipalId) -> Result<usize, StoreError> {
    let grants = token_grants::table.filter(token_grants::account_id.eq(account.get())).filter(token_grants::principal_id.eq(owner.get()));
    let rights = service_account_people::table
        .filter(service_account_people::account_id.eq(account.get()))
        .filter(service_account_people::person_id.eq(owner.get()));
    stores.query(|conn| on_conn!(conn, |conn| Ok(diesel::delete(grants).execute(conn)? + diesel::delete(rights).execute(conn)?)))
}
