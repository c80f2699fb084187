//! The handlers of the jobs of the service, one file each.

mod assign_calendar;
mod erase_user;
mod erase_users;
mod expire_sessions;
mod index_sessions;
mod prune;
mod prune_audit;
mod seal_audit;

use std::sync::Arc;
use std::time::Duration;

use derslik_domain::job::{Action, Job, Progress};
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::SealKeys;

use crate::registry::Registry;

pub use assign_calendar::{AssignCalendar, CalendarTemplate, CalendarTemplateError};
pub use erase_user::EraseUser;
pub use erase_users::EraseUsers;
pub use expire_sessions::ExpireSessions;
pub use index_sessions::IndexSessions;
pub use prune::{Prune, Retention};
pub use prune_audit::PruneAudit;
pub use seal_audit::SealAudit;

/// The most rows that one step changes.
const BATCH: u16 = 1_000;

/// How long a row is kept unless the operator says otherwise.
pub const DEFAULT_RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long an audit record is kept unless the operator says otherwise.
pub const DEFAULT_AUDIT_RETENTION: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// A registry with the handlers of all actions that need no key. Without [`with_seals`], no audit record is sealed.
pub fn registry(retention: Retention, calendars: CalendarTemplate) -> Registry {
    Registry::default()
        .with_steps(Action::DeleteUserData, EraseUser)
        .with_steps(Action::DeleteUsersData, EraseUsers)
        .with_steps(Action::AssignCalendarId, AssignCalendar::new(calendars))
        .with_steps(Action::ExpireSessions, ExpireSessions)
        .with_steps(Action::IndexSessions, IndexSessions)
        .with_steps(Action::Prune, Prune::new(retention))
        .with_steps(Action::PruneAudit, PruneAudit::new(DEFAULT_AUDIT_RETENTION, None))
}

/// The same registry, which keeps audit records for that time, and seals them if there are keys.
#[must_use]
pub fn with_seals(registry: Registry, retention: Duration, keys: Option<Arc<dyn SealKeys>>) -> Registry {
    let registry = registry.with_steps(Action::PruneAudit, PruneAudit::new(retention, keys.clone()));
    match keys {
        Some(keys) => registry.with_steps(Action::SealAudit, SealAudit::new(keys)),
        None => registry,
    }
}

/// The rows that earlier steps of a sweep have changed.
fn rows_so_far(job: &Job) -> RowCount {
    match job.progress {
        Some(Progress::Rows(rows)) => rows,
        Some(Progress::Erasure(_) | Progress::Erasures(_)) | None => RowCount::ZERO,
    }
}

/// The outcome of a step of a sweep that has changed `rows` rows: less than a full batch ends the sweep.
fn swept(job: &Job, rows: RowCount) -> crate::Step {
    let progress = Progress::Rows(rows_so_far(job).plus(rows));
    if rows.get() < u64::from(BATCH) { crate::Step::Done(Some(progress)) } else { crate::Step::More(progress) }
}
