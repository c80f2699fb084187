//! The GUIDs, codes and addresses of erased attendees, kept while the erasure runs: some answers name an attendee by nothing else.

use std::collections::BTreeSet;

use derslik_domain::id::{AccountId, JobId};
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_ports::outbound::StoreError;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::schema::{erased_names, jobs};
use crate::db::types::row_count;

/// How many names one statement inserts.
const NAMES_IN_ONE_STATEMENT: usize = 1_000;

/// Stores names until the job removes them.
pub(crate) fn keep_erased(
    stores: &mut DieselStores<'_>,
    account: AccountId,
    job: JobId,
    names: &BTreeSet<String>,
) -> Result<(), StoreError> {
    let row = |name: &String| {
        (erased_names::account_id.eq(account.get()), erased_names::job_id.eq(job.get()), erased_names::name.eq(name.clone()))
    };
    let rows: Vec<_> = names.iter().map(row).collect();
    for part in rows.chunks(NAMES_IN_ONE_STATEMENT) {
        stores.query(|conn| match conn {
            Conn::Pg(conn) => diesel::insert_into(erased_names::table).values(part).on_conflict_do_nothing().execute(conn),
            Conn::Sqlite(conn) => diesel::insert_or_ignore_into(erased_names::table).values(part).execute(conn),
        })?;
    }
    Ok(())
}

/// At most `limit` names of the account, in order, that come after `after`.
pub(super) fn names_after(
    conn: Conn<'_>,
    account: AccountId,
    after: Option<&(i64, String)>,
    limit: u16,
) -> QueryResult<Vec<(i64, String)>> {
    let (job, name) = after.map_or((i64::MIN, ""), |(job, name)| (*job, name.as_str()));
    on_conn!(conn, |conn| erased_names::table
        .filter(erased_names::account_id.eq(account.get()))
        .filter(erased_names::job_id.gt(job).or(erased_names::job_id.eq(job).and(erased_names::name.gt(name))))
        .order((erased_names::job_id, erased_names::name))
        .limit(limit.into())
        .select((erased_names::job_id, erased_names::name))
        .load(conn))
}

/// Removes names that the job stored, and those of one job that does not exist anymore.
pub(super) fn forget(mut conn: Conn<'_>, account: AccountId, job: JobId, batch: BatchSize) -> QueryResult<RowCount> {
    let of_jobs = jobs::table.filter(jobs::account_id.eq(erased_names::account_id)).filter(jobs::id.eq(erased_names::job_id));
    let left_behind =
        erased_names::table.filter(erased_names::account_id.eq(account.get())).filter(not(exists(of_jobs))).select(erased_names::job_id);
    let left_behind: Option<i64> = on_conn!(conn.reborrow(), |conn| left_behind.first(conn).optional())?;
    let of_these = erased_names::job_id.eq_any(left_behind.into_iter().chain([job.get()]).collect::<Vec<_>>());
    let of_these = erased_names::table.filter(erased_names::account_id.eq(account.get())).filter(of_these);
    let names: Vec<String> =
        on_conn!(conn.reborrow(), |conn| of_these.clone().select(erased_names::name).limit(batch.get().into()).load(conn))?;
    if names.is_empty() {
        return Ok(RowCount::ZERO);
    }
    let rows = of_these.filter(erased_names::name.eq_any(names));
    on_conn!(conn, |conn| diesel::delete(rows).execute(conn)).map(row_count)
}
