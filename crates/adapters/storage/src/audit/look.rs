//! The bounds of a list that begins with the newest records. No index has the events and times of records, so a filter by them is compared
//! record by record, and the number of records that are compared has a bound.

use std::time::Duration;

use derslik_domain::audit::{AuditFilter, Subject};
use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::StoreError;
use diesel::prelude::*;

use crate::db::conn::{DieselStores, on_conn};
use crate::db::schema::audit_records;
use crate::db::types::DbInstant;

/// How much earlier than a record the one before it may seem to be later: writers that overlap get their ids in any order.
const OVERLAP: Duration = Duration::from_secs(10 * 60);

/// The range of ids that a list reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Ids are below it.
    pub(super) before: i64,
    /// Ids are above it, if there is one.
    pub(super) above: Option<i64>,
}

impl Look {
    /// The range for a filter, below that id. `about` is the digest of the name in the filter.
    pub(super) fn of(
        stores: &mut DieselStores<'_>,
        account: AccountId,
        filter: &AuditFilter,
        about: Option<Subject>,
        before: i64,
    ) -> Result<Self, StoreError> {
        if filter.event.is_none() && filter.from.is_none() && filter.before.is_none() {
            return Ok(Self { before, above: None });
        }
        let above = end(stores, account, filter, about, before)?;
        let (Some(_), Some(time), None, None) = (above, filter.before, about, filter.job) else { return Ok(Self { before, above }) };
        // The log is long, so the look begins close to the time that the filter asks for.
        let before = before.min(first_from(stores, account, time.plus(OVERLAP))?);
        Ok(Self { before, above: end(stores, account, filter, about, before)? })
    }
}

/// The id at which a look ends. `None` if there are not more records than it may compare.
fn end(
    stores: &mut DieselStores<'_>,
    account: AccountId,
    filter: &AuditFilter,
    about: Option<Subject>,
    before: i64,
) -> Result<Option<i64>, StoreError> {
    let found = stores.query(|conn| {
        on_conn!(conn, |conn| {
            let mut query = audit_records::table.filter(audit_records::account_id.eq(account.get())).into_boxed();
            if let Some(about) = &about {
                query = query.filter(audit_records::subject.eq(about.digest().as_slice()));
            }
            if let Some(job) = filter.job {
                query = query.filter(audit_records::job_id.eq(job.get()));
            }
            query
                .filter(audit_records::id.lt(before))
                .order(audit_records::id.desc())
                .offset(AuditFilter::LOOKED_AT.into())
                .limit(1)
                .select(audit_records::id)
                .load::<i64>(conn)
        })
    })?;
    Ok(found.into_iter().next())
}

/// The id of the first record from that time on, as if times grew with ids: each step halves the range of ids. Above all of them without
/// such a record.
fn first_from(stores: &mut DieselStores<'_>, account: AccountId, time: Timestamp) -> Result<i64, StoreError> {
    let last = stores.query(|conn| {
        on_conn!(conn, |conn| audit_records::table
            .filter(audit_records::account_id.eq(account.get()))
            .order(audit_records::id.desc())
            .select(audit_records::id)
            .first::<i64>(conn)
            .optional())
    })?;
    let first = next(stores, account, i64::MIN)?;
    let (Some((mut low, _)), Some(last)) = (first, last) else { return Ok(i64::MAX) };
    let mut high = last.saturating_add(1);
    while low < high {
        let middle = low + (high - low) / 2;
        match next(stores, account, middle)? {
            Some((id, at)) if at < time => low = id.saturating_add(1),
            _ => high = middle,
        }
    }
    Ok(high.max(low))
}

/// The id and the time of the first record from that id on.
fn next(stores: &mut DieselStores<'_>, account: AccountId, id: i64) -> Result<Option<(i64, Timestamp)>, StoreError> {
    let found: Option<(i64, DbInstant)> = stores.query(|conn| {
        on_conn!(conn, |conn| audit_records::table
            .filter(audit_records::account_id.eq(account.get()))
            .filter(audit_records::id.ge(id))
            .order(audit_records::id)
            .select((audit_records::id, audit_records::at))
            .first(conn)
            .optional())
    })?;
    Ok(found.map(|(id, at)| (id, at.0)))
}
