//! Marks the sessions of an account that have ended as expired. It needs no index.

use derslik_domain::job::Progress;
use derslik_ports::outbound::{Projection, Stores};

use super::{BATCH, rows_so_far};
use crate::registry::{Step, StepContext, StepError, StepHandler};

/// Marks sessions that have ended as expired.
#[derive(Debug, Clone, Copy)]
pub struct ExpireSessions;

impl StepHandler for ExpireSessions {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let expired = stores.sessions().expire(context.account, context.now, BATCH)?;
        // Last, because a transaction that waits for locks must not hold records of the change log.
        let found = stores.change_log().catch_up(context.account, Projection::SessionEnds, BATCH)?;
        let progress = Progress::Rows(rows_so_far(context.job).plus(expired));
        // Only the second step sees all ends of the sessions that were written before the job: this transaction, or one that it
        // waited for, has just found them.
        let is_first = context.job.progress.is_none();
        let is_more = is_first || [expired, found].iter().any(|rows| rows.get() >= u64::from(BATCH));
        Ok(if is_more { Step::More(progress) } else { Step::Done(Some(progress)) })
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::JobId;
    use derslik_domain::job::{Job, NewJob};
    use derslik_domain::rows::RowCount;
    use derslik_ports::mocks::MockStores;
    use derslik_testkit::builders::{account, now};
    use rstest::rstest;

    use super::*;

    fn step(progress: Option<Progress>, expired: u64, found: u64) -> Step {
        let mut stores = MockStores::default();
        stores.sessions.expect_expire().once().returning(move |of, at, _| {
            assert_eq!((of, at), (account().id, now()));
            Ok(RowCount::new(expired))
        });
        stores.change_log.expect_catch_up().once().returning(move |of, projection, _| {
            assert_eq!((of, projection), (account().id, Projection::SessionEnds), "the index is left alone");
            Ok(RowCount::new(found))
        });
        let job = Job { progress, ..NewJob::expire_sessions(now(), now()).into_job(JobId::new(1)) };
        ExpireSessions.step(&mut stores, &StepContext { account: account().id, job: &job, now: now() }).unwrap()
    }

    fn rows(count: u64) -> Progress {
        Progress::Rows(RowCount::new(count))
    }

    #[test]
    fn a_second_step_expires_sessions_whose_ends_the_first_has_found_or_waited_for() {
        assert_eq!(step(None, 0, 0), Step::More(rows(0)));
        assert_eq!(step(Some(rows(0)), 3, 0), Step::Done(Some(rows(3))));
    }

    #[rstest]
    #[case::nothing_is_left(0, 0, true)]
    #[case::fewer_than_a_batch_expired(7, 0, true)]
    #[case::a_whole_batch_expired(1_000, 0, false)]
    #[case::fewer_than_a_batch_was_written_since(0, 7, true)]
    #[case::a_whole_batch_of_ends_was_found(0, 1_000, false)]
    fn it_ends_when_less_than_a_batch_is_left(#[case] expired: u64, #[case] found: u64, #[case] is_done: bool) {
        let after = rows(5 + expired);
        assert_eq!(step(Some(rows(5)), expired, found), if is_done { Step::Done(Some(after)) } else { Step::More(after) });
    }
}
