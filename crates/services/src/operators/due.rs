//! Reads what falls due next in an account: jobs, and the ends of sessions.

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::job::{Action, Actions, Job, JobState, RetryPolicy};
use derslik_ports::inbound::operators::{DueItem, DueKind, DueReading, MAX_UPCOMING};
use derslik_ports::outbound::{StoreError, UnitOfWork, UpcomingEnd};

use super::UseCases;

#[async_trait]
impl<U: UnitOfWork> DueReading for UseCases<U> {
    async fn upcoming(&self, account: AccountId, limit: u32) -> Result<Vec<DueItem>, StoreError> {
        let limit = limit.min(MAX_UPCOMING);
        let read = self.uow.read(account, move |stores| {
            let jobs = stores.jobs().upcoming(account, requested(), limit)?;
            Ok::<_, StoreError>((jobs, stores.sessions().upcoming_ends(account, limit)?))
        });
        let (jobs, ends) = read.await?;
        let mut items: Vec<_> = jobs.iter().filter_map(item_of_job).chain(ends.into_iter().map(item_of_session)).collect();
        items.sort_by_key(|item| item.at);
        items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(items)
    }
}

/// The actions that are not sweeps.
fn requested() -> Actions {
    Action::ALL.into_iter().filter(|action| !action.is_sweep()).collect()
}

/// The next attempt at a job that waits for one.
fn item_of_job(job: &Job) -> Option<DueItem> {
    let JobState::Scheduled { at, attempts } = job.state else { return None };
    // Workers try each job as often as this policy says.
    let (attempt, of) = (attempts.next(), RetryPolicy::DEFAULT.attempts());
    Some(DueItem { at, what: DueKind::Job { id: job.id, action: job.action, attempt, of } })
}

fn item_of_session(end: UpcomingEnd) -> DueItem {
    DueItem { at: end.at, what: DueKind::SessionEnds { guid: end.session, name: end.name } }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use derslik_domain::id::Id;
    use derslik_domain::job::{Attempts, NewJob, ReferenceId};
    use derslik_domain::session::SessionName;
    use derslik_domain::time::Timestamp;
    use derslik_ports::mocks::MockStores;
    use derslik_testkit::builders::{account, guid, now};

    use super::*;
    use crate::operators::testing::operators;

    fn later(seconds: u64) -> Timestamp {
        now().plus(Duration::from_secs(seconds))
    }

    fn job(id: i64, at: Timestamp, attempts: u16) -> Job {
        let job = NewJob::assign_calendar_id(ReferenceId::none(), now()).into_job(Id::new(id));
        Job { state: JobState::Scheduled { at, attempts: Attempts::new(attempts) }, ..job }
    }

    fn name() -> SessionName {
        SessionName::new("Web Development 101").unwrap()
    }

    fn stores() -> MockStores {
        let mut stores = MockStores::default();
        stores.jobs.expect_upcoming().once().returning(|of, actions, limit| {
            assert_eq!(of, account().id);
            assert!(limit <= MAX_UPCOMING && actions.contains(Action::AssignCalendarId) && !actions.contains(Action::Prune));
            Ok(vec![job(3, later(10), 0), job(4, later(30), 2)])
        });
        stores.sessions.expect_upcoming_ends().once().returning(|of, limit| {
            assert!(of == account().id && limit <= MAX_UPCOMING);
            Ok(vec![UpcomingEnd { at: later(20), session: guid(1), name: name() }])
        });
        stores
    }

    #[tokio::test]
    async fn jobs_and_ends_of_sessions_come_in_the_order_of_their_times() {
        let of_job = |id, seconds, attempt| DueItem {
            at: later(seconds),
            what: DueKind::Job {
                id: Id::new(id),
                action: Action::AssignCalendarId,
                attempt: Attempts::new(attempt),
                of: RetryPolicy::DEFAULT.attempts(),
            },
        };
        let of_session = DueItem { at: later(20), what: DueKind::SessionEnds { guid: guid(1), name: name() } };
        let items = operators(stores()).upcoming(account().id, u32::MAX).await.unwrap();
        assert_eq!(items, [of_job(3, 10, 1), of_session.clone(), of_job(4, 30, 3)]);
        assert_eq!(operators(stores()).upcoming(account().id, 2).await.unwrap(), [of_job(3, 10, 1), of_session]);
    }
}
