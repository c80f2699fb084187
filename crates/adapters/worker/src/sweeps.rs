//! Enqueues the sweeps of each account: one job of each kind waits for the next full interval. Several workers may enqueue
//! them, since there is at most one live job of a kind.

use std::sync::Arc;
use std::time::Duration;

use derslik_domain::audit::INSTALLATION;
use derslik_domain::id::AccountId;
use derslik_domain::job::{Action, NewJob, Pruning, ReferenceId, next_utc_midnight};
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{StoreError, Stores, Tenant, UnitOfWork};
use tokio::time::sleep;

use crate::report;
use crate::worker::Worker;

/// How many accounts one read returns.
const ACCOUNTS: u32 = 100;
/// The most courses of an account for which one round enqueues calendar jobs.
const COURSES: u32 = 1_000;

/// Enqueues sweeps in a loop.
pub(crate) async fn watch<U: UnitOfWork>(worker: Arc<Worker<U>>) {
    let Some(interval) = worker.settings.sweep else { return };
    loop {
        if let Err(error) = enqueue_all(&worker, interval).await {
            tracing::warn!(cause = report::cause(&error), "could not enqueue the sweeps");
        }
        sleep(interval).await;
    }
}

async fn enqueue_all<U: UnitOfWork>(worker: &Worker<U>, interval: Duration) -> Result<(), StoreError> {
    worker.refresh_clocks().await?;
    let of_installation = sweeps_of(worker, INSTALLATION, interval);
    // The installation has an audit log as each account has.
    worker.uow.write(INSTALLATION, move |stores| stores.jobs().enqueue_many(INSTALLATION, &of_installation)).await?;
    let mut after = None;
    loop {
        let page = PageRequest { size: ACCOUNTS, after };
        let accounts = worker.uow.read(Tenant::Installation, move |stores| stores.identity().accounts(page)).await?;
        let Some(last) = accounts.last() else { return Ok(()) };
        after = Some(last.id);
        for account in accounts {
            let now = worker.clock.now_of(account.id);
            let mut jobs = sweeps_of(worker, account.id, interval);
            let enqueue = move |stores: &mut dyn Stores| {
                // The job was enqueued when the course became active. A course still waits if that job was lost or cancelled.
                let waiting = stores.courses().awaiting_calendar(account.id, COURSES)?;
                jobs.extend(waiting.into_iter().map(|course| NewJob::assign_calendar_id(ReferenceId::of_id(course), now)));
                stores.jobs().enqueue_many(account.id, &jobs)
            };
            worker.uow.write(account.id, enqueue).await?;
        }
    }
}

/// The sweeps of an account, by its own time.
fn sweeps_of<U>(worker: &Worker<U>, account: AccountId, interval: Duration) -> Vec<NewJob> {
    let now = worker.clock.now_of(account);
    let (next, midnight) = (next_boundary(now, interval), next_utc_midnight(now));
    let mut sweeps = vec![NewJob::prune(Pruning::EndedJobs, midnight, now), NewJob::prune_audit(midnight, now)];
    // Without a key there is no handler, and the jobs would wait for one.
    if worker.registry.get(Action::SealAudit).is_some() {
        sweeps.push(NewJob::seal_audit(next, now));
    }
    if account != INSTALLATION {
        let of_content =
            [NewJob::expire_sessions(next, now), NewJob::index_sessions(next, now), NewJob::prune(Pruning::DeletedRows, midnight, now)];
        sweeps.extend(of_content);
    }
    sweeps
}

/// The next instant that is a whole number of intervals after the Unix epoch.
fn next_boundary(now: Timestamp, interval: Duration) -> Timestamp {
    let length = i64::try_from(interval.as_micros()).unwrap_or(i64::MAX).max(1);
    Timestamp::from_micros((now.micros().div_euclid(length) + 1).saturating_mul(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweeps_begin_at_full_intervals() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let five_minutes = Duration::from_secs(300);
        assert_eq!(next_boundary(at("2025-01-01T10:03:20Z"), five_minutes), at("2025-01-01T10:05:00Z"));
        assert_eq!(next_boundary(at("2025-01-01T10:05:00Z"), five_minutes), at("2025-01-01T10:10:00Z"));
    }
}
