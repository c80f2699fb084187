//! Credentials as rows: their owners, their lists, and their ends.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use derslik_domain::course::CalendarDate;
use derslik_domain::id::{AccountId, CredentialId, Id, PrincipalId};
use derslik_domain::identity::{
    Credential, CredentialFilter, CredentialKind, CredentialRoot, Principal, Scope, Scopes, SecretDigest, StoredCredential,
};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{CredentialOwner, HeldToken, StoreError};
use diesel::prelude::*;

use super::accounts::AccountRow;
use super::kinds::{kind_of_text, kind_text};
use super::users;
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::schema::{credentials, principals, token_grants};
use crate::db::types::{DbInstant, row_count};

/// The most keys in one statement. SQLite takes up to 32 766 values.
const KEYS_IN_ONE_STATEMENT: usize = 10_000;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = principals)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct PrincipalRow {
    id: i64,
    kind: String,
    role: String,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = credentials)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct CredentialRow {
    id: i64,
    kind: String,
    public_id: String,
    digest: Vec<u8>,
    scopes: String,
    expires_at: Option<DbInstant>,
    project_id: Option<i64>,
    last_used_on: Option<NaiveDate>,
    grant_id: Option<i64>,
    exchanged_from: Option<i64>,
}

/// The columns that operators are shown.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = credentials)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct StoredRow {
    id: i64,
    principal_id: i64,
    kind: String,
    public_id: String,
    scopes: String,
    created_at: DbInstant,
    expires_at: Option<DbInstant>,
    revoked_at: Option<DbInstant>,
    project_id: Option<i64>,
    last_used_on: Option<NaiveDate>,
    access_key_id: Option<i64>,
    grant_id: Option<i64>,
    exchanged_from: Option<i64>,
}

impl TryFrom<StoredRow> for StoredCredential {
    type Error = StoreError;

    fn try_from(row: StoredRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: Id::new(row.id),
            kind: kind_of_text(&row.kind).ok_or(StoreError::Corrupt { table: "credentials", column: "kind" })?,
            public_id: row.public_id,
            principal: Id::new(row.principal_id),
            scopes: scopes_of(&row.scopes),
            project: row.project_id.map(Id::new),
            created_at: row.created_at.0,
            expires_at: row.expires_at.map(|at| at.0),
            revoked_at: row.revoked_at.map(|at| at.0),
            last_used_on: day(row.last_used_on)?,
            access_key: row.access_key_id.map(Id::new),
            issued_for: root_of(row.grant_id, row.exchanged_from),
        })
    }
}

/// A page of the credentials that a filter matches.
pub(super) fn list(
    stores: &mut DieselStores<'_>,
    account: AccountId,
    filter: &CredentialFilter,
    now: Timestamp,
    page: PageRequest<CredentialId>,
) -> Result<Vec<StoredCredential>, StoreError> {
    let rows: Vec<StoredRow> = stores.query(|conn| {
        on_conn!(conn, |conn| {
            let mut query = credentials::table
                .filter(credentials::account_id.eq(account.get()))
                .filter(credentials::id.gt(page.after.map_or(i64::MIN, Id::get)))
                .into_boxed();
            if let Some(kind) = filter.kind {
                query = query.filter(credentials::kind.eq(kind_text(kind)));
            }
            if let Some(principal) = filter.principal {
                query = query.filter(credentials::principal_id.eq(principal.get()));
            }
            if !filter.ended {
                query = query
                    .filter(credentials::revoked_at.is_null())
                    .filter(credentials::expires_at.is_null().or(credentials::expires_at.gt(DbInstant(now))));
            }
            query.order(credentials::id).limit(page.size.into()).select(StoredRow::as_select()).load(conn)
        })
    })?;
    rows.into_iter().map(StoredCredential::try_from).collect()
}

/// What a credential was issued for. It never changes.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = credentials)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct Line {
    /// The grant.
    pub(super) grant_id: Option<i64>,
    /// The access key whose log-in got the token, or the first one of its exchanges.
    access_key_id: Option<i64>,
    /// The token with which the exchanges began.
    pub(super) exchanged_from: Option<i64>,
}

/// What a credential was issued for. `None` if there is no such credential.
pub(super) fn line_of(stores: &mut DieselStores<'_>, account: AccountId, credential: CredentialId) -> Result<Option<Line>, StoreError> {
    let row = credentials::table.filter(credentials::account_id.eq(account.get())).filter(credentials::id.eq(credential.get()));
    stores.query(|conn| on_conn!(conn, |conn| row.select(Line::as_select()).first(conn).optional()))
}

/// Whether a transaction ends a credential, or issues a token for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// It ends it: no other transaction holds the first token meanwhile.
    ToEnd,
    /// It issues a token for it. Others may do the same.
    ToIssue,
}

/// Holds what a credential was issued for until the transaction ends: the grant, the access key, and the first token, in this order. All
/// who issue tokens and all who end something take these locks, before those of the rows below and in the same order. So who ends a
/// grant, a key or a token waits until a token that is being issued for it is there, and finds it with the next statement.
fn hold_line(stores: &mut DieselStores<'_>, account: AccountId, line: Line, held: Held) -> Result<(), StoreError> {
    let grant = |id: i64| token_grants::table.filter(token_grants::account_id.eq(account.get())).filter(token_grants::id.eq(id));
    let credential = |id: i64| credentials::table.filter(credentials::account_id.eq(account.get())).filter(credentials::id.eq(id));
    stores.query(|conn| {
        // SQLite needs no lock here: an immediate transaction is the only writer.
        let Conn::Pg(conn) = conn else { return Ok(()) };
        if let Some(id) = line.grant_id {
            grant(id).select(token_grants::id).for_share().first::<i64>(conn).optional()?;
        }
        if let Some(id) = line.access_key_id {
            credential(id).select(credentials::id).for_share().first::<i64>(conn).optional()?;
        }
        match (line.exchanged_from, held) {
            (None, _) => {}
            (Some(id), Held::ToIssue) => {
                credential(id).select(credentials::id).for_share().first::<i64>(conn).optional()?;
            }
            (Some(id), Held::ToEnd) => {
                credential(id).select(credentials::id).for_update().first::<i64>(conn).optional()?;
            }
        }
        Ok(())
    })
}

/// One credential, locked, with what it was issued for.
pub(super) fn lock(
    stores: &mut DieselStores<'_>,
    account: AccountId,
    credential: CredentialId,
) -> Result<Option<StoredCredential>, StoreError> {
    let Some(line) = line_of(stores, account, credential)? else { return Ok(None) };
    hold_line(stores, account, line, Held::ToEnd)?;
    let row = credentials::table.filter(credentials::account_id.eq(account.get())).filter(credentials::id.eq(credential.get()));
    let found: Option<StoredRow> = stores.query(|conn| match conn {
        Conn::Pg(conn) => row.select(StoredRow::as_select()).for_update().first(conn).optional(),
        Conn::Sqlite(conn) => row.select(StoredRow::as_select()).first(conn).optional(),
    })?;
    found.map(StoredCredential::try_from).transpose()
}

/// One access token, held with what it was issued for, so that another can be issued for it.
pub(super) fn hold_token(stores: &mut DieselStores<'_>, account: AccountId, token: CredentialId) -> Result<Option<HeldToken>, StoreError> {
    let Some(line) = line_of(stores, account, token)? else { return Ok(None) };
    hold_line(stores, account, line, Held::ToIssue)?;
    let row = credentials::table
        .filter(credentials::account_id.eq(account.get()))
        .filter(credentials::id.eq(token.get()))
        .filter(credentials::kind.eq(kind_text(CredentialKind::AccessToken)));
    let found: Option<StoredRow> = stores.query(|conn| match conn {
        // Not for an update: two transactions that hold it and then wanted more would wait for each other.
        Conn::Pg(conn) => row.select(StoredRow::as_select()).for_share().first(conn).optional(),
        Conn::Sqlite(conn) => row.select(StoredRow::as_select()).first(conn).optional(),
    })?;
    let Some(token) = found.map(StoredCredential::try_from).transpose()? else { return Ok(None) };
    let Some(grant) = line.grant_id else { return Ok(Some(HeldToken { requester: token.principal, token })) };
    let valid = token_grants::table
        .filter(token_grants::account_id.eq(account.get()))
        .filter(token_grants::id.eq(grant))
        .filter(token_grants::revoked_at.is_null())
        .select(token_grants::principal_id);
    let requester: Option<i64> = stores.query(|conn| on_conn!(conn, |conn| valid.first(conn).optional()))?;
    Ok(requester.map(|requester| HeldToken { token, requester: Id::new(requester) }))
}

/// The tokens that were exchanged for a credential, and for those, and so on.
fn descendants(stores: &mut DieselStores<'_>, account: AccountId, credential: CredentialId, line: Line) -> Result<Vec<i64>, StoreError> {
    let first = line.exchanged_from.unwrap_or(credential.get());
    let exchanged: Vec<(i64, Option<i64>)> = stores.query(|conn| {
        on_conn!(conn, |conn| credentials::table
            .filter(credentials::account_id.eq(account.get()))
            .filter(credentials::exchanged_from.eq(first))
            .order(credentials::id)
            .select((credentials::id, credentials::parent_id))
            .load(conn))
    })?;
    let mut ancestors = BTreeSet::from([credential.get()]);
    let mut found = Vec::new();
    // A token has a higher id than the one that it was exchanged for.
    for (id, parent) in exchanged {
        if ancestors.contains(&parent.unwrap_or(first)) {
            ancestors.insert(id);
            found.push(id);
        }
    }
    Ok(found)
}

/// Lets a credential expire at that instant, unless it expires before, and so the tokens that were issued for it.
pub(super) fn end(stores: &mut DieselStores<'_>, account: AccountId, credential: CredentialId, at: Timestamp) -> Result<bool, StoreError> {
    let Some(line) = line_of(stores, account, credential)? else { return Ok(false) };
    hold_line(stores, account, line, Held::ToEnd)?;
    let later = || credentials::expires_at.is_null().or(credentials::expires_at.gt(DbInstant(at)));
    let row =
        credentials::table.filter(credentials::account_id.eq(account.get())).filter(credentials::id.eq(credential.get())).filter(later());
    let update = diesel::update(row).set(credentials::expires_at.eq(DbInstant(at)));
    let mut ended = stores.query(|conn| on_conn!(conn, |conn| update.execute(conn)))?;
    for ids in descendants(stores, account, credential, line)?.chunks(KEYS_IN_ONE_STATEMENT) {
        let rows = credentials::table.filter(credentials::account_id.eq(account.get())).filter(credentials::id.eq_any(ids)).filter(later());
        let update = diesel::update(rows).set(credentials::expires_at.eq(DbInstant(at)));
        ended += stores.query(|conn| on_conn!(conn, |conn| update.execute(conn)))?;
    }
    Ok(ended > 0)
}

/// Revokes a credential, and the tokens that were issued for it.
pub(super) fn revoke(
    stores: &mut DieselStores<'_>,
    account: AccountId,
    credential: CredentialId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let Some(line) = line_of(stores, account, credential)? else { return Ok(false) };
    hold_line(stores, account, line, Held::ToEnd)?;
    let row = credentials::table
        .filter(credentials::account_id.eq(account.get()))
        .filter(credentials::id.eq(credential.get()))
        .filter(credentials::revoked_at.is_null());
    let update = diesel::update(row).set(credentials::revoked_at.eq(DbInstant(at)));
    let revoked = stores.query(|conn| on_conn!(conn, |conn| update.execute(conn)))?;
    for ids in descendants(stores, account, credential, line)?.chunks(KEYS_IN_ONE_STATEMENT) {
        let rows = credentials::table
            .filter(credentials::account_id.eq(account.get()))
            .filter(credentials::id.eq_any(ids))
            .filter(credentials::revoked_at.is_null());
        let update = diesel::update(rows).set(credentials::revoked_at.eq(DbInstant(at)));
        stores.query(|conn| on_conn!(conn, |conn| update.execute(conn)))?;
    }
    Ok(revoked > 0)
}

/// Removes access tokens that expired before that instant.
pub(super) fn prune_tokens(
    stores: &mut DieselStores<'_>,
    account: AccountId,
    before: Timestamp,
    limit: u16,
) -> Result<RowCount, StoreError> {
    stores
        .query(|conn| {
            on_conn!(conn, |conn| {
                let gone = credentials::table
                    .filter(credentials::account_id.eq(account.get()))
                    .filter(credentials::kind.eq(kind_text(CredentialKind::AccessToken)))
                    .filter(credentials::expires_at.lt(DbInstant(before)));
                let ids: Vec<i64> = gone.order(credentials::id).limit(limit.into()).select(credentials::id).load(conn)?;
                diesel::delete(gone.filter(credentials::id.eq_any(ids))).execute(conn)
            })
        })
        .map(row_count)
}

/// The access tokens of a principal that are not revoked.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn tokens_of(account: AccountId, owner: PrincipalId) -> _ {
    let (account, owner): (i64, i64) = (account.get(), owner.get());
    let kind: &'static str = kind_text(CredentialKind::AccessToken);
    credentials::table
        .filter(credentials::account_id.eq(account))
        .filter(credentials::principal_id.eq(owner))
        .filter(credentials::kind.eq(kind))
        .filter(credentials::revoked_at.is_null())
}

/// Whether a log-in with an access key got a token, or no access key is recorded.
#[diesel::dsl::auto_type(no_type_alias)]
fn is_of_key(access_key: CredentialId) -> _ {
    let key: i64 = access_key.get();
    credentials::access_key_id.is_null().or(credentials::access_key_id.eq(key))
}

/// Revokes the access tokens of a principal that log-ins with an access key got, and those without a recorded access key.
pub(super) fn revoke_tokens_of_key(
    stores: &mut DieselStores<'_>,
    account: AccountId,
    owner: PrincipalId,
    access_key: CredentialId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let update = diesel::update(tokens_of(account, owner).filter(is_of_key(access_key))).set(credentials::revoked_at.eq(DbInstant(at)));
    stores.query(|conn| on_conn!(conn, |conn| update.execute(conn))).map(drop)
}

/// Lets the same tokens expire at that instant, unless they expire before.
pub(super) fn end_tokens_of_key(
    stores: &mut DieselStores<'_>,
    account: AccountId,
    owner: PrincipalId,
    access_key: CredentialId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let rows = tokens_of(account, owner)
        .filter(is_of_key(access_key))
        .filter(credentials::expires_at.is_null().or(credentials::expires_at.gt(DbInstant(at))));
    let update = diesel::update(rows).set(credentials::expires_at.eq(DbInstant(at)));
    stores.query(|conn| on_conn!(conn, |conn| update.execute(conn))).map(drop)
}

/// Raises the last day on which a credential was accepted.
pub(super) fn touch(
    stores: &mut DieselStores<'_>,
    account: AccountId,
    credential: CredentialId,
    day: CalendarDate,
) -> Result<(), StoreError> {
    let row = credentials::table
        .filter(credentials::account_id.eq(account.get()))
        .filter(credentials::id.eq(credential.get()))
        .filter(credentials::last_used_on.is_null().or(credentials::last_used_on.lt(day.to_naive())));
    let update = diesel::update(row).set(credentials::last_used_on.eq(day.to_naive()));
    stores.query(|conn| on_conn!(conn, |conn| update.execute(conn))).map(drop)
}

/// What a token was issued for; `None` for any other credential.
fn root_of(grant: Option<i64>, first: Option<i64>) -> Option<CredentialRoot> {
    let grant = grant.map(|id| CredentialRoot::Grant(Id::new(id)));
    grant.or(first.map(|id| CredentialRoot::Credential(Id::new(id))))
}

/// A credential with its account.
pub(super) fn owner_of(row: CredentialRow, principal: &PrincipalRow, account: AccountRow) -> Result<CredentialOwner, StoreError> {
    let corrupt = |table, column| StoreError::Corrupt { table, column };
    let digest: [u8; 32] = row.digest.try_into().map_err(|_| corrupt("credentials", "digest"))?;
    let principal = Principal {
        id: Id::new(principal.id),
        kind: users::principal_kind(&principal.kind).ok_or_else(|| corrupt("principals", "kind"))?,
        role: users::role(&principal.role).ok_or_else(|| corrupt("principals", "role"))?,
    };
    let last_used_on = day(row.last_used_on)?;
    let credential = Credential {
        id: Id::new(row.id),
        kind: kind_of_text(&row.kind).ok_or_else(|| corrupt("credentials", "kind"))?,
        public_id: row.public_id,
        digest: SecretDigest::new(digest),
        principal,
        scopes: scopes_of(&row.scopes),
        expires_at: row.expires_at.map(|at| at.0),
        project: row.project_id.map(Id::new),
    };
    let root = root_of(row.grant_id, row.exchanged_from).unwrap_or(CredentialRoot::Credential(credential.id));
    Ok(CredentialOwner { account: account.try_into()?, credential, last_used_on, root })
}

pub(super) fn scopes_of(text: &str) -> Scopes {
    text.split_whitespace().filter_map(Scope::by_name).collect()
}

fn day(date: Option<NaiveDate>) -> Result<Option<CalendarDate>, StoreError> {
    let corrupt = StoreError::Corrupt { table: "credentials", column: "last_used_on" };
    date.map(|date| CalendarDate::from_naive(date).ok_or(corrupt)).transpose()
}
