//! Runs the work of a unit of work on a connection of a pool, and runs it once more where that is safe.

use std::time::Instant;

use derslik_ports::outbound::StoreError;
use diesel::result::Error;
use tokio::sync::Notify;

use super::conn::{DieselStores, Statements};
use super::connector::{Connector, Database, PooledConn};
use super::error::Failure;
use super::limit::Limit;
use super::pool::Pool;

/// How many more connections are tried after one that turned out to be dead.
const MAX_RETRIES: u32 = 4;

/// Runs `work` outside any transaction, and on another connection if the first one turns out to be dead.
pub(crate) fn read_on<C: Connector, T, E: From<StoreError>>(
    pool: &Pool<C>,
    limit: &Limit,
    work: impl Fn(&mut DieselStores<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut retries = MAX_RETRIES;
    loop {
        let (result, lost, is_cut) = pool.with(limit, |conn| {
            let mut stores = DieselStores::new(conn.conn.as_conn(), conn.control.as_deref());
            let result = work(&mut stores);
            let lost = stores.is_lost();
            conn.broken |= lost;
            (result, lost, conn.is_cut())
        })?;
        if result.is_ok() || !lost || is_cut || retries == 0 || limit.left().is_zero() {
            return result;
        }
        retries -= 1;
    }
}

/// Runs `work` in a transaction. `work` runs once: only a transaction that can't begin is tried again. A lock of another process
/// is waited for until `locked_until`.
pub(crate) fn write_on<C, T, E, F>(
    pool: &Pool<C>,
    limit: &Limit,
    locked_until: Instant,
    statements: Statements,
    job_notify: &Notify,
    work: F,
) -> Result<T, E>
where
    C: Connector,
    E: From<StoreError>,
    F: FnOnce(&mut DieselStores<'_>) -> Result<T, E>,
{
    let mut work = Some(work);
    let mut retries = MAX_RETRIES;
    loop {
        match pool.with(limit, |conn| write_once(conn, statements, job_notify, &mut work))? {
            Written::Done(result) => return result,
            Written::NotBegun(failure) if failure.is_lost() && retries > 0 && !limit.left().is_zero() => retries -= 1,
            // Another process writes to the file of SQLite.
            Written::NotBegun(failure) if failure.is_locked() && Instant::now() < locked_until => {}
            Written::NotBegun(failure) => return Err(StoreError::from(failure).into()),
        }
    }
}

/// Runs `work` without a transaction around its only statement. `work` runs once, even if the connection fails. So a connection
/// that is known to be dead is not used.
pub(crate) fn write_single_statement_on<C, T, E, F>(pool: &Pool<C>, limit: &Limit, job_notify: &Notify, work: F) -> Result<T, E>
where
    C: Connector,
    E: From<StoreError>,
    F: FnOnce(&mut DieselStores<'_>) -> Result<T, E>,
{
    pool.with_open(limit, |conn| {
        let mut stores = DieselStores::limited_to(Statements::One, conn.conn.as_conn(), conn.control.as_deref());
        let result = work(&mut stores);
        let (lost, wakes) = (stores.is_lost(), stores.wakes());
        conn.broken |= lost;
        if wakes && result.is_ok() {
            job_notify.notify_one();
        }
        result
    })?
}

/// The result of one attempt to write.
enum Written<T, E> {
    Done(Result<T, E>),
    /// The transaction could not begin.
    NotBegun(Failure),
}

fn write_once<C, T, E, F>(conn: &mut PooledConn<C>, statements: Statements, job_notify: &Notify, work: &mut Option<F>) -> Written<T, E>
where
    C: Database,
    E: From<StoreError>,
    F: FnOnce(&mut DieselStores<'_>) -> Result<T, E>,
{
    let (mut lost, mut wakes) = (false, false);
    let mut refusal = None;
    let control = conn.control.as_deref();
    let result = conn.conn.write(|conn| {
        let work = work.take().ok_or(Error::BrokenTransactionManager)?;
        let mut stores = DieselStores::limited_to(statements, conn.as_conn(), control);
        let result = work(&mut stores);
        (lost, wakes) = (stores.is_lost(), stores.wakes());
        result.map_err(|error| {
            refusal = Some(error);
            Error::RollbackTransaction
        })
    });
    match (result, refusal) {
        (Ok(value), _) => {
            if wakes {
                job_notify.notify_one();
            }
            Written::Done(Ok(value))
        }
        // The cause is this error, not the result of the rollback.
        (Err(error), Some(refusal)) => {
            conn.broken |= lost || !matches!(error, Error::RollbackTransaction);
            Written::Done(Err(refusal))
        }
        (Err(error), None) => {
            let failure = Failure::new(error, control);
            let is_begun = work.is_none();
            conn.broken |= is_begun || !failure.is_locked();
            if is_begun { Written::Done(Err(StoreError::from(failure).into())) } else { Written::NotBegun(failure) }
        }
    }
}
