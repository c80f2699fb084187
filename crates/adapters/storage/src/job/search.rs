//! Searches among the jobs of an account, the newest first, and their counts.
//!
//! Each search follows the order of an index: that of the account, of a project, or of one state. What the order does not carry is
//! compared job by job, and the number of jobs that are compared has a bound. Ids are read first and rows afterwards, so that no database
//! sorts rows with texts.

use std::cmp::Reverse;

use derslik_domain::id::{AccountId, Id, JobId, ProjectId};
use derslik_domain::job::{Action, Actions, Count, Job, JobCounts, JobFilter, JobStatus};
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::outbound::StoreError;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::postgres;
use super::rows::{JobRow, readable};
use super::terms::{Conditions, OF_A_PROJECT, due_of, known_actions, names};
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::schema::jobs;
use crate::db::text::Dialect;
use crate::db::types::DbInstant;

/// The condition of the index of newest jobs by state on SQLite, letter by letter, and one of its states.
const NEWEST_CANCELLED: &str = "status IN ('scheduled', 'cancelled', 'failed') AND project_id >= 0 AND status = 'cancelled'";
const NEWEST_FAILED: &str = "status IN ('scheduled', 'cancelled', 'failed') AND project_id >= 0 AND status = 'failed'";

/// The condition of the index of cancelled and failed jobs on PostgreSQL, letter by letter.
const UNSUCCESSFUL: &str = "ended_at IS NOT NULL AND completed IS NOT TRUE";

/// Running jobs, wherever their ids come from.
const HELD: &str = "lease_token IS NOT NULL";

/// Added to ids of running jobs in conditions and in the order. So the ids that are known, or the index of running jobs, lead to them.
const UNINDEXED: i64 = 0;

/// The jobs that a search goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walk {
    /// All jobs of the account.
    All,
    /// Those of a project.
    Project(ProjectId),
    /// Those of one state, by the condition of the index that has them in order.
    State(&'static str),
    /// Cancelled and failed jobs.
    Unsuccessful,
    /// Running jobs. There are few of them, and they have no order. On PostgreSQL they are sought among the live jobs that are due first.
    Running,
}

/// The range of ids that a search reads.
#[derive(Debug, Clone, Copy)]
struct Range {
    /// Ids are below it.
    before: i64,
    /// Ids are above it, if there is one.
    above: Option<i64>,
    /// The most ids.
    limit: i64,
}

/// The jobs of a walk, without an order. `$held` are the ids of the running jobs, if no index has them.
macro_rules! walked {
    ($account:expr, $walk:expr, $held:expr) => {{
        let of_account = jobs::table.filter(jobs::account_id.eq($account.get())).into_boxed();
        match ($walk, $held) {
            (Walk::All, _) => of_account,
            (Walk::Project(project), _) => of_account.filter(jobs::project_id.eq(project.get())).filter(sql::<Bool>(OF_A_PROJECT)),
            (Walk::State(condition), _) => of_account.filter(sql::<Bool>(condition)),
            (Walk::Unsuccessful, _) => of_account.filter(sql::<Bool>(UNSUCCESSFUL)),
            (Walk::Running, None) => of_account.filter(sql::<Bool>(Conditions::SQLITE.running)),
            (Walk::Running, Some(held)) => of_account.filter(jobs::id.eq_any(held)).filter(sql::<Bool>(HELD)),
        }
    }};
}

impl Walk {
    /// The jobs in one state. No index has the completed ones.
    fn of(status: JobStatus, dialect: Dialect) -> Self {
        match (status, dialect) {
            (JobStatus::Scheduled, _) => Self::State(Conditions::of(dialect).newest_scheduled),
            (JobStatus::Cancelled, Dialect::Sqlite) => Self::State(NEWEST_CANCELLED),
            (JobStatus::Failed, Dialect::Sqlite) => Self::State(NEWEST_FAILED),
            (JobStatus::Cancelled | JobStatus::Failed, Dialect::Postgres) => Self::Unsuccessful,
            (JobStatus::Running, _) => Self::Running,
            (JobStatus::Completed, _) => Self::All,
        }
    }

    /// The walks that together find what the filter asks for.
    fn all_for(filter: &JobFilter, dialect: Dialect) -> Vec<Self> {
        if filter.has_every_state() || filter.has_state(JobStatus::Completed) {
            return vec![filter.project.map_or(Self::All, Self::Project)];
        }
        let mut walks: Vec<_> =
            JobStatus::ALL.into_iter().filter(|status| filter.has_state(*status)).map(|status| Self::of(status, dialect)).collect();
        // Cancelled and failed jobs are next to each other.
        walks.dedup();
        walks
    }

    /// Whether it has jobs in states that the filter may not ask for.
    const fn has_other_states(self) -> bool {
        matches!(self, Self::All | Self::Project(_) | Self::Unsuccessful)
    }

    /// Whether the filter asks for nothing that has to be compared job by job.
    fn carries(self, filter: &JobFilter) -> bool {
        let JobFilter { states: _, action, project, reference, changed_since } = filter;
        let is_rest_empty = action.is_none() && reference.is_none() && changed_since.is_none();
        match self {
            Self::All | Self::Project(_) => is_rest_empty && filter.has_every_state(),
            Self::State(_) => is_rest_empty && project.is_none(),
            Self::Unsuccessful => false,
            // All of them are read anyway.
            Self::Running => true,
        }
    }
}

/// The newest jobs of an account that match the filter.
pub(super) fn search(
    stores: &mut DieselStores<'_>,
    account: AccountId,
    filter: &JobFilter,
    before: Option<JobId>,
    size: u32,
) -> Result<Page<Job>, StoreError> {
    let (before, size) = (before.map_or(i64::MAX, Id::get), size.min(PageRequest::<JobId>::MAX_SIZE));
    let mut found = Vec::new();
    for walk in Walk::all_for(filter, stores.dialect()) {
        let above = if walk.carries(filter) { None } else { end_of_look(stores, account, walk, before)? };
        let range = Range { before, above, limit: i64::from(size) + 1 };
        found.append(&mut ids(stores, account, walk, filter, range)?);
    }
    found.sort_unstable_by_key(|id| Reverse(*id));
    let page = Page::first(found, size);
    // A job may have changed since its id was read.
    let mut entries = read(stores, account, page.entries)?;
    entries.retain(|job| filter.has_state(job.status()));
    entries.sort_unstable_by_key(|job| Reverse(job.id));
    Ok(Page { entries, more: page.more })
}

/// The counts of the jobs of an account.
pub(super) fn count_by_status(stores: &mut DieselStores<'_>, account: AccountId) -> Result<JobCounts, StoreError> {
    let (before, limit) = (i64::MAX, i64::from(Count::MAX) + 1);
    let mut count = |status| {
        let (walk, filter) = (Walk::of(status, stores.dialect()), JobFilter { states: vec![status], ..JobFilter::default() });
        let above = if walk.carries(&filter) { None } else { end_of_look(stores, account, walk, before)? };
        let mut counted = Count::of(ids(stores, account, walk, &filter, Range { before, above, limit })?.len());
        // There may be others among the jobs that were not looked at.
        counted.is_more |= above.is_some();
        Ok::<_, StoreError>(counted)
    };
    let (scheduled, running) = (count(JobStatus::Scheduled)?, count(JobStatus::Running)?);
    let (cancelled, failed) = (count(JobStatus::Cancelled)?, count(JobStatus::Failed)?);
    Ok(JobCounts { scheduled, running, cancelled, failed, completed: count(JobStatus::Completed)? })
}

/// The waiting jobs that are due first. Each priority has its own query, which follows the index of claims.
pub(super) fn upcoming(stores: &mut DieselStores<'_>, account: AccountId, actions: Actions, limit: u32) -> Result<Vec<Job>, StoreError> {
    let (actions, waiting) = (names(actions), Conditions::of(stores.dialect()).scheduled);
    let (mut found, mut last) = (Vec::new(), i16::MIN);
    loop {
        let next: Option<i16> = stores.query(|conn| {
            on_conn!(conn, |conn| jobs::table
                .filter(jobs::account_id.eq(account.get()))
                .filter(sql::<Bool>(waiting))
                .filter(jobs::priority.gt(last))
                .order(jobs::priority)
                .select(jobs::priority)
                .first(conn)
                .optional())
        })?;
        let Some(priority) = next else { break };
        let rows: Vec<JobRow> = stores.query(|conn| {
            on_conn!(conn, |conn| jobs::table
                .filter(jobs::account_id.eq(account.get()))
                .filter(sql::<Bool>(waiting))
                .filter(jobs::priority.eq(priority))
                .filter(jobs::action.eq_any(&actions))
                .order((jobs::due_at, jobs::id))
                .limit(limit.into())
                .select(JobRow::as_select())
                .load(conn))
        })?;
        found.extend(rows.into_iter().filter_map(readable));
        last = priority;
    }
    found.sort_by_key(|job| (due_of(job), job.id));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// The newest ids of a walk that match the filter.
fn ids(stores: &mut DieselStores<'_>, account: AccountId, walk: Walk, filter: &JobFilter, range: Range) -> Result<Vec<i64>, StoreError> {
    let states: Vec<&str> = filter.states.iter().map(|status| status.name()).collect();
    let held = if walk == Walk::Running { ids_of_running(stores, account, filter)? } else { None };
    stores.query(|conn| {
        on_conn!(conn, |conn| {
            let mut query = walked!(account, walk, held).filter(jobs::action.eq_any(known_actions()));
            if walk.has_other_states() && !filter.has_every_state() {
                query = query.filter(jobs::status.eq_any(states));
            }
            if let Some(action) = filter.action {
                query = query.filter(jobs::action.eq(action.name()));
            }
            if let Some(project) = filter.project {
                query = query.filter(jobs::project_id.eq(project.get()));
            }
            if let Some(reference) = &filter.reference {
                query = query.filter(jobs::reference.eq(reference.as_str()));
            }
            if let Some(since) = filter.changed_since {
                query = query.filter(jobs::updated_at.ge(DbInstant(since)));
            }
            if let Some(above) = range.above {
                query = query.filter(jobs::id.gt(above));
            }
            query = if walk == Walk::Running {
                query.filter((jobs::id + UNINDEXED).lt(range.before)).order((jobs::id + UNINDEXED).desc())
            } else {
                // It is always bound: without statistics, PostgreSQL then follows the index, and does not collect and sort all.
                query.filter(jobs::id.lt(range.before)).order(jobs::id.desc())
            };
            query.limit(range.limit).select(jobs::id).load::<i64>(conn)
        })
    })
}

/// The ids of the jobs that run, of the action of the filter if it has one. `None` if an index has them.
fn ids_of_running(stores: &mut DieselStores<'_>, account: AccountId, filter: &JobFilter) -> Result<Option<Vec<i64>>, StoreError> {
    let actions: Actions = filter.action.map_or_else(|| Action::ALL.into_iter().collect(), |action| [action].into_iter().collect());
    stores.query(|conn| match conn {
        Conn::Pg(conn) => postgres::running(conn, account, actions).map(Some),
        Conn::Sqlite(_) => Ok(None),
    })
}

/// The id at which a search ends that compares job by job. `None` if there are not more jobs than it may look at.
fn end_of_look(stores: &mut DieselStores<'_>, account: AccountId, walk: Walk, before: i64) -> Result<Option<i64>, StoreError> {
    let found = stores.query(|conn| {
        on_conn!(conn, |conn| walked!(account, walk, None::<Vec<i64>>)
            .filter(jobs::id.lt(before))
            .order(jobs::id.desc())
            .offset(JobFilter::LOOKED_AT.into())
            .limit(1)
            .select(jobs::id)
            .load::<i64>(conn))
    })?;
    Ok(found.into_iter().next())
}

/// The jobs of these ids, without an order.
fn read(stores: &mut DieselStores<'_>, account: AccountId, ids: Vec<i64>) -> Result<Vec<Job>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<JobRow> = stores.query(|conn| {
        on_conn!(conn, |conn| jobs::table
            .filter(jobs::account_id.eq(account.get()))
            .filter(jobs::id.eq_any(ids))
            .select(JobRow::as_select())
            .load(conn))
    })?;
    Ok(rows.into_iter().filter_map(readable).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Dialect; 2] = [Dialect::Postgres, Dialect::Sqlite];

    fn walks(states: &[JobStatus], project: Option<i64>, dialect: Dialect) -> Vec<Walk> {
        let project = project.map(Id::new);
        Walk::all_for(&JobFilter { states: states.to_vec(), project, ..JobFilter::default() }, dialect)
    }

    #[test]
    fn a_search_follows_the_narrowest_order() {
        for dialect in BOTH {
            assert_eq!(walks(&[], None, dialect), [Walk::All]);
            assert_eq!(walks(&JobStatus::ALL, None, dialect), [Walk::All]);
            assert_eq!(walks(&[], Some(3), dialect), [Walk::Project(Id::new(3))]);
            let scheduled = Walk::State(Conditions::of(dialect).newest_scheduled);
            assert_eq!(walks(&[JobStatus::Running, JobStatus::Scheduled], None, dialect), [scheduled, Walk::Running]);
            assert_eq!(walks(&[JobStatus::Completed, JobStatus::Failed], Some(3), dialect), [Walk::Project(Id::new(3))]);
        }
        let unsuccessful = [JobStatus::Failed, JobStatus::Cancelled];
        assert_eq!(walks(&unsuccessful, Some(3), Dialect::Sqlite), [Walk::State(NEWEST_CANCELLED), Walk::State(NEWEST_FAILED)]);
        assert_eq!(walks(&unsuccessful, Some(3), Dialect::Postgres), [Walk::Unsuccessful]);
        assert_eq!(walks(&[JobStatus::Failed], None, Dialect::Postgres), [Walk::Unsuccessful]);
    }

    #[test]
    fn what_an_order_does_not_carry_is_compared_within_a_bound() {
        let carries = |filter: &JobFilter| {
            let by_all = |dialect: Dialect| Walk::all_for(filter, dialect).into_iter().all(|walk| walk.carries(filter));
            BOTH.map(by_all)
        };
        let of = |states: &[JobStatus]| JobFilter { states: states.to_vec(), ..JobFilter::default() };
        let project = Some(Id::new(3));
        for carried in [of(&[]), of(&[JobStatus::Scheduled, JobStatus::Running]), JobFilter { project, ..of(&[]) }] {
            assert_eq!(carries(&carried), [true; 2], "{carried:?}");
        }
        // PostgreSQL has cancelled and failed jobs in one order.
        assert_eq!(carries(&of(&[JobStatus::Failed, JobStatus::Running])), [false, true]);
        let (action, changed_since) = (Some(Action::Prune), Some(derslik_domain::time::Timestamp::MIN));
        for compared in [
            of(&[JobStatus::Completed]),
            JobFilter { project, ..of(&[JobStatus::Failed]) },
            JobFilter { action, ..of(&[]) },
            JobFilter { changed_since, ..of(&[JobStatus::Scheduled]) },
        ] {
            assert_eq!(carries(&compared), [false; 2], "{compared:?}");
        }
    }
}
