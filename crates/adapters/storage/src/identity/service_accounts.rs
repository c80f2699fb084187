//! Service accounts as rows, with the people for whom each may act.

use std::collections::{BTreeMap, BTreeSet};

use derslik_domain::id::{AccountId, Id, PrincipalId};
use derslik_domain::identity::{Delegation, Scope, ServiceAccount, ServiceAddress, ServiceName};
use derslik_domain::page::PageRequest;
use derslik_ports::outbound::StoreError;
use diesel::prelude::*;

use super::credentials::scopes_of;
use crate::db::conn::{DieselStores, on_conn};
use crate::db::schema::{service_account_people, service_accounts};
use crate::db::types::DbInstant;

/// The texts by which the database keeps a delegation. None is a list without people.
const PEOPLE: &str = "people";
const EVERYONE: &str = "everyone";

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = service_accounts)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct ServiceRow {
    principal_id: i64,
    name: String,
    scopes: String,
    delegation: String,
    created_at: DbInstant,
}

/// Adds a service account with its people. Returns whether the name was free.
pub(super) fn add(stores: &mut DieselStores<'_>, service: &ServiceAccount) -> Result<bool, StoreError> {
    let account = service.address.account.get();
    let scopes: Vec<_> = service.scopes.iter().map(Scope::name).collect();
    let (delegation, people) = match &service.delegation {
        Delegation::None => (PEOPLE, BTreeSet::new()),
        Delegation::People(people) => (PEOPLE, people.clone()),
        Delegation::Everyone => (EVERYONE, BTreeSet::new()),
    };
    let row = (
        service_accounts::account_id.eq(account),
        service_accounts::principal_id.eq(service.principal.get()),
        service_accounts::name.eq(service.address.name.as_str()),
        service_accounts::scopes.eq(scopes.join(" ")),
        service_accounts::delegation.eq(delegation),
        service_accounts::created_at.eq(DbInstant(service.created_at)),
    );
    let insert = diesel::insert_into(service_accounts::table)
        .values(row)
        .on_conflict((service_accounts::account_id, service_accounts::name))
        .do_nothing();
    if stores.query(|conn| on_conn!(conn, |conn| insert.execute(conn)))? == 0 {
        return Ok(false);
    }
    for person in people {
        let row = (
            service_account_people::account_id.eq(account),
            service_account_people::principal_id.eq(service.principal.get()),
            service_account_people::person_id.eq(person.get()),
        );
        let insert = diesel::insert_into(service_account_people::table).values(row);
        stores.query(|conn| on_conn!(conn, |conn| insert.execute(conn)))?;
    }
    Ok(true)
}

/// The service account of that name.
pub(super) fn find(stores: &mut DieselStores<'_>, account: AccountId, name: &ServiceName) -> Result<Option<ServiceAccount>, StoreError> {
    let row: Option<ServiceRow> = stores.query(|conn| {
        on_conn!(conn, |conn| service_accounts::table
            .filter(service_accounts::account_id.eq(account.get()))
            .filter(service_accounts::name.eq(name.as_str()))
            .select(ServiceRow::as_select())
            .first(conn)
            .optional())
    })?;
    Ok(with_people(stores, account, row.as_slice())?.pop())
}

/// A page of the service accounts of an account.
pub(super) fn list(
    stores: &mut DieselStores<'_>,
    account: AccountId,
    page: PageRequest<PrincipalId>,
) -> Result<Vec<ServiceAccount>, StoreError> {
    let rows: Vec<ServiceRow> = stores.query(|conn| {
        on_conn!(conn, |conn| service_accounts::table
            .filter(service_accounts::account_id.eq(account.get()))
            .filter(service_accounts::principal_id.gt(page.after.map_or(i64::MIN, Id::get)))
            .order(service_accounts::principal_id)
            .limit(page.size.into())
            .select(ServiceRow::as_select())
            .load(conn))
    })?;
    with_people(stores, account, &rows)
}

fn with_people(stores: &mut DieselStores<'_>, account: AccountId, rows: &[ServiceRow]) -> Result<Vec<ServiceAccount>, StoreError> {
    let mut people: BTreeMap<i64, BTreeSet<PrincipalId>> = BTreeMap::new();
    let (first, last) = (rows.first().map(|row| row.principal_id), rows.last().map(|row| row.principal_id));
    if let (Some(first), Some(last)) = (first, last) {
        let pairs: Vec<(i64, i64)> = stores.query(|conn| {
            on_conn!(conn, |conn| service_account_people::table
                .filter(service_account_people::account_id.eq(account.get()))
                .filter(service_account_people::principal_id.between(first, last))
                .order((service_account_people::principal_id, service_account_people::person_id))
                .select((service_account_people::principal_id, service_account_people::person_id))
                .load(conn))
        })?;
        for (service, person) in pairs {
            people.entry(service).or_default().insert(Id::new(person));
        }
    }
    rows.iter().map(|row| service_of(account, row, &mut people)).collect()
}

fn service_of(
    account: AccountId,
    row: &ServiceRow,
    people: &mut BTreeMap<i64, BTreeSet<PrincipalId>>,
) -> Result<ServiceAccount, StoreError> {
    let corrupt = |column| StoreError::Corrupt { table: "service_accounts", column };
    let delegation = match (row.delegation.as_str(), people.remove(&row.principal_id)) {
        (EVERYONE, _) => Delegation::Everyone,
        (PEOPLE, None) => Delegation::None,
        (PEOPLE, Some(people)) => Delegation::People(people),
        _ => return Err(corrupt("delegation")),
    };
    let name = ServiceName::parse(&row.name).map_err(|_| corrupt("name"))?;
    Ok(ServiceAccount {
        address: ServiceAddress { account, name },
        principal: Id::new(row.principal_id),
        scopes: scopes_of(&row.scopes),
        delegation,
        created_at: row.created_at.0,
    })
}
